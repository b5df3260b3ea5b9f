"""The written summary (工作总结), clauses A-10 and B-8: what a campaign did, put into words and sums."""

from __future__ import annotations

from typing import Any

from api.flags import queries as flags
from api.gate import Row, ScopedViews
from api.money import queries as balances
from api.reports import queries as reporting
from api.reports.report import Cell, Paragraph, Report, cells, columns_of, summed
from api.reports.rows import CategoryLine
from api.wording.masked_names import named_categories
from ledger.errors import yuan


def summary(
    views: ScopedViews,
    *,
    campaign: str,
    as_of: int,
    of: str,
    lines: ScopedViews | None,
    oversight: ScopedViews | None,
) -> Report:
    """The summary of a campaign as of a position, of the units that are seen.

    ``lines`` is what the reader may see of the funds, ``oversight`` of the flags; None is nothing.
    """
    terms = reporting.terms(views, campaign, as_of)
    table = _by_category(views, campaign, as_of)
    columns = columns_of(CategoryLine)
    totals = summed(columns, table)
    paragraphs = [
        _about(terms) if terms else None,
        _people(totals),
        _steps(views, as_of),
    ]
    if lines is not None:
        paragraphs.append(_funds(lines, campaign, as_of))
    if oversight is not None:
        paragraphs.append(_oversight(oversight, as_of))
    paragraphs += _filed(views, as_of)
    return Report(
        name="summary",
        annex=None,
        title=Paragraph(zh="送温暖慰问工作总结", en="Summary"),
        heading=Paragraph(zh=of, en=of),
        paragraphs=[each for each in paragraphs if each is not None],
        columns=columns,
        rows=table,
        totals=totals if table else None,
    )


def _by_category(views: ScopedViews, campaign: str, as_of: int) -> list[list[Cell]]:
    titles = named_categories(views, campaign)
    found = reporting.by_category(views, as_of)
    return cells(
        CategoryLine,
        [
            CategoryLine(
                category=titles.get(row["category"], str(row["category"])),
                nominated=row["nominated"],
                approved=row["approved"],
                helped=row["helped"],
                approved_fen=row["approved_fen"],
                kept_fen=row["kept_fen"],
                goods_fen=row["aid_fen"],
            )
            for row in found
        ],
    )


def _about(terms: Row) -> Paragraph:
    window: dict[str, Any] = terms["policy"]["window"]
    closed = terms["closed_on"]
    return Paragraph(
        zh=f"“{terms['title']}”自 {window['start']} 至 {window['end']} 进行，"
        + ("尚未结束。" if closed is None else f"已于 {closed} 结束。"),
        en=f"“{terms['title']}” runs from {window['start']} to {window['end']}"
        + (" and is not closed." if closed is None else f" and was closed on {closed}."),
    )


def _people(totals: list[Cell]) -> Paragraph:
    _, nominated, approved, helped, approved_fen, kept_fen, aid_fen = (
        cell if isinstance(cell, int) else 0 for cell in totals
    )
    return Paragraph(
        zh=f"共申报 {nominated} 例，批准 {approved} 例、{yuan(approved_fen)} 元；已慰问 {helped} 例，"
        f"实发慰问金 {yuan(kept_fen)} 元，物资折款 {yuan(aid_fen)} 元。",
        en=f"{nominated} cases were nominated, {approved} approved with {yuan(approved_fen)} yuan; {helped} were"
        f" helped, with {yuan(kept_fen)} yuan in money and goods worth {yuan(aid_fen)} yuan.",
    )


def _steps(views: ScopedViews, as_of: int) -> Paragraph:
    notices = reporting.posted(views, as_of)
    objections = reporting.objected(views, as_of)
    return Paragraph(
        zh=f"公示 {notices} 次，收到群众异议 {objections} 件。",
        en=f"{notices} public notices were posted, {objections} objections came in.",
    )


def _funds(views: ScopedViews, campaign: str, as_of: int) -> Paragraph:
    found = balances.sums(views, as_of, campaign, "campaign")
    sums = found[0] if found else dict.fromkeys((f"{name}_fen" for name in balances.SUMMED), 0)
    if sums["allocated_fen"] is None:
        # Of a campaign's lines, who does not see the whole sees what the own units hold.
        return Paragraph(
            zh=f"发放 {yuan(sums['paid_fen'])} 元，退回 {yuan(sums['returned_fen'])} 元，"
            f"单位领款未发 {yuan(sums['held_fen'])} 元。",
            en=f"{yuan(sums['paid_fen'])} yuan were paid, {yuan(sums['returned_fen'])} returned;"
            f" units hold {yuan(sums['held_fen'])}.",
        )
    return Paragraph(
        zh=f"资金拨入 {yuan(sums['allocated_fen'])} 元，发放 {yuan(sums['paid_fen'])} 元，退回 "
        f"{yuan(sums['returned_fen'])} 元，单位领款未发 {yuan(sums['held_fen'])} 元，结余 {yuan(sums['left_fen'])} 元，"
        f"可用余额 {yuan(sums['available_fen'])} 元。",
        en=f"{yuan(sums['allocated_fen'])} yuan were allocated, {yuan(sums['paid_fen'])} paid,"
        f" {yuan(sums['returned_fen'])} returned; units hold {yuan(sums['held_fen'])}, {yuan(sums['left_fen'])} are left,"
        f" {yuan(sums['available_fen'])} of it available.",
    )


def _oversight(views: ScopedViews, as_of: int) -> Paragraph:
    found = flags.by_rule(views, as_of)
    count, amount = sum(row["flags"] for row in found), sum(row["amount_fen"] for row in found)
    return Paragraph(
        zh=f"监督发现疑点 {count} 条，涉及规则 {len(found)} 项、金额 {yuan(amount)} 元。",
        en=f"{count} flags of {len(found)} rules stand, over {yuan(amount)} yuan.",
    )


def _filed(views: ScopedViews, as_of: int) -> list[Paragraph]:
    """Which units have handed their summary in, and which have not."""
    found = reporting.filed(views, as_of)
    late = [row["name"] for row in found if row["filed_on"] is None]
    if not found:
        return []
    return [
        Paragraph(
            zh=f"{len(found)} 个上报单位中 {len(found) - len(late)} 个已报送总结"
            + (f"，未报送：{'、'.join(late)}。" if late else "。"),
            en=f"{len(found) - len(late)} of {len(found)} units have filed their summary"
            + (f"; not yet: {', '.join(late)}." if late else "."),
        )
    ]
