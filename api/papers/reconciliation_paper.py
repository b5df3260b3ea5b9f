"""The monthly reconciliation of an account (银行存款余额调节表) as a paper: both balances, and what is outstanding."""

from __future__ import annotations

from api.papers import queries
from api.papers.context import PaperContext
from api.papers.paper import Block, Fields, Paper, Paragraphs, Signatures, chinese_day, money, table
from api.papers.reconciling import (
    NO_STATEMENT_OF_MONTH,
    Outstanding,
    Reconciliation,
    closing_day,
    reconciled,
)
from api.wording.words import POSTINGS


def reconciliation_paper(
    context: PaperContext, campaign: str, account: str, month: str, *, number: str | None
) -> Paper:
    """The reconciliation of an account at the end of a month, or of the last day of it that statements cover.

    Raises:
        Refused: ``no-statement-of-month``.
    """
    terms = context.terms(campaign)
    views, as_of = context.views, context.as_of
    statements = queries.account_statements(views, campaign, account, as_of)
    day = closing_day(statements, month)
    if day is None:
        raise NO_STATEMENT_OF_MONTH.refused(account=account, month=month)
    lines = sorted({line for statement in statements for line in statement["lines"]})
    found = reconciled(
        statements,
        queries.bank_side(views, campaign, account, day.isoformat(), as_of),
        queries.books_side(views, campaign, lines, day.isoformat(), as_of),
        day,
    )
    blocks: list[Block] = [
        Fields(
            items=[
                ("单位", context.unit(terms["sponsor"])),
                ("活动", terms["title"]),
                ("银行账户", account),
                ("截止日期", chinese_day(day)),
                ("资金项目", "、".join(context.line(terms, line) for line in lines)),
                ("金额单位", "人民币元"),
            ]
        ),
        _balances(found),
        _outstanding(context, found),
        Paragraphs(heading="三、核对结果", texts=[_result(found)]),
        Signatures(places=[("出纳", "", ""), ("会计", "", ""), ("财务负责人", "", "")]),
    ]
    return Paper(
        name="reconciliation",
        title="银行存款余额调节表",
        lead=[f"{int(month[:4])}年{int(month[5:])}月"],
        number=number or f"{campaign}-{account}-{month}",
        issuer=context.unit(terms["sponsor"]),
        foot=context.foot,
        made_at=context.made_at,
        blocks=blocks,
    )


def _balances(found: Reconciliation) -> Block:
    def of(items: list[Outstanding], sign: int) -> str:
        return money(sum(abs(each.amount_fen) for each in items if each.amount_fen * sign > 0))

    return table(
        [("项目", "left"), ("金额（元）", "right"), ("项目", "left"), ("金额（元）", "right")],
        [
            ["单位账面银行存款余额", money(found.books_fen), "银行对账单余额", money(found.bank_fen)],
            [
                "加：银行已收、单位未收",
                of(found.books_lack, 1),
                "加：单位已收、银行未收",
                of(found.bank_lacks, 1),
            ],
            [
                "减：银行已付、单位未付",
                of(found.books_lack, -1),
                "减：单位已付、银行未付",
                of(found.bank_lacks, -1),
            ],
        ],
        heading="一、余额调节",
        totals=[
            "调节后余额",
            money(found.books_adjusted_fen),
            "调节后余额",
            money(found.bank_adjusted_fen),
        ],
    )


def _outstanding(context: PaperContext, found: Reconciliation) -> Block:
    rows: list[list[str]] = []
    for items, came, went in (
        (found.books_lack, "银行已收、单位未收", "银行已付、单位未付"),
        (found.bank_lacks, "单位已收、银行未收", "单位已付、银行未付"),
    ):
        for each in items:
            what = "对账单流水" if each.kind == "bank" else POSTINGS[each.kind][0]
            rows.append(
                [
                    str(len(rows) + 1),
                    came if each.amount_fen > 0 else went,
                    each.on.isoformat(),
                    what + (f"（{context.unit(each.unit)}）" if each.unit else ""),
                    f"{each.position:,}",
                    str((found.day - each.on).days),
                    money(abs(each.amount_fen)),
                ]
            )
    return table(
        [
            ("序号", "center"), ("类别", "left"), ("日期", "center"), ("摘要", "left"), ("登记序号", "right"),
            ("未达天数", "right"), ("金额（元）", "right"),
        ],
        rows,
        heading="二、未达账项明细",
    )  # fmt: skip


def _result(found: Reconciliation) -> str:
    if found.difference_fen == 0:
        return "调节后余额相符。"
    return (
        f"调节后余额不符，差额 {money(found.difference_fen)} 元（银行减单位），须查明原因。"
        "首份对账单的期初余额与当时账面余额不一致的，差额亦列于此。"
    )
