"""The corpus: files of every kind that offices send, each with what has to come of it.

``python -m tests.rosters.corpus FOLDER`` writes them, and ``expected.json`` beside them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from stdnum.cn import ric

from tests.rosters import files
from tests.rosters.expected import HEADER, PEOPLE, YUAN_500, Expected, P, all_of, plain, row
from tests.rosters.offices import offices
from tests.rosters.strange import strange
from tests.rosters.tired import tired
from tests.rosters.unusual import unusual


def corpus() -> Iterator[Expected]:
    """Every file."""
    for part in (headings, kinds, layouts, around, units, amounts, values, words, documents, faults, marks):
        yield from part()
    yield from unusual()
    yield from strange()
    yield from tired()
    yield from offices()
    yield from from_libreoffice()


def from_libreoffice() -> Iterator[Expected]:
    """One workbook as LibreOffice 7.4 saves it in each of its forms: the second line hidden, the fourth struck out."""
    unread = ["sheet-hidden", "row-hidden", "row-struck"]
    for path in sorted((Path(__file__).parent / "from_libreoffice").iterdir()):
        lines, asked = all_of(P[0], P[2], P[4]), unread
        if path.suffix == ".html":
            asked = ["row-struck"]  # it leaves out what is hidden
        elif path.suffix == ".csv":
            lines, asked = all_of(*P[:5]), []
        yield Expected(path.name, path.read_bytes(), lines, asked=asked, on="2025-12-18")


def headings() -> Iterator[Expected]:
    """Every heading that offices write for the same."""
    said = {
        0: ("困难职工姓名", "慰问对象姓名", "职工姓名", "姓 名", "*姓名"),
        1: ("居民身份证号", "证件号", "身份证号码（18位）", "有效证件号码"),
        2: ("困难类别", "困难类型"),
        3: ("实发金额", "发放标准", "拟慰问金额", "2026年拟慰问金额（元）"),
    }
    for column, words in said.items():
        for number, word in enumerate(words):
            header = [word if at == column else text for at, text in enumerate(HEADER)]
            raw = files.xlsx([header, row(P[0]), row(P[1])])
            yield Expected(f"heading-{column}-{number}.xlsx", raw, all_of(P[0], P[1]))
    for number, word in enumerate(("一卡通账号", "社保卡号", "收款账号")):
        raw = files.xlsx([[*HEADER, word], [*row(P[0]), P[0].account]])
        yield Expected(f"heading-account-{number}.xlsx", raw, all_of(P[0]))
    unknown = [("甲", "乙", "对象类别", "慰问金额（元）"), row(P[0]), row(P[1]), row(P[2])]
    yield Expected("heading-by-content.xlsx", files.xlsx(unknown), all_of(P[0], P[1], P[2]))
    other = [[*HEADER, "配偶姓名", "配偶身份证号"], [*row(P[0]), P[1].name, P[1].number]]
    yield Expected("heading-anothers.xlsx", files.xlsx(other), all_of(P[0]), asked=["column-by-content"] * 2)
    unasked = [[*HEADER, "民族", "签名"], [*row(P[0]), "汉", None]]
    yield Expected("heading-unknown.xlsx", files.xlsx(unasked), all_of(P[0]), asked=["column-unknown"])


def kinds() -> Iterator[Expected]:
    """Every kind of file, under its own name and under others."""
    rows = plain(P[0], P[1])
    lines = all_of(P[0], P[1])
    texts = {
        "utf8.csv": files.text("utf-8"),
        "utf8-mark.csv": files.text("utf-8-sig"),
        "gb.csv": files.text("gb18030"),
        "tab-gb.csv": files.text("gb18030", "\t"),
        "utf16.csv": files.text("utf-16", "\t"),
        "utf16-be.csv": files.text("utf-16-be", "\t"),
        "semicolon.csv": files.text("utf-8-sig", ";"),
        "bar.txt": files.text("gb18030", "|"),
        "tab.tsv": files.text("utf-8", "\t"),
    }
    for name, write in texts.items():
        yield Expected(f"kind-{name}", write(rows), lines)
    for name, raw in {
        "plain.xlsx": files.xlsx(rows),
        "plain.xls": files.xls(rows),
        "plain.ods": files.ods(rows),
        "wps.et": files.xls(rows),
    }.items():
        yield Expected(f"kind-{name}", raw, lines)
    for name, raw in {
        "xlsx-named.xls": files.xlsx(rows),
        "xlsx-named.et": files.xlsx(rows),
        "page-named.xls": files.page(rows),
        "xml-named.xls": files.xml_2003(rows),
        "text-named.xls": files.text("gb18030", "\t")(rows),
        "xls-named.xlsx": files.xls(rows),
    }.items():
        yield Expected(f"kind-{name}", raw, lines, notices=["file-kind"])
    yield Expected("kind-protected.xlsx", files.protected(), unreadable="file-protected")
    guarded = f'\ufeff姓名,公民身份号码,对象类别,慰问金额\r\n{P[0].name},="{P[0].number}",困难职工,500\r\n'
    yield Expected("kind-guard.csv", guarded.encode(), all_of(P[0]), notices=["marks-dropped"])


def layouts() -> Iterator[Expected]:
    """Headings over several rows, tables beside and below each other, several sheets."""
    two = [("基本情况", None, "类别", "发放"), HEADER, row(P[0])]
    yield Expected("layout-two-levels.xlsx", files.xlsx(two, merges=["A1:B1"]), all_of(P[0]))
    vertical = [("名单",), HEADER, (), row(P[0]), row(P[1])]
    areas = ["A1:D1", *(f"{column}2:{column}3" for column in "ABCD")]
    yield Expected("layout-merged-down.xlsx", files.xlsx(vertical, merges=areas), all_of(P[0], P[1]))
    mixed = [
        ("序号", "姓名", "公民身份号码", "困难情况", None, "慰问金额"),
        (None, None, None, "对象类别", "致困原因", None),
        (1, P[0].name, P[0].number, "困难职工", "因病", 500),
    ]
    areas = ["A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:F2"]
    yield Expected("layout-mixed.xlsx", files.xlsx(mixed, merges=areas), all_of(P[0]))
    yield Expected("layout-mixed.csv", files.text("utf-8")(mixed), all_of(P[0]))
    three = [("困难职工慰问", None, None, None), ("人员", None, "情况", None), HEADER, row(P[0])]
    yield Expected(
        "layout-three-levels.xlsx", files.xlsx(three, merges=["A1:D1", "A2:B2", "C2:D2"]), all_of(P[0])
    )
    beside = [[*HEADER, "签名", *HEADER, "签名"], [*row(P[0]), None, *row(P[1]), None], [*row(P[2]), None]]
    yield Expected("layout-beside.xlsx", files.xlsx(beside), all_of(P[0], P[2], P[1]))
    counted = [
        ["序号", *HEADER, "序号", *HEADER],
        [1, *row(P[0]), 2, *row(P[1])],
        [3, *row(P[2]), 4, *row(P[3])],
    ]
    yield Expected("layout-beside-counted.xlsx", files.xlsx(counted), all_of(P[0], P[2], P[1], P[3]))
    gap = [[*HEADER, None, *HEADER], [*row(P[0]), None, *row(P[1])]]
    yield Expected("layout-beside-gap.xlsx", files.xlsx(gap), all_of(P[0], P[1]))
    one_sum: list[list[str | int]] = [["姓名", "身份证号", "姓名", "身份证号", "类别", "金额"]]
    one_sum += [[P[0].name, P[0].number, P[1].name, P[1].number, "困难职工", 500]]
    whose = [("第2行", "category-missing"), ("F1", "heading-shared")]
    yield Expected("layout-one-sum-for-two.xlsx", files.xlsx(one_sum), faults=whose)
    family = [
        ("姓名", "身份证号", "对象类别", "家庭成员", None, "慰问金额"),
        (None, None, None, "姓名", "身份证号", None),
        (P[0].name, P[0].number, "困难职工", P[1].name, P[1].number, 500),
    ]
    areas = ["A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:F2"]
    raw = files.xlsx(family, merges=areas)
    yield Expected("layout-family.xlsx", raw, all_of(P[0]), asked=["column-by-content"] * 2)
    again = [HEADER, row(P[0]), HEADER, row(P[1])]
    yield Expected("layout-again.xlsx", files.xlsx(again), all_of(P[0], P[1]), unused=["row-heading-again"])
    below = [
        ("一、困难职工",),
        HEADER,
        row(P[0]),
        (),
        ("二、劳模",),
        ("身份证号", "职工姓名", "困难类别", "金额"),
        (P[1].number, P[1].name, "劳动模范", 500),
    ]
    yield Expected("layout-below.xlsx", files.xlsx(below), all_of(P[0], P[1]))
    sheets = files.xlsx(plain(P[0]), more={"二车间": plain(P[1]), "说明": [("看清楚再填",)]})
    yield Expected("layout-sheets.xlsx", sheets, all_of(P[0], P[1]), asked=["sheet-no-table"])
    hidden = files.xlsx(plain(P[0]), more={"去年": plain(P[1])}, hidden_sheets=["去年"])
    yield Expected("layout-hidden-sheet.xlsx", hidden, all_of(P[0]), asked=["sheet-hidden"])


def around() -> Iterator[Expected]:
    """Titles, notes, totals, signatures: none of them a person, all of them named."""
    rows = [
        ("某县困难职工慰问名单",),
        ("填报单位：茶厂", None, "2026年1月5日", "单位：元"),
        *plain(P[0], P[1]),
        ("合  计", None, None, 1000),
        ("填表人：张三", None, "审核人：李四", None),
        ("说明：以上人员均已公示。",),
    ]
    unused = ["row-title", "row-total", "row-remark"]
    yield Expected("around-all.xlsx", files.xlsx(rows, merges=["A1:D1"]), all_of(P[0], P[1]), unused=unused)
    parts = [
        HEADER,
        row(P[0]),
        ("小计", None, None, 500),
        row(P[1]),
        ("本页小计", None, None, 500),
        ("总计", "2人", None, 1000),
    ]
    yield Expected("around-subtotals.xlsx", files.xlsx(parts), all_of(P[0], P[1]), unused=["row-total"])
    wrong = [*plain(P[0], P[1]), ("合计", None, None, 1500)]
    yield Expected(
        "around-total-differs.xlsx", files.xlsx(wrong), all_of(P[0], P[1]), notices=["total-differs"]
    )
    numbered = [("序号", *HEADER), (1, *row(P[0])), (2,), (3,)]
    yield Expected("around-empty-lines.xlsx", files.xlsx(numbered), all_of(P[0]), unused=["row-serial-only"])
    hidden = files.xlsx(plain(P[0], P[1], P[2]), hidden=[3])
    yield Expected("around-hidden.xlsx", hidden, all_of(P[0], P[2]), asked=["row-hidden"])
    struck = files.xlsx(plain(P[0], P[1]), struck=["A3", "B3", "C3", "D3"])
    yield Expected("around-struck.xlsx", struck, all_of(P[0]), asked=["row-struck"])
    older = files.xls(plain(P[0], P[1]), struck=[(2, 0), (2, 1)])
    yield Expected("around-struck.xls", older, all_of(P[0]), asked=["row-struck"])


def units() -> Iterator[Expected]:
    """The unit of money stands in the heading, over the table or in the cell."""
    for number, (heading, cell) in enumerate(
        (
            ("慰问金额(万元)", 0.05),
            ("慰问金额（万元）", "0.05"),
            ("慰问金额 万元", 0.05),
            ("慰问金额/百元", 5),
            ("慰问金额（千元）", 0.5),
            ("慰问金额（分）", 50_000),
            ("慰问金额（元/人）", 500),
            ("人均慰问金额（元）", 500),
            ("慰问金额（万元）", "500元"),
            ("慰问金额", "0.05万元"),
        )
    ):
        if heading.startswith("人均"):
            heading = "慰问金额（元/户）"
        raw = files.xlsx([(*HEADER[:3], heading), row(P[0], cell)])
        yield Expected(f"unit-{number}.xlsx", raw, all_of(P[0]))
    over = [("名单", None, None, "单位：万元"), (*HEADER[:3], "慰问金额"), row(P[0], 0.05)]
    yield Expected("unit-over.xlsx", files.xlsx(over), all_of(P[0]))
    nearer = [("名单", None, None, "单位：万元"), HEADER, row(P[0], 500)]
    yield Expected("unit-heading-before-title.xlsx", files.xlsx(nearer), all_of(P[0]))
    group = [("人员", None, None, "发放（万元）"), (*HEADER[:3], "慰问金额"), row(P[0], 0.05)]
    yield Expected("unit-of-group.xlsx", files.xlsx(group, merges=["A1:C1"]), all_of(P[0]))
    for name, heading, cell in (
        ("per-month", "补助标准（元/月）", 500),
        ("typed-in-yuan", "慰问金额（万元）", 500),
        ("typed-in-wan", "慰问金额（元）", 0.05),
    ):
        raw = files.xlsx([(*HEADER[:3], heading), row(P[0], cell)])
        yield Expected(f"unit-{name}.xlsx", raw, faults=[("D2", "amount-doubtful")])
    shown = files.xlsx(plain(P[0]), formats={"D2": '0.00"万元"'})
    yield Expected("unit-of-format.xlsx", shown, faults=[("D2", "amount-scaled")])


def amounts() -> Iterator[Expected]:
    """Sums in all forms; what may be two sums is asked about."""
    good = (
        "500元整",
        "伍佰元",
        "伍佰元整",
        "¥500.00",
        "500.00 ",
        "５００",
        "500/人",
        "0.05万",
        "5百",
        "人民币500元",
        "五百元",
        "500元（伍佰元整）",
        "五〇〇",
        "￥500",
        "500圆",
        "５００．００元",
    )
    for number, text in enumerate(good):
        yield Expected(f"amount-{number}.csv", files.text("utf-8")([HEADER, row(P[0], text)]), all_of(P[0]))
    bad = {
        "500,00": "amount-doubtful",
        "1.005": "amount-doubtful",
        "1 200": "amount-doubtful",
        "五百五": "amount-doubtful",
        "500/月": "amount-doubtful",
        "500元（叁佰元整）": "amount-doubtful",
        "5e2": "amount",
        "约500": "amount",
        "500-600": "amount",
        "500.000001": "amount-below-fen",
        "-500": "amount-not-positive",
        "0": "amount-not-positive",
        "(500)": "amount-not-positive",
        "无": "amount",
    }
    rows = [HEADER, *(row(PEOPLE.person(), text) for text in bad)]
    wrong = [(f"D{at}", code) for at, code in enumerate(bad.values(), 2)]
    yield Expected("amount-bad.xlsx", files.xlsx(rows), faults=wrong)
    merged = files.xlsx([HEADER, row(P[0]), row(P[1], None), row(P[2])], merges=["D2:D3"])
    yield Expected(
        "amount-merged.xlsx", merged, all_of(P[2]), [("D2", "amount-merged"), ("D3", "amount-merged")]
    )
    struck = files.xlsx(plain(P[0], P[1]), struck=["D2"])
    yield Expected("amount-struck.xlsx", struck, all_of(P[1]), [("D2", "cell-struck")])


def values() -> Iterator[Expected]:
    """Dates, names, marks that nobody sees."""
    header = (*HEADER, "建档日期")
    dates = (
        46_010,
        "46010",
        "2025-12-18",
        "2025年12月18日",
        "二〇二六年一月五日",
        "20251218",
        "2025.12.18",
    )
    people = [PEOPLE.person() for _ in dates]
    rows = [header, *([*row(person), day] for person, day in zip(people, dates, strict=True))]
    yield Expected("value-dates.xlsx", files.xlsx(rows), all_of(*people))
    unclear = [header, [*row(P[0]), "25.12.18"], [*row(P[1]), "12/18/2025"]]
    yield Expected(
        "value-dates-doubtful.xlsx",
        files.xlsx(unclear),
        faults=[("E2", "date-doubtful"), ("E3", "date-doubtful")],
    )
    names = (
        "阿卜杜拉.买买提",
        "阿卜杜拉．买买提",
        "阿卜杜拉•买买提",
        "李〇明",
        "张 三",
        "王　小 明",
        "䶮小刚",
        "𠮷野明",
    )
    people = [PEOPLE.person(name=name) for name in names]
    yield Expected("value-names.xlsx", files.xlsx(plain(*people)), all_of(*people))
    unseen = [
        HEADER,
        [P[0].name, f"{P[0].number}\u200b", "困难职工", 500],
        [P[1].name, f"\u202d{P[1].number}\u202c", "困难职工", 500],
        [P[2].name, f"'{P[2].number}", "困难职工", 500],
    ]
    yield Expected(
        "value-unseen.xlsx", files.xlsx(unseen), all_of(P[0], P[1], P[2]), notices=["marks-dropped"]
    )
    nothing = [[*HEADER, "联系电话", "银行卡号"], [*row(P[0]), "无", "-"]]
    yield Expected("value-nothing.xlsx", files.xlsx(nothing), all_of(P[0]), notices=["cells-say-nothing"])


def words() -> Iterator[Expected]:
    """Causes and categories by the words that offices use; none that says something else."""
    causes = ("患病", "因病致困", "重大疾病", "火灾", "因灾")
    people = [PEOPLE.person() for _ in causes]
    rows = [[*HEADER, "致困原因"], *([*row(who), cause] for who, cause in zip(people, causes, strict=True))]
    yield Expected("word-causes.xlsx", files.xlsx(rows), all_of(*people))
    categories = ("特困职工", "省级劳动模范", "劳模", "在档困难职工")
    people = [PEOPLE.person() for _ in categories]
    rows = [list(HEADER), *(row(who, 500, word) for who, word in zip(people, categories, strict=True))]
    yield Expected("word-categories.xlsx", files.xlsx(rows), all_of(*people))
    # Of the wider kind or of another: nobody is one of the plan's by that.
    wider = ("职工", "农民工", "工匠", "市级工匠", "困难企业特困职工")
    people = [PEOPLE.person() for _ in wider]
    rows = [list(HEADER), *(row(who, 500, word) for who, word in zip(people, wider, strict=True))]
    held = [(f"C{line}", "category") for line in range(2, len(rows) + 1)]
    yield Expected("word-categories-wider.xlsx", files.xlsx(rows), faults=held)
    changed = [[*HEADER, "就业状况", "致困原因"], [*row(P[0]), "失业", None], [*row(P[1]), None, "残疾"]]
    yield Expected("word-changes-fact.xlsx", files.xlsx(changed), faults=[("E2", "word"), ("F3", "word")])
    died = [[*HEADER, "死亡日期"], [*row(P[0]), "2025-03-01"], [*row(P[1]), None]]
    yield Expected("word-died.xlsx", files.xlsx(died), all_of(P[1]), [("E2", "person-died")])


def documents() -> Iterator[Expected]:
    """Identity documents by their kind, and accounts that are no cards."""
    permit, newer = (
        digits + ric.calc_check_digit(digits + "0") for digits in ("83000019900101001", "91184019900101001")
    )
    numbers = (permit, newer, "USA110090010112", "E12345678", "H1234567801")
    rows = [
        HEADER,
        *([f"王小{'一二三四五'[at]}", number, "困难职工", 500] for at, number in enumerate(numbers)),
    ]
    yield Expected("document-kinds.xlsx", files.xlsx(rows), [(number, YUAN_500) for number in numbers])
    kinds: list[list[object]] = [
        [*HEADER, "证件类型"],
        ["安娜", "C 4567890", "困难职工", 500, "护照"],
        [*row(P[0]), "居民身份证"],
    ]
    yield Expected("document-column.xlsx", files.xlsx(kinds), [("C4567890", YUAN_500), *all_of(P[0])])
    old = P[0].number[:6] + P[0].number[8:17]
    yield Expected("document-15.xlsx", files.xlsx([HEADER, [P[0].name, old, "困难职工", 500]]), all_of(P[0]))
    shifted = [[*HEADER, "银行账号"], [*row(P[0]), "13805961234"], [*row(P[1]), P[1].number]]
    wrong = [(f"E{at}", "account-of-another-kind") for at in (2, 3)]
    yield Expected("document-no-account.xlsx", files.xlsx(shifted), faults=wrong)
    above = [("制表", "茶厂", "合计", "2人"), *plain(P[0])]
    yield Expected("around-remark-above.xlsx", files.xlsx(above), all_of(P[0]), unused=["row-title"])
    books = [[*HEADER, "银行账号"], [*row(P[0]), "1409025011000123456"], [*row(P[1]), "6228480402564890017"]]
    yield Expected("document-passbook.xlsx", files.xlsx(books), all_of(P[0]), [("E3", "bank-card")])


def faults() -> Iterator[Expected]:
    """Lines at fault, named by their cell; the others can be filed."""
    missing = [HEADER, [P[0].name, None, "困难职工", 500], [None, P[1].number, "困难职工", 500], row(P[2])]
    yield Expected(
        "fault-missing.xlsx",
        files.xlsx(missing),
        all_of(P[2]),
        [("B2", "cell-missing"), ("A3", "cell-missing")],
    )
    named = [
        HEADER,
        ["张三", P[0].number, "困难职工", 500],
        ["李四", P[0].number, "困难职工", 500],
        row(P[1]),
    ]
    two = [("B2", "number-two-names"), ("B3", "number-two-names")]
    yield Expected("fault-two-names.xlsx", files.xlsx(named), all_of(P[1]), two)
    yield Expected(
        "fault-twice.xlsx", files.xlsx(plain(P[0], P[0])), all_of(P[0]), [("B3", "twice-in-roster")]
    )
    near = P[0].number[:16] + ("1" if P[0].number[16] != "1" else "2")
    near += ric.calc_check_digit(near + "0")
    apart = [HEADER, row(P[0]), [P[0].name, near, "困难职工", 500]]
    yield Expected("fault-none-one-digit-apart.xlsx", files.xlsx(apart), [*all_of(P[0]), (near, YUAN_500)])
    cut = [HEADER, [P[0].name, 3.50602199001011e17, "困难职工", 500]]
    yield Expected("fault-cut.xlsx", files.xlsx(cut), faults=[("B2", "number-damaged")])
    twice = [[*HEADER, "实发金额"], [*row(P[0]), 300]]
    yield Expected("fault-two-sums.xlsx", files.xlsx(twice), faults=[("E1", "heading-twice")])


def marks() -> Iterator[Expected]:
    """Rows of the file that look like other things than they are."""
    totals = [HEADER, row(P[0]), (None, None, None, 500)]
    yield Expected("mark-sum-alone.xlsx", files.xlsx(totals), all_of(P[0]), asked=["row-nobody"])
    goes_on = [HEADER, row(P[0]), [None, None, None, None], row(P[1])]
    areas = [f"{column}2:{column}3" for column in "ABCD"]
    yield Expected(
        "mark-two-rows-one-person.xlsx",
        files.xlsx(goes_on, merges=areas),
        all_of(P[0], P[1]),
        asked=["row-goes-on"],
    )


def main() -> None:
    """Write every file of the corpus into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    said = {}
    for each in corpus():
        (folder / each.name).write_bytes(each.raw)
        said[each.name] = {
            key: value for key, value in asdict(each).items() if key not in ("raw", "name") and value
        }
    (folder / "expected.json").write_text(json.dumps(said, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
