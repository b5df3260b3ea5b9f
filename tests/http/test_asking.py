"""The questions from the command line, asked of the demonstration's ledger in every shape."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ledger.storage.embedded import EmbeddedServer
from tests.commands import run_command

Ask = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def demo_server(told: Any, server_folder: Path) -> Iterator[None]:
    """The demonstration's server, which runs on between the commands."""
    with EmbeddedServer(server_folder / "demo"):
        yield


@pytest.fixture
def ask(demo_server: None, server_folder: Path) -> Ask:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "SONGNUAN_DATA_DIR": str(server_folder / "demo"),
            "SONGNUAN_LANG": "zh",
            "SONGNUAN_PASSPHRASE": "",
        }
        return run_command(*arguments, env=environment)

    return run


def rows(ask: Ask, *arguments: str) -> list[dict[str, Any]]:
    done = ask(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def sheet_of(file: Path) -> Worksheet:
    """The one sheet of an Excel file that was written."""
    (sheet,) = load_workbook(file).worksheets
    return sheet


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The code of the error that a command ended with."""
    return done.stderr.split()[1]


def test_the_roster_of_a_unit_has_those_below_it_too(ask: Ask) -> None:
    everybody = rows(ask, "roster", "--campaign", "b2026", "--limit", "1000")
    below = rows(ask, "roster", "--campaign", "b2026", "--unit", "county", "--limit", "1000")
    tea = rows(ask, "roster", "--unit", "tea", "--limit", "1000")
    assert below == everybody
    assert {row["unit"] for row in tea} == {"tea"}
    assert 0 < len(tea) < len(everybody)
    firms = rows(ask, "roster", "--unit", "city-bureau", "--recipient", "enterprise")
    assert {row["campaign"] for row in firms} == {"a2026"}


def test_pages_go_on_where_the_last_ended(ask: Ask) -> None:
    first = rows(ask, "roster", "--limit", "7")
    second = rows(ask, "roster", "--limit", "7", "--after", str(first[-1]["nominated_position"]))
    assert [*first, *second] == rows(ask, "roster", "--limit", "14")


def test_as_of_a_day_a_time_or_a_position_is_the_same(ask: Ask) -> None:
    by_day = rows(ask, "roster", "--as-of", "2025-12-25", "--limit", "1000")
    assert {row["state"] for row in by_day} == {"on-notice"}
    by_time = rows(ask, "roster", "--as-of", "2025-12-25T23:59:59+08:00", "--limit", "1000")
    last = rows(ask, "timeline", "unit:tea", "--as-of", "2025-12-25")[-1]["position"]
    assert by_day == by_time
    assert rows(ask, "timeline", "unit:tea", "--as-of", str(last))[-1]["position"] == last
    assert rows(ask, "roster", "--as-of", "2025-11-01") == []


def test_a_position_that_is_not_recorded_yet_is_refused(ask: Ask) -> None:
    done = ask("roster", "--as-of", "99999999")
    assert done.returncode == 1
    assert refusal(done) == "position-unknown"


@pytest.mark.parametrize(
    ("question", "code", "exit_code"),
    [
        (("roster", "--unit", "nowhere"), "reference-unknown", 1),
        (("roster", "--campaign", "b1999"), "reference-unknown", 1),
        (("balance", "--account", "line/b2026/none"), "reference-unknown", 1),
        (("summary", "b1999"), "reference-unknown", 1),
        (("flags", "--rule", "none"), "reference-unknown", 1),
        (("timeline", "unit:nowhere"), "reference-unknown", 1),
        (("timeline", "account:line/b2026/workers"), "reference-unknown", 1),
        (("roster", "--state", "lost"), "usage", 2),
        (("roster", "--recipient", "cat"), "usage", 2),
        (("balance", "--by", "moon"), "usage", 2),
        (("flags", "--severity", "dire"), "usage", 2),
        (("flags", "--status", "lost"), "usage", 2),
    ],
)
def test_what_is_not_there_is_refused_and_not_answered_with_nothing(
    ask: Ask, question: tuple[str, ...], code: str, exit_code: int
) -> None:
    done = ask(*question)
    assert (refusal(done), done.returncode) == (code, exit_code)
    if code == "usage":
        assert f"{question[1]} 应为" in done.stderr


def test_the_roster_calls_categories_as_the_plan_does(ask: Ask) -> None:
    listed = rows(ask, "roster", "--campaign", "b2026", "--limit", "40")
    titles = {row["category"]: row["category_title"] for row in listed}
    assert titles["hardship-worker"] == "困难职工"
    assert "困难职工" in ask("roster", "--campaign", "b2026", "--limit", "40").stdout


@pytest.mark.parametrize("moment", ["gestern", "2026-13-01", "-1", "12.5"])
def test_a_moment_that_is_none_is_refused(ask: Ask, moment: str) -> None:
    done = ask("balance", f"--as-of={moment}")
    assert done.returncode == 1
    assert "moment-malformed" in done.stderr


def test_lines_show_what_is_committed_and_add_up(ask: Ask) -> None:
    before = {
        row["line"]: row for row in rows(ask, "balance", "--campaign", "b2026", "--as-of", "2026-01-05")
    }
    after = {row["line"]: row for row in rows(ask, "balance", "--campaign", "b2026")}
    assert before["model-workers"]["committed_fen"] == 8_100_000
    assert before["workers"]["committed_fen"] > 0
    assert after["model-workers"]["committed_fen"] == 0
    for line in after.values():
        went = line["held_fen"] + line["paid_fen"] - line["returned_fen"] + line["collective_fen"]
        went += line["left_fen"]
        # What the audit found on paper was paid by the unit's own hand, and is on the line all the same.
        assert line["allocated_fen"] + line["transferred_fen"] + line["carried_fen"] == went
        assert line["source"] == "county"


def test_every_figure_is_traced_to_its_postings(ask: Ask) -> None:
    line = next(row for row in rows(ask, "balance") if row["line"] == "workers")
    postings = rows(ask, "balance", "--account", "line/b2026/workers")
    assert postings[-1]["balance_fen"] == line["left_fen"] == sum(row["amount_fen"] for row in postings)
    assert {row["officer"] for row in postings} >= {"finance", "tea-payer"}


def test_sums_by_source_unit_and_campaign_are_those_of_the_lines(ask: Ask) -> None:
    lines = rows(ask, "balance", "--campaign", "b2026")
    for by in ("source", "campaign"):
        (summed,) = rows(ask, "balance", "--campaign", "b2026", "--by", by)
        for figure in (
            "allocated_fen",
            "committed_fen",
            "drawn_fen",
            "paid_fen",
            "returned_fen",
            "left_fen",
            "available_fen",
        ):
            assert summed[figure] == sum(line[figure] for line in lines)
    units = rows(ask, "balance", "--campaign", "b2026", "--by", "unit")
    assert sum(unit["paid_fen"] for unit in units) == sum(line["paid_fen"] for line in lines)
    assert {unit["left_fen"] for unit in units} == {None}
    assert "结余" not in ask("balance", "--by", "unit").stdout


def test_all_accounts_add_up_to_zero_at_any_moment(ask: Ask) -> None:
    for moment in ((), ("--as-of", "2026-01-13"), ("--as-of", "900")):
        accounts = rows(ask, "balance", "--by", "account", *moment)
        assert accounts
        assert sum(account["balance_fen"] for account in accounts) == 0


def test_the_summary_rolls_up_from_unions_to_the_city(ask: Ask) -> None:
    found = {row["unit"]: row for row in rows(ask, "summary", "b2026")}
    unions = [row for row in found.values() if row["level"] == "grass-roots"]
    assert len(unions) == 10
    for member in ("persons", "helped", "approved_fen", "paid_fen"):
        assert found["county"][member] == found["city"][member] == sum(row[member] for row in unions)
    assert {row["unit"] for row in rows(ask, "summary", "b2026", "--unit", "tea")} == {"tea"}


def test_the_timeline_of_a_case_tells_its_story_with_its_officers(ask: Ask) -> None:
    case = rows(ask, "roster", "--unit", "sugar", "--state", "paid", "--limit", "1")[0]
    told = rows(ask, "timeline", f"case:{case['case_id']}")
    assert [row["type"] for row in told] == [
        "DossierFiled",
        "Nominated",
        "Confirmed",
        "NoticePosted",
        "Approved",
        "Disbursed",
    ]
    assert [row["officer"] for row in told] == [
        "sugar-clerk",
        "sugar-clerk",
        "sugar-confirmer",
        "sugar-confirmer",
        "approver",
        "sugar-payer",
    ]
    person = rows(ask, "timeline", f"person:{case['person']}")
    # The same person was paid on paper by another union: that is in the person's story, not the case's.
    assert {row["unit"] for row in person} == {"sugar", "cannery"}
    assert {row["position"] for row in told if row["case_id"]} < {row["position"] for row in person}
    assert len(rows(ask, "timeline", "officer:approver", "--limit", "10")) == 10
    assert rows(ask, "timeline", "line:b2026/workers")[0]["type"] == "FundAllocated"


@pytest.mark.parametrize("subject", ["tea", "planet:x", "case:"])
def test_a_timeline_needs_a_kind_and_a_name(ask: Ask, subject: str) -> None:
    assert ask("timeline", subject).returncode == 2


def test_flags_stand_as_of_a_day_and_are_filtered(ask: Ask) -> None:
    # The demonstration has one registrar, who signs alone from the first day, and a plan without the steps of last year's.
    first = ["lone-registrar", "policy-loosened"]
    assert [row["rule"] for row in rows(ask, "flags", "--as-of", "2025-12-05")] == first
    later = rows(ask, "flags", "--as-of", "2025-12-12")
    assert sorted(row["rule"] for row in later) == sorted([*first, "out-of-category"])
    high = rows(ask, "flags", "--severity", "high")
    assert {row["severity"] for row in high} == {"high"}
    confirmed = rows(ask, "flags", "--status", "confirmed")
    assert [row["rule"] for row in confirmed] == ["duplicate-identity"]
    assert confirmed[0]["investigation"]
    assert len(rows(ask, "flags", "--limit", "2")) == 2
    assert {row["unit"] for row in rows(ask, "flags", "--unit", "cannery")} == {"cannery"}


def test_a_flag_is_shown_with_its_evidence_and_its_officers(ask: Ask) -> None:
    flag = rows(ask, "flags", "--rule", "duplicate-identity")[0]
    shown = json.loads(ask("flag", "show", flag["flag"], "--json").stdout)
    assert [event["position"] for event in shown["events"]] == flag["evidence"]
    assert [event["officer"] for event in shown["events"]] == ["sugar-payer", "auditor"]
    assert shown["history"][0]["raised_at"] == flag["raised_at"]
    text = ask("flag", "show", flag["flag"]).stdout
    for part in (
        "重复领取（同一身份证）",
        "B-5",
        "1,000.00",
        "核实属实",
        "审计 查正",
        "发放慰问金",
        "发放笔数 2",
    ):
        assert part in text
    assert ask("flag", "show", "none|person:x").returncode == 1


def test_a_flag_that_was_cleared_is_listed_when_asked_for(ask: Ask) -> None:
    state = {row["flag"] for row in rows(ask, "flags")}
    cleared = [row for row in rows(ask, "flags", "--cleared") if row["flag"] not in state]
    assert cleared
    for row in cleared:
        assert row["cleared_at"] > row["raised_at"]
    assert ("消除于" in ask("flags", "--cleared").stdout) and ("消除于" not in ask("flags").stdout)


def test_a_difference_says_what_was_added_changed_and_removed(ask: Ask) -> None:
    roster = rows(ask, "diff", "2025-12-05", "2025-12-12")
    assert {row["change"] for row in roster} == {"added"}
    later = rows(ask, "diff", "2026-01-05", "2026-02-01")
    changed = next(row for row in later if row["change"] == "changed")
    assert changed["before"]["state"] == "approved"
    assert changed["after"]["state"] == "paid"
    assert set(changed["before"]) == set(changed["after"])
    assert changed["about"]["unit"]
    assert "*" in changed["about"]["name"]
    assert "状态 已批准" in ask("diff", "2026-01-05", "2026-02-01").stdout
    lines = rows(ask, "diff", "2026-01-05", "--what", "balance")
    assert {row["key"] for row in lines} >= {"b2026/workers", "b2026/model-workers"}
    flags = rows(ask, "diff", "2025-12-12", "--what", "flags")
    assert "added" in {row["change"] for row in flags}
    assert ask("diff", "2026-01-05", "2025-01-05").returncode == 2
    assert ask("diff", "2026-01-05", "--what", "weather").returncode == 2


def test_csv_and_excel_hold_the_same_rows(ask: Ask, tmp_path: Path) -> None:
    shown = rows(ask, "balance")
    table = list(csv.DictReader(io.StringIO(ask("balance", "--csv").stdout)))
    assert [row["资金项目代码"] for row in table] == [row["line"] for row in shown]
    assert [row["资金项目"] for row in table] == [row["line_name"] for row in shown]
    assert [float(row["结余"]) for row in table] == [row["left_fen"] / 100 for row in shown]
    file = tmp_path / "lines.xlsx"
    assert ask("balance", "--xlsx", str(file)).returncode == 0
    sheet = sheet_of(file)
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0][:5] == ("活动", "活动代码", "资金项目", "资金项目代码", "来源")
    available = cells[0].index("可用余额")
    assert [row[available] for row in cells[1:]] == [row["available_fen"] / 100 for row in shown]
    for command in (
        ("roster",),
        ("flags",),
        ("summary", "b2026"),
        ("timeline", "unit:tea"),
        ("diff", "1200"),
    ):
        target = tmp_path / f"{command[0]}.xlsx"
        assert ask(*command, "--xlsx", str(target)).returncode == 0
        assert ask(*command, "--csv").stdout.count("\n") == sheet_of(target).max_row
    assert ask("balance", "--csv", "--json").returncode == 2


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    from api.cli.answers import Column, Shape, answer

    file = tmp_path / "x.xlsx"
    answer("x", [Column("a", ("甲", "a"))], [{"a": "=1+1"}], Shape(xlsx=file))
    cell = sheet_of(file)["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_names_are_masked_in_every_shape(ask: Ask) -> None:
    found = rows(ask, "roster", "--limit", "20")
    assert all("*" in row["masked_name"] for row in found)
    assert found[0]["masked_name"] in ask("roster", "--csv", "--limit", "20").stdout


def test_a_replay_of_the_demonstration_is_the_same_row_by_row(ask: Ask) -> None:
    done = ask("replay")
    assert done.returncode == 0, done.stdout
    assert "逐行一致" in done.stdout
    earlier = json.loads(ask("replay", "--to", "2026-01-12", "--json").stdout)
    assert earlier["differences"] == []
    assert 0 < earlier["position"] < json.loads(ask("replay", "--json").stdout)["position"]


def test_a_view_is_rebuilt_and_status_names_each(ask: Ask) -> None:
    assert ask("rebuild", "flags", "--yes").returncode == 0
    assert ask("rebuild", "weather").returncode == 2
    state = json.loads(ask("status", "--json").stdout)
    assert {view["view"] for view in state["views"]} >= {"roster", "balances", "timeline", "flags"}
    assert {(view["behind"], view["reason"]) for view in state["views"]} == {(0, None)}
    assert "落后" in ask("status").stdout


def test_linkage_is_signed_and_finds_no_pair_among_people_made_apart(ask: Ask, server_folder: Path) -> None:
    key = str(server_folder / "demo" / "keys" / "inspector.pem")
    before = json.loads(ask("status", "--json").stdout)["head"]
    done = ask("link", "--purpose", "年度查重", "--unit", "city", "--key", key, "--json")
    assert done.returncode == 0, done.stderr
    said = [
        json.loads(line)["entry"]
        for line in ask("events", "--after", str(before), "--json").stdout.splitlines()
    ]
    assert len(said) >= 2
    assert {row["rule"] for row in rows(ask, "flags", "--rule", "similar-person")} <= {"similar-person"}
    assert len(json.loads(done.stdout)) == len(rows(ask, "flags", "--rule", "similar-person"))


def test_the_demonstration_itself_left_its_lines(ask: Ask) -> None:
    """Before anybody asked: what it printed, and the bundle that it wrote."""
    rows = sorted(
        json.loads(ask("access", "--limit", "1000", "--json").stdout), key=lambda row: row["number"]
    )
    shown = [(row["kind"], row["what"]) for row in rows[:2]]
    assert shown == [("export", "songnuan demo"), ("persons", "songnuan demo")]
    assert rows[1]["rows"] > 0
