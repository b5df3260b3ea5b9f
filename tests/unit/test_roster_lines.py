"""A roster's lines at fault: each says which cell, the others stay whole, nothing is guessed."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwt
from openpyxl import Workbook

from api.bank.answer_file import read_bank_file
from api.demo.people import People
from api.roster.choices import Choices
from api.roster.reading import RosterRow
from api.roster.roster_file import Roster, read_roster
from api.roster.sheet import RosterUnreadable
from tests.scene import policy
from tests.unit.test_rosters import TODAY, write_ods, written

pytestmark = pytest.mark.usefixtures("read_here")

PEOPLE = People(7)
PERSON, OTHER = PEOPLE.person(), PEOPLE.person()
FIRM = PEOPLE.enterprise("某县红旗罐头有限公司")
PERSONS: list[Any] = [
    "姓名",
    "公民身份号码",
    "对象类别",
    "慰问金额",
    "建档日期",
    "家庭人均月收入",
    "户号",
    "家庭住址",
]
GOOD: list[Any] = [PERSON.name, PERSON.number, "困难职工", 500, "2026-01-05", 620, "0012", "某县人民路1号"]
FIRMS: list[Any] = ["企业名称", "统一社会信用代码", "对象类别", "慰问金额"]
GOOD_FIRM: list[Any] = [FIRM.name, FIRM.credit_code, "困难职工", 500]


def read(path: Path) -> Roster:
    return read_roster(path, policy(), today=TODAY)


def with_cell(good: list[Any], column: int, value: object) -> list[Any]:
    return [value if index == column else cell for index, cell in enumerate(good)]


def the_bad_one(path: Path) -> RosterRow:
    """The one bad line; every other line is good, and every good one has what is signed."""
    roster = read(path)
    assert roster.good
    assert all(row.identity is not None and row.facts is not None for row in roster.good)
    (bad,) = roster.bad
    return bad


def write_xls(path: Path, rows: list[list[Any]]) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if value is not None:
                sheet.write(y, x, value)
    book.save(str(path))


def write_csv(path: Path, rows: list[list[Any]]) -> None:
    path.write_text("\n".join(",".join(str(cell or "") for cell in row) for row in rows), encoding="utf-8")


def write_ods_of(path: Path, rows: list[list[Any]]) -> None:
    write_ods(path, [["" if cell is None else cell for cell in row] for row in rows])


def write_xlsx(path: Path, rows: list[list[Any]]) -> None:
    written(path, rows)


@pytest.mark.parametrize("empty", [None, "   ", "\u3000"])
@pytest.mark.parametrize(
    ("header", "good", "column"),
    [(PERSONS, GOOD, 0), (PERSONS, GOOD, 1), (FIRMS, GOOD_FIRM, 0), (FIRMS, GOOD_FIRM, 1)],
)
def test_a_required_cell_that_is_empty_is_missing(
    tmp_path: Path, header: list[str], good: list[Any], column: int, empty: str | None
) -> None:
    firm = PEOPLE.enterprise("某县茶厂")
    others = {0: OTHER.name, 1: OTHER.number} if header is PERSONS else {0: firm.name, 1: firm.credit_code}
    neighbour = [others.get(index, cell) for index, cell in enumerate(good)]
    rows = [header, with_cell(good, column, empty), neighbour]
    bad = the_bad_one(written(tmp_path / "r.xlsx", rows))
    (fault,) = bad.faults
    assert (fault.cell, fault.heading, fault.code) == (f"{'AB'[column]}2", header[column], "cell-missing")
    assert fault.zh
    assert fault.en


@pytest.mark.parametrize(
    ("ending", "write"),
    [("xlsx", write_xlsx), ("xls", write_xls), ("csv", write_csv), ("ods", write_ods_of)],
)
def test_a_number_is_missing_in_every_kind_of_file(
    tmp_path: Path, ending: str, write: Callable[[Path, list[list[Any]]], None]
) -> None:
    path = tmp_path / f"r.{ending}"
    write(path, [PERSONS, GOOD, [OTHER.name, None, "困难职工", 500, "2026-01-05", 620, "0012", "某县"]])
    assert [(fault.cell, fault.code) for fault in the_bad_one(path).faults] == [("B3", "cell-missing")]


def test_a_name_merged_with_its_neighbour_leaves_the_number_missing(tmp_path: Path) -> None:
    rows: list[list[Any]] = [PERSONS, [OTHER.name, None, "困难职工", 500], GOOD]
    bad = the_bad_one(written(tmp_path / "r.xlsx", rows, "A2:B2"))
    assert [(fault.cell, fault.code) for fault in bad.faults] == [("B2", "cell-missing")]


def test_a_line_that_names_nobody_does_not_vanish(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        PERSONS,
        GOOD,
        [None, "  ", "困难职工", 500],
        ["  ", " "],
        [None, None, None, 1000],
    ]
    bad = the_bad_one(written(tmp_path / "r.xlsx", rows))
    assert [(fault.cell, fault.code) for fault in bad.faults] == [
        ("B3", "cell-missing"),
        ("A3", "cell-missing"),
    ]


@pytest.mark.parametrize("column", range(len(PERSONS)))
@pytest.mark.parametrize(
    ("cell", "code"), [("=A9", "cell-not-computed"), ("#DIV/0!", "cell-error"), ("#N/A", "cell-error")]
)
def test_a_formula_without_a_value_is_a_fault_in_every_column(
    tmp_path: Path, column: int, cell: str, code: str
) -> None:
    good = [OTHER.name, OTHER.number, *GOOD[2:]]
    # openpyxl writes "=A9" as a formula without a result, and "#N/A" as an error.
    bad = the_bad_one(written(tmp_path / "r.xlsx", [PERSONS, good, with_cell(GOOD, column, cell)]))
    assert [(fault.cell, fault.found, fault.code) for fault in bad.faults] == [
        (f"{'ABCDEFGH'[column]}3", cell, code)
    ]


def test_formulas_are_found_on_their_own_sheet(tmp_path: Path) -> None:
    workbook = Workbook()
    cover = workbook.active
    assert cover is not None
    cover["D2"] = "=A1"
    sheet = workbook.create_sheet("名单 & 其他")
    for row in [["附件2"], [], PERSONS, GOOD, with_cell([OTHER.name, OTHER.number, *GOOD[2:]], 3, "=1+1")]:
        sheet.append(row)
    workbook.save(tmp_path / "r.xlsx")
    assert [(fault.cell, fault.code) for fault in the_bad_one(tmp_path / "r.xlsx").faults] == [
        ("D5", "cell-not-computed")
    ]


@pytest.mark.parametrize(
    "day",
    [
        datetime.date(9999, 12, 31),
        "9999-12-31",
        "0001-01-01",
        "1899-12-31",
        TODAY + datetime.timedelta(days=2),
    ],
)
def test_a_day_beyond_the_ledgers_bounds_is_a_fault(tmp_path: Path, day: object) -> None:
    good = [OTHER.name, OTHER.number, *GOOD[2:]]
    bad = the_bad_one(written(tmp_path / "r.xlsx", [PERSONS, good, with_cell(GOOD, 4, day)]))
    assert [(fault.cell, fault.code) for fault in bad.faults] == [("E3", "date-out-of-range")]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [(5, -5, "amount-negative"), (6, "9" * 41, "text-too-long"), (7, "路" * 201, "text-too-long")],
)
def test_what_no_record_can_hold_is_a_fault(tmp_path: Path, column: int, value: object, code: str) -> None:
    good = [OTHER.name, OTHER.number, *GOOD[2:]]
    bad = the_bad_one(written(tmp_path / "r.xlsx", [PERSONS, good, with_cell(GOOD, column, value)]))
    assert [fault.code for fault in bad.faults] == [code]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ([*PERSONS, "金额"], ("D", "慰问金额", "I", "金额")),
        ([*PERSONS, "姓名"], ("A", "姓名", "I", "姓名")),
        ([*PERSONS, "身份证号"], ("B", "公民身份号码", "I", "身份证号")),
        ([*FIRMS, "单位名称"], ("A", "企业名称", "E", "单位名称")),
    ],
)
def test_two_columns_that_mean_the_same_are_refused(
    tmp_path: Path, header: list[str], named: tuple[str, ...]
) -> None:
    good = GOOD if header[0] == "姓名" else GOOD_FIRM
    (row,) = read(written(tmp_path / "r.xlsx", [header, [*good, 300]])).bad
    fault = next(each for each in row.faults if each.code == "heading-twice")
    assert fault.cell == f"{named[2]}1"
    assert all(word in said for said in (fault.zh, fault.en) for word in named)


def test_two_columns_of_notes_are_not_read_and_no_fault(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[*PERSONS, "备注", "说明"], [*GOOD, "甲", "乙"]]
    assert read(written(tmp_path / "r.xlsx", rows)).bad == []


def test_two_columns_of_money_in_a_banks_file_are_refused(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "b.csv", [["账号", "金额", "结果", "交易金额"], ["6228480402564890018", 5, "成功", 6]]
    )
    with pytest.raises(RosterUnreadable) as refused:
        read_bank_file(tmp_path / "b.csv", "2026-01-12")
    assert refused.value.code == "heading-twice"
    assert "交易金额" in refused.value.message("zh")


def test_without_a_header_what_was_seen_is_masked(tmp_path: Path) -> None:
    with pytest.raises(RosterUnreadable) as refused:
        read(
            written(
                tmp_path / "r.xlsx", [["合计 2026"], [f"{PERSON.name}{PERSON.number}", "电话13805961234"]]
            )
        )
    assert refused.value.code == "roster-no-header"
    for language in ("zh", "en"):
        message = refused.value.message(language)
        assert PERSON.number[4:14] not in message
        assert PERSON.name not in message
        assert "13805961234" not in message
        assert "合计 2026" in message


def test_a_number_in_another_column_is_masked_in_its_fault(tmp_path: Path) -> None:
    good = [OTHER.name, OTHER.number, *GOOD[2:]]
    bad = the_bad_one(written(tmp_path / "r.xlsx", [PERSONS, good, with_cell(GOOD, 3, PERSON.number)]))
    assert [fault.code for fault in bad.faults] == ["amount"]
    assert PERSON.number[4:14] not in bad.faults[0].found


def test_a_hidden_sheet_is_named_and_read_only_where_it_is_chosen(tmp_path: Path) -> None:
    workbook = Workbook()
    old = workbook.active
    assert old is not None
    old.title = "去年"
    old.sheet_state = "hidden"
    for row in [PERSONS, with_cell([OTHER.name, OTHER.number, *GOOD[2:]], 3, "=1+1")]:
        old.append(row)
    sheet = workbook.create_sheet("名单")
    sheet.append(["说明"])
    workbook.active = sheet
    workbook.save(tmp_path / "r.xlsx")
    none = read(tmp_path / "r.xlsx")
    assert (none.rows, [each.code for each in none.source.unused]) == ([], ["sheet-no-table", "sheet-hidden"])
    chosen = Choices(sheets=["去年"])
    only = read_roster(tmp_path / "r.xlsx", policy(), today=TODAY, choices=chosen)
    assert only.sheet == "去年（隐藏的工作表 hidden sheet）"
    assert [(fault.cell, fault.code) for row in only.bad for fault in row.faults] == [
        ("D2", "cell-not-computed")
    ]
    for row in [PERSONS, GOOD]:
        sheet.append(row)
    workbook.save(tmp_path / "r.xlsx")
    both = read(tmp_path / "r.xlsx")
    assert (both.sheet, len(both.good), both.bad) == ("名单", 1, [])


def test_what_help_is_for_and_how_it_is_brought_are_words_of_the_policy(tmp_path: Path) -> None:
    header, lines = (
        [*PERSONS, "救助项目", "慰问方式"],
        [[*GOOD, "金秋助学", "县级领导走访"], [*GOOD, "旅游", None]],
    )
    lines[1][:2] = [OTHER.name, OTHER.number]
    roster = read(written(tmp_path / "r.xlsx", [header, *lines]))
    (good,), (bad,) = roster.good, roster.bad
    assert (good.purpose, good.visit_mode) == ("schooling", "county-leaders")
    assert [fault.heading for fault in bad.faults] == ["帮扶用途"]
    assert "医疗救助" in bad.faults[0].zh
