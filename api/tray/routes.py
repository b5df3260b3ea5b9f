"""The tray over HTTP (待会签): what waits for a second officer's signature is kept, shown, declined or taken out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, JsonValue

from api.service.access import Principal
from api.service.answers import InBoth
from api.service.bodies import BodyLimit
from api.service.dependencies import Primary, SignedIn
from api.service.problems import documented
from api.service.service import Service, service_of
from api.service.statuses import answered_with
from api.statements.submissions import read_submission
from api.tray import queries
from api.tray.second_signers import may_sign_second
from api.wording import event_fields
from ledger.clock import china_today
from ledger.domain.admission import MOST_BACKDATED, SIGNER_DIFFERS, WRONG_LEDGER
from ledger.domain.event import parse_event, recorded_event
from ledger.domain.state import UNKNOWN_REFERENCE, Book, Key, Officer
from ledger.errors import Rule
from ledger.statements.json_limits import Limits
from ledger.statements.statement import (
    SignatureChecker,
    Statement,
    is_statement_id,
    parse_envelope,
    parse_statement,
)

LARGEST_BYTES = 4 * 1024 * 1024
BODY_LIMIT = BodyLimit(
    LARGEST_BYTES, 60.0, 32 * 1024 * 1024, Limits(size=LARGEST_BYTES, depth=8, values=20_000)
)
KEPT_FOR = timedelta(days=14)
"""How long a statement waits for its second signature."""
MOST_WAITING = 500
"""How many of one officer's may wait."""

router = APIRouter(tags=["tray"])

TRAY_FULL = answered_with(
    429,
    Rule(
        "tray-full",
        zh="待会签事项已有 {found} 件，每人至多 {expected} 件：请先请第二人会签，或撤回不再需要的",
        en="{found} statements wait for a second signature, at most {expected} an officer: have them signed, or take some"
        " back",
    ),
)
IDENTITY_BY_FILE = Rule(
    "identity-goes-by-file",
    zh="此签署件附有身份信息，不能存入待会签：请下载文件，当面交第二人加签",
    en="this statement has an identity beside it, which the tray does not keep: hand it to the second officer as a file",
)


class ToCountersign(BaseModel):
    """Statements of the officer's own that a second must sign, each in its envelope."""

    envelopes: Annotated[list[dict[str, JsonValue]], Field(min_length=1, max_length=MOST_WAITING)]


