"""Files of lists: which column is which, what a line says, and what is wrong with those not taken."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api.demo.people import People
from api.registers.earlier_payouts import EarlierPayoutsFile
from api.registers.list_file import ListFile
from api.roster.sheet import RosterUnreadable
from ledger.domain.register_kinds import KINDS
from ledger.identity.register_rows import Listed
from tests.rosters.files import xlsx

TODAY = datetime.date(2026, 2, 1)
ONE, OTHER = People(3).person(), People(4).person()


def read(path: Path, kind: str = "deaths") -> tuple[ListFile, list[Listed]]:
    file = ListFile(path, KINDS[kind])
    return file, list(file.lines(TODAY))


def test_a_text_is_read_under_its_title_and_headings(tmp_path: Path) -> None:
    path = tmp_path / "deaths.csv"
    path.write_text(
        "某县死亡人口信息\n序号,姓名,公民身份号码,死亡日期,备注\n"
        f"1,张三,{ONE.number},2025年12月1日,\n2,李四,{OTHER.number},20251130,x\n",
        encoding="gb18030",
    )
    file, listed = read(path)
    assert listed == [
        Listed(ONE.number, 3, {"died_on": "2025-12-01", "name": "张三"}),
        Listed(OTHER.number, 4, {"died_on": "2025-11-30", "name": "李四"}),
    ]
    assert file.mapped == {"姓名": "name", "公民身份号码": "number", "死亡日期": "died_on"}
    assert file.unused == ["A 序号", "E 备注"]
    assert (file.taken, file.invalid, len(file.digest)) == (2, 0, 64)


def test_what_is_wrong_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "deaths.csv"
    wrong = ONE.number[:-1] + ("0" if ONE.number[-1] != "0" else "1")
    path.write_text(
        f"身份证号,死亡日期\n{wrong},2025-12-01\n{ONE.number},\n{ONE.number},昨天\n\n{OTHER.number},2025-12-01\n",
        encoding="utf-8",
    )
    file, listed = read(path)
    assert [each.line for each in listed] == [6]
    assert [(fault.line, fault.code) for fault in file.faults] == [
        (2, "resident-number-check"),
        (3, "register-column-empty"),
        (4, "date"),
    ]
    assert file.invalid == 3


def test_a_row_does_not_end_before_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "payroll.csv"
    path.write_text(f"身份证号,起始日期,终止日期\n{ONE.number},2026-01-01,2025-01-01\n", encoding="utf-8")
    file, listed = read(path, "public-payroll")
    assert (listed, [fault.code for fault in file.faults]) == ([], ["days-reversed"])


def test_sheets_of_a_workbook_are_read_with_their_units(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number, person in enumerate((ONE, OTHER)):
        sheet = book.active if number == 0 else book.create_sheet()
        assert sheet is not None
        sheet.append(["姓名", "身份证号", "发放日期", "发放金额（万元）", "项目"])
        sheet.append(["张三", person.number, datetime.date(2025, 12, 1), 0.05, "临时救助"])
    notes = book.create_sheet("说明")
    notes.append(["此表由民政局提供"])
    book.save(tmp_path / "paid.xlsx")
    file, listed = read(tmp_path / "paid.xlsx", "other-payments")
    assert [each.number for each in listed] == [ONE.number, OTHER.number]
    assert len({each.line for each in listed}) == 2
    assert listed[0].facts == {
        "paid_on": "2025-12-01",
        "amount_fen": 50_000,
        "programme": "临时救助",
        "name": "张三",
    }
    assert file.unused == ["说明"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n1,2\n", "register-no-number"),
        (b"\xff\xff\xff,\xfe\n", "roster-file"),
        (b"x" * 9000, "roster-file"),
    ],
)
def test_what_is_no_list_is_said_to_be_none(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(RosterUnreadable) as error:
        read(path)
    assert error.value.code == code


HEADER: list[Any] = ["姓名", "身份证号", "死亡日期"]


def test_numbers_are_read_as_offices_keep_them(tmp_path: Path) -> None:
    path = tmp_path / "deaths.xlsx"
    older = int(ONE.number[:6] + ONE.number[8:17])
    rows = [
        HEADER,
        ["张三", older, 44_165],
        ["李四", f"{OTHER.number}，", 44_165],
        ["王五", 3.50602199001011e17, 44_165],
    ]
    path.write_bytes(xlsx(rows, from_1904=True))
    file, listed = read(path)
    assert [(each.number, each.facts["died_on"]) for each in listed] == [
        (ONE.number, "2024-12-01"),
        (OTHER.number, "2024-12-01"),
    ]
    assert [(each.line, each.code) for each in file.faults] == [(4, "number-damaged")]


def test_what_the_file_hides_or_strikes_out_is_not_taken_and_named(tmp_path: Path) -> None:
    path = tmp_path / "deaths.xlsx"
    rows = [HEADER, ["张三", ONE.number, "2025-12-01"], ["李四", OTHER.number, "2025-12-01"]]
    path.write_bytes(xlsx(rows, hidden=[3], struck=["B2"], more={"旧": rows}, hidden_sheets=["旧"]))
    file, listed = read(path)
    assert (listed, [each.code for each in file.faults]) == ([], ["row-struck", "row-hidden"])
    assert file.unused == ["旧（隐藏的工作表 hidden sheet）"]


def test_headings_again_and_totals_are_no_invalid_numbers(tmp_path: Path) -> None:
    path = tmp_path / "deaths.csv"
    head = ",".join(HEADER)
    path.write_text(
        f"{head}\n张三,{ONE.number},2025-12-01\n{head}\n合计,1人,\n填表人：某,,\n", encoding="utf-8"
    )
    file, listed = read(path)
    assert (len(listed), file.invalid) == (1, 0)
    assert [each.split()[-1] for each in file.unused] == ["重复的表头", "合计或落款", "合计或落款"]


def test_which_of_two_numbers_counts_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "deaths.xlsx"
    path.write_bytes(
        xlsx([[*HEADER, *HEADER], ["张三", ONE.number, "2025-12-01", "李四", OTHER.number, "2025-12-01"]])
    )
    with pytest.raises(RosterUnreadable) as error:
        read(path)
    assert error.value.code == "heading-twice"


def test_who_moved_away_is_not_taken_for_dead(tmp_path: Path) -> None:
    path = tmp_path / "left.csv"
    path.write_text(
        f"姓名,身份证号,注销日期,注销原因\n张三,{ONE.number},2025-12-01,死亡注销\n李四,{OTHER.number},2025-12-01,迁出\n",
        encoding="utf-8",
    )
    file, listed = read(path)
    assert [each.number for each in listed] == [ONE.number]
    assert [(fault.line, fault.code) for fault in file.faults] == [(3, "register-other-reason")]


def test_a_month_is_all_of_it_but_where_the_day_is_what_counts(tmp_path: Path) -> None:
    path = tmp_path / "insured.csv"
    path.write_text(f"身份证号,起始年月,终止年月\n{ONE.number},202503,2025年12月\n", encoding="utf-8")
    [listed] = read(path, "social-insurance")[1]
    assert (listed.facts["since"], listed.facts["until"]) == ("2025-03-01", "2025-12-31")
    path.write_text(f"身份证号,死亡日期\n{ONE.number},2025-03\n", encoding="utf-8")
    file, taken = read(path)
    assert not taken and [fault.code for fault in file.faults] == ["date-doubtful"]


def test_what_was_taken_back_was_not_paid(tmp_path: Path) -> None:
    path = tmp_path / "2025.xlsx"
    rows = [("张三", ONE.number, 500), ("李四", OTHER.number, 500), ("李四", OTHER.number, -500)]
    path.write_bytes(xlsx([("姓名", "身份证号", "慰问金额"), *rows]))
    file = EarlierPayoutsFile(path, KINDS["earlier-payouts"])
    assert [each.number for each in file.lines(TODAY)] == [ONE.number]
    assert [fault.code for fault in file.faults] == ["amount-taken-back", "amount-not-positive"]


@pytest.mark.parametrize(
    ("heading", "said", "code"),
    [
        ("备注", "误报，本人健在", "register-row-withdrawn"),
        ("备注", "撤销死亡登记", "register-row-withdrawn"),
        ("状态", "已更正", "register-row-withdrawn"),
        ("状态", "未更正", None),
        ("备注", "病故", None),
    ],
)
def test_a_row_that_the_list_takes_back_is_not_taken(
    tmp_path: Path, heading: str, said: str, code: str | None
) -> None:
    path = tmp_path / "deaths.csv"
    path.write_text(
        f"死者姓名,死者身份证号,申报人身份证号,死亡日期,{heading}\n张三,{ONE.number},{OTHER.number},2025-12-01,{said}\n",
        encoding="utf-8",
    )
    file, listed = read(path)
    assert [fault.code for fault in file.faults] == ([] if code is None else [code])
    assert [each.number for each in listed] == ([ONE.number] if code is None else [])


def test_what_ended_counts_while_it_lasted_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "payroll.csv"
    path.write_text(
        f"姓名,身份证号,人员状态\n张三,{ONE.number},已辞职\n李四,{OTHER.number},在职\n", encoding="utf-8"
    )
    file, listed = read(path, "public-payroll")
    assert [each.number for each in listed] == [ONE.number, OTHER.number]
    assert [each for each in file.unused if "第2行" in each and "辞职" in each] and "第3行" not in str(
        file.unused
    )


def test_nobody_died_tomorrow(tmp_path: Path) -> None:
    path = tmp_path / "deaths.csv"
    path.write_text(f"身份证号,死亡日期\n{ONE.number},2027-03-02\n", encoding="utf-8")
    file, listed = read(path)
    assert not listed and [fault.code for fault in file.faults] == ["date-out-of-range"]
