"""The commands of an evaluator and of a county that marks and answers, as their main function calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import build
from api.cli.exit_codes import Misused
from api.federation import asking
from api.federation.evaluating import key_of_year
from ledger.clock import utc_now
from ledger.crypto.keys import new_key, save_key
from ledger.domain.possession import enrolment_code
from tests.founding import Founded
from tests.http.test_evaluating import Evaluates

Run = Callable[..., Result]
YEAR = utc_now().year
SEEDS = {"city": bytes(32), "audit": bytes(range(32))}


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on this test's ledger, with the officers' keys beside it."""
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    for officer in ("inspector", "registrar"):
        save_key(founded.key(officer), Path(f"{officer}.pem"), "")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(build(), list(arguments))

    return invoke


def must(done: Result) -> Any:
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout


def test_an_evaluator_is_set_up_by_commands(run: Run, founded: Founded) -> None:
    by = ("--key", "registrar.pem", "--json")
    made = must(run("evaluator", "key", *by))
    assert made["public_key"] == key_of_year(founded.store.evaluator_seeds()[YEAR], YEAR).public_key
    assert run("evaluator", "key", *by).exit_code == 1
    code = enrolment_code(new_key(), founded.ledger, "north")
    ledger = "0194f000-0000-4000-8000-000000000001"
    must(run("evaluator", "admit", "north", "--ledger", ledger, "--name", "北县", "--code", code, *by))
    must(run("evaluator", "grant", "north", "--campaign", "b", "--dossiers", "100", *by))
    [row] = must(run("evaluator", "status", "--json"))
    assert (row["asker"], row["quota"], row["evaluated"]) == ("north", 330, 0)
    assert isinstance(run("evaluator", "retire", "--year", str(YEAR)).exception, Misused)
    founded.store.make_evaluator_seed(YEAR - 2)
    must(run("evaluator", "retire", "--year", str(YEAR - 2)))
    assert list(founded.store.evaluator_seeds()) == [YEAR]


def test_a_county_accepts_marks_and_answers_by_commands(
    run: Run, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "HttpEvaluator", lambda code, *rest: Evaluates(code, SEEDS[code]))
    with founded.store.writer(clock=founded.clock) as writer:
        founded.paid(writer)
        rows = [(founded.people.person(), {"died_on": founded.day(-9)}) for _ in range(2)]
        listed = founded.listed(writer, "deaths", rows)
    by = ("--key", "registrar.pem", "--json")
    save_key(new_key(), Path("asker.pem"), "")
    where = ("--evaluator", "city=http://c", "--evaluator", "audit=http://a", "--asker-key", "asker.pem")
    mark = ("federation", "mark", "--campaign", "b2026", *where, "--json")
    assert getattr(run(*mark).exception, "code", "") == "reference-unknown"
    for code, seed in SEEDS.items():
        public_key = key_of_year(seed, YEAR).public_key
        must(run("federation", "accept", code, "--name", code, "--public-key", public_key, *by))
    assert [must(run(*mark))["marked"] for _ in range(2)] == [1, 0]
    assert isinstance(run(*mark[:5], "city", *mark[6:]).exception, Misused)
    of_list = ("federation", "mark", "--list", listed, *where, "--json")
    assert [must(run(*of_list))["marked"] for _ in range(2)] == [2, 0]
    assert isinstance(run(*of_list, "--campaign", "b2026").exception, Misused)
    code = enrolment_code(new_key(), founded.ledger, "city")
    named = ("--name", "某市", "--level", "city", "--region", "430100", "--code", code)
    position = must(run("federation", "enrol", "city", *named, *by))["position"]
    answer = (
        "federation", "answer", "1" * 64, "--upper", "city", "--rule", "person-paid-twice", "--finding", "both-due",
        "--text", "均应发放", "--key", "inspector.pem", "--json", "--position",
    )  # fmt: skip
    assert isinstance(run(*answer, str(position)).exception, Misused)
    assert must(run(*answer, str(position - 2)))["position"] == position + 1


def test_what_is_compared_are_ledgers_that_are_followed(run: Run) -> None:
    assert isinstance(run("federation", "compare").exception, Misused)
    assert must(run("federation", "matches", "--json")) == []
