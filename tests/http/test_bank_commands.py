"""``songnuan bank`` on a ledger of its own, in process."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from api.bank.pain import DebtorMissing
from api.bank.payment_file import PaymentFileFault
from api.bank.profile import profile_names
from api.bank.statement_file import StatementFault
from api.cli import build
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.second_signer import take_second
from ledger.crypto.keys import save_key
from ledger.errors import Refused
from ledger.events.drawing import MoneyDrawn
from tests.founding import Founded
from tests.schemas import assert_valid
from tests.unit.test_statement_files import camt, detail, entry

Run = Callable[..., Result]
ACCOUNT = "6222021234567890128"


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on this test's ledger, as its main function calls it."""
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_SECOND_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    for officer in ("finance", "finance2"):
        save_key(founded.key(officer), Path(f"{officer}.pem"), "")

    def invoke(*arguments: str, key: str = "finance", code: int = 0) -> Result:
        rest = take_second(["songnuan", "bank", *arguments, "--key", f"{key}.pem"])[1:]
        result = CliRunner().invoke(build(), rest)
        assert result.exit_code == code, result.output + str(result.exception)
        return result

    return invoke


@pytest.fixture
def payees(founded: Founded) -> list[dict[str, Any]]:
    made = []
    with founded.store.writer() as writer:
        for _ in range(2):
            person = founded.people.person()
            _, _, payout = founded.paid(writer, person)
            made.append({"payout": payout, "account": person.account, "name": person.name})
    return made


def types(founded: Founded) -> list[str]:
    with founded.store.connect() as connection:
        rows = connection.execute("SELECT type FROM ledger.entries ORDER BY position").fetchall()
    return [row[0] for row in rows]


