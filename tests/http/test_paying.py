"""Paying by bank over HTTP: identities shown once recorded, the bank's answer matched, days closed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook

from ledger.clock import china_today
from ledger.errors import Refused
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import BankLineMatched, DayReconciled
from ledger.events.dossier import IdentityRevealed
from ledger.events.payout import Disbursed
from tests.founding import Founded
from tests.http.serving import Enter, Officer, service

ACCOUNT = "6222021234567890128"


@pytest.fixture
def payees(founded: Founded) -> list[dict[str, Any]]:
    """Three who were paid by bank, each to an account of their own."""
    made = []
    with founded.store.writer() as writer:
        for _ in range(3):
            person = founded.people.person()
            case, dossier, payout = founded.paid(writer, person)
            made.append(
                {
                    "case": case,
                    "dossier": dossier,
                    "payout": payout,
                    "account": person.account,
                    "name": person.name,
                }
            )
        founded.nominated(writer)
    return made


@pytest.fixture
def client(founded: Founded, payees: list[dict[str, Any]], tmp_path: Path) -> Iterator[TestClient]:
    with service(founded, tmp_path) as client:
        yield client


def post(
    client: TestClient, officer: Officer, path: str, content: bytes | None = None, body: Any = None
) -> Any:
    headers = {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
    if content is not None:
        headers["content-type"] = "application/octet-stream"
        return client.post(path, content=content, headers=headers)
    return client.post(path, json=body, headers=headers)


def answer_file(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["某银行代发业务回单"])
    sheet.append(["序号", "户名", "账号", "金额", "处理结果", "交易日期", "流水号", "附言", "失败原因"])
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class TestIdentities:
    def test_one_is_shown_to_who_has_recorded_it(
        self, client: TestClient, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        finance = enter("finance")
        revealed = finance.post(
            IdentityRevealed(unit="tea", dossier=payees[0]["dossier"], purpose="银行代发")
        )
        answer = post(client, finance, "/identities", body={"statements": [revealed["id"]]})
        shown = answer.json()[0]
        assert (shown["identity"]["name"], shown["identity"]["account"]) == (
            payees[0]["name"],
            payees[0]["account"],
        )

    def test_none_by_what_another_recorded(
        self, client: TestClient, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        revealed = enter("inspector").post(
            IdentityRevealed(unit="tea", dossier=payees[0]["dossier"], purpose="核查")
        )
        answer = post(client, enter("finance"), "/identities", body={"statements": [revealed["id"]]})
        assert (answer.status_code, answer.json()["code"]) == (422, "reveal-not-recorded")

    def test_none_by_a_statement_of_another_kind_or_of_none(
        self, client: TestClient, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        for statement in (payees[0]["payout"], "019bf000-0000-7000-8000-000000000000"):
            answer = post(client, enter("finance"), "/identities", body={"statements": [statement]})
            assert answer.json()["code"] == "reveal-not-recorded"

    def test_none_without_the_sessions_token(self, client: TestClient, enter: Enter) -> None:
        cookie = {"cookie": f"songnuan_session={enter('finance').cookie}"}
        answer = client.post("/identities", json={"statements": []}, headers=cookie)
        assert answer.json()["code"] == "csrf-missing"


class TestTheBanksAnswer:
    def read(self, client: TestClient, officer: Officer, rows: list[list[Any]]) -> Any:
        return post(client, officer, "/bank/read?campaign=b2026&name=a.xlsx", content=answer_file(rows))

    def test_each_line_finds_its_payout_by_note_or_by_account(
        self, client: TestClient, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        first, second, third = payees
        lines = self.read(
            client,
            enter("finance"),
            [
                [
                    1,
                    first["name"],
                    "'" + first["account"],
                    500,
                    "成功",
                    "2026-01-20",
                    "A1",
                    first["case"],
                    "",
                ],
                [
                    2,
                    second["name"],
                    second["account"],
                    "500.00元",
                    "退票",
                    "2026年1月20日",
                    "A2",
                    "",
                    "户名不符",
                ],
                [3, third["name"], third["account"], 400, "交易成功", "", "A3", "慰问金", ""],
            ],
        ).json()["lines"]
        assert [(line["payout"], line["result"]) for line in lines] == [
            (first["payout"], "paid"),
            (second["payout"], "bounced"),
            (third["payout"], "different"),
        ]
        assert [line["booked_on"] for line in lines] == ["2026-01-20", "2026-01-20", china_today()]
        assert lines[1]["reason"] == "户名不符"
        assert "*" in lines[0]["name"]
        assert lines[2]["expected_fen"] == 50_000

    def test_what_cannot_be_read_or_found_says_why(
        self, client: TestClient, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        lines = self.read(
            client,
            enter("finance"),
            [
                [1, "某某", ACCOUNT, 500, "成功", "", "", "", ""],
                [2, "", payees[0]["account"], "许多", "成功", "", "", "", ""],
                [3, "", payees[0]["account"], 500, "也许", "", "", "", ""],
                [4, "", 6.222021234567890128e18, 500, "成功", "", "", "", ""],
            ],
        ).json()["lines"]
        assert [line["payout"] for line in lines] == [None] * 4
        assert "找不到对应的银行发放" in lines[0]["problem"]["zh"]
        assert lines[1]["problem"]["zh"].startswith("D4：不是金额")
        assert lines[2]["problem"]["zh"].startswith("E5：无法识别的结果")
        assert lines[3]["problem"]["zh"].startswith("C6：号码被 Excel 存成数值")

    def test_one_payout_is_matched_once_and_what_was_said_is_told(
        self, client: TestClient, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        finance = enter("finance")
        row = [1, payees[0]["name"], payees[0]["account"], 500, "成功", "", "A1", "", ""]
        one, two = self.read(client, finance, [row, row]).json()["lines"]
        assert (one["payout"], two["payout"]) == (payees[0]["payout"], None)
        position = finance.post(
            BankLineMatched(
                campaign="b2026",
                unit="tea",
                payout=one["payout"],
                bank_reference=one["bank_reference"],
                amount_fen=50_000,
                booked_on=one["booked_on"],
                result="paid",
            )
        )["position"]
        finance.get("/roster", wait_for=position)
        assert self.read(client, finance, [row]).json()["lines"][0]["said_already"] == "paid"

    def test_a_file_without_a_header_is_refused(self, client: TestClient, enter: Enter) -> None:
        book = io.BytesIO()
        Workbook().save(book)
        answer = post(
            client, enter("finance"), "/bank/read?campaign=b2026&name=a.xlsx", content=book.getvalue()
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "bank-no-header")

    def test_only_finance_reads_it(self, client: TestClient, enter: Enter) -> None:
        answer = self.read(client, enter("auditor"), [])
        assert (answer.status_code, answer.json()["code"]) == (403, "reading-not-allowed")


class TestDays:
    def test_a_day_is_held_against_the_bank_and_closed(
        self, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        finance = enter("finance")
        day = finance.rows("/bank/days", campaign="b2026")[0]
        assert (day["payouts"], day["ledger_fen"], day["bank_fen"], day["unmatched"]) == (3, 150_000, 0, 3)
        position = 0
        results: list[Literal["paid", "bounced"]] = ["paid", "bounced", "paid"]
        for payee, result in zip(payees, results, strict=True):
            position = finance.post(
                BankLineMatched(
                    campaign="b2026",
                    unit="tea",
                    payout=payee["payout"],
                    bank_reference=sha256(payee["payout"].encode()).hexdigest(),
                    amount_fen=50_000,
                    booked_on=china_today(),
                    result=result,
                )
            )["position"]
        day = finance.rows("/bank/days", campaign="b2026", wait_for=position)[0]
        assert (day["bank_fen"], day["bounced_fen"], day["unmatched"], day["reconciled"]) == (
            100_000,
            50_000,
            0,
            None,
        )
        closed = DayReconciled(
            campaign="b2026",
            line="workers",
            day=day["day"],
            ledger_fen=150_000,
            bank_fen=100_000,
            explanation="一笔退票",
        )
        position = enter("finance2").post(closed, on=day["day"])["position"]
        assert finance.rows("/bank/days", campaign="b2026", wait_for=position)[0]["reconciled"] == "finance2"
        # A statement that comes afterwards and says another sum: the day is to be closed again.
        entry = {"bank_reference": "e" * 64, "booked_on": day["day"], "direction": "debit", "amount_fen": 700}
        said = {"from_day": day["day"], "to_day": day["day"], "opening_fen": 700, "closing_fen": 0}
        statement = AccountStatementRecorded.model_validate(
            {
                "campaign": "b2026", "account": "icbc", "lines": ["workers"], "file": "e" * 64,
                "entries": [entry], **said,
            }
        )  # fmt: skip
        position = enter("finance2").post(statement)["position"]
        again = finance.rows("/bank/days", campaign="b2026", wait_for=position)[0]
        assert (again["reconciled"], again["statement_fen"]) == (None, 700)

    def test_a_closing_is_of_its_own_day_whenever_it_is_signed(
        self, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        today = china_today()
        yesterday = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
        of = DayReconciled(campaign="b2026", line="workers", day=today, ledger_fen=150_000, bank_fen=150_000)
        finance, finance2 = enter("finance"), enter("finance2")

        def first_day(line: str = "workers", **asked: Any) -> tuple[Any, ...]:
            found = finance.rows("/bank/days", campaign="b2026", **asked)
            row = next(each for each in found if each["line"] == line)
            return row["day"], row["payouts"], row["reconciled"], row["paid_since"]

        # Another day's, and another line's, say nothing of this one, though they are signed on it.
        finance2.post(of.model_copy(update={"day": yesterday}))
        other = finance2.post(of.model_copy(update={"line": "models"}))["position"]
        assert first_day(wait_for=other) == (today, 3, None, 0)
        # A day without payouts that somebody closed stands there all the same.
        assert first_day("models") == (today, 0, "finance2", 0)
        # Its own does, with whatever date it is signed.
        closed = finance2.post(of, on=yesterday)["position"]
        assert first_day(wait_for=closed) == (today, 3, "finance2", 0)
        # What is paid after it is not covered, until somebody closes the day again.
        late = Disbursed(
            campaign="b2026",
            unit="tea",
            dossier=payees[0]["dossier"],
            line="workers",
            amount_fen=50_000,
            after_the_fact=True,
            after_the_fact_reason="漏记",
        )
        finance2.post(late, refused="second-person-missing")
        finance2.post(late, refused="paid-by-closer", second="auditor")
        paid = finance.post(late, second="auditor")["position"]
        assert first_day(wait_for=paid) == (today, 4, None, 1)
        again = finance2.post(of)["position"]
        assert first_day(wait_for=again) == (today, 4, "finance2", 0)
        # As of before, it stands as it stood.
        assert first_day(as_of=closed) == (today, 3, "finance2", 0)
        assert first_day(as_of=other) == (today, 3, None, 0)

    def test_a_difference_and_its_explanation_go_together(self) -> None:
        for bank, explanation in ((1, None), (2, "无差异")):
            with pytest.raises(ValueError, match="go together"):
                DayReconciled(
                    campaign="b2026",
                    line="workers",
                    day="2026-01-20",
                    ledger_fen=2,
                    bank_fen=bank,
                    explanation=explanation,
                )

    def test_it_needs_a_line_of_the_campaign(self, founded: Founded, payees: list[dict[str, Any]]) -> None:
        event = DayReconciled(campaign="b2026", line="nothing", day="2026-01-20", ledger_fen=1, bank_fen=1)
        with founded.store.writer() as writer, pytest.raises(Refused) as refusal:
            founded.record(writer, "finance", event)
        assert refusal.value.code == "reference-unknown"


class TestChecks:
    def test_beside_each_case_stand_criteria_earlier_help_and_flags(
        self, enter: Enter, payees: list[dict[str, Any]]
    ) -> None:
        rows = enter("approver").rows(
            "/roster/checks", campaign="b2026", cases=",".join(payee["case"] for payee in payees)
        )
        assert {row["case_id"] for row in rows} == {payee["case"] for payee in payees}
        assert all(set(row) == {"case_id", "criteria", "earlier", "flags"} for row in rows)
        # Paid without any public notice: each case has that flag beside it.
        assert all("no-public-notice" in [flag["rule"] for flag in row["flags"]] for row in rows)

    def test_a_clerk_does_not_see_them(self, enter: Enter, payees: list[dict[str, Any]]) -> None:
        refused = enter("tea-clerk").get("/roster/checks", 403, campaign="b2026", cases=payees[0]["case"])
        assert refused["code"] == "reading-not-allowed"
