"""Files as other offices and their software make them: statuses beside names, last year's sheet, sums taken back, units a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.rosters import files
from tests.rosters.expected import HEADER, Expected, P, all_of, plain, row

H5 = ("序号", "姓名", "身份证号码", "困难类别", "慰问金额")


def offices() -> Iterator[Expected]:
    """Every such file."""
    for part in (
        statuses,
        years,
        lists_of_others,
        sums,
        stated,
        taken_back,
        units_of_lines,
        beside,
        forms,
        rows_aside,
        cells,
        programs,
    ):
        yield from part()


def _n(at: Any, who: Any, amount: Any = 500, *more: Any) -> list[Any]:
    return [at, *row(who, amount), *more]


def statuses() -> Iterator[Expected]:
    """A column that nobody asked for and that says who is dead, refused, struck off, or is to have another sum."""
    said = {
        "人员状态": ("正常", "死亡"),
        "审核意见": ("同意", "不同意"),
        "是否发放": ("是", "否"),
        "档案状态": ("在档", "脱困"),
        "核查情况": ("属实", "名下有车，不符"),
        "发放状态": ("", "已退回"),
        "变动情况": ("", "改为600元"),
    }
    for number, (heading, words) in enumerate(said.items()):
        rows = [[*H5, heading], *(_n(at, P[at], 500, word) for at, word in enumerate(words))]
        raw = files.xlsx(rows)
        yield Expected(f"status-{number}.xlsx", raw, all_of(*P[:2]), asked=["column-weighs"])
    usual = [[*H5, "审核意见"], _n(1, P[0], 500, "同意"), _n(2, P[1], 500, "属实，同意")]
    yield Expected("status-good.xlsx", files.xlsx(usual), all_of(*P[:2]), asked=["column-unknown"])
    hidden = [[*H5, "备注"], _n(1, P[0]), _n(2, P[1], 500, "已故")]
    raw = files.xlsx(hidden, hidden_columns=["F"])
    yield Expected("status-hidden.xlsx", raw, all_of(*P[:2]), asked=["column-weighs"])
    sums = [[*H5, "备注"], _n(1, P[0]), _n(2, P[1], 500, "原500现为600")]
    yield Expected("note-other-sum.xlsx", files.xlsx(sums), all_of(*P[:2]), asked=["column-note-weighs"])


def years() -> Iterator[Expected]:
    """Last year's sheet beside this year's is not this year's list; two months of one winter are."""
    now, before = [H5, _n(1, P[0])], [H5, _n(1, P[0], 400), _n(2, P[1], 400)]
    raw = files.xlsx(now, title="2026年", more={"2025年": before})
    yield Expected("years-by-name.xlsx", raw, all_of(P[0]), asked=["sheet-other-year"])
    titled = files.xlsx(
        [["2025年春节慰问名单"], *before], title="甲", more={"乙": [["2026年春节慰问名单"], *now]}
    )
    yield Expected("years-by-title.xlsx", titled, all_of(P[0]), asked=["sheet-other-year"])
    months = files.xlsx(now, title="2025年12月", more={"2026年1月": [H5, _n(1, P[1])]})
    yield Expected("years-of-one-winter.xlsx", months, all_of(*P[:2]))


def lists_of_others() -> Iterator[Expected]:
    """A sheet of those who were taken off, or wait, beside the list; a question to which a yes weighs."""
    for number, name in enumerate(("拟取消", "核减名单", "待定", "不符合条件人员")):
        raw = files.xlsx([H5, _n(1, P[0])], title="拟慰问", more={name: [H5, _n(1, P[1])]})
        yield Expected(f"others-{number}.xlsx", raw, all_of(P[0]), asked=["sheet-weighs"])
    titled = files.xlsx(
        [["慰问对象名单"], H5, _n(1, P[0])],
        title="甲",
        more={"乙": [["审核未通过人员名单"], H5, _n(1, P[1])]},
    )
    yield Expected("others-by-title.xlsx", titled, all_of(P[0]), asked=["sheet-weighs"])
    both = files.xlsx([H5, _n(1, P[0])], title="剔除重复后名单", more={"新增": [H5, _n(1, P[1])]})
    yield Expected("others-not.xlsx", both, all_of(*P[:2]))
    for heading, words in {
        "是否退出": ("否", "是"),
        "核对": ("√", "×"),
        "变更类型": ("新增", "减少"),
    }.items():
        rows = [[*H5, heading], *(_n(at, P[at], 500, word) for at, word in enumerate(words))]
        yield Expected(f"weighs-{heading}.xlsx", files.xlsx(rows), all_of(*P[:2]), asked=["column-weighs"])


