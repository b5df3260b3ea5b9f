"""Payment files over HTTP (代发文件): what waits to be sent, the file for what an officer was shown, those made."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.bank import queries as bank
from api.bank.pain import Debtor
from api.bank.paying import Order, chosen_payouts, payment_file
from api.bank.profile import GENERAL, OWN_PROFILES
from api.bank.rows import ListedPaymentFile, UnsentPayout
from api.identities.disclosing import newest, shown_lately
from api.service.access_recording import note_rows
from api.service.answers import Rows, answered
from api.service.dependencies import Asks, PrimaryAccess, ReadAccess
from api.service.problems import documented
from api.service.service import service_of
from api.wording.masked_names import masked_names
from ledger.clock import china_today
from ledger.events.payment_file import Batch

router = APIRouter(tags=["bank"])

_Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_Words = Annotated[str, Field(max_length=140)]


class Unsent(Rows[UnsentPayout]):
    """The payouts that wait, and the number to propose for the next file."""

    batch: str


class WhoPays(BaseModel):
    """The account that the money leaves, which pain.001 names."""

    name: _Words = ""
    account: Annotated[str, Field(max_length=34)] = ""
    bank: _Words = ""


class FileOrder(BaseModel):
    """Which payouts go into the file, and the IdentityRevealed statements by which their accounts were shown."""

    campaign: Annotated[str, Field(max_length=64)]
    unit: Annotated[str, Field(max_length=64)]
    batch: Batch
    profile: Annotated[str, Field(max_length=48)] = GENERAL
    payouts: Annotated[list[_Id], Field(min_length=1, max_length=500)]
    statements: Annotated[list[_Id], Field(min_length=1, max_length=500)]
    replaces: Batch | None = None
    debtor: WhoPays = WhoPays()


class PaymentFileAnswer(BaseModel):
    """The file in Base64, not recorded yet: ``event`` is the body that records it, signed before it is used."""

    name: str
    content: str
    event: dict[str, Any]


@router.get("/bank/unsent", responses=answered(Unsent))
def get_unsent(asked: Asks, campaign: Annotated[str, Query(max_length=64)]) -> Response:
    """Payouts by bank that were sent in no file yet; names are masked."""
    views = asked.views("paying", campaign)
    rows = bank.unsent(views, campaign)
    names = masked_names(views, asked.vault, [row["dossier"] for row in rows])
    for row in rows:
        row["masked_name"] = names.get(row["dossier"], "—")
        del row["account"]
    return asked.answer({"rows": rows, "batch": bank.next_batch(views, china_today())})


@router.get("/bank/files", responses=answered(Rows[ListedPaymentFile]))
def get_files(asked: Asks, campaign: Annotated[str, Query(max_length=64)]) -> Response:
    """The payment files that were made, the newest first."""
    views = asked.views("lines", campaign)
    return asked.answer({"rows": bank.payment_files(views, campaign, asked.as_of)})


@router.post("/bank/file", responses=documented(400, 401, 403, 404, 422, 503))
async def make_file(request: Request, access: PrimaryAccess, order: FileOrder) -> PaymentFileAnswer:
    """Makes a payment file of payouts whose identities the officer's own statements said were shown.

    Nothing is recorded: the officer signs what is answered as ``event``, and gives the file to the bank then.
    """
    access.require("paying", order.campaign)
    return await asyncio.to_thread(_made, request, access, order)


def _made(request: Request, access: ReadAccess, order: FileOrder) -> PaymentFileAnswer:
    wanted = Order(
        order.campaign,
        order.unit,
        order.batch,
        order.profile,
        china_today(),
        order.replaces,
        Debtor(**order.debtor.model_dump()),
    )
    rows = chosen_payouts(access.views("paying", order.campaign), wanted, order.payouts)
    views = access.views("identities")
    dossiers = [looked.dossier for looked in shown_lately(views, order.statements)]
    identities = newest(views, service_of(request).vault, dossiers)
    service = service_of(request)
    with service.turns.turn():
        marker, own = service.store.marker(), service.store.folder / OWN_PROFILES
        file = payment_file(wanted, rows, identities, marker, own)
    note_rows(request, len(rows))
    body = file.event.model_dump(mode="json", exclude_defaults=True)
    return PaymentFileAnswer(name=file.name, content=b64encode(file.raw).decode(), event=body)
