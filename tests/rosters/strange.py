"""Files that say their sums, names and days in ways of their own: each must be read right, or asked about."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment

from tests.rosters import files, open_document
from tests.rosters.expected import HEADER, PEOPLE, YUAN_500, Expected, P, all_of, plain, row


def strange() -> Iterator[Expected]:
    """Every such file."""
    for part in (
        units, unit_elsewhere, split_rows, lines_aside, shown_otherwise, open_documents, rows_unseen, comments,
        in_words, notes, two_in_a_cell, names, sums, days, footers,
    ):  # fmt: skip
        yield from part()


def units() -> Iterator[Expected]:
    """Units in a row of their own beneath the headings."""
    header = ["序号", "姓名", "身份证号", "对象类别", "慰问金"]
    for number, (below, cell) in enumerate((("（万元）", 0.05), ("百元", 5), ("元/人", 500))):
        rows: list[list[Any]] = [header, [None, None, "18位", None, below], [1, *row(P[0], cell)]]
        yield Expected(f"units-beneath-{number}.xlsx", files.xlsx(rows), all_of(P[0]))
    again = [[*HEADER[:3], "金额（元）"], row(P[0]), [*HEADER[:3], "金额（百元）"], row(P[1], 5)]
    yield Expected("units-of-second-heading.xlsx", files.xlsx(again), all_of(*P[:2]))


def unit_elsewhere() -> Iterator[Expected]:
    """A unit that only a remark below states is asked about, not passed over."""
    rows = [[*HEADER[:3], "金额"], row(P[0], 5), ["注：金额单位为百元"]]
    yield Expected("unit-below.xlsx", files.xlsx(rows), faults=[("D1", "unit-below")])


def split_rows() -> Iterator[Expected]:
    """A text's sum that its own comma splits moves the cells behind it: the line is at fault."""
    head = ",".join(HEADER)
    first, second = ([str(cell) for cell in row(who)] for who in P[:2])
    for number, (header, line, other) in enumerate(
        (
            (head, [*first[:3], "1", "000"], second),
            (f"{head},备注", [*first[:3], "1", "000", ""], [*second, ""]),
            ("姓名,公民身份号码,慰问金额,对象类别", [*first[:2], "1", "500", first[2]], [*second[:2], "500", second[2]]),
        )
    ):  # fmt: skip
        raw = "\n".join((header, ",".join(line), ",".join(other))).encode("gb18030")
        wrong = [("第2行", "row-spilled")]
        if number == 2:
            wrong.insert(0, ("D2", "category"))
        asked = ["column-no-heading"] if number == 2 else []
        yield Expected(f"split-{number}.csv", raw, all_of(P[1]), wrong, asked)
    ends = f"{head}\n{','.join(first)},\n{','.join(second)},\n".encode()
    yield Expected("split-none.csv", ends, all_of(*P[:2]))


def lines_aside() -> Iterator[Expected]:
    """Somebody's number where no line is, above the headings or run together with the rest, is asked about."""
    above = [row(P[0]), list(HEADER), row(P[1])]
    yield Expected("aside-above.xlsx", files.xlsx(above), all_of(P[1]), asked=["row-number-aside"])
    lines = [",".join(map(str, row(who))) for who in P[:3]]
    quoted = "\n".join((",".join(HEADER), lines[0], f'"{lines[1]}', lines[2])).encode()
    yield Expected("aside-quote.csv", quoted, all_of(P[0]), asked=["row-number-aside"])
    tabs = "\n".join((",".join(HEADER), lines[0], lines[1].replace(",", "\t"))).encode()
    yield Expected("aside-other-marks.csv", tabs, all_of(P[0]), asked=["row-number-aside"])


def shown_otherwise() -> Iterator[Expected]:
    """A cell's format that shows another number than is stored."""
    for number, code in enumerate(("0%", "0.00%", '0"00"', ";;;", '"1000"')):
        raw = files.xlsx(plain(*P[:2]), formats={"D2": code})
        yield Expected(f"shown-{number}.xlsx", raw, all_of(P[1]), [("D2", "amount-scaled")])
    accounting = '_ "¥"* #,##0.00_ ;_ "¥"* \\-#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ '
    raw = files.xlsx(plain(P[0]), formats={"D2": accounting})
    yield Expected("shown-as-accounts.xlsx", raw, all_of(P[0]))
    older = files.xls(plain(*P[:2]), formats={(1, 3): '0.00"万"'})
    yield Expected("shown.xls", older, all_of(P[1]), [("D2", "amount-scaled")])


