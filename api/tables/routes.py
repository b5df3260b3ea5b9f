"""Tables over HTTP (列表): which there are, their pages, counts and sums, and their exports."""

from __future__ import annotations

from copy import copy
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse

from api.gate import LATEST
from api.service.access_recording import note_kind, note_look_up, note_rows
from api.service.answers import InBoth, answered
from api.service.dependencies import (
    Access,
    Asks,
    CampaignName,
    Limit,
    QueryContext,
    ReadAccess,
    SignedIn,
    UnitName,
)
from api.service.problems import documented
from api.service.service import Service, service_of
from api.tables import queries
from api.tables.asked import Asked, group_column, read_asked, read_cursor
from api.tables.catalogue import TABLES, TableName
from api.tables.exporting import EXPORT_NOT_DONE, EXPORT_UNKNOWN, Export, Exports, again
from api.tables.names import MaskedNames
from api.tables.queries import Finder, Question
from api.tables.rows import ExportAnswer, TableColumn, TableGroup, TablePage, TableShown, TableTotals
from api.tables.table import Span, Table
from api.tables.titles import fixed_titles
from ledger.clock import china_today

router = APIRouter(tags=["tables"])

MOST_SKIPPED = 10_000_000
Filters = Annotated[
    list[str],
    Query(
        alias="filter",
        max_length=20,
        description="A column, how it is compared, with what: state=approved, amount_fen>=50000, paid_on<=2027-01-31",
    ),
]
Search = Annotated[str, Query(max_length=200, description="Words that a row must have, each somewhere")]
Sort = Annotated[
    str,
    Query(max_length=200, description="Columns with commas between; one with - before it is descending"),
]
Since = Annotated[
    str | None, Query(max_length=40, description="The earlier moment, for a table of what changed since")
]
Month = Annotated[
    str | None,
    Query(
        pattern=r"^20\d\d-(0[1-9]|1[0-2])$",
        description="Like 2026-01, for a table that is drawn up for a month",
    ),
]
UpTo = Annotated[
    int | None,
    Query(ge=0, le=LATEST, description="The last row, as the first page of a list without positions gave it"),
]


class AskedOf:
    """What every question to a table has in its address."""

    def __init__(
        self,
        table: TableName,
        campaign: CampaignName = None,
        unit: UnitName = None,
        filters: Filters = [],  # noqa: B006 # FastAPI copies it
        search: Search = "",
        sort: Sort = "",
        since: Since = None,
        month: Month = None,
        upto: UpTo = None,
    ) -> None:
        self.table: Table = TABLES[table]
        self.campaign = campaign
        self.unit = unit
        self.since = since
        self.month = month
        self.upto = upto
        self.asked: Asked = read_asked(self.table, filters=filters, search=search, sort=sort)

    def question(self, service: Service, access: ReadAccess, as_of: int) -> Question:
        """The question within what the reader may see."""
        views = access.views(self.table.resource, self.campaign, self.unit)
        since = None if self.since is None else access.position_at(self.since)
        span = Span(since, self.campaign, self.month, self.upto)
        names = service.part(MaskedNames)
        if self.asked.words and self.table.named_by is not None:
            access.renew(lambda everything: names.renew(everything, service.vault))
        finder = Finder(names, service.store.marker(), date.fromisoformat(china_today()))
        return queries.question(self.table, self.asked, views, service.vault, finder, as_of, span)

    def asked_by(self, asks: QueryContext) -> Question:
        """The same, of who asks in this request."""
        note_kind(asks.request, self.table.recorded_as)
        found = self.question(asks.service, asks.access, asks.as_of)
        if found.looked_up:
            note_look_up(asks.request)
        return found

    def fixed(self, upto: int | None) -> AskedOf:
        """The same up to a row, so that it is the same whenever it is asked."""
        found = copy(self)
        found.upto = upto
        return found


OfTable = Annotated[AskedOf, Depends()]


@router.get("/tables", responses=documented(401))
def get_tables(reader: SignedIn) -> list[TableShown]:
    """The tables that the officer's roles may ask, with their columns."""
    return [_shown(table) for table in TABLES.values() if reader.may_read(table.resource)]


