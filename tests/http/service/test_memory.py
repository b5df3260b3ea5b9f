"""The largest bodies that are taken, and what the whole service needs for them, measured from outside."""

from __future__ import annotations

import io
from pathlib import Path

import httpx2
from openpyxl import Workbook

from api.bank.answer_file import MOST_ANSWER_ROWS
from api.roster.workbooks import MOST_FILLED
from api.statements.routes import BODY_LIMIT
from api.statements.submissions import MOST_STATEMENTS
from ledger.domain.event import Grant
from tests.founding import Founded
from tests.http.processes import serving
from tests.http.service.test_bodies import signed_in
from tests.memory import Peak, watched

MOST_ABOVE_IDLE = 256 * 1024 * 1024
NDJSON = {"content-type": "application/x-ndjson"}


def fullest_workbook() -> bytes:
    """As many cells as a file may have, all of which hold something."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(MOST_FILLED // 5_000):
        sheet.append([1] * 5_000)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def longest_bank_file() -> bytes:
    return "账号,金额,结果\n".encode() + b"6,1,x\n" * MOST_ANSWER_ROWS


def lines(one: bytes) -> bytes:
    """As many statements as come together, as large as the body may be."""
    size = BODY_LIMIT.largest_bytes // MOST_STATEMENTS - 1
    return (one + b" " * (size - len(one)) + b"\n") * MOST_STATEMENTS


def test_no_body_within_the_limits_takes_the_service_far_above_idle(founded: Founded, tmp_path: Path) -> None:
    with founded.store.writer() as writer:
        founded.enrol(writer, "payer", "county", [Grant(role="finance", unit="county")])
    many = (
        lines(b'{"envelope":[' + b"[]," * 900 + b"1]}"),
        lines(b'{"envelope":{"payloadType":[' + b"{}," * 900 + b'1],"payload":"x"}}'),
        lines(b'{"envelope":{"payload":"' + b"A" * 3_000 + b'"}}'),
    )
    with serving(founded.store.url, tmp_path / "data") as service:
        service.wait_until([])
        clerk, payer = (signed_in(service, founded, name) for name in ("tea-clerk", "payer"))
        asked = httpx2.Client(base_url=service.url, timeout=120)
        # After a batch for which it starts its processes for statements it is at rest.
        with httpx2.Client(base_url=service.url, timeout=120) as first:
            first.post("/statements", content=b'{"envelope":{}}\n' * 4_000, headers=NDJSON)
        with watched(service.process.pid) as peak, asked:
            for body in many:
                answer = asked.post("/statements", content=body, headers=NDJSON)
                assert len(answer.json()["outcomes"]) == MOST_STATEMENTS
                assert_within(peak, "statements")
            answer = asked.post(
                "/rosters/read?campaign=b2026&unit=tea&name=a.xlsx",
                content=fullest_workbook(),
                headers={"cookie": f"songnuan_session={clerk.cookie}", "x-csrf-token": clerk.csrf},
            )
            assert answer.json()["code"] == "roster-no-header"
            assert_within(peak, "a workbook")
            answer = asked.post(
                "/bank/read?campaign=b2026&name=a.csv",
                content=longest_bank_file(),
                headers={"cookie": f"songnuan_session={payer.cookie}", "x-csrf-token": payer.csrf},
            )
            assert len(answer.json()["lines"]) == MOST_ANSWER_ROWS
            assert_within(peak, "a bank's file")
        assert service.causes() == []


def assert_within(peak: Peak, what: str) -> None:
    assert peak.above < MOST_ABOVE_IDLE, f"{what}: {peak.above >> 20} MiB above {peak.idle >> 20}"