class Declined(BaseModel):
    """Why a second officer does not sign."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class KeptAnswer(BaseModel):
    """How many were kept, and until when the first of them waits."""

    kept: int
    lapses_at: datetime


class TrayRow(BaseModel):
    """A statement that waits: who signed what and when, until when it waits, and who declined it.

    ``mine`` are the asker's own; the others wait for the asker's signature. ``fields`` are what its members are
    called.
    """

    statement: str
    type: str
    mine: bool
    officer: str
    name: str
    made_at: str
    put_at: datetime
    lapses_at: datetime
    fields: dict[str, InBoth]
    envelope: dict[str, JsonValue]
    declined_by: str | None
    declined_reason: str | None


class Tray(BaseModel):
    """All that waits for the officer, and all of theirs that waits for others."""

    rows: list[TrayRow]
    total: int


@router.get("/tray", responses=documented(401))
def get_tray(request: Request, reader: SignedIn, connection: Primary) -> Tray:
    """What waits for the officer's signature, and what of theirs waits for another's."""
    service = service_of(request)
    rows = [_shown(service, kept, reader.officer) for kept in queries.waiting(connection)]
    found = [row for row in rows if row is not None]
    return Tray(rows=found, total=len(found))


@router.post("/tray", status_code=201, responses=documented(400, 401, 403, 413, 422, 429))
def post_to_tray(request: Request, reader: SignedIn, connection: Primary, given: ToCountersign) -> KeptAnswer:
    """Keeps what the officer signed for those who may sign second; one that waits already stays as it is."""
    service = service_of(request)
    kept = [_accepted(service, reader, envelope) for envelope in given.envelopes]
    found = queries.count_of(connection, reader.officer) + len(kept)
    if found > MOST_WAITING:
        raise TRAY_FULL.refused(expected=MOST_WAITING, found=found)
    queries.keep(connection, service.row_seals, kept)
    return KeptAnswer(kept=len(kept), lapses_at=min(each.lapses_at for each in kept))


@router.delete("/tray/{statement_id}", status_code=204, responses=documented(401, 403, 404, 422))
def take_back(request: Request, reader: SignedIn, connection: Primary, statement_id: str) -> Response:
    """Takes out what the officer put there."""
    if _found(request, connection, reader.officer, statement_id).officer != reader.officer:
        raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement_id)
    queries.take_out(connection, statement_id)
    return Response(status_code=204)


@router.post("/tray/{statement_id}/declined", status_code=204, responses=documented(401, 403, 404, 422))
def decline(
    request: Request, reader: SignedIn, connection: Primary, statement_id: str, declined: Declined
) -> Response:
    """Notes that the officer does not sign what another put there, and why."""
    kept = _found(request, connection, reader.officer, statement_id)
    if kept.officer == reader.officer:
        raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement_id)
    seals = service_of(request).row_seals
    queries.decline(connection, seals, kept, reader.officer, declined.reason.strip())
    return Response(status_code=204)


def _found(request: Request, connection: Primary, officer: str, statement_id: str) -> queries.Kept:
    """A statement that the officer sees in the tray; what they do not see is not there."""
    kept = queries.find(connection, statement_id) if is_statement_id(statement_id) else None
    if kept is None or _shown(service_of(request), kept, officer) is None:
        raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement_id)
    return kept


def _accepted(service: Service, reader: Principal, envelope: dict[str, JsonValue]) -> queries.Kept:
    """A statement of one's own, well-formed and signed, as it is kept from now until it lapses."""
    raw = read_submission(orjson.dumps({"envelope": envelope})).envelope
    parsed = parse_envelope(raw)
    statement = parse_statement(parsed.payload)
    state = service.state
    ledger = state.get(Book, "ledger").ledger
    if statement.ledger != ledger:
        raise WRONG_LEDGER.refused(expected=ledger, found=statement.ledger)
    signers = [signature.keyid for signature in parsed.signatures]
    if [statement.by] != signers or statement.by != reader.key:
        raise SIGNER_DIFFERS.refused(expected=reader.key, found=", ".join(signers))
    public_key = bytes.fromhex(state.get(Key, reader.key).public_key)
    SignatureChecker().verify(parsed.payload, statement.ledger, parsed.signatures[0], public_key)
    event = parse_event(statement.type, statement.body, came_on=date.fromisoformat(china_today()))
    if event.commitment is not None:
        raise IDENTITY_BY_FILE.refused()
    now = datetime.now(UTC)
    return queries.Kept(statement.id, reader.officer, now, _end(statement, now), raw)


def _end(statement: Statement, put_at: datetime) -> datetime:
    """When it lapses: after two weeks, or when its day is too long ago to be recorded."""
    too_old = datetime.combine(date.fromisoformat(statement.on) + MOST_BACKDATED, datetime.min.time(), UTC)
    return min(put_at + KEPT_FOR, too_old)


def _shown(service: Service, kept: queries.Kept, officer: str) -> TrayRow | None:
    """A row as an officer sees it; None where it is neither theirs nor theirs to sign."""
    state = service.state
    envelope = parse_envelope(kept.envelope)
    statement = parse_statement(envelope.payload)
    event = recorded_event(statement.type, statement.body)
    mine = kept.officer == officer
    signers = [signature.keyid for signature in envelope.signatures]
    reader = state.get(Officer, officer)
    if not mine and (kept.declined_by is not None or not may_sign_second(reader, event, signers, state)):
        return None
    return TrayRow(
        statement=kept.statement,
        type=statement.type,
        mine=mine,
        officer=kept.officer,
        name=state.get(Officer, kept.officer).name,
        made_at=statement.made_at,
        put_at=kept.put_at,
        lapses_at=kept.lapses_at,
        fields={
            each.name: InBoth(each.zh, each.en)
            for each in event_fields.fields_of(type(event))
            if each.name in statement.body
        },
        envelope=orjson.loads(kept.envelope),
        declined_by=kept.declined_by,
        declined_reason=kept.declined_reason,
    )
