"""Files as they come less often: days counted from 1904, hidden columns, no headings, tables on their side, ditto marks."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from tests.rosters import files
from tests.rosters.expected import HEADER, PEOPLE, Expected, P, all_of, plain, row


def unusual() -> Iterator[Expected]:
    """Every such file."""
    for part in (dates, hidden_columns, without_headings, sideways, cells, around, sections, members, others):
        yield from part()


def dates() -> Iterator[Expected]:
    """Days that the file counts from 1904, and dates as officials write them."""
    header = [*HEADER, "建档日期"]
    rows = [header, [*row(P[0]), datetime.date(2025, 1, 3)], [*row(P[1]), 44_198]]
    yield Expected("date-1904.xlsx", files.xlsx(rows, from_1904=True), all_of(*P[:2]), on="2025-01-03")
    text = files.xlsx([header, [*row(P[0]), "44198"]], from_1904=True)
    yield Expected("date-1904-text.xlsx", text, faults=[("E2", "date-doubtful")])
    older = files.xls([header, [*row(P[0]), 44_198]], from_1904=True)
    yield Expected("date-1904.xls", older, all_of(P[0]), on="2025-01-03")
    good = (
        "2025.1.3",
        "二〇二五年元月三日",
        "2025年元月3日",
        "2025、1、3",
        "2025-1-3 星期五",
        "贰零贰伍年壹月叁日",
        "2025。1。3",
    )
    people = [PEOPLE.person() for _ in good]
    rows = [header, *([*row(who), day] for who, day in zip(people, good, strict=True))]
    yield Expected("date-official.xlsx", files.xlsx(rows), all_of(*people), on="2025-01-03")
    short = [
        header,
        *([*row(who), day] for who, day in zip(P, ("2025年1月", "2025.1", "2025年"), strict=False)),
    ]
    faults = [(f"E{at}", "date-doubtful") for at in (2, 3, 4)]
    yield Expected("date-without-day.xlsx", files.xlsx(short), faults=faults)


def hidden_columns() -> Iterator[Expected]:
    """A column that is hidden in the file is named, and not read unless that is said."""
    rows = [[*HEADER, "银行卡号", "民族"], [*row(P[0]), P[0].account, "汉"]]
    asked = ["column-hidden", "column-unknown"]
    yield Expected("hidden-column.xlsx", files.xlsx(rows, hidden_columns=["E"]), all_of(P[0]), asked=asked)
    yield Expected("hidden-column.xls", files.xls(rows, hidden_columns=[4]), all_of(P[0]), asked=asked)
    yield Expected("hidden-column.ods", files.ods(rows, hidden_columns=[4]), all_of(P[0]), asked=asked)
    unknown = files.xlsx(rows, hidden_columns=["F"])
    yield Expected("hidden-column-unknown.xlsx", unknown, all_of(P[0]), asked=["column-hidden"])
    number = files.xlsx(plain(P[0]), hidden_columns=["B"])
    wrong = [("B2", "cell-missing"), ("A1", "column-missing")]
    yield Expected("hidden-column-number.xlsx", number, faults=wrong[1:], asked=["column-hidden"])


def without_headings() -> Iterator[Expected]:
    """Without headings only what checks itself is taken; a sum is asked about."""
    people = [PEOPLE.person() for _ in range(4)]
    rows = [[at, who.name, who.number, 500, who.phone] for at, who in enumerate(people, 1)]
    missing = [(f"第{at}行", "category-missing") for at in range(1, 5)]
    yield Expected(
        "no-headings.xlsx",
        files.xlsx(rows),
        faults=missing,
        asked=["column-by-content"],
        unused=["column-serial"],
    )
    titled = [("某县困难职工慰问名单",), *rows]
    missing = [(f"第{at}行", "category-missing") for at in range(2, 6)]
    raw = files.text("gb18030")(titled)
    yield Expected("no-headings.csv", raw, faults=missing, asked=["column-by-content"], unused=["row-title"])
    aside = files.xlsx(plain(P[0]), more={"底稿": rows})
    yield Expected("no-headings-aside.xlsx", aside, all_of(P[0]), asked=["sheet-no-table"])


def sideways() -> Iterator[Expected]:
    """What is no list of persons is refused as what it is, and nobody is named."""
    turned = list(zip(*[HEADER, row(P[0]), row(P[1])], strict=True))
    yield Expected("sideways.xlsx", files.xlsx(turned), unreadable="roster-sideways")
    form: list[Sequence[Any]] = [
        ("困难职工申请表",),
        ("姓名", P[0].name, "性别", "男"),
        ("身份证号", P[0].number, "电话", P[0].phone),
        ("申请金额", 500, "对象类别", "困难职工"),
    ]
    yield Expected("one-persons-form.xlsx", files.xlsx(form), unreadable="roster-sideways")
    beside = files.xlsx(plain(P[0]), more={"申请表": form})
    yield Expected("one-persons-form-aside.xlsx", beside, all_of(P[0]), asked=["sheet-sideways"])
    one_cell = [("姓名及身份证号", "对象类别", "金额"), (f"{P[0].name} {P[0].number}", "困难职工", 500)]
    yield Expected("two-in-one-cell.xlsx", files.xlsx(one_cell), unreadable="roster-no-header")


def cells() -> Iterator[Expected]:
    """Marks around numbers, units in their banking forms, and cells that point at the one above."""
    around = ("{}'", "{}，", "“{}”", "{}.", "{}。", "'{}'", "\t{}")
    people = [PEOPLE.person() for _ in around]
    rows = [
        HEADER,
        *([w.name, text.format(w.number), "困难职工", 500] for w, text in zip(people, around, strict=True)),
    ]
    yield Expected("number-marks.xlsx", files.xlsx(rows), all_of(*people), notices=["marks-dropped"])
    with_x = next(who for who in iter(PEOPLE.person, None) if who.number.endswith("X"))
    likes = [[with_x.name, f"{with_x.number[:17]}×", "困难职工", 500]]
    yield Expected("number-like-x.xlsx", files.xlsx([HEADER, *likes]), all_of(with_x))
    letter = [[P[0].name, f"{P[0].number[:6]}O{P[0].number[7:]}", "困难职工", 500]]
    yield Expected(
        "number-with-letter.xlsx", files.xlsx([HEADER, *letter]), faults=[("B2", "resident-number-form")]
    )
    sums = ("5佰", "5佰元整", "0.5仟元", "现金500元", "金额：500元", "共计500元")
    people = [PEOPLE.person() for _ in sums]
    rows = [HEADER, *(row(who, text) for who, text in zip(people, sums, strict=True))]
    yield Expected("amount-words.xlsx", files.xlsx(rows), all_of(*people))
    ditto = [HEADER, row(P[0]), row(P[1], "〃", "同上")]
    faults = [("C3", "cell-ditto"), ("D3", "cell-ditto")]
    yield Expected("ditto.xlsx", files.xlsx(ditto), all_of(P[0]), faults)


def around() -> Iterator[Expected]:
    """Titles that come again on each page, pages' numbers, sums in words below the table."""
    title: list[Sequence[Any]] = [("某县慰问名单",)]
    pages = [
        *title, HEADER, row(P[0]), ("第1页，共2页",), *title, HEADER, row(P[1]), ("第2页，共2页",)
    ]  # fmt: skip
    unused = ["row-title", "row-heading-again", "row-remark"]
    yield Expected("pages.xlsx", files.xlsx(pages), all_of(*P[:2]), unused=unused)
    below = [
        *plain(*P[:2]),
        ("人数：2人", None, None, "1000元"),
        ("金额大写：壹仟元整",),
        ("大写", None, None, "壹仟元整"),
    ]
    yield Expected("sum-in-words.xlsx", files.xlsx(below), all_of(*P[:2]), unused=["row-total"])


