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
from tests.http.serving import Officer
from tests.memory import Peak, watched

MOST_ABOVE_IDLE = 256 * 1024 * 1024
STATEMENT_ROWS = 39_000
LIST_ROWS, LIST_REMARK = 50_000, 130
LIST = "/registers/read?kind=deaths&title=x&source=y&unit=county&data_on=2026-01-05&name="
STATEMENT = "/bank/statement?campaign=b2026&name=s.csv&account=icbc&lines=workers"
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


def longest_statement_file() -> bytes:
    """An account's statement of as many entries as a file may have, each balance the last one's sum."""
    days = [f"2026-01-{day:02d}" for day in range(1, 29)]
    entries = (
        f"{days[number * len(days) // STATEMENT_ROWS]},1.00,,{STATEMENT_ROWS - number}.00,手续费\n"
        for number in range(STATEMENT_ROWS)
    )
    return ("日期,借方,贷方,余额,摘要\n" + "".join(entries)).encode()


def longest_list() -> bytes:
    """A list from outside as large as a file may be, each person with a number of its own."""
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    rows = ["姓名,身份证号,死亡日期,备注\n"]
    for number in range(LIST_ROWS):
        known = f"1101011990{number % 9 + 1:02d}{number // 1000 % 28 + 1:02d}{number % 1000:03d}"
        total = sum(int(digit) * weight for digit, weight in zip(known, weights, strict=True))
        rows.append(f"某,{known}{'10X98765432'[total % 11]},2025-12-01,{'x' * LIST_REMARK}\n")
    return "".join(rows).encode()


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
    workbook = fullest_workbook()
    with serving(founded.store.url, tmp_path / "data") as service:
        service.wait_until([])
        as_clerk, as_payer, as_auditor = (
            headers_of(signed_in(service, founded, name)) for name in ("tea-clerk", "payer", "auditor")
        )
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
                content=workbook,
                headers=as_clerk,
            )
            assert answer.json()["code"] == "roster-no-header"
            assert_within(peak, "a workbook")
            answer = asked.post(
                "/bank/read?campaign=b2026&name=a.csv",
                content=longest_bank_file(),
                headers=as_payer,
            )
            assert len(answer.json()["lines"]) == MOST_ANSWER_ROWS
            assert_within(peak, "a bank's file")
            for address, raw, headers, code in (
                ("/bank/columns?campaign=b2026&name=a.csv", longest_bank_file(), as_payer, None),
                (STATEMENT, longest_statement_file(), as_payer, "statement-too-long"),
                (LIST + "a.csv", longest_list(), as_auditor, None),
                (LIST + "a.xlsx", workbook, as_auditor, "register-no-number"),
            ):
                answer = asked.post(address, content=raw, headers=headers)
                assert (answer.status_code, answer.json().get("code")) == (422 if code else 200, code)
                assert_within(peak, address)
        assert service.causes() == []


def headers_of(officer: Officer) -> dict[str, str]:
    return {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}


def assert_within(peak: Peak, what: str) -> None:
    assert peak.above < MOST_ABOVE_IDLE, f"{what}: {peak.above >> 20} MiB above {peak.idle >> 20}"
