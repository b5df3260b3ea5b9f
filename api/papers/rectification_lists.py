"""What has to be put right, as papers: the list of problems (问题清单), and that of what became of each (整改清单)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from api.gate import Row
from api.papers import queries as papers
from api.papers.context import PaperContext, rule_titles
from api.papers.paper import (
    Align,
    Fields,
    Paper,
    Seal,
    Signatures,
    Table,
    Together,
    chinese_day,
    money,
    table,
)
from api.rectifications import queries
from api.rectifications.rows import STATE_TITLES
from ledger.clock import CHINA, china_today
from ledger.errors import Rule

Name = Literal["problem-list", "rectification-list"]
TITLES: dict[Name, tuple[str, str]] = {
    "problem-list": ("问题清单", "the list of problems"),
    "rectification-list": ("整改清单", "the rectification list"),
}
NO_ITEMS = Rule(
    "paper-without-items",
    zh="所选范围内没有整改事项，不生成“{paper}”：先下达整改通知，再生成清单",
    en="{paper_en} is not made: nothing was ordered to be put right within what was asked for",
)


def rectification_list(
    context: PaperContext, name: Name, campaign: str, rectification: str | None, *, number: str | None
) -> Paper:
    """The items of a campaign, or of one notice alone, by the day on which they are due.

    Raises:
        Refused: ``paper-without-items``.
    """
    terms = context.terms(campaign)
    items = [
        row
        for row in queries.rectifications(context.views, None, context.as_of)
        if row["campaign"] == campaign and rectification in (None, row["rectification"])
    ]
    if not items:
        raise NO_ITEMS.refused(paper=TITLES[name][0], paper_en=TITLES[name][1])
    items.sort(key=lambda row: (row["due"], row["ordered_at"], row["number"]))
    issuers = dict.fromkeys(context.unit(row["ordered_by"] or terms["sponsor"]) for row in items)
    issuer = "、".join(issuers)
    struck_off = sum(row["state"] == "struck-off" for row in items)
    overdue = sum(row["state"] == "overdue" for row in items)
    return Paper(
        name=name,
        title=TITLES[name][0],
        lead=[terms["title"]],
        number=number or f"{campaign}-{context.position}",
        issuer=issuer,
        foot=context.foot,
        landscape=True,
        made_at=context.made_at,
        blocks=[
            Fields(
                items=[
                    ("制单单位", issuer),
                    ("依据文号", "、".join(dict.fromkeys(row["document"] for row in items))),
                    ("问题数", f"{len(items)} 项"),
                    ("整改进度", f"已销号 {struck_off} 项，整改中 {len(items) - struck_off - overdue} 项，逾期 {overdue} 项"),
                ]
            ),
            _problems(context, items) if name == "problem-list" else _outcomes(context, items),
            Together(
                blocks=[
                    Signatures(places=[("制单人", "", ""), ("复核人", "", ""), ("责任单位签收", "", "")]),
                    Seal(issuer=issuer, day=chinese_day(china_today())),
                ]
            ),
        ],
    )  # fmt: skip


def _problems(context: PaperContext, items: list[Row]) -> Table:
    """What is wrong, on what grounds, and by when who puts it right; how is written in by hand."""
    of = [row["investigation"] for row in items if row["investigation"]]
    investigations = papers.titles_of_investigations(context.views, of)
    sums_fen = _sums(context, items)
    rows = [
        [
            str(place),
            row["what"],
            *_grounds(row, investigations),
            "" if row["item"] not in sums_fen else money(sums_fen[row["item"]]),
            context.unit(row["unit"]),
            str(row["due"]),
            "",
            "",
        ]
        for place, row in enumerate(items, 1)
    ]
    headings: list[tuple[str, Align]] = [
        ("序号", "center"), ("问题", "left"), ("来源", "left"), ("依据", "center"), ("涉及金额（元）", "right"),
        ("责任单位", "left"), ("整改期限", "center"), ("整改措施", "left"), ("责任人", "center"),
    ]  # fmt: skip
    return table(headings, rows, least={"整改措施": 24, "责任人": 10})


def _sums(context: PaperContext, items: list[Row]) -> dict[str, int]:
    """The sum concerned of each item that has one, in fen: its discipline case's finding's, else its flag's."""
    found_fen = papers.sums_of_investigations(
        context.views, [row["investigation"] for row in items if row["investigation"]], context.as_of
    )
    flags = papers.flag_versions(context.views, [row["flag"] for row in items if row["flag"]], context.as_of)
    flagged_fen = {row["flag"]: row["amount_fen"] for row in flags}
    sums = {row["item"]: found_fen.get(row["investigation"]) or flagged_fen.get(row["flag"]) for row in items}
    return {item: fen for item, fen in sums.items() if fen}


def _outcomes(context: PaperContext, items: list[Row]) -> Table:
    """What became of each: put right with its evidence, still due, or late by so many days."""
    today = context.recorded_at.astimezone(CHINA).date()
    rows = [
        [
            str(place),
            row["what"],
            context.unit(row["unit"]),
            str(row["due"]),
            _state(row, today),
            "" if row["struck_off_on"] is None else str(row["struck_off_on"]),
            row["evidence"] or "",
            row["document"],
        ]
        for place, row in enumerate(items, 1)
    ]
    headings: list[tuple[str, Align]] = [
        ("序号", "center"), ("整改事项", "left"), ("责任单位", "left"), ("整改期限", "center"), ("状态", "center"),
        ("销号日期", "center"), ("佐证材料", "left"), ("整改通知文号", "left"),
    ]  # fmt: skip
    return table(headings, rows)


def _state(row: Row, today: date) -> str:
    title = STATE_TITLES[row["state"]][0]
    return f"{title} {(today - row['due']).days} 日" if row["state"] == "overdue" else title


def _grounds(row: Row, investigations: dict[str, str]) -> tuple[str, str]:
    """Where a problem was found, and the clause that it goes against."""
    if row["flag"]:
        rule = row["flag"].partition("|")[0]
        title, clause = rule_titles().get(rule, (rule, ""))
        return f"疑点：{title}", clause
    if row["investigation"]:
        return f"核查事项：{investigations.get(row['investigation'], '')}", ""
    return "监督检查", ""
