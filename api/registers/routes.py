"""Lists from outside over HTTP (名单比对): read and registered, what they met, what they say for a purpose."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from api.registers import queries as registers
from api.registers.earlier_payouts import EarlierPayoutsFile
from api.registers.list_file import ListFile
from api.registers.loading import Said, read_list
from api.registers.revealing import recorded_lately, rows_of
from api.registers.rows import (
    ListColumn,
    ListedRegister,
    ListKind,
    ListMatch,
    ListRead,
    RevealedRow,
    RevealsRecorded,
)
from api.roster.answers import A_FILE
from api.service.access_recording import note_rows
from api.service.answers import Rows, answered
from api.service.dependencies import Access, Asks, PrimaryAccess, SignedIn, UnitName
from api.service.problems import PARAMETER_INVALID, documented
from api.service.scratch import scratch_folder
from api.service.service import Service, service_of
from api.wording.masked_names import masked_names
from ledger.clock import china_today
from ledger.domain.register_kinds import KINDS, RegisterKind

router = APIRouter(tags=["registers"])

DayGiven = Annotated[datetime.date, Query(description="A day, 2026-01-31")]


@router.get("/registers", responses=answered(Rows[ListedRegister]))
def get_registers(asked: Asks) -> Response:
    """The lists as they stood, the newest first, with what each met."""
    return asked.answer({"rows": registers.lists(asked.views("lists"), asked.as_of)})


@router.get("/registers/kinds", responses=documented(401))
def get_kinds(reader: SignedIn) -> list[ListKind]:
    """The kinds of lists of this release, what a hit means, and the headings by which columns are found."""
    return [_kind_shown(kind) for kind in KINDS.values()]


@router.get("/registers/{list_id}/matches", responses=answered(Rows[ListMatch]))
def get_matches(asked: Asks, list_id: str) -> Response:
    """The flags that stood and rest on a list, the oldest first."""
    views = asked.views("lists")
    found = registers.matches(views, list_id, asked.as_of)
    names = masked_names(views, asked.vault, [row["dossier"] for row in found if row["dossier"]])
    for row in found:
        row["masked_name"] = names.get(row["dossier"] or "", "—")
    return asked.answer({"rows": found})


class _Order(NamedTuple):
    """What is said of a file that is to be read: its kind and period, and what the entry will say."""

    name: str
    kind: RegisterKind
    period: tuple[str | None, str | None]
    said: Said


@router.post("/registers/read", responses=documented(401, 403, 422, 503), openapi_extra=A_FILE)
async def read(
    request: Request,
    access: Access,
    name: Annotated[str, Query(max_length=200, description="The file's name; its ending tells its kind")],
    kind: Annotated[str, Query(max_length=48, description="The kind's code, as GET /registers/kinds has it")],
    title: Annotated[str, Query(min_length=1, max_length=200)],
    source: Annotated[str, Query(min_length=1, max_length=200, description="Who gave the list")],
    data_on: DayGiven,
    unit: UnitName = None,
    period_start: DayGiven | None = None,
    period_end: DayGiven | None = None,
    document: Annotated[str | None, Query(max_length=100, description="The number of the paper")] = None,
    replaces: Annotated[str | None, Query(max_length=64, description="The list whose place it takes")] = None,
    year: Annotated[int | None, Query(ge=1900, le=2999, description="The year of earlier payouts")] = None,
) -> ListRead:
    """Reads a list, keeps its rows sealed for a day, and answers the body of the event that registers it.

    The file itself is not kept. What nobody signs within a day is removed.
    """
    access.require("lists", unit=unit)
    if kind not in KINDS:
        raise PARAMETER_INVALID.refused(
            where="kind", problem="没有这一种类", problem_en="no such kind", found=kind
        )
    said = Said(title, source, data_on.isoformat(), unit, document=document, replaces=replaces, year=year)
    order = _Order(name, KINDS[kind], (_iso(period_start), _iso(period_end)), said)
    raw = await request.body()
    made = await asyncio.to_thread(_read, raw, order, service_of(request))
    note_rows(request, made.rows)
    return made


@router.post("/registers/revealed", responses=documented(400, 401, 403, 422))
def show(request: Request, access: PrimaryAccess, recorded: RevealsRecorded) -> list[RevealedRow]:
    """What lists say of whom the inspector's own statements, recorded within a quarter of an hour, are about."""
    views = access.views("lists")
    vault = service_of(request).vault
    found = [
        RevealedRow(statement=statement_id, register_id=event.reference, line=row.line, said=row.said)
        for statement_id, event in recorded_lately(views, recorded.statements).items()
        for row in rows_of(views, vault, event)
    ]
    note_rows(request, len(found))
    return found


def _read(raw: bytes, order: _Order, service: Service) -> ListRead:
    today = datetime.date.fromisoformat(china_today())
    with service.turns.turn(), scratch_folder() as folder:
        path = folder / f"list{Path(order.name).suffix[:8]}"
        path.write_bytes(raw)
        reader = EarlierPayoutsFile if order.kind.relation == "given" else ListFile
        file = reader(path, order.kind, order.period, name=order.name)
        return read_list(service.store, file, today, order.said)


def _iso(day: datetime.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _kind_shown(kind: RegisterKind) -> ListKind:
    return ListKind(
        code=kind.code,
        zh=kind.title_zh,
        en=kind.title_en,
        meaning_zh=kind.meaning_zh,
        meaning_en=kind.meaning_en,
        identity=kind.identity,
        severity=kind.severity,
        columns=[
            ListColumn(name=each.name, headings=each.headings, needed=each.name in kind.needs)
            for each in kind.columns
        ],
        revealed=kind.revealed,
        given=kind.relation == "given",
        keep_days=kind.keep_days,
    )