@router.get("/tables/{table}", responses=answered(TablePage))
def get_table(
    asks: Asks,
    of: OfTable,
    after: Annotated[
        str | None, Query(max_length=1_000, description="The cursor of the page before, in the same order")
    ] = None,
    skip: Annotated[int, Query(ge=0, le=MOST_SKIPPED, description="So many rows down")] = 0,
    limit: Limit = 100,
) -> Response:
    """A page of a table: searched, filtered, sorted; the first says how many rows all have, and their sums in fen."""
    place = None if after is None else read_cursor(of.table, after, of.asked.order)
    asked = of.asked_by(asks)
    found = queries.page(asked, after=place, skip=skip, limit=limit)
    whole = queries.totals(asked) if place is None and skip == 0 else None
    return asks.answer(
        {
            "rows": found.rows,
            "next": found.next,
            "total": None if whole is None else whole.rows,
            "sums": None if whole is None else whole.sums,
            "upto": asked.bounds.get("upto"),
        }
    )


@router.get("/tables/{table}/totals", responses=answered(TableTotals))
def get_totals(
    asks: Asks, of: OfTable, by: Annotated[str | None, Query(max_length=40, description="A column")] = None
) -> Response:
    """How many rows a table has in all and their sums in fen, and the same of each group, the largest first."""
    group = None if by is None else group_column(of.table, by)
    asked = of.asked_by(asks)
    whole = queries.totals(asked)
    found = [] if group is None else queries.groups(asked, group)
    family = of.table.families.get(group or "")
    groups = [
        TableGroup(
            key=key, title=InBoth(*asked.titled.title(family, key)), rows=totals.rows, sums=totals.sums
        ).model_dump()
        for key, totals in found
    ]
    return asks.answer({"total": whole.rows, "sums": whole.sums, "groups": groups})


# --- Exports -------------------------------------------------------------------------------------


@router.post("/tables/{table}/exports", status_code=202, responses=documented(401, 403, 404, 422, 503))
def start_export(
    request: Request,
    asks: Asks,
    of: OfTable,
    language: Literal["zh", "en"] = "zh",
) -> ExportAnswer:
    """Begins to write the whole answer into a file; answers at once, with how many rows it will have."""
    service, reader = asks.service, asks.reader
    as_of = asks.position
    first = of.question(service, asks.access, as_of)
    total = queries.totals(first).rows
    same = of.fixed(first.bounds.get("upto"))

    note_rows(request, total)
    asking = again(
        service, lambda connect: same.question(service, ReadAccess(reader, service.state, connect), as_of)
    )
    started = service.part(Exports).start(
        asking, of.table, by=reader.mark, position=as_of, total=total, language=language
    )
    return _said(started)


ExportName = Annotated[str, Path(max_length=64, description="An export's number")]


@router.get("/exports/{export}", responses=documented(401, 422))
def get_export(request: Request, access: Access, export: ExportName) -> ExportAnswer:
    """How far an export of one's own is."""
    return _said(service_of(request).part(Exports).find(export, access.reader.mark))


@router.get(
    "/exports/{export}/file",
    response_class=FileResponse,
    responses={
        200: {"description": "The table as a file that Excel opens", "content": {"text/csv": {}}},
        **documented(401, 422),
    },
)
def get_export_file(request: Request, access: Access, export: ExportName) -> FileResponse:
    """The file of an export of one's own, once it is done.

    Where an identity was erased or sealed since, a file with names is kept no more.
    """
    exports = service_of(request).part(Exports)
    found = exports.find(export, access.reader.mark)
    if found.state != "done":
        raise EXPORT_NOT_DONE.refused(written=found.written, total=found.total)
    if TABLES[found.table].named_by is not None and access.identity_ended_since(found.position):
        exports.drop(found)
        raise EXPORT_UNKNOWN.refused(found=export)
    note_rows(request, found.written)
    return FileResponse(found.path, media_type="text/csv; charset=utf-8", filename=found.file)


def _said(export: Export) -> ExportAnswer:
    return ExportAnswer(
        export=export.id,
        table=export.table,
        state=export.state,
        position=export.position,
        total=export.total,
        written=export.written,
        file=export.file,
        problem=None if export.problem is None else InBoth(*export.problem),
    )


def _shown(table: Table) -> TableShown:
    return TableShown(
        name=table.name,
        title=InBoth(*table.title),
        key=table.key,
        sort=",".join(f"{'-' if each.descending else ''}{each.column}" for each in table.order),
        columns=[
            TableColumn(
                name=name,
                kind=table.declared[name].kind.name,
                title=InBoth(table.heading(name).zh, table.heading(name).en),
                asked=name in table.asked,
                sorted=name in table.sorted_by,
                grouped=name in table.groups,
                summed=name in table.sums,
                codes=table.families.get(name),
                titles={
                    code: InBoth(zh, en) for code, (zh, en) in fixed_titles(table.families.get(name)).items()
                },
            )
            for name in table.shown
        ],
    )
