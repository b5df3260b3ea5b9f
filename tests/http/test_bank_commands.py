"""``songnuan bank`` on a ledger of its own, in process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import build
from api.cli.exit_codes import EXIT_PARTLY, Misused
from api.cli.second_signer import take_second
from ledger.crypto.keys import save_key
from tests.founding import Founded

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
