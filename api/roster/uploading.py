"""A roster read for the clerk who uploads it: every line checked cell by cell, nothing filed.

The clerk's browser commits to the identities, signs dossiers and nominations once for all lines, and
sends them as statements like any other.
"""

from __future__ import annotations

import asyncio
import tempfile
from itertools import islice
from pathlib import Path
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.roster.answers import (
    A_FILE,
    BadLine,
    FormColumn,
    RosterLine,
    RosterRead,
    fault_of,
    form_column,
)
from api.roster.columns import (
    FORMS,
    Recipient,
)
from api.roster.importing import Prepared, prepare
from api.roster.reading import RosterRow, read_rows
from api.roster.sheet import read_table
from api.service.access_recording import note_elsewhere, note_rows
from api.service.bodies import BodyLimit
from api.service.dependencies import Access, ReadAccess, SignedIn
from api.service.problems import documented
from ledger.clock import CHINA, utc_now
from ledger.domain.state import Campaign, State
from ledger.identity.blind_index import Marker
from ledger.identity.documents import masked_name

BODY_LIMIT = BodyLimit(8 * 1024 * 1024, 60.0, 96 * 1024 * 1024)

router = APIRouter(tags=["rosters"])


@router.get("/rosters/columns", responses=documented(401))
def get_columns(reader: SignedIn) -> dict[Recipient, list[FormColumn]]:
    """The columns of Annex 1 and Annex 2, for typing one line by hand."""
    return {recipient: [form_column(column) for column in columns] for recipient, columns in FORMS.items()}


@router.post(
    "/rosters/read",
    responses={200: {"model": RosterRead}, **documented(401, 403, 404, 422, 429, 503)},
    openapi_extra=A_FILE,
)
async def read(
    request: Request,
    access: Access,
    campaign: Annotated[str, Query(max_length=64)],
    unit: Annotated[str, Query(max_length=64)],
    name: Annotated[str, Query(max_length=200, description="The file's name; its ending tells its kind")],
) -> Response:
    """Reads a roster (xlsx, xls, ods, csv) for a clerk of the unit. Nothing is filed or kept.

    It says who has a case in this unit already; of others that they are on another list, up to a quota a day.
    """
    access.require("filing", campaign, unit)
    raw = await request.body()
    return Response(
        await asyncio.to_thread(_read, raw, name, campaign, unit, request, access),
        media_type="application/json",
    )


AT_A_TIME = 1_000
"""So many rows are read, looked up and written before the next."""


def _read(
    raw: bytes,
    name: str,
    campaign: str,
    unit: str,
    request: Request,
    access: ReadAccess,
) -> bytes:
    # A campaign that the reader may not see is as one that there is not: the views are asked first.
    views = access.views("filing", campaign, unit)
    state: State = request.app.state.writer.state
    policy = state.get(Campaign, campaign).terms
    with request.app.state.turns.turn():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"roster{Path(name).suffix[:8]}"
            path.write_bytes(raw)
            table = read_table(path)
        rows = read_rows(table, policy, today=utc_now().astimezone(CHINA).date())
        marker: Marker = request.app.state.store.marker()
        lines: list[bytes] = []
        bad: list[bytes] = []
        elsewhere = 0
        while some := list(islice(rows, AT_A_TIME)):
            prepared = prepare([row for row in some if not row.faults], campaign, unit, marker, views)
            elsewhere += len(prepared.elsewhere)
            lines += [_line(row, prepared) for row in prepared.rows]
            bad += [_bad_line(row) for row in some if row.faults]
        note_rows(request, len(lines) + len(bad))
        if elsewhere:
            note_elsewhere(request, elsewhere)
            request.app.state.lookups.take(access.reader.officer, elsewhere)
        notices = [each._asdict() for each in table.notices()]
        about = {"sheet": table.sheet, "recipient": table.recipient, "notices": notices}
        head = orjson.dumps(about)[:-1]
        return b"".join([head, b',"lines":[', b",".join(lines), b'],"bad":[', b",".join(bad), b"]}"])


def _line(row: RosterRow, prepared: Prepared) -> bytes:
    assert row.identity is not None
    assert row.facts is not None
    line = RosterLine(
        row=row.row,
        masked_name=masked_name(row.identity.name),
        identity=row.identity.model_dump(mode="json", exclude_none=True),
        facts=row.facts.model_dump(mode="json", exclude_none=True),
        category=row.category,
        amount_fen=row.amount_fen,
        on=row.on,
        dossier=prepared.dossiers.get(row.row),
        already=prepared.already.get(row.row),
        elsewhere=row.row in prepared.elsewhere,
    )
    return line.model_dump_json().encode()


def _bad_line(row: RosterRow) -> bytes:
    line = BadLine(row=row.row, typed=row.typed, faults=[fault_of(fault) for fault in row.faults])
    return line.model_dump_json().encode()
