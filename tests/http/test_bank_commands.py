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
from api.cli import build
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.second_signer import take_second
from ledger.crypto.keys import save_key
from tests.founding import Founded
from tests.schemas import assert_valid

Run = Callable[..., Result]


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
        again = json.loads(run(*asked, "--replaces", made["batch"], "--profile", "ccb-batch").stdout)
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
        run("answer", file, "--campaign", "b2026")
        assert types(founded)[before:] == ["BankLineMatched.v1", "BankLineMatched.v1", "PayoutReturned.v1"]
        again = run("answer", file, "--campaign", "b2026")
        assert "账本已有" in again.output
        assert len(types(founded)) == before + 3

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