def sections() -> Iterator[Expected]:
    """The category in a title over the lines, where no column says it; two categories in one are none."""
    header: list[Any] = ["序号", "姓名", "身份证号", "慰问金额（元）"]
    people = [PEOPLE.person() for _ in range(4)]
    lines: list[list[Any]] = [[at, who.name, who.number, 500] for at, who in enumerate(people, 1)]
    parts: list[Sequence[Any]] = [
        ["某县送温暖慰问名单"],
        header,
        ["一、困难职工（2人）"],
        *lines[:2],
        ["小计", None, None, 1000],
        ["二、劳动模范（2人）"],
        *lines[2:],
    ]
    said = ["category-from-title"]
    yield Expected("section-within.xlsx", files.xlsx(parts), all_of(*people), notices=said)
    tables: list[Sequence[Any]] = [
        ["一、困难职工"],
        header,
        *lines[:2],
        [],
        ["二、劳模"],
        header[1:],
        *(row[1:] for row in lines[2:]),
    ]
    yield Expected("section-over-tables.xlsx", files.xlsx(tables), all_of(*people), notices=said)
    sheets = files.xlsx([header, *lines[:2]], title="困难职工", more={"劳模": [header, *lines[2:]]})
    yield Expected("section-of-sheets.xlsx", sheets, all_of(*people), notices=said)
    both: list[Sequence[Any]] = [["困难职工、劳动模范慰问名单"], header, lines[0]]
    missing = [("第3行", "category-missing")]
    yield Expected("section-of-two.xlsx", files.xlsx(both), faults=missing)
    but: list[Sequence[Any]] = [["困难职工慰问名单（不含劳模）"], header, lines[0]]
    yield Expected("section-but.xlsx", files.xlsx(but), faults=missing)
    column: list[Sequence[Any]] = [
        ["困难职工慰问名单"],
        [*header, "对象类别"],
        [*lines[0], None],
        [*lines[1], "劳动模范"],
    ]
    empty = [("E3", "category-missing")]
    yield Expected("section-and-column.xlsx", files.xlsx(column), all_of(people[1]), empty)