def open_documents() -> Iterator[Expected]:
    """What OpenDocument says in its own way: merged, struck out, commented, shown in another unit."""
    cell, line = open_document.cell, open_document.line
    header = line(*map(cell, HEADER))

    def of(at: int, *, name: str = "", category: str = "", amount: str = "") -> str:
        who = P[at]
        return line(
            name or cell(who.name),
            cell(who.number),
            category or cell("困难职工"),
            amount or cell(500, "float"),
        )

    down = 'table:number-rows-spanned="2"'
    rows = (
        header,
        of(0, category=cell("困难职工", more=down)),
        of(1, category="<table:covered-table-cell/>"),
        of(2, amount=cell(1000, "float", down)),
        of(3, amount="<table:covered-table-cell/>"),
    )
    wrong = [("D4", "amount-merged"), ("D5", "amount-merged")]
    yield Expected("merged.ods", open_document.book(*rows), all_of(*P[:2]), wrong)
    struck = of(0, name=cell(P[0].name, more='table:style-name="struck"'))
    raw = open_document.book(header, struck, of(1), styles=open_document.STRUCK)
    yield Expected("struck.ods", raw, all_of(P[1]), asked=["row-struck"])
    scaled = of(0, amount=cell(500, "float", 'table:style-name="wan"'))
    percent = of(1, amount=cell(5, "percentage"))
    raw = open_document.book(header, scaled, percent, of(2), styles=open_document.IN_WAN)
    wrong = [("D2", "amount-scaled"), ("D3", "amount-scaled")]
    yield Expected("shown.ods", raw, all_of(P[2]), wrong)
    noted = of(
        0, name=cell(P[0].name, before="<office:annotation><text:p>已去世</text:p></office:annotation>")
    )
    yield Expected("noted.ods", open_document.book(header, noted), all_of(P[0]), notices=["cells-noted"])


def rows_unseen() -> Iterator[Expected]:
    """Rows of no height, and a sheet whose rows are hidden unless they say otherwise."""
    low = _with(files.xlsx(plain(*P[:2])), '<row r="3"', '<row ht="0.75" customHeight="1" r="3"')
    yield Expected("unseen-low.xlsx", low, all_of(P[0]), asked=["row-hidden"])
    all_rows = _with(files.xlsx(plain(*P[:2])), "<sheetFormatPr", '<sheetFormatPr zeroHeight="1"')
    yield Expected("unseen-default.xlsx", all_rows, asked=["row-hidden"] * 2)