def answer_file(*rows: str) -> str:
    Path("a.csv").write_text("户名,账号,金额,结果,失败原因\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return "a.csv"


class TestPay:
    def test_a_file_is_written_once_its_act_is_recorded(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        before = len(types(founded))
        made = json.loads(
            run("pay", "--campaign", "b2026", "--unit", "county", "--out", "bank", "--json").stdout
        )
        assert types(founded)[before:] == ["IdentityRevealed.v1"] * 2 + ["PaymentFileMade.v1"]
        raw = Path(made["file"]).read_bytes()
        assert sha256(raw).hexdigest() == made["sha256"]
        assert (made["count"], made["sum_fen"], len(made["batch"])) == (2, 100_000, 8)
        [sheet] = load_workbook(made["file"]).worksheets
        rows = [[cell.value for cell in row] for row in sheet][1:]
        assert {(row[1], row[2]) for row in rows} == {(each["name"], each["account"]) for each in payees}
        assert [row[5] for row in rows] == [f"{made['batch']}{number:04}" for number in (1, 2)]
        # The answer refers to the serials, and the bank knows nothing else of the payouts.
        Path("a.csv").write_text(
            "户名,账号,金额,结果,附言\n" + "".join(f",{row[2]},500,成功,慰问金{row[5]}\n" for row in rows)
        )
        assert "已入账" in run("answer", "a.csv", "--campaign", "b2026").output
        assert types(founded)[-2:] == ["BankLineMatched.v1"] * 2
        nothing = run("pay", "--campaign", "b2026", "--unit", "county", "--out", "bank", code=1)
        assert isinstance(nothing.exception, PaymentFileFault)

    def test_what_the_bank_did_not_take_is_sent_again(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        asked = ("pay", "--campaign", "b2026", "--unit", "county", "--out", "bank", "--json")
        made = json.loads(run(*asked).stdout)
        replacing = (*asked, "--replaces", made["batch"], "--profile", "ccb-batch")
        refused = run(*replacing, code=1).exception
        assert isinstance(refused, Refused)
        assert refused.code == "second-person-missing"
        again = json.loads(run(*replacing, "--second", "finance2.pem").stdout)
        assert int(again["batch"]) == int(made["batch"]) + 1
        assert Path(again["file"]).suffix == ".txt"

    def test_pain_001_names_who_pays(self, payees: list[dict[str, Any]], run: Run) -> None:
        asked = ("pay", "--campaign", "b2026", "--unit", "county", "--out", "bank", "--profile", "iso20022")
        assert isinstance(run(*asked, code=1).exception, DebtorMissing)
        debtor = ("--debtor-name", "某县总工会", "--debtor-account", "35001234567890")
        made = json.loads(run(*asked, *debtor, "--json").stdout)
        assert_valid(Path(made["file"]).read_bytes(), "pain.001.001.03")

    def test_the_profiles_are_listed(
        self, founded: Founded, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed = CliRunner().invoke(build(), ["bank", "profiles", "--json"])
        assert [each["name"] for each in json.loads(listed.stdout)] == profile_names()


class TestAnswer:
    def test_what_agrees_is_signed_and_what_bounced_is_back(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        paid, back = payees
        file = answer_file(
            f"{paid['name']},{paid['account']},500,成功,",
            f"{back['name']},{back['account']},500,退汇,户名不符",
        )
        shown = run("answer", file, "--campaign", "b2026", "--dry-run", "--json")
        assert [line["result"] for line in json.loads(shown.stdout)["lines"]] == ["paid", "bounced"]
        before = len(types(founded))
        run("answer", file, "--campaign", "b2026", key="finance2")
        assert types(founded)[before:] == ["BankLineMatched.v1", "BankLineMatched.v1", "PayoutReturned.v1"]
        again = run("answer", file, "--campaign", "b2026")
        assert "台账已有" in again.output
        assert len(types(founded)) == before + 3

    def test_who_paid_signs_the_answer_and_somebody_else_what_came_back_of_it(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        back = payees[0]
        file = answer_file(f"{back['name']},{back['account']},500,退汇,户名不符")
        before = len(types(founded))
        refused = run("answer", file, "--campaign", "b2026", code=1).exception
        assert isinstance(refused, Refused)
        assert refused.code == "return-by-payer"
        assert types(founded)[before:] == ["BankLineMatched.v1"]
        assert "退回待登记" in run("answer", file, "--campaign", "b2026", "--dry-run").output
        run("answer", file, "--campaign", "b2026", key="finance2")
        assert types(founded)[before:] == ["BankLineMatched.v1", "PayoutReturned.v1"]

    def test_what_does_not_agree_is_told_and_recorded_as_a_finding(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        file = answer_file(f"{payees[0]['name']},{payees[0]['account']},400,成功,")
        result = run("answer", file, "--campaign", "b2026", code=EXIT_PARTLY)
        assert "金额与发放不符" in result.output
        assert types(founded)[-1] == "BankLineMatched.v1"

    def test_a_word_and_a_column_are_explained(self, payees: list[dict[str, Any]], run: Run) -> None:
        Path("a.csv").write_text(
            f"户名,账号,金额,办理\n{payees[0]['name']},{payees[0]['account']},500,妥\n", encoding="utf-8"
        )
        said = ("--map", "办理=result", "--word", "妥=paid", "--dry-run")
        assert "已入账" in run("answer", "a.csv", "--campaign", "b2026", *said).output

    @pytest.mark.parametrize("said", [("--map", "办理"), ("--word", "妥=maybe"), ("--payout", "x=y")])
    def test_what_explains_nothing_is_misused(
        self, payees: list[dict[str, Any]], run: Run, said: tuple[str, str]
    ) -> None:
        result = run("answer", answer_file(), "--campaign", "b2026", *said, code=1)
        assert isinstance(result.exception, Misused)


class TestStatement:
    def recorded(self, run: Run, *rows: str, opening: str = "5000.00", code: int = 0, **more: str) -> Result:
        Path("s.csv").write_text(
            f"期初余额：{opening},,,,,\n日期,借方,贷方,余额,对方户名,对方账号,摘要\n" + "\n".join(rows) + "\n"
        )
        asked = ("statement", "s.csv", "--campaign", "b2026", "--account", "icbc", "--line", "workers")
        # Who paid does not record it alone.
        return run(*asked, *more.get("said", "").split(), key="finance2", code=code)

    def test_its_debits_are_held_against_batches_and_the_day_is_closed_by_it(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        made = json.loads(
            run("pay", "--campaign", "b2026", "--unit", "county", "--out", "o", "--json").stdout
        )
        day = founded.day()
        shown = self.recorded(
            run, f"{day},1000.00,,4000.00,,,批量 {made['batch']}", f"{day},,7.00,4007.00,,,利息",
            f"{day},300.00,,3707.00,某某,6222021234567890128,货款",
        )  # fmt: skip
        assert "批次 2" in shown.output and "账外支出" in shown.output
        assert types(founded)[-1] == "AccountStatementRecorded.v1"
        close = ("close", "--campaign", "b2026", "--line", "workers", "--day", day)
        assert run(*close, key="finance2", code=1).exception is not None
        done = run(*close, "--explanation", "账外支出三百元待查", key="finance2")
        assert "1,300.00" in done.output and "对账单" in done.output
        [outflow] = json.loads(CliRunner().invoke(
            build(), ["bank", "outflows", "--campaign", "b2026", "--json"]
        ).stdout)  # fmt: skip
        said = ("explain", "--campaign", "b2026", "--statement", outflow["account_statement"],
                "--reference", outflow["bank_reference"], "--reason", "误划，已追回")  # fmt: skip
        refused = run(*said, key="finance2", code=1).exception
        assert isinstance(refused, Refused) and refused.code == "explained-by-recorder"
        run(*said, "--second", "finance2.pem")
        left = CliRunner().invoke(build(), ["bank", "outflows", "--campaign", "b2026", "--json"])
        assert json.loads(left.stdout) == []

    def test_payouts_one_by_one_and_what_the_ledger_moved_are_found(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        one, other = payees
        day = founded.day()
        with founded.store.writer() as writer:
            founded.record(
                writer, "finance", MoneyDrawn(campaign="b2026", unit="tea", line="workers", amount_fen=12_300)
            )
        self.recorded(
            run, f"{day},500.00,,4500.00,{one['name']},{one['account']},慰问金",
            f"{day},500.00,,4000.00,{other['name']},{other['account']},慰问金", f"{day},123.00,,3877.00,,,领款",
            f"{day},,500.00,4377.00,{one['name']},{one['account']},退汇",
            said="--dry-run",
        )  # fmt: skip
        assert types(founded)[-1] == "MoneyDrawn.v1"
        shown = json.loads(run(
            "statement", "s.csv", "--campaign", "b2026", "--account", "icbc", "--line", "workers", "--json", "--dry-run"
        ).stdout)  # fmt: skip
        assert [line["by"] for line in shown["lines"]] == ["account", "account", "moved", "account"]
        assert not any(line["unexplained"] for line in shown["lines"])

    def test_the_next_goes_on_from_the_last(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        day = founded.day()
        self.recorded(run, f"{day},1.00,,4999.00,,,费")
        same = self.recorded(run, f"{day},1.00,,4999.00,,,费", code=1).exception
        assert isinstance(same, Refused) and same.code == "statement-file-recorded"
        refused = self.recorded(run, f"{day},2.00,,4998.00,,,费", code=1).exception
        assert isinstance(refused, Refused) and refused.code == "statement-not-next"
        cut = self.recorded(run, f"{day},1.00,,4998.00,,,费", code=1).exception
        assert isinstance(cut, StatementFault) and cut.code == "statement-breaks"

    def test_a_day_of_nothing_is_not_closed(self, founded: Founded, run: Run) -> None:
        result = run("close", "--campaign", "b2026", "--line", "workers", "--day", "2026-01-02", code=1)
        assert isinstance(result.exception, Misused)


class TestCamt:
    def test_a_notification_is_an_answer(
        self, founded: Founded, payees: list[dict[str, Any]], run: Run
    ) -> None:
        made = json.loads(
            run("pay", "--campaign", "b2026", "--unit", "county", "--out", "o", "--json").stdout
        )
        [sheet] = load_workbook(made["file"]).worksheets
        rows = [[str(cell.value) for cell in row] for row in sheet][1:]
        paid = detail("08", rows[0][5], "500.00").replace("张三", rows[0][1]).replace(ACCOUNT, rows[0][2])
        back = detail("08", rows[1][5], "500.00", "CRDT", "户名不符").replace("张三", rows[1][1])
        text = camt(
            "camt.054", "08", entry("08", "500.00", "DBIT", paid),
            entry("08", "500.00", "CRDT", back.replace(ACCOUNT, rows[1][2])), entry("08", "9", "CRDT"),
        )  # fmt: skip
        Path("n.xml").write_text(text.replace("2026-01-10", founded.day()), encoding="utf-8")
        shown = run("answer", "n.xml", "--campaign", "b2026", key="finance2").output
        assert "户名不符" in shown and "没有明细" in shown
        assert types(founded)[-3:] == ["BankLineMatched.v1", "BankLineMatched.v1", "PayoutReturned.v1"]