def sums() -> Iterator[Expected]:
    """One number with two sums is filed with neither; a unit's own subtotal is nobody."""
    twice = [("C2", "twice-other-sum"), ("C3", "twice-in-roster")]
    raw = files.xlsx([H5, _n(1, P[0], 500), _n(2, P[0], 600), _n(3, P[1])])
    yield Expected("sums-two.xlsx", raw, all_of(P[1]), twice)
    drafts = files.xlsx([H5, _n(1, P[0], 500)], title="初稿", more={"终稿": [H5, _n(1, P[0], 600)]})
    yield Expected("sums-drafts.xlsx", drafts, [], [("C2", "twice-other-sum"), ("C2", "twice-in-roster")])
    same = files.xlsx([H5, _n(1, P[0], 500), _n(2, P[0], "500元")])
    yield Expected("sums-same.xlsx", same, all_of(P[0]), [("C3", "twice-in-roster")])
    rows = [H5, _n(1, P[0]), ["县茶厂小计", "1人", "", "", 500], _n(2, P[1]), ["合计", "2人", "", "", 1000]]
    yield Expected("sums-of-units.xlsx", files.xlsx(rows), all_of(*P[:2]), unused=["row-total"])


def stated() -> Iterator[Expected]:
    """What a title or a remark says of how many there are, and how much in all; heads of households alone."""
    for number, said in enumerate(("困难职工名单（共3人）", "人数：3人", "以上共3人")):
        rows = [["名单"], H5, _n(1, P[0]), _n(2, P[1])]
        rows.insert(4 if said.startswith("以上") else 1, [said])
        yield Expected(f"stated-{number}.xlsx", files.xlsx(rows), all_of(*P[:2]), notices=["count-differs"])
    sums = files.xlsx([["慰问名单（共2人，合计金额0.15万元）"], H5, _n(1, P[0]), _n(2, P[1])])
    yield Expected("stated-sum.xlsx", sums, all_of(*P[:2]), notices=["sum-differs"])
    fits = [["慰问名单（共2人，合计金额壹仟元整）"], ["一、困难职工（1人）"], H5, _n(1, P[0]), _n(2, P[1])]
    yield Expected(
        "stated-so.xlsx", files.xlsx(fits), all_of(*P[:2]), silent=["count-differs", "sum-differs"]
    )
    heads = ["序号", "户主姓名", "户主身份证号", "困难类别", "慰问金额"]
    yield Expected("heads.xlsx", files.xlsx([heads, _n(1, P[0]), _n(2, P[1])]), all_of(*P[:2]))
    both = [[*heads, "成员姓名", "成员身份证号"], [*_n(1, P[0]), P[1].name, P[1].number]]
    raw = files.xlsx(both)
    asked = ["column-by-content"] * 4
    yield Expected("heads-and-members.xlsx", raw, [], [("A1", "column-missing")], asked)


def taken_back() -> Iterator[Expected]:
    """A line below zero takes back another: neither is filed by itself."""
    for number, sum_ in enumerate((-500, "-500.00", "（500.00）", "−500元")):
        rows = [H5, _n(1, P[0]), _n(2, P[1]), _n(None, P[1], sum_), ("合计", None, None, None, 500)]
        wrong = [
            ("C3", "amount-taken-back"),
            ("E4", "amount-not-positive"),
            ("C4", "twice-in-roster"),
        ]
        yield Expected(f"taken-back-{number}.xlsx", files.xlsx(rows), all_of(P[0]), wrong)


def units_of_lines() -> Iterator[Expected]:
    """The unit of money in a column of its own, a line at a time."""
    head = (*H5[:4], "计量单位", "金额")
    rows = [head, *([1, *row(P[at])[:3], unit, sum_] for at, (unit, sum_) in enumerate(
        (("万元", 0.05), ("百元", 5), ("元", 500))))]  # fmt: skip
    yield Expected("unit-a-line.xlsx", files.xlsx(rows), all_of(*P[:3]))
    yuan = [(*H5[:4], "单位", "金额"), *([1, *row(who)[:3], "元", 500] for who in P[:2])]
    yield Expected("unit-not-employer.xlsx", files.xlsx(yuan), all_of(*P[:2]))
    both = [(*H5[:4], "单位", "金额（百元）"), [1, *row(P[0])[:3], "万元", 5]]
    yield Expected("unit-of-both.xlsx", files.xlsx(both), faults=[("F2", "amount-doubtful")])
    bags = [(*H5[:4], "计量单位", "金额"), [1, *row(P[0])[:3], "袋", 500]]
    yield Expected("unit-of-goods.xlsx", files.xlsx(bags), all_of(P[0]), asked=["column-unknown"])


