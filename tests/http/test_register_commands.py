"""``songnuan register``, from a file to its hits, what they say for a purpose, and the list's end."""

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
from api.registers.loading import NothingListed
from ledger.clock import china_today
from ledger.crypto.keys import save_key
from ledger.errors import Refused
from ledger.identity.documents import PersonIdentity
from tests.founding import Founded
from tests.rosters.files import xlsx

Run = Callable[..., Result]


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on this test's ledger, as its main function calls it, with the officers' keys beside it."""
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_SECOND_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    for officer in ("auditor", "inspector", "registrar", "finance"):
        save_key(founded.key(officer), Path(f"{officer}.pem"), "")

    def invoke(*arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(build(), take_second(["songnuan", *arguments])[1:], input=input)

    return invoke


def deaths(*people: PersonIdentity) -> str:
    lines = [f"{person.name},{person.number},2025-12-01" for person in people]
    Path("deaths.csv").write_text("\n".join(["姓名,身份证号,死亡日期", *lines, "无名,123,2025-12-01"]))
    return "deaths.csv"


def load(run: Run, file: str, *more: str, input: str | None = None) -> Result:
    return run(
        "register", "load", file, "--kind", "deaths", "--title", "死亡人口", "--source", "民政局",
        "--data-on", china_today(), "--unit", "county", "--key", "auditor.pem", *more, input=input,
    )  # fmt: skip


def loaded(run: Run, file: str, *more: str) -> dict[str, Any]:
    done = load(run, file, "--accept", "--json", *more)
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def answered(run: Run, *arguments: str) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_list_is_loaded_compared_and_looked_into(founded: Founded, run: Run) -> None:
    who, stranger = founded.people.person(), founded.people.person()
    with founded.store.writer() as writer:
        case, dossier, _ = founded.paid(writer, who)
    said = loaded(run, deaths(who, stranger))
    assert (said["rows"], said["invalid"], said["codes"]) == (2, 1, {"resident-number-form": 1})
    made = said["receipt"]["id"]
    (listed,) = answered(run, "register", "list")
    assert (listed["list_id"], listed["rows"], listed["state"]) == (made, 2, "in-force")
    (hit,) = answered(run, "register", "matches", made)
    assert (hit["subject"], hit["dossier"], hit["amount_fen"]) == (f"case:b2026/{case}", dossier, 50_000)
    shown = ("register", "show", made, "--purpose", "核实死亡日期", "--dossier", dossier)
    assert isinstance(run(*shown, "--key", "auditor.pem").exception, Refused)
    said = answered(run, *shown, "--key", "inspector.pem")
    assert said["rows"][0]["said"] == {"number": who.number, "died_on": "2025-12-01", "name": who.name}
    other = ("register", "show", made, "--purpose", "核实", "--line", "3", "--key", "inspector.pem")
    assert answered(run, *other)["rows"][0]["said"]["number"] == stranger.number
    with founded.store.connect() as connection:
        lines = connection.execute(
            "SELECT line FROM ledger.access_log WHERE line ->> 'what' = 'songnuan register show'"
            " AND kind = 'identities'"
        ).fetchall()
    assert [line["subject"] for (line,) in lines] == [made, made]


def test_a_list_ends(founded: Founded, run: Run) -> None:
    made = loaded(run, deaths(founded.people.person()))["receipt"]["id"]
    erase = ("register", "erase", made, "--reason", "有误", "--key", "registrar.pem")
    refused = run(*erase).exception
    assert isinstance(refused, Refused)
    assert refused.code == "register-kept"
    withdraw = ("register", "withdraw", made, "--reason", "有误", "--key", "inspector.pem")
    alone = run(*withdraw).exception
    assert isinstance(alone, Refused)
    assert alone.code == "second-person-missing"
    done = run(*withdraw, "--second", "auditor.pem")
    assert done.exit_code == 0, done.output
    assert run(*erase).exit_code == 0
    assert run(*erase).exit_code == 0, "what was begun is gone on with"
    (listed,) = answered(run, "register", "list")
    assert listed["state"] == "erased"
    with founded.store.connect() as connection:
        assert connection.execute("SELECT count(*) FROM ledger.register_rows").fetchone() == (0,)
    said = run(
        "register", "show", made, "--purpose", "核实", "--line", "2", "--key", "inspector.pem"
    ).exception
    assert isinstance(said, Refused)
    assert said.code == "register-ended"


def test_nothing_is_left_of_what_was_not_signed(founded: Founded, run: Run) -> None:
    file = deaths(founded.people.person())
    assert load(run, file, "--dry-run").exit_code == EXIT_PARTLY
    declined = load(run, file, input="n\n")
    assert "有误未采用 1 行" in declined.output
    Path("empty.csv").write_text("身份证号,死亡日期\n1,2\n")
    assert isinstance(load(run, "empty.csv").exception, NothingListed)
    assert load(run, file, "--accept", "--key", "registrar.pem").exception is not None
    with founded.store.connect() as connection:
        assert connection.execute("SELECT count(*) FROM ledger.registers").fetchone() == (0,)


def test_a_county_brings_a_kind_of_its_own(founded: Founded, run: Run) -> None:
    who = founded.people.person()
    with founded.store.writer() as writer:
        founded.nominated(writer, who)
    Path("kinds.toml").write_text(
        "[cadres-kin]\ntitle_zh='干部亲属'\ntitle_en='kin'\nmeaning_zh='回避'\nmeaning_en='kin'\n"
    )
    unknown = load(run, deaths(who), "--kind", "cadres-kin").exception
    assert isinstance(unknown, Misused)
    made = loaded(run, deaths(who), "--kind", "cadres-kin", "--kinds", "kinds.toml")["receipt"]["id"]
    (hit,) = answered(run, "register", "matches", made)
    assert hit["rule"] == "on-reference-list"
    assert "死亡人口" in run("register", "kinds").stdout


def earlier(name: str, *people: PersonIdentity) -> str:
    """An office's list of what it paid, as offices keep it: a title, a total, sums in words."""
    rows: list[list[Any]] = [
        ["某县总工会慰问金发放表"],
        ["序号", "姓名", "身份证号", "开户行", "慰问金额（元）", "发放日期"],
        *([at, who.name, who.number, "农行", "伍佰元整", "2025.1.20"] for at, who in enumerate(people, 1)),
        [9, "无号", "", "农行", 500, "2025.1.20"],
        ["合计", None, None, None, 500 * len(people) + 500],
    ]
    Path(name).write_bytes(xlsx(rows))
    return name


