"""Paying by bank over HTTP (银行代发、对账): its answer matched to payouts, and each day's sums."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar, get_args

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ValidationError

from api.bank import queries as bank
from api.bank.answer_file import BankChoices
from api.bank.answers import BankAnswer, BankColumn, BankColumns, ProfileName, Profiles
from api.bank.profile import GENERAL, OWN_PROFILES, AnswerField, ProfileUnknown, profile_names
from api.bank.profile import profile as profile_of
from api.bank.reading import Reading
from api.bank.remembered import RememberedWords
from api.bank.rows import ListedDay
from api.roster.answers import A_FILE
from api.service.access_recording import note_rows
from api.service.answers import Rows, answered
from api.service.dependencies import Access, Asks, ReadAccess, SignedIn
from api.service.problems import PARAMETER_INVALID, documented
from api.service.scratch import scratch_folder
from api.service.service import service_of
from ledger.clock import china_today

C = TypeVar("C", bound=BaseModel)
ProfileQuery = Annotated[
    str, Query(max_length=48, description="The bank's profile, as GET /bank/profiles names it")
]
ChoicesQuery = Annotated[
    str | None,
    Query(
        max_length=60_000,
        description="What the officer chose, as JSON: columns and words to fields and results, and of lines that"
        " were asked about the payout by row",
    ),
]

router = APIRouter(tags=["bank"])


@router.post(
    "/bank/read",
    responses={200: {"model": BankAnswer}, **documented(401, 403, 404, 422, 503)},
    openapi_extra=A_FILE,
)
async def read(
    request: Request,
    access: Access,
    campaign: Annotated[str, Query(max_length=64)],
    name: Annotated[str, Query(max_length=200, description="The file's name; its ending tells its kind")],
    profile: ProfileQuery = GENERAL,
    choices: ChoicesQuery = None,
) -> Response:
    """Reads the bank's answer to a batch and finds the payouts, never by a guess. Nothing is recorded.

    Headings and words that the profile does not know and the officer explained are remembered for their next file.
    """
    access.require("paying", campaign)
    wanted = chosen(choices, BankChoices)
    asked = _Asked(await request.body(), name, campaign, profile, wanted)
    answer = await asyncio.to_thread(_read, asked, request, access)
    return Response(answer, media_type="application/json")


@router.post(
    "/bank/columns",
    responses={200: {"model": BankColumns}, **documented(401, 403, 404, 422, 503)},
    openapi_extra=A_FILE,
)
async def columns(
    request: Request,
    access: Access,
    campaign: Annotated[str, Query(max_length=64)],
    name: Annotated[str, Query(max_length=200, description="The file's name; its ending tells its kind")],
    profile: ProfileQuery = GENERAL,
    choices: ChoicesQuery = None,
) -> BankColumns:
    """Says which column of the bank's answer is taken for which field, so that an unknown bank's can be mapped."""
    access.require("paying", campaign)
    asked = _Asked(await request.body(), name, campaign, profile, chosen(choices, BankChoices))
    return await asyncio.to_thread(_columns, asked, request, access)


@router.get("/bank/profiles", responses=documented(401, 422))
def get_profiles(request: Request, reader: SignedIn) -> Profiles:
    """The banks' profiles: ours, and the ledger's own; one that cannot be used is listed by its name alone."""
    own = service_of(request).store.folder / OWN_PROFILES
    return Profiles(profiles=[_titled(name, own) for name in profile_names(own)])


@router.get("/bank/days", responses=answered(Rows[ListedDay]))
def get_days(asked: Asks, campaign: Annotated[str, Query(max_length=64)]) -> Response:
    """Each day's payouts by bank and line against what the bank has booked, in fen."""
    return asked.answer({"rows": bank.day_sums(asked.views("lines", campaign), campaign, asked.as_of)})


def _titled(name: str, own: Path) -> ProfileName:
    try:
        found = profile_of(name, own)
    except ProfileUnknown:
        return ProfileName(name=name, zh=name, en=name)
    return ProfileName(name=name, zh=found.zh, en=found.en)


class _Asked(NamedTuple):
    """A file to be read, for which campaign, by which profile, and what was chosen of it."""

    raw: bytes
    name: str
    campaign: str
    profile: str
    choices: BankChoices


def chosen(text: str | None, kind: type[C]) -> C:
    """Choices that came as JSON.

    Raises:
        Refused: ``parameter-invalid``.
    """
    try:
        return kind() if text is None else kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"]) or "JSON"
        raise PARAMETER_INVALID.refused(
            where="choices", problem=f"{where} 有误", problem_en=f"{where} is wrong", found=where
        ) from None


def _columns(asked: _Asked, request: Request, access: ReadAccess) -> BankColumns:
    service = service_of(request)
    store = service.store
    views = access.views("paying", asked.campaign)
    remembered = RememberedWords(store.folder, access.reader.officer)
    reading = Reading(views, store.marker(), service.vault, store.folder / OWN_PROFILES, remembered)
    with service.turns.turn(), _written(asked) as path:
        found = reading.columns(path, asked.profile, asked.choices)
    note_rows(request, 0)
    columns = [BankColumn(**each._asdict()) for each in found]
    return BankColumns(columns=columns, fields=list(get_args(AnswerField)))


@contextmanager
def _written(asked: _Asked) -> Iterator[Path]:
    """The file in a folder of its own, for as long as it is read."""
    with scratch_folder() as folder:
        path = folder / f"bank{Path(asked.name).suffix[:8]}"
        path.write_bytes(asked.raw)
        yield path


def _read(asked: _Asked, request: Request, access: ReadAccess) -> bytes:
    views = access.views("paying", asked.campaign)
    service = service_of(request)
    store = service.store
    remembered = RememberedWords(store.folder, access.reader.officer)
    reading = Reading(views, store.marker(), service.vault, store.folder / OWN_PROFILES, remembered)
    with service.turns.turn(), _written(asked) as path:
        file, digest = reading.read(path, china_today(), asked.profile, asked.choices)
    reading.keep(asked.profile, asked.choices)
    note_rows(request, len(file.lines))
    # Written into one buffer: a list of the lines, and their join, would be the answer twice and three times.
    answer = bytearray(f'{{"file":"{digest}","lines":['.encode())
    for place, each in enumerate(reading.matched(file.lines, asked.choices)):
        answer += (b"," if place else b"") + each.model_dump_json().encode()
    notices = orjson.dumps([each._asdict() for each in file.notices])
    answer += b'],"notices":' + notices + b"}"
    return bytes(answer)
