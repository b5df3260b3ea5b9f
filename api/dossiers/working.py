"""The working of a class of hardship in words (测算过程): one line a step, sums in yuan."""

from __future__ import annotations

from ledger.domain.policy.hardship_class import WorkingStep
from ledger.errors import yuan


def words_of(step: WorkingStep, persons: int) -> tuple[str, str]:
    """What a step says, in Chinese and English.

    >>> from ledger.domain.policy.hardship_class import WorkingStep
    >>> words_of(WorkingStep("per-head", 72222), 3)[0]
    '÷ 12 个月 ÷ 共同生活 3 人：人均月收入 722.22 元（舍去不足一分的部分；比较时不舍入）'
    """
    fen, title = yuan(step.fen), step.title
    match step.kind:
        case "income":
            return f"全年可支配收入：{fen} 元", f"disposable income of the year: {fen} yuan"
        case "outlay":
            given = yuan(step.against_fen or 0)
            capped = step.against_fen not in (None, step.fen)
            return (
                f"减：{title} {fen} 元" + (f"（申报 {given} 元，按上限计入）" if capped else ""),
                f"less {title}: {fen} yuan"
                + (f" (declared {given}, counted up to its limit)" if capped else ""),
            )
        case "outlay-not-counted":
            return (
                f"不计入：{title} {fen} 元（方案未列为刚性支出）",
                f"not counted: {title} {fen} yuan (no rigid outlay by the policy)",
            )
        case "left":
            return f"余额：{fen} 元", f"left: {fen} yuan"
        case "per-head":
            return (
                f"÷ 12 个月 ÷ 共同生活 {persons} 人：人均月收入 {fen} 元（舍去不足一分的部分；比较时不舍入）",
                f"÷ 12 months ÷ {persons} persons: {fen} yuan a head and month (rounded down; compared exactly)",
            )
        case "line":
            return f"{title}低保标准：每人每月 {fen} 元", f"subsistence line of {title}: {fen} yuan a month"
        case "line-unknown":
            return (
                f"方案未载明{title}该年度的低保标准，无法测算：请修订方案补充",
                f"the policy has no subsistence line of {title} for the year: amend the policy",
            )
        case _:
            return _limit(step)


def _limit(step: WorkingStep) -> tuple[str, str]:
    """How a class was judged."""
    zh, en = {True: ("符合", "met"), False: ("不符合", "not met"), None: ("无法判断", "cannot be judged")}[
        step.met
    ]
    against, fen = yuan(step.against_fen or 0), yuan(step.fen)
    if step.kind == "limit-of-income":
        share = (step.permille or 0) / 10
        return (
            f"{step.title}：有关支出 {against} 元，全年收入的 {share:g}% 为 {fen} 元——{zh}",
            f"{step.title}: outlays {against} yuan, {share:g} % of the income is {fen}: {en}",
        )
    if step.kind == "limit-of-line":
        multiple = (step.permille or 0) / 1000
        if step.met is None:
            return (
                f"{step.title}：低保标准的 {multiple:g} 倍——{zh}",
                f"{step.title}: {multiple:g} times the line: {en}",
            )
        return (
            f"{step.title}：人均 {against} 元，低保标准的 {multiple:g} 倍为 {fen} 元——{zh}",
            f"{step.title}: {against} yuan a head, {multiple:g} times the line is {fen}: {en}",
        )
    return (
        f"{step.title}：人均 {against} 元，标准为 {fen} 元——{zh}",
        f"{step.title}: {against} yuan a head, the limit is {fen}: {en}",
    )