def members() -> Iterator[Expected]:
    """Members of a household below the one who is helped: no recipients unless a sum of their own stands there."""
    header: list[Any] = ["姓名", "与户主关系", "身份证号", "对象类别", "慰问金额（元/户）"]
    people = [PEOPLE.person() for _ in range(4)]

    def line(at: int, relation: str, amount: Any) -> list[Any]:
        return [people[at].name, relation, people[at].number, "困难职工" if amount else None, amount]

    rows = [header, line(0, "户主", 500), line(1, "配偶", None), line(2, "子女", None), line(3, "本人", 500)]
    asked = ["row-member", "row-member"]
    yield Expected("members.xlsx", files.xlsx(rows), all_of(people[0], people[3]), asked=asked)
    own = [header, line(0, "户主", 500), line(1, "配偶", 300)]
    sums = [(people[0].number, 50_000), (people[1].number, 30_000)]
    yield Expected("members-with-sums.xlsx", files.xlsx(own), sums)
    merged = files.xlsx(rows[:4], merges=["E2:E4"])
    yield Expected("members-merged.xlsx", merged, faults=[("E2", "amount-merged")], asked=asked)


def others() -> Iterator[Expected]:
    """Files of other kinds are refused as what they are."""
    lines = files.text("gb18030")(plain(*P[:2])).replace(b"\r\n", b"\r")
    yield Expected("other-ends-of-lines.csv", lines, all_of(*P[:2]))
    for name, raw in {
        "paper.pdf": b"%PDF-1.7 ...",
        "photo.xlsx": b"\xff\xd8\xff\xe0" + bytes(64),
        "letter.xlsx": files.archive("word/document.xml"),
        "packed.xlsx": files.archive("名单.xlsx"),
    }.items():
        yield Expected(f"other-{name}", raw, unreadable="roster-file")
