"""Statements of account over HTTP (对账单): read and matched, those on record, and what is unexplained."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.bank import queries as bank
from api.bank.profile import GENERAL, OWN_PROFILES
from api.bank.rows import ListedStatement, OpenOutflow
from api.bank.statements import AccountStatementAnswer, WhichAccount, read_account_statement
from api.roster.answers import A_FILE
from api.service.access_recording import note_rows
from api.service.answers import Rows, answered
from api.service.dependencies import Access, Asks, ReadAccess
from api.service.problems import documented
from api.service.scratch import scratch_folder
from api.service.service import service_of
from ledger.clock import china_today

router = APIRouter(tags=["bank"])

CampaignAsked = Annotated[str, Query(max_length=64)]


@router.post(
    "/bank/statement",
    responses={200: {"model": AccountStatementAnswer}, **documented(401, 403, 404, 422, 503)},
    openapi_extra=A_FILE,
)
async def read(
    request: Request,
    access: Access,
    campaign: CampaignAsked,
    name: Annotated[str, Query(max_length=200, description="The file's name; its ending tells its kind")],
    account: Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9.-]{0,47}$", description="Its short name")],
    lines: Annotated[str, Query(max_length=2_000, description="The account's lines, with commas between")],
    profile: Annotated[str, Query(max_length=48)] = GENERAL,
) -> Response:
    """Reads a statement of account (a table, or camt.053) and finds what its entries are for.

    Nothing is recorded: the officer signs what is answered as ``event``.
    """
    access.require("paying", campaign)
    which = WhichAccount(campaign, account, [line for line in lines.split(",") if line])
    raw = await request.body()
    answer = await asyncio.to_thread(_read, raw, name, profile, which, request, access)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get("/bank/statements", responses=answered(Rows[ListedStatement]))
def get_statements(asked: Asks, campaign: CampaignAsked) -> Response:
    """The statements of account on record, the newest first."""
    views = asked.views("lines", campaign)
    return asked.answer({"rows": bank.account_statements(views, campaign, asked.as_of)})


@router.get("/bank/outflows", responses=answered(Rows[OpenOutflow]))
def get_outflows(asked: Asks, campaign: CampaignAsked) -> Response:
    """What left accounts for nothing in the ledger and is not explained yet."""
    return asked.answer({"rows": bank.unexplained_entries(asked.views("lines", campaign), campaign)})


def _read(
    raw: bytes, name: str, profile: str, which: WhichAccount, request: Request, access: ReadAccess
) -> AccountStatementAnswer:
    store = service_of(request).store
    views = access.views("lines", which.campaign)
    with service_of(request).turns.turn(), scratch_folder() as folder:
        path = folder / f"statement{Path(name).suffix[:8]}"
        path.write_bytes(raw)
        found = read_account_statement(
            path, china_today(), profile, which, views, store.marker(), store.folder / OWN_PROFILES
        )
    note_rows(request, len(found.answer.lines))
    return found.answer
