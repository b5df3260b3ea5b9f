"""Kept views over HTTP (常用视图): an officer's own, listed, kept and removed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.kept_views.queries import KeptState, KeptView, Name, drop, keep, kept
from api.service.access import denied
from api.service.dependencies import Primary, SignedIn
from api.service.problems import documented
from api.service.service import service_of
from api.tables.asked import COLUMN_UNKNOWN, group_column, read_asked
from api.tables.catalogue import TABLES, TableName
from api.tables.table import Table
from ledger.errors import Rule
from ledger.identity.documents import identity_in_text

router = APIRouter(tags=["tables"])

VIEW_NAMES_SOMEBODY = Rule(
    "view-names-somebody",
    zh="视图名称中不得含有身份证号、银行账号或电话号码",
    en="the name of a view may hold no identity number, account or phone number",
)


class ToKeep(BaseModel):
    """A view to keep, and its name."""

    name: Name
    state: KeptState


@router.get("/table-views", responses=documented(401))
def get_views(reader: SignedIn, connection: Primary) -> list[KeptView]:
    """The views that the officer keeps, of all lists; nobody else's."""
    return kept(connection, reader.officer)


@router.post("/table-views/{table}", status_code=204, responses=documented(400, 401, 403, 422, 503))
def keep_view(
    request: Request, reader: SignedIn, connection: Primary, table: TableName, body: ToKeep
) -> Response:
    """Keeps a list's filter, order, grouping and columns under a name; an earlier one of that name goes."""
    of = TABLES[table]
    if not reader.may_read(of.resource):
        raise denied(of.resource, None, None)
    check_state(of, body.name, body.state)
    keep(connection, service_of(request).row_seals, reader.officer, table, body.name, body.state)
    return Response(status_code=204)


@router.delete("/table-views/{table}", status_code=204, responses=documented(401, 403, 422, 503))
def drop_view(
    reader: SignedIn, connection: Primary, table: TableName, name: Annotated[str, Query(max_length=40)]
) -> Response:
    """Removes a view that the officer keeps."""
    drop(connection, reader.officer, table, name)
    return Response(status_code=204)


def check_state(table: Table, name: str, state: KeptState) -> None:
    """Checks that a table can be asked what is to be kept of it.

    Raises:
        Refused: ``column-unknown``, ``parameter-invalid``, ``view-names-somebody``.
    """
    if identity_in_text(name) is not None:
        raise VIEW_NAMES_SOMEBODY.refused()
    read_asked(table, filters=state.filters, search="", sort=state.sort)
    if state.by:
        group_column(table, state.by)
    for column in state.columns:
        if column not in table.shown:
            raise COLUMN_UNKNOWN.refused(
                table=table.title[0],
                purpose="显示",
                purpose_en="show",
                found=column[:60],
                expected=", ".join(table.shown),
            )