def beside() -> Iterator[Expected]:
    """The totals of a list beside it."""
    rows: list[list[Any]] = [
        ["困难职工慰问名单", *[None] * 5, "汇总表"],
        [*H5, None, "类别", "人数", "金额"],
        [*_n(1, P[0]), None, "困难职工", 2, 1000],
        [*_n(2, P[1]), None, "农民工", 0, 0],
        [*[None] * 6, "合计", 2, 1000],
    ]
    yield Expected("totals-beside.xlsx", files.xlsx(rows), all_of(*P[:2]), asked=["column-beside"] * 3)


def forms() -> Iterator[Expected]:
    """One person a sheet, labels and values in pairs: said to be no list."""

    def form(at: int) -> list[list[Any]]:
        return [
            ["困难职工申请表"],
            ["姓名", P[at].name, "性别", "男", "出生年月", "1970.01"],
            ["身份证号码", P[at].number, None, None, "联系电话", "13800138000"],
            ["工作单位", "县茶厂", None, None, "困难类别", "困难职工"],
            ["家庭住址", "城关镇", None, None, "拟慰问金额", "500元"],
        ]

    raw = files.xlsx(form(0), more={"李": form(1)})
    yield Expected("forms.xlsx", raw, unreadable="roster-sideways")


def rows_aside() -> Iterator[Expected]:
    """Examples, subtotals of the spreadsheet program, totals and who signed, where lines stand."""
    example = [H5, _n("例", P[7]), _n(1, P[0]), _n(2, P[1])]
    yield Expected("example.xlsx", files.xlsx(example), all_of(*P[:2]), asked=["row-example"])
    grouped = [H5, _n(1, P[0]), _n(2, P[1]), ("茶厂 汇总", None, None, None, 1000), _n(3, P[2]), ("糖厂 汇总", None, None, None, 500),
               ("总计", None, None, None, 1500)]  # fmt: skip
    yield Expected("subtotals.xlsx", files.xlsx(grouped), all_of(*P[:3]), unused=["row-total"])
    small = [H5, _n(1, P[0]), (None, "小写合计", None, None, 500), (None, "大写：伍佰元整")]
    yield Expected("total-in-figures.xlsx", files.xlsx(small), all_of(P[0]))
    signed = [
        H5,
        _n(1, P[0]),
        ("单位负责人：张三", None, "填表人：李四 13800138000", None, "填表日期：2026.1.8"),
    ]
    yield Expected("signed-beside-phone.xlsx", files.xlsx(signed), all_of(P[0]), unused=["row-remark"])
    yield Expected("total-first-right.xlsx", files.xlsx([H5, ("合计", None, None, None, 1000), _n(1, P[0]), _n(2, P[1])]),
                   all_of(*P[:2]))  # fmt: skip


def cells() -> Iterator[Expected]:
    """No account but cash, how somebody is addressed, a character of one machine, and of the older GB 18030."""
    cash = [[*HEADER, "银行卡号"], [*row(P[0]), "现金"], [*row(P[1]), "领现金"]]
    raw = files.xlsx(cash)
    yield Expected("paid-in-cash.xlsx", raw, all_of(*P[:2]), notices=["cells-say-nothing"])
    addressed = [HEADER, *([word, *row(who)[1:]] for word, who in (("王先生", P[0]), ("李建国师傅", P[1])))]
    doubtful = [(f"A{at}", "name-doubtful") for at in (2, 3)]
    yield Expected("addressed.xlsx", files.xlsx(addressed), faults=doubtful)
    private = [HEADER, ["张\ue5e5", *row(P[0])[1:]]]
    yield Expected("made-up-character.xlsx", files.xlsx(private), faults=[("A2", "name-doubtful")])
    text = files.text("gb18030")([HEADER, ["王\ue81e", *row(P[0])[1:]]])
    yield Expected("former-character.csv", text, all_of(P[0]))
    long = "拟发慰问金额（单位：元，整数）"
    yield Expected("heading-explained.xlsx", files.xlsx([(*HEADER[:3], long), row(P[0])]), all_of(P[0]))
    wages = [("职员编码", "姓名", "身份证号", "人员类型", "实发合计"), ["001", *row(P[0])]]
    asked = ["column-unknown"]
    yield Expected("wages.xlsx", files.xlsx(wages), all_of(P[0]), asked=asked)


def programs() -> Iterator[Expected]:
    """Files of Excel 95 and before are refused by name, whatever reads their texts wrongly."""
    yield Expected("excel-95.xls", files.excel_95(plain(P[0])), unreadable="roster-file")
    yield Expected("excel-4.xls", b"\x09\x04\x06\x00" + b"\0" * 200, unreadable="roster-file")
