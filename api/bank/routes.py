"""Paying by bank over HTTP (银行代发、对账): its answer matched to payouts, and each day's sums."""

from __future__ import annotations

import asyncio
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.bank import queries as bank
from api.bank.answer_file import BankLine, read_bank_file
from api.gate import Row
from api.roster.answers import A_FILE, FileNotice
from api.service.access_recording import note_rows
from api.service.answers import Rows
from api.service.dependencies import Access, Asks, ReadAccess
from api.service.problems import documented
from api.service.service import Service, service_of
from api.wording.masked_names import masked_names
from ledger.clock import china_today

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
    notices: list[FileNotice]


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
) -> Response:
    """Reads the bank's answer to a batch and finds the payouts. Nothing is recorded or kept."""
    access.require("paying", campaign)
    raw = await request.body()
    answer, count = await asyncio.to_thread(_read, raw, name, campaign, access, service_of(request))
    note_rows(request, count)
    return Response(answer, media_type="application/json")


@router.get("/bank/days", responses={200: {"model": Rows}, **documented(401, 403, 404, 422, 503)})
def get_days(asked: Asks, campaign: Annotated[str, Query(max_length=64)]) -> Response:
    """Each day's payouts by bank and line against what the bank has booked, in fen."""
    return asked.answer({"rows": bank.day_sums(asked.views("lines", campaign), campaign, asked.as_of)})


def _read(raw: bytes, name: str, campaign: str, access: ReadAccess, service: Service) -> tuple[bytes, int]:
    with service.turns.turn(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bank{Path(name).suffix[:8]}"
        path.write_bytes(raw)
        lines, notices = read_bank_file(path, china_today())
    marker = service.store.marker()
    marks = {line.row: marker.mark("account", line.account) for line in lines if line.problem is None}
    views = access.views("paying", campaign)
    payouts = _Payouts(
        bank.bank_payouts(views, cases=[line.note for line in lines], accounts=list(marks.values()))
    )
    names = masked_names(views, service.vault, payouts.dossiers)
    matched = (_matched(line, marks.get(line.row), payouts, names) for line in lines)
    said = [each.model_dump_json().encode() for each in matched]
    tail = b'],"notices":' + orjson.dumps([each._asdict() for each in notices]) + b"}"
    return b'{"lines":[' + b",".join(said) + tail, len(said)


class _Payouts:
    """The payouts that the bank's lines may be about; each is found once."""

    def __init__(self, found: list[Row]) -> None:
        self.dossiers = [row["dossier"] for row in found]
        self._by_case: dict[str, list[Row]] = {}
        self._by_account: dict[str, list[Row]] = {}
        for row in found:
            self._by_case.setdefault(row["case_id"], []).append(row)
            self._by_account.setdefault(row["account"], []).append(row)
        self._taken: set[str] = set()

    def take(self, line: BankLine, mark: str | None) -> Row | None:
        """The payout of the case in the note; else one to the account, of the same sum before another."""
        free = self._free(self._by_case.get(line.note, []))
        if not free:
            free = self._free(self._by_account.get(mark or "", []))
            free.sort(key=lambda row: (row["bank"] is not None, row["amount_fen"] != line.amount_fen))
        if not free:
            return None
        self._taken.add(free[0]["payout"])
        return free[0]

    def _free(self, rows: list[Row]) -> list[Row]:
        return [row for row in rows if row["payout"] not in self._taken]


def _matched(line: BankLine, mark: str | None, payouts: _Payouts, names: dict[str, str]) -> MatchedLine:
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
    payout = payouts.take(line, mark)
    if payout is None:
        matched.problem = {
            "zh": "找不到对应的银行发放：附言、账号都不符",
            "en": "no payout by bank has this note or account",
        }
        return matched
    differs = line.result == "paid" and line.amount_fen != payout["amount_fen"]
    matched.name = names.get(payout["dossier"], "—")
    matched.result = "different" if differs else line.result
    matched.payout, matched.case = payout["payout"], payout["case_id"]
    matched.campaign, matched.unit, matched.line = payout["campaign"], payout["unit"], payout["line"]
    matched.expected_fen, matched.said_already = payout["amount_fen"], payout["bank"]
    return matched
