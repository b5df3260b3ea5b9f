"""Signing in and out with an officer's key."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, StringConstraints

from api.service.access_recording import note_reader
from api.service.dependencies import COOKIE, RateLimited, SignedIn
from api.service.origins import check_origin, is_loopback
from api.service.problems import NOT_SIGNED_IN, documented
from api.service.rate_limit import (
    FAILED_BY_ADDRESS,
    FAILED_BY_KEY,
    client_group,
)
from api.service.requests import described_request
from api.service.service import service_of
from api.service.sessions import (
    LONGEST_SECONDS,
    SESSION_TYPE,
    Session,
)
from ledger.domain.event import Grant
from ledger.domain.federation import Followed
from ledger.errors import Refused

router = APIRouter(tags=["session"])

_log = structlog.get_logger(__name__)

Origin = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,255}$")]


FORGET = {"Clear-Site-Data": '"cache"', "Cache-Control": "no-store"}
"""Has the browser forget every answer, and pages it keeps to go back to; not its storage, where the keys are."""


class Challenge(BaseModel):
    """What to sign, with the page's origin, to sign in. Good once, for two minutes."""

    challenge: str
    ledger: str
    type: str


class SignIn(BaseModel):
    """A signed challenge: the key's id, and the signature in hexadecimal."""

    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    challenge: Annotated[str, StringConstraints(max_length=64)]
    origin: Origin
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


class SignedInOfficer(BaseModel):
    """Who is signed in, with what they may do; ``csrf`` goes into the header of what changes something.

    ``follows`` says whether this ledger follows ledgers below.
    """

    officer: str
    name: str
    unit: str | None
    key: str
    roles: list[str]
    grants: list[Grant]
    csrf: str
    follows: bool


@router.post("/session/challenge", responses=documented(429))
def challenge(request: Request, limited: RateLimited) -> Challenge:
    """A challenge for signing in."""
    service = service_of(request)
    return Challenge(
        challenge=service.sessions.challenge(), ledger=service.store.ledger or "", type=SESSION_TYPE
    )


@router.post("/session", status_code=201, responses=documented(400, 401, 403, 422, 429))
def sign_in(request: Request, response: Response, limited: RateLimited, signed: SignIn) -> SignedInOfficer:
    """Opens a session for the officer whose key signed the challenge."""
    sessions, rates = service_of(request).sessions, service_of(request).rate_limiter
    address = client_group(request)
    request.state.key = signed.key
    rates.check(FAILED_BY_ADDRESS, address)
    rates.check(FAILED_BY_KEY, signed.key, address)
    try:
        _check_origin(request, signed.origin)
        name, session = sessions.sign_in(
            signed.key, signed.challenge, signed.origin, bytes.fromhex(signed.signature)
        )
    except Refused:
        rates.count(FAILED_BY_ADDRESS, address)
        rates.count(FAILED_BY_KEY, signed.key, address)
        raise
    # The browser's earlier session is over: its cookie, kept elsewhere, opens nothing any more.
    sessions.sign_out(request.cookies.get(COOKIE))
    response.set_cookie(
        COOKIE,
        name,
        max_age=LONGEST_SECONDS,
        httponly=True,
        samesite="strict",
        secure=not is_loopback(signed.origin),
    )
    said = _said(request, name, session)
    _log.info("an officer signed in", officer=said.officer, key=said.key, **described_request(request.scope))
    return said


@router.get("/session", responses=documented(401, 422))
def who(request: Request, response: Response) -> SignedInOfficer | None:
    """Who is signed in; null where nobody is, and the browser forgets what a session that is over left there."""
    sessions = service_of(request).sessions
    name = request.cookies.get(COOKIE)
    try:
        return _said(request, name or "", sessions.reader(name)[1])
    except Refused as refusal:
        if refusal.rule is NOT_SIGNED_IN:
            if name is not None:
                response.headers.update(FORGET)
                response.delete_cookie(COOKIE, httponly=True, samesite="strict")
            return None
        raise


@router.delete("/session", status_code=204, responses=documented(401, 403))
def sign_out(request: Request, reader: SignedIn) -> Response:
    """Ends the session."""
    sessions = service_of(request).sessions
    sessions.sign_out(request.cookies.get(COOKIE))
    _log.info("an officer signed out", key=reader.key, **described_request(request.scope))
    gone = Response(status_code=204, headers=FORGET)
    gone.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return gone


def _check_origin(request: Request, origin: str) -> None:
    server = request.scope.get("server") or ("", 0)
    check_origin(origin, service_of(request).settings.origins, server[1] or 0)


def _said(request: Request, name: str, session: Session) -> SignedInOfficer:
    sessions = service_of(request).sessions
    reader, _ = sessions.reader(name)
    note_reader(request, reader)
    return SignedInOfficer(
        officer=reader.officer,
        name=reader.name,
        unit=reader.unit,
        key=reader.key,
        roles=reader.roles,
        grants=[Grant.model_validate(grant) for grant in reader.grants],
        csrf=session.csrf,
        follows=any(True for _ in service_of(request).state.records(Followed)),
    )
