"""``songnuan import`` of what offices send: mapping, what is left over, the report, names against the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from stdnum.cn import ric

from api.demo.people import People
from tests.http.command_line import Result, entries, founded, import_
from tests.rosters.files import xlsx

__all__ = ["founded"]
PEOPLE = People(77)
ODD = ("困难职工姓名", "证件号", "困难程度", "民族", "慰问金额(万元)")


def odd(path: Path, count: int = 2) -> list[str]:
    """A roster whose category and one more column are not understood."""
    people = [PEOPLE.person() for _ in range(count)]
    path.write_bytes(xlsx([ODD, *((who.name, who.number, "特困职工", "汉", 0.05) for who in people)]))
    return [who.number for who in people]


def test_what_is_mapped_and_left_out_is_asked_once_and_remembered(
    founded: Callable[..., Result], tmp_path: Path
) -> None:
    numbers = odd(tmp_path / "roster.xlsx")
    dry = import_(founded, "--dry-run", "--json")
    report = dry.json
    assert dry.code == 5
    assert (report["good"], {fault["code"] for fault in report["faults"]}) == (0, {"category-missing"})
    assert [(each["heading"], each["asked"]) for each in report["unused"]["columns"]] == [
        ("困难程度", True),
        ("民族", True),
    ]
    mapped = ("--map", "困难程度=对象类别")
    dry = import_(founded, "--dry-run", "--json", "--report", "report.xlsx", *mapped)
    assert [(line["row"], line["amount_fen"]) for line in dry.json["lines"]] == [(2, 50_000), (3, 50_000)]
    assert dry.json["good"] == 2
    assert not any(number in dry.out for number in numbers)
    marked = load_workbook(tmp_path / "report.xlsx")
    cells = [str(cell.value) for sheet in marked for row in sheet.iter_rows() for cell in row if cell.value]
    assert not any(number in cell for number in numbers for cell in cells)
    before = entries(founded)
    refused = import_(founded, "--accept", *mapped)
    assert (refused.code, entries(founded)) == (1, before)
    assert "roster-left-over" in refused.err
    assert "民族" in refused.err
    said_no = import_(founded, *mapped, input="n\n")
    assert entries(founded) == before, said_no.err
    assert import_(founded, "--accept", "--ignore-columns", "民族", *mapped).code == 0
    assert entries(founded) == before + 4
    odd(tmp_path / "roster.xlsx")
    again = import_(founded, "--dry-run", "--json")
    assert (again.code, again.json["good"]) == (0, 2)
    assert {column["how"] for column in again.json["mapping"] if column["field"] == "category"} == {
        "remembered"
    }


def test_a_file_of_mappings_and_a_word(founded: Callable[..., Result], tmp_path: Path) -> None:
    people = [PEOPLE.person() for _ in range(2)]
    rows = [("姓名", "公民身份号码", "甲", "乙"), *((who.name, who.number, "老困难", 5) for who in people)]
    (tmp_path / "roster.xlsx").write_bytes(xlsx(rows))
    choices = {"columns": {"甲": "category", "乙": "amount_fen"}, "units": {"乙": "百元"}}
    (tmp_path / "map.json").write_text(json.dumps(choices))
    unknown = import_(founded, "--dry-run", "--json", "--mapping", "map.json")
    assert {fault["code"] for fault in unknown.json["faults"]} == {"category"}
    known = import_(
        founded, "--dry-run", "--json", "--mapping", "map.json", "--word", "category:老困难=worker"
    )
    assert [line["amount_fen"] for line in known.json["lines"]] == [50_000, 50_000]
    (tmp_path / "map.json").write_text('{"columns": 5}')
    assert import_(founded, "--dry-run", "--mapping", "map.json").code == 2
    wrong = import_(founded, "--dry-run", "--map", "甲=nothing")
    assert (wrong.code, "choice-unknown" in wrong.err) == (1, True)


def test_a_number_under_another_name_in_the_ledger_is_a_fault(
    founded: Callable[..., Result], tmp_path: Path
) -> None:
    (who,) = (PEOPLE.person(name="张小明"),)
    header = ("姓名", "公民身份号码", "对象类别", "慰问金额")
    (tmp_path / "roster.xlsx").write_bytes(xlsx([header, (who.name, who.number, "困难职工", 500)]))
    assert import_(founded, "--accept").code == 0
    (tmp_path / "roster.xlsx").write_bytes(xlsx([header, ("李大华", who.number, "困难职工", 500)]))
    dry = import_(founded, "--dry-run", "--json")
    (fault,) = dry.json["faults"]
    assert (fault["code"], fault["cell"], dry.json["listed"]) == ("number-two-names", "B2", [])
    assert "李*华" in fault["message"]
    assert "张*明" in fault["message"]
    assert who.number not in dry.out


@pytest.mark.parametrize("option", [(), ("--take-hidden",)])
def test_a_hidden_row_is_read_only_where_it_is_taken_in(
    founded: Callable[..., Result], tmp_path: Path, option: tuple[str, ...]
) -> None:
    people = [PEOPLE.person() for _ in range(2)]
    rows = [("姓名", "公民身份号码", "对象类别"), *((who.name, who.number, "困难职工") for who in people)]
    (tmp_path / "roster.xlsx").write_bytes(xlsx(rows, hidden=[3]))
    report = import_(founded, "--dry-run", "--json", *option).json
    assert report["good"] == (2 if option else 1)
    assert [(each["row"], each["code"]) for each in report["unused"]["rows"]] == (
        [] if option else [(3, "row-hidden")]
    )


def test_whom_it_hands_in_is_compared_at_once_where_the_policy_says_so(
    founded: Callable[..., Result], tmp_path: Path
) -> None:
    policy = tmp_path / "policy.json"
    asked = policy.read_text().replace("compare_at_filing = false", "compare_at_filing = true")
    policy.write_text(asked)
    said = ("--reason", "申报时比对", "--key", "boss.pem")
    amended = founded("campaign", "amend", "b2026", "policy.json", *said)
    assert amended.code == 0, amended.err
    one = PEOPLE.person()
    digits = one.number[:13] + str((int(one.number[13]) + 1) % 10) + one.number[14:17]
    near = digits + ric.calc_check_digit(digits + "0")
    header = ("姓名", "公民身份号码", "对象类别", "慰问金额")
    rows = [header, *((one.name, number, "困难职工", 500) for number in (one.number, near))]
    (tmp_path / "roster.xlsx").write_bytes(xlsx(rows))
    imported = import_(founded, "--accept")
    assert (imported.code, "发现 1 对" in imported.err) == (0, True), imported.err
    flags = founded("flags", "--rule", "identity-one-edit", "--json").json
    assert len(flags) == 1
    (line,) = [each for each in founded("access", "--json").json if each["kind"] == "identities"]
    assert (line["what"], line["rows"]) == ("songnuan import", 2)