def comments() -> Iterator[Expected]:
    """Comments on cells are not read, and that is said."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in plain(P[0]):
        sheet.append(list(cells))
    sheet["D2"].comment = Comment("应为800元", "李四")
    raw = io.BytesIO()
    book.save(raw)
    yield Expected("comment.xlsx", raw.getvalue(), all_of(P[0]), notices=["cells-noted"])


def in_words() -> Iterator[Expected]:
    """A sum in figures and in words: compared, and the words alone where there are no figures."""
    both = [[*HEADER[:3], "金额（小写）", "金额（大写）"], [*row(P[0]), "伍佰元整"], [*row(P[1]), "叁佰元整"]]
    wrong = [("E3", "amount-words-differ")]
    yield Expected("words-beside.xlsx", files.xlsx(both), all_of(P[0]), wrong)
    alone = [[*HEADER[:3], "金额（大写）"], row(P[0], "人民币（大写）伍佰元整")]
    yield Expected("words-alone.xlsx", files.xlsx(alone), all_of(P[0]))


def notes() -> Iterator[Expected]:
    """Notes are not imported; one that says that somebody died or was taken off is asked about."""
    rows = [[*HEADER, "备注"], [*row(P[0]), "新增"], [*row(P[1]), "2026年1月去世"]]
    yield Expected("note-weighs.xlsx", files.xlsx(rows), all_of(*P[:2]), asked=["column-note-weighs"])
    usual = [[*HEADER, "备注"], [*row(P[0]), "新增"]]
    yield Expected("note-usual.xlsx", files.xlsx(usual), all_of(P[0]), unused=["column-note"])


def two_in_a_cell() -> Iterator[Expected]:
    """Two persons in one cell."""
    rows = [
        HEADER,
        [f"{P[0].name}\n{P[1].name}", f"{P[0].number}\n{P[1].number}", "困难职工", 1000],
        [f"{P[2].name}、{P[3].name}", P[2].number, "困难职工", 500],
    ]
    wrong = [(cell, "cell-of-several") for cell in ("A2", "B2", "A3")]
    yield Expected("two-in-a-cell.xlsx", files.xlsx(rows), faults=wrong)


def names() -> Iterator[Expected]:
    """Names that are not whole, or have something behind them."""
    bad = ("李某", "王x明", "囗囗", "梁志海已故", "王小明家属", "肖辉刚 男")
    people = [PEOPLE.person() for _ in bad]
    rows = [HEADER, *([said, who.number, "困难职工", 500] for said, who in zip(bad, people, strict=True))]
    wrong = [(f"A{at}", "name-doubtful") for at in range(2, 2 + len(bad))]
    yield Expected("names-doubtful.xlsx", files.xlsx(rows), faults=wrong)
    good = ("欧阳\n娜娜", "王和平", "王平等", "赵C", "阿卜杜拉买买提")
    people = [PEOPLE.person() for _ in good]
    rows = [HEADER, *([said, who.number, "困难职工", 500] for said, who in zip(good, people, strict=True))]
    yield Expected("names-good.xlsx", files.xlsx(rows), all_of(*people))


def sums() -> Iterator[Expected]:
    """Sums with strokes behind them, in foreign money, with their currency behind."""
    good = ("500RMB", "500 CNY", "人民币（大写）伍佰元整", "大写：伍佰元整", "500￥")
    people = [PEOPLE.person() for _ in good]
    rows = [HEADER, *(row(who, said) for who, said in zip(people, good, strict=True))]
    yield Expected("sums-good.xlsx", files.xlsx(rows), [(who.number, YUAN_500) for who in people])
    bad = ("¥500.00-", "￥500.00/", "$500", "500港币")
    rows = [HEADER, *(row(PEOPLE.person(), said) for said in bad)]
    wrong = [(f"D{at}", "amount-doubtful") for at in range(2, 2 + len(bad))]
    yield Expected("sums-doubtful.xlsx", files.xlsx(rows), faults=wrong)
    shifted = [HEADER, row(P[0], 500, "500")]
    yield Expected("sum-for-category.xlsx", files.xlsx(shifted), faults=[("C2", "category")])


def days() -> Iterator[Expected]:
    """Days with other strokes and other noughts; none of the lunar calendar, and none that was not."""
    header = [*HEADER, "建档日期"]
    good = (
        "二O二五年一月三日",
        "二０二五年一月三日",
        "2025—1—3",
        "2025·1·3",
        "2025,1,3",
        "2025.01.03.",
        "2025\\1\\3",
    )
    people = [PEOPLE.person() for _ in good]
    rows: list[Sequence[Any]] = [header, *([*row(who), day] for who, day in zip(people, good, strict=True))]
    yield Expected("days-good.xlsx", files.xlsx(rows), all_of(*people), on="2025-01-03")
    bad = {"2025-02-30": "date", "农历正月初三": "date-doubtful", "25年元月3日": "date-doubtful"}
    rows = [header, *([*row(PEOPLE.person()), day] for day in bad)]
    wrong = [(f"E{at}", code) for at, code in enumerate(bad.values(), 2)]
    yield Expected("days-bad.xlsx", files.xlsx(rows), faults=wrong)


def footers() -> Iterator[Expected]:
    """Signatures, seals, days, ends of pages, and the columns' own marks."""
    rows: list[Sequence[Any]] = [
        HEADER,
        ["甲", "乙", "丙", "丁"],
        [1, 2, 3, 4],
        row(P[0]),
        ["续表"],
        row(P[1]),
        ["计", None, None, 1000],
        ["制表", "张三", "审核", "李四"],
        ["（盖章）", None, None, "2026年1月5日"],
        [None, None, "二〇二六年一月五日"],
        ["领导签批", None, None, "同意"],
        ["主席：", "张三", "财务：", "李四"],
    ]
    unused = ["row-column-marks", "row-total", "row-remark"]
    yield Expected("footers.xlsx", files.xlsx(rows), all_of(*P[:2]), unused=unused)


def _with(raw: bytes, old: str, new: str) -> bytes:
    """A workbook with something else in its first sheet."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(written, "w") as into:
        for name in archive.namelist():
            part = archive.read(name)
            is_sheet = name == "xl/worksheets/sheet1.xml"
            into.writestr(name, part.replace(old.encode(), new.encode()) if is_sheet else part)
    return written.getvalue()