def bring_in(run: Run, *more: str) -> Result:
    return run("import", *more, "--unit", "county", "--key", "finance.pem")


def test_an_earlier_years_payouts_are_brought_in_once(run: Run, founded: Founded) -> None:
    one, other = founded.people.person(), founded.people.person()
    file = earlier("2025.xlsx", one, other)
    dry = bring_in(run, "--payouts", file, "--after-the-fact", "--dry-run", "--json")
    assert dry.exit_code == EXIT_PARTLY
    said = json.loads(dry.stdout)
    assert (said["rows"], said["invalid"], said["total_fen"]) == (2, 1, 100_000)
    assert said["codes"] == {"cell-missing": 1}
    assert "D 开户行" in " ".join(said["unused"])
    done = bring_in(run, "--payouts", file, "--after-the-fact", "--accept", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["receipt"]["position"]
    refused = bring_in(run, "--payouts", file, "--after-the-fact", "--accept").exception
    assert isinstance(refused, Refused)
    assert refused.code == "earlier-payouts-listed"
    listed = run("register", "list", "--json")
    ((row),) = json.loads(listed.stdout)
    assert (row["kind"], row["year"], row["total_fen"]) == ("earlier-payouts", 2025, 100_000)


def test_earlier_payouts_are_brought_in_after_the_fact_alone(run: Run, founded: Founded) -> None:
    file = earlier("发放.xlsx", founded.people.person())
    for more in (("--payouts", file), ("--after-the-fact",), ("--payouts", file, "--after-the-fact")):
        assert isinstance(bring_in(run, *more).exception, Misused)
    named = bring_in(run, "--payouts", file, "--after-the-fact", "--year", "2025", "--dry-run", "--json")
    assert json.loads(named.stdout)["rows"] == 1
    by_kind = run(
        "register", "load", file, "--kind", "earlier-payouts", "--title", "x", "--source", "x",
        "--data-on", china_today(), "--key", "auditor.pem",
    )  # fmt: skip
    assert isinstance(by_kind.exception, Misused)
