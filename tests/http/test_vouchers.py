"""Vouchers over HTTP and by command: what moved in a month, by account codes, as rows and as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from typer.testing import CliRunner

from api.cli import build
from api.vouchers import routes
from ledger.domain.event import Grant
from ledger.events.campaign import PolicyAmended
from tests.founding import Founded
from tests.http.serving import Enter, service
from tests.scene import policy
from tests.unit.test_vouchers import accounting, accounts


@pytest.fixture
def months(founded: Founded, tmp_path: Path) -> str:
    """A ledger with a payout and account codes; the month of the payout."""
    coded = policy(accounting=accounting(accounts("workers"), accounts("models")))
    amended = PolicyAmended(campaign="b2026", policy=coded, reason="设定会计科目")
    with founded.store.writer() as writer:
        founded.record(writer, "approver", amended)
        founded.paid(writer, founded.people.person())
        founded.enrol(writer, "tea-auditor", "tea", [Grant(role="auditor", unit="tea")])
    return founded.day(0)[:7]


@pytest.fixture
def client(founded: Founded, months: str, tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def test_a_months_vouchers_are_rows_and_files(client: TestClient, months: str, enter: Enter) -> None:
    finance = enter("finance")
    rows = finance.rows("/vouchers", campaign="b2026", month=months)
    assert sum(row["debit_fen"] for row in rows) == sum(row["credit_fen"] for row in rows) > 0
    paid = [row for row in rows if row["abstract"].startswith("发放：")]
    assert {row["account_code"] for row in paid} == {"503.01", "102"}
    assert len({row["position"] for row in paid}) == 1
    assert finance.rows("/vouchers", campaign="b2026", month="2020-01") == []
    asked: dict[str, Any] = {"campaign": "b2026", "month": months}
    lines = list(
        csv.reader(io.StringIO(finance.get("/vouchers", **asked, form="csv").removeprefix("\ufeff")))
    )
    assert lines[0][:5] == ["会计期间", "凭证号", "日期", "摘要", "会计科目编码"]
    assert len(lines) == len(rows) + 1
    cookie = {"cookie": f"songnuan_session={finance.cookie}"}
    answer = client.get("/vouchers", params={**asked, "form": "xlsx"}, headers=cookie)
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert "记账凭证" in [cell.value for row in sheet.iter_rows() for cell in row]


def test_more_than_one_answer_holds_is_refused(client: TestClient, months: str, enter: Enter) -> None:
    with patch.object(routes, "MOST_LINES", 1):
        refused = enter("finance").get("/vouchers", 422, campaign="b2026", month=months)
    assert refused["code"] == "too-many-vouchers"


def test_who_sees_no_lines_gets_no_vouchers(client: TestClient, months: str, enter: Enter) -> None:
    enter("tea-clerk").get("/vouchers", 403, campaign="b2026", month=months)


def test_who_sees_but_some_units_gets_no_part_of_them(client: TestClient, months: str, enter: Enter) -> None:
    refused = enter("tea-auditor").get("/vouchers", 422, campaign="b2026", month=months)
    assert refused["code"] == "vouchers-need-whole-lines"


def test_the_command_exports_them(
    founded: Founded, months: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    told = CliRunner().invoke(build(), ["export", "vouchers", "b2026", months, "--json"])
    assert told.exit_code == 0, told.output + str(told.exception)
    rows = json.loads(told.stdout)
    assert sum(row["debit_fen"] for row in rows) == sum(row["credit_fen"] for row in rows) > 0
    told = CliRunner().invoke(build(), ["export", "vouchers", "b2026", "2026-13", "--json"])
    assert told.exit_code != 0
