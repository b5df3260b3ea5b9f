"""Rosters as people write them: headings, cells, faults, and the forms' way round."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from api.demo.people import People
from api.dossiers.amending import fact_columns, read_amendment, typed_facts
from api.roster.amounts import amount_fen
from api.roster.cells import long_number, whole
from api.roster.columns import FORMS
from api.roster.dates import date_text
from api.roster.forms import write_form
from api.roster.roster_file import Roster, read_roster
from api.roster.sheet import RosterUnreadable
from api.roster.words import WORDS
from ledger.errors import IdentityFault
from ledger.events.dossier import Facts
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from tests.scene import policy

pytestmark = pytest.mark.usefixtures("read_here")

TODAY = datetime.date(2026, 1, 15)
PEOPLE = People(3)
PERSON = PEOPLE.person()


def written(path: Path, rows: list[list[Any]], merge: str | None = None) -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    workbook.save(path)
    return path


def read(path: Path) -> Roster:
    return read_roster(path, policy(), today=TODAY)


HEADER = ["姓名", "身份证号", "类别", "慰问金"]


@pytest.mark.parametrize(
    "heading",
    ["公民身份号码", "身份证号", "身份证号码", "身份 证 号", "身份证号码（18位）", "*证件号码", "身份证"],
)
def test_headings_have_synonyms(tmp_path: Path, heading: str) -> None:
    roster = read(
        written(
            tmp_path / "r.xlsx", [["姓名", heading, "对象类别"], [PERSON.name, PERSON.number, "困难职工"]]
        )
    )
    assert [row.identity for row in roster.good] == [PersonIdentity(name=PERSON.name, number=PERSON.number)]
    assert roster.good[0].category == "worker"


def test_titles_merged_rows_and_totals_are_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path / "r.xlsx",
        [
            ["附件2"],
            ["某县困难职工慰问名单", None, None, None, None],
            ["填报单位：茶厂工会"],
            [],
            ["序号", *HEADER],
            [1, PERSON.name, PERSON.number, "困难职工", 500],
            ["合计", None, None, None, 500],
            [],
            ["填表人：张三"],
        ],
        "A2:E2",
    )
    roster = read(path)
    assert [row.row for row in roster.rows] == [6]
    assert roster.good[0].amount_fen == 50_000


def test_cells_merged_downwards_count_for_every_row(tmp_path: Path) -> None:
    other = PEOPLE.person()
    path = written(
        tmp_path / "r.xlsx",
        [HEADER, [PERSON.name, PERSON.number, "困难职工", 500], [other.name, other.number, None, 500]],
        "C2:C3",
    )
    assert [row.category for row in read(path).good] == ["worker", "worker"]


@pytest.mark.parametrize("kind", ["xlsx", "csv", "csv-gb18030", "xls", "ods"])
def test_all_kinds_of_files(tmp_path: Path, kind: str) -> None:
    rows: list[list[Any]] = [["名单"], HEADER, [PERSON.name, PERSON.number, "困难职工", "500"]]
    path = tmp_path / f"r.{kind.split('-')[0]}"
    if kind == "xlsx":
        written(path, rows)
    elif kind.startswith("csv"):
        with path.open("w", encoding="gb18030" if "gb" in kind else "utf-8-sig", newline="") as file:
            csv.writer(file).writerows(rows)
    elif kind == "xls":
        import xlwt

        book = xlwt.Workbook()
        sheet = book.add_sheet("名单")
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                sheet.write(y, x, value)
        book.save(str(path))
    else:
        write_ods(path, rows)
    (only,) = read(path).rows
    assert only.faults == []
    assert only.identity == PersonIdentity(name=PERSON.name, number=PERSON.number)
    assert only.amount_fen == 50_000


def write_ods(path: Path, rows: list[list[Any]]) -> None:
    import zipfile

    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
            for value in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="t">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
        ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/"'
        ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        (500, 50_000),
        (500.0, 50_000),
        (500.5, 50_050),
        (0.1, 10),
        (1234.56, 123_456),
        ("500", 50_000),
        ("500元", 50_000),
        ("５００元", 50_000),
        ("1,200.50", 120_050),
        ("0.05万元", 50_000),
        ("3万", 3_000_000),
        ("￥500", 50_000),
        ("500元整", 50_000),
        (" 500 ", 50_000),
        ("五百", 50_000),
        ("伍佰圆整", 50_000),
        ("壹仟贰佰元伍角", 120_050),
        ("5百", 50_000),
        ("1千2百元", 120_000),
        ("500元（伍佰元整）", 50_000),
        ("人民币500元", 50_000),
        ("500元/人", 50_000),
    ],
)
def test_amounts(cell: Any, fen: int) -> None:
    assert amount_fen(cell) == fen


@pytest.mark.parametrize(
    "cell",
    [
        "五百五",
        "500.005",
        "500,00",
        "1.005",
        "500/月",
        "五百元左右",
        "",
        "约500",
        True,
        datetime.date(2026, 1, 1),
        "1e5",
        10**14,
    ],
)
def test_amounts_at_fault(cell: Any) -> None:
    with pytest.raises(IdentityFault):
        amount_fen(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-05",
        "2026-1-5",
        "2026/1/5",
        "2026.1.5",
        "2026年1月5日",
        "20260105",
        "２０２６－０１－０５",
        datetime.date(2026, 1, 5),
        datetime.datetime(2026, 1, 5, 8, 30),
        "2026-01-05 00:00:00",
    ],
)
def test_dates(cell: Any) -> None:
    assert date_text(cell) == "2026-01-05"


@pytest.mark.parametrize("cell", ["2026-02-30", "1月5日", "明天", 5])
def test_dates_at_fault(cell: Any) -> None:
    with pytest.raises(IdentityFault):
        date_text(cell)


@pytest.mark.parametrize(
    "cell", [3.50602199001011e17, 350602199001011237, "3.50602E+17", 6228480402564890018]
)
def test_numbers_that_excel_cut_cannot_be_had_back(cell: Any) -> None:
    with pytest.raises(IdentityFault) as fault:
        long_number(cell)
    assert fault.value.code == "number-damaged"
    assert "无法恢复" in fault.value.message("zh")


def test_a_number_of_15_digits_as_a_cell_number_is_whole() -> None:
    assert long_number(350602900101123.0) == "350602900101123"
    assert (whole("3人", 1, 30), whole(4.0, 1, 30)) == (3, 4)


def test_every_fault_names_its_cell_what_stood_there_and_why(tmp_path: Path) -> None:
    wrong = PERSON.number[:-1] + ("0" if PERSON.number[-1] != "0" else "1")
    path = written(
        tmp_path / "r.xlsx",
        [
            [*HEADER, "联系电话", "银行卡号", "致困原因", "建档日期", "家庭人口"],
            ["张", wrong, "亲友", "五百左右", "123", "6228480402564890017", "缺钱", "昨天", "很多"],
        ],
    )
    (row,) = read(path).bad
    found = {fault.cell: (fault.heading, fault.code) for fault in row.faults}
    assert found == {
        "A2": ("姓名", "person-name"),
        "B2": ("公民身份号码", "resident-number-check"),
        "C2": ("对象类别", "category"),
        "D2": ("慰问金额（元）", "amount"),
        "E2": ("联系电话", "phone"),
        "F2": ("银行卡号", "bank-card"),
        "G2": ("致困原因", "word"),
        "H2": ("建档日期", "date"),
        "I2": ("家庭人口", "whole-number"),
    }
    assert all(fault.zh and fault.en for fault in row.faults)
    assert not any(PERSON.number[4:14] in fault.found for fault in row.faults)


def test_a_person_twice_in_one_roster_is_named(tmp_path: Path) -> None:
    old = PERSON.number[:6] + PERSON.number[8:17]
    path = written(
        tmp_path / "r.xlsx",
        [HEADER, [PERSON.name, PERSON.number, "困难职工", 500], [PERSON.name, old, "困难职工", 500]],
    )
    roster = read(path)
    assert [row.row for row in roster.good] == [2]
    assert roster.bad[0].faults[0].code == "twice-in-roster"
    assert "第 2 行" in roster.bad[0].faults[0].zh


def test_money_at_or_below_zero_and_no_category_are_faults(tmp_path: Path) -> None:
    path = written(tmp_path / "r.xlsx", [HEADER, [PERSON.name, PERSON.number, None, -5]])
    (row,) = read(path).bad
    assert {fault.code for fault in row.faults} == {"amount-not-positive", "category-missing"}


@pytest.mark.parametrize("content", [b"not a workbook", b"PK\x03\x04 broken"])
def test_what_is_no_spreadsheet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(content)
    with pytest.raises(RosterUnreadable) as error:
        read(path)
    assert error.value.code == "roster-file"


def test_a_sheet_without_a_header_says_what_was_seen(tmp_path: Path) -> None:
    with pytest.raises(RosterUnreadable) as error:
        read(written(tmp_path / "r.xlsx", [["水果", "价格"], ["苹果", 3]]))
    assert error.value.code == "roster-no-header"
    assert "水果" in error.value.message("zh")


@pytest.mark.parametrize("recipient", ["person", "enterprise"])
def test_the_forms_are_read_back_with_every_column(tmp_path: Path, recipient: Any) -> None:
    terms = policy()
    firm = PEOPLE.enterprise("某县红旗罐头有限公司")
    values: dict[str, Any] = {
        "number": PERSON.number,
        "name": PERSON.name,
        "category": "worker",
        "group": "农民工",
        "employer": "某县红旗糖厂",
        "shop": "一车间",
        "phone": "13805961234",
        "address": "某县人民路1号",
        "household": "0012",
        "household_size": "3人",
        "income_per_head_fen": "620元",
        "subsistence": "低保",
        "cause": "因病",
        "account": PERSON.account,
        "employment": "在岗",
        "employed_in_county": "是",
        "model_worker": "省劳模",
        "dormitory": "否",
        "purpose": "大病救助",
        "visit_mode": "工会领导走访",
        "account_holder": PERSON.name,
        "bank_name": "农业银行某县支行",
        "amount_fen": "0.05万元",
        "on": "2025年12月15日",
        "note": "无",
    }
    if recipient == "enterprise":
        values = {
            "credit_code": firm.credit_code,
            "name": firm.name,
            "category": "worker",
            "ownership": "集体",
            "stopped_months": "8个月",
            "closing": "破产",
            "staff_count": 96,
            "phone": "0596-2021234",
            "address": "某县工业大道1号",
            "account": firm.account,
            "account_holder": firm.name,
            "bank_name": "农业银行某县支行",
            "amount_fen": 20_000,
            "on": "2025-12-15",
            "note": "无",
        }
    assert set(values) == {column.field for column in FORMS[recipient]}
    path = tmp_path / "form.xlsx"
    write_form(path, recipient, [values])
    roster = read_roster(path, terms, today=TODAY)
    assert roster.recipient == recipient
    (row,) = roster.rows
    assert row.faults == []
    assert row.on == "2025-12-15"
    assert row.facts is not None
    if recipient == "person":
        assert row.amount_fen == 50_000
        assert (row.facts.group, row.facts.cause, row.facts.income_per_head_fen) == (
            "migrant-worker",
            "illness",
            62_000,
        )
        assert (row.facts.employment, row.facts.employed_in_county) == ("employed", True)
        assert (row.facts.model_worker, row.facts.dormitory) == ("provincial", False)
        assert (row.purpose, row.visit_mode) == ("medical", "federation-leaders")
        assert isinstance(row.identity, PersonIdentity)
        assert row.identity.account == PERSON.account
    else:
        assert (row.facts.stopped_months, row.facts.closing, row.facts.ownership) == (
            8,
            "bankruptcy",
            "collective",
        )
        assert isinstance(row.identity, EnterpriseIdentity)
        assert row.identity.account == firm.account


@pytest.mark.parametrize(
    ("recipient", "facts"),
    [
        (
            "person",
            Facts(
                household_size=3,
                income_per_head_fen=62_050,
                subsistence="edge",
                cause="both-laid-off",
                group="worker",
                employment="laid-off",
                employed_in_county=False,
                model_worker="municipal",
                dormitory=True,
                employer="某县红旗糖厂",
                shop="一车间",
                died_on="2026-01-10",
            ),
        ),
        ("enterprise", Facts(ownership="state", stopped_months=8, closing="closure", staff_count=96)),
    ],
)
def test_facts_as_they_are_typed_are_read_as_they_were(recipient: Any, facts: Facts) -> None:
    typed = typed_facts(recipient, facts, WORDS)
    assert set(typed) == {column.field for column in fact_columns(recipient)}
    found = read_amendment(recipient, typed, WORDS, today=TODAY)
    assert (found.facts, found.identity, found.faults) == (facts, None, [])


@pytest.mark.parametrize("heading", ["工作单位", "单位", "所在单位", "用人单位名称"])
def test_a_place_of_work_is_the_employer_and_never_a_workshop(tmp_path: Path, heading: str) -> None:
    """Workers of one factory are no workshop that was helped whole (平均发放)."""
    rows: list[list[Any]] = [
        [*HEADER, heading, "车间"],
        [PERSON.name, PERSON.number, "困难职工", 500, "某县红旗糖厂", "压榨车间"],
    ]
    (line,) = read(written(tmp_path / "r.xlsx", rows)).good
    assert line.facts is not None
    assert (line.facts.employer, line.facts.shop) == ("某县红旗糖厂", "压榨车间")
    (line,) = read(written(tmp_path / "s.xlsx", [row[:5] for row in rows])).good
    assert line.facts is not None
    assert (line.facts.employer, line.facts.shop) == ("某县红旗糖厂", None)


def test_an_amendment_of_the_identity_gives_it_whole() -> None:
    typed = {"name": PERSON.name, "number": PERSON.number, "phone": "13805961234", "cause": "因灾"}
    found = read_amendment("person", typed, WORDS, today=TODAY)
    assert found.facts == Facts(cause="disaster")
    assert found.identity == PersonIdentity(name=PERSON.name, number=PERSON.number, phone="13805961234")


def test_an_amendment_names_each_fault_by_its_heading() -> None:
    typed = {"phone": "13805961234", "household_size": "很多", "surprise": "1"}
    found = read_amendment("person", typed, WORDS, today=TODAY)
    assert [(fault.heading, fault.code) for fault in found.faults] == [
        ("家庭人口", "whole-number"),
        ("公民身份号码", "cell-missing"),
        ("姓名", "cell-missing"),
    ]


def test_a_line_at_fault_says_what_was_typed_but_for_a_number_that_was_cut(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["姓名", "身份证号", "家庭人口", "建档日期"],
        [PERSON.name, 3.5e17, 3, datetime.datetime(2025, 12, 5)],
    ]
    (row,) = read(written(tmp_path / "r.xlsx", rows)).bad
    assert row.typed == {"name": PERSON.name, "number": "", "household_size": "3", "on": "2025-12-05"}


def test_an_empty_form_holds_no_rows(tmp_path: Path) -> None:
    write_form(tmp_path / "form.xlsx", "person")
    assert read(tmp_path / "form.xlsx").rows == []
