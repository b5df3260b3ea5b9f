"""A roster read for the clerk who uploads it: every line checked cell by cell, nothing filed.

The clerk's browser commits to the identities, signs dossiers and nominations once for all lines, and
sends them as statements like any other.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path
from typing import Annotated, NamedTuple

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from api.roster.answers import (
    A_FILE,
    IN_THE_FILE,
    BadLine,
    FormColumn,
    RosterLine,
    RosterRead,
    fault_of,
    form_column,
)
from api.roster.choices import Choices, checked_choices
from api.roster.columns import (
    FORMS,
    Recipient,
)
from api.roster.importing import Prepared, prepare
from api.roster.reading import RosterRow
from api.roster.remembered import Remembered
from api.roster.report import ReadFault, faults_of, mapping_of, unused_parts
from api.roster.roster_file import RosterFile, open_roster
from api.roster.words import words_under
from api.service.access_recording import note_elsewhere, note_rows
from api.service.bodies import BodyLimit
from api.service.dependencies import Access, ReadAccess
from api.service.problems import PARAMETER_INVALID, documented
from api.service.scratch import scratch_folder
from api.service.service import service_of
from api.wording.vocabulary import policies_seen
from ledger.clock import CHINA, utc_now
from ledger.domain.state import Campaign
from ledger.identity.documents import PersonIdentity, masked_document, masked_name

BODY_LIMIT = BodyLimit(8 * 1024 * 1024, 60.0, 96 * 1024 * 1024)

router = APIRouter(tags=["rosters"])


@router.get("/rosters/columns", responses=documented(401, 403, 404, 422))
def get_columns(
    access: Access,
    campaign: Annotated[str | None, Query(max_length=48, description="In whose policy's words")] = None,
) -> dict[Recipient, list[FormColumn]]:
    """The columns of Annex 1 and Annex 2, for typing one line by hand, in the words of the reader's campaigns."""
    words = words_under(policies_seen(access.views("registry", campaign), campaign=campaign))
    return {
        recipient: [form_column(column, words) for column in columns] for recipient, columns in FORMS.items()
    }


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
    choices: Annotated[
        str | None,
        Query(
            max_length=4_000,
            description="What the officer chose, as JSON: columns, units, words, ignored, sheets, hidden_rows, hidden_columns",
        ),
    ] = None,
) -> Response:
    """Reads a roster (xlsx, xls, et, ods, csv, tsv, a page with a table) for a clerk of the unit. Nothing is filed.

    What the officer chose is remembered by unit and heading, and proposed for the next file. It says who
    has a case in this unit already; of others that they are on another list, up to a quota a day.
    """
    access.require("filing", campaign, unit)
    chosen = _choices(choices)
    raw = await request.body()
    return Response(
        await asyncio.to_thread(_read, _Upload(raw, name, campaign, unit, chosen), request, access),
        media_type="application/json",
    )


class _Upload(NamedTuple):
    """A file to read, its campaign and unit, and the officer's choices."""

    raw: bytes
    name: str
    campaign: str
    unit: str
    choices: Choices


def _choices(text: str | None) -> Choices:
    if text is None:
        return Choices()
    try:
        return checked_choices(Choices.model_validate_json(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"]) or "JSON"
        raise PARAMETER_INVALID.refused(
            where="choices", problem=f"{where} 有误", problem_en=f"{where} is wrong", found=where
        ) from None


AT_A_TIME = 1_000
"""So many rows are read, looked up and written before the next."""


def _read(upload: _Upload, request: Request, access: ReadAccess) -> bytes:
    # A campaign that the reader may not see is as one that there is not: the views are asked first.
    views = access.views("filing", upload.campaign, upload.unit)
    of_dossiers = access.views("filing", None, upload.unit)
    service = service_of(request)
    policy = service.state.get(Campaign, upload.campaign).terms
    remembered = Remembered(service.store.folder)
    with service.turns.turn():
        with scratch_folder() as folder:
            path = folder / f"roster{Path(upload.name).suffix[:8]}"
            path.write_bytes(upload.raw)
            roster = open_roster(path, upload.choices, remembered.of(upload.unit))
        remembered.keep(upload.unit, upload.choices)
        today = utc_now().astimezone(CHINA).date()
        rows = roster.lines(policy, today=today)
        vault = service.store.vault()
        marker = service.store.marker()
        lines: list[bytes] = []
        bad: list[bytes] = []
        faults: list[ReadFault] = []
        elsewhere = good = 0
        while some := list(islice(rows, AT_A_TIME)):
            without_faults = [row for row in some if not row.faults]
            prepared = prepare(
                without_faults,
                upload.campaign,
                upload.unit,
                marker,
                views,
                vault,
                policy,
                today.isoformat(),
                of_dossiers,
            )
            elsewhere += len(prepared.elsewhere)
            good += sum(not prepared.is_listed(row.line) for row in prepared.rows)
            lines += [_line(row, prepared) for row in prepared.rows]
            bad += [_bad_line(row) for row in some if row.faults]
            faults += faults_of(some)
        note_rows(request, len(lines) + len(bad))
        if elsewhere:
            note_elsewhere(request, elsewhere)
            service.lookups.take(access.reader.officer, elsewhere)
        return _answer(roster, good, faults, lines, bad)


def _answer(
    roster: RosterFile, good: int, faults: list[ReadFault], lines: list[bytes], bad: list[bytes]
) -> bytes:
    about = {
        "sheet": roster.sheet,
        "sheets": [sheet.name for sheet in roster.file.sheets],
        "recipient": roster.recipient,
        "good": good,
        "notices": [each._asdict() for each in roster.notices.all()],
        "faults": [fault.model_dump() for fault in faults],
        "unused": unused_parts(roster.unused).model_dump(),
        "mapping": [column.model_dump() for column in mapping_of(roster.tables)],
    }
    head = orjson.dumps(about)[:-1]
    return b"".join([head, b',"lines":[', b",".join(lines), b'],"bad":[', b",".join(bad), b"]}"])


def _line(row: RosterRow, prepared: Prepared) -> bytes:
    who = row.identity
    assert who is not None
    assert row.facts is not None
    line = RosterLine(
        line=row.line,
        sheet=row.sheet,
        row=row.row,
        masked_name=masked_name(who.name),
        masked_number=masked_document(who.number if isinstance(who, PersonIdentity) else who.credit_code),
        identity=who,
        facts=row.facts,
        category=row.category,
        amount_fen=row.amount_fen,
        purpose=row.purpose,
        visit_mode=row.visit_mode,
        on=row.on,
        dossier=prepared.dossiers.get(row.line),
        already=prepared.already.get(row.line),
        elsewhere=row.line in prepared.elsewhere,
        waits=row.line in prepared.waits,
        warnings=[fault_of(warning) for warning in row.warnings],
    )
    return line.model_dump_json().encode()


def _bad_line(row: RosterRow) -> bytes:
    faults = [fault_of(fault) for fault in row.faults]
    typable = not any(fault.code in IN_THE_FILE for fault in faults)
    line = BadLine(
        line=row.line, sheet=row.sheet, row=row.row, typed=row.typed, typable=typable, faults=faults
    )
    return line.model_dump_json().encode()
