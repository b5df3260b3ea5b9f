"""Paying by bank over HTTP (银行代发、对账): its answer matched to payouts, and each day's sums."""

from __future__ import annotations

import asyncio
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.access_recording import note_rows
from api.names import masked_names
from api.problems import documented
from api.queries import Row, bank
from api.reading import Access, Asks, ReadAccess
from api.rosters.bank import BankLine, read_bank_file
from api.routes.rosters import A_FILE
from api.routes.views import Rows
from ledger.clock import china_today
from ledger.marks import Marker
from ledger.vault import Vault

router = APIRouter(tags=["bank"])


class MatchedLine(BaseModel):
    """A line of the bank's with the payout that it is about, where there is one.

    ``result`` is paid, bounced, or different where the sum is not the payout's; ``problem`` says in
    both languages why a line cannot be matched. ``bank_reference`` is the hash that a statement names.
    """

    row: int
    name: str
    amount_fen: int | None
    result: Literal["paid", "bounced", "different"] | None
    booked_on: str
    reason: str
    bank_reference: str
    payout: str | None = None
    case: str | None = None
    campaign: str | None = None
    unit: str | None = None
    line: str | None = None
    expected_fen: int | None = None
    said_already: str | None = None
    problem: dict[str, str] | None = None


class BankAnswer(BaseModel):
    """The bank's lines, in the order of its file."""

    lines: list[MatchedLine]


@router.post(
    "/bank/read",
    responses=documented(401, 403, 404, 422),
    openapi_extra=A_FILE,
)
async def read(
    request: Request,
    access: Access,
    campaign: Annotated[str, Query(max_length=64)],
    name: Annotated[str, Query(max_length=200, description="The file's name; its ending tells its kind")],
) -> BankAnswer:
    """Reads the bank's answer to a batch and finds the payouts. Nothing is recorded or kept."""
    access.require("paying", campaign)
    raw = await request.body()
    marker, vault = request.app.state.store.marker(), request.app.state.vault
    answer = await asyncio.to_thread(_read, raw, name, campaign, access, marker, vault)
    note_rows(request, len(answer.lines))
    return answer


@router.get("/bank/days", responses={200: {"model": Rows}, **documented(401, 403, 404, 422, 503)})
def get_days(asked: Asks, campaign: Annotated[str, Query(max_length=64)]) -> Response:
    """Each day's payouts by bank and line against what the bank has booked, in fen."""
    return asked.answer({"rows": bank.day_sums(asked.views("lines", campaign), campaign, asked.as_of)})


def _read(
    raw: bytes, name: str, campaign: str, access: ReadAccess, marker: Marker, vault: Vault
) -> BankAnswer:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bank{Path(name).suffix[:8]}"
        path.write_bytes(raw)
        lines = read_bank_file(path, china_today())
    marks = {line.row: marker.mark("account", line.account) for line in lines if line.problem is None}
    views = access.views("paying", campaign)
    found = bank.bank_payouts(views, cases=[line.note for line in lines], accounts=list(marks.values()))
    names = masked_names(views, vault, [row["dossier"] for row in found])
    taken: set[str] = set()
    return BankAnswer(lines=[_matched(line, marks.get(line.row), found, names, taken) for line in lines])


def _matched(
    line: BankLine, mark: str | None, found: list[Row], names: dict[str, str], taken: set[str]
) -> MatchedLine:
    matched = MatchedLine(
        row=line.row,
        name="—",
        amount_fen=line.amount_fen,
        result=None,
        booked_on=line.booked_on,
        reason=line.reason,
        bank_reference=sha256(
            f"{line.reference}|{line.account}|{line.amount_fen}|{line.booked_on}".encode()
        ).hexdigest(),
    )
    if line.problem is not None:
        matched.problem = {
            "zh": f"{line.cell}：{line.problem.message('zh')}",
            "en": f"{line.cell}: {line.problem.message('en')}",
        }
        return matched
    payout = _payout_of(line, mark, found, taken)
    if payout is None:
        matched.problem = {
            "zh": "找不到对应的银行发放：附言、账号都不符",
            "en": "no payout by bank has this note or account",
        }
        return matched
    taken.add(payout["payout"])
    differs = line.result == "paid" and line.amount_fen != payout["amount_fen"]
    matched.name = names.get(payout["dossier"], "—")
    matched.result = "different" if differs else line.result
    matched.payout, matched.case = payout["payout"], payout["case_id"]
    matched.campaign, matched.unit, matched.line = payout["campaign"], payout["unit"], payout["line"]
    matched.expected_fen, matched.said_already = payout["amount_fen"], payout["bank"]
    return matched


def _payout_of(line: BankLine, mark: str | None, found: list[Row], taken: set[str]) -> Row | None:
    """The payout of the case in the note; else one to the account, of the same sum before another."""
    free = [row for row in found if row["payout"] not in taken]
    for row in free:
        if line.note == row["case_id"]:
            return row
    to_account = [row for row in free if row["account"] == mark]
    to_account.sort(key=lambda row: (row["bank"] is not None, row["amount_fen"] != line.amount_fen))
    return to_account[0] if to_account else None
