"""Receipts for cash (领款单): one a recipient, signed by hand by who takes the notes, or by a proxy, and by who pays them."""

from __future__ import annotations

from api.papers.context import PaperContext
from api.papers.paper import Block, Paper, TearOff, money
from api.papers.payees import Payee, lines_of, payees
from api.wording.amount_in_words import amount_in_words

TITLE = "领款单"


def cash_receipts(
    context: PaperContext, campaign: str, *, unit: str | None, case: str | None, number: str | None
) -> Paper:
    """Four forms on a page, for what was paid in notes, and for what may be where the policy asks for no transfer.

    Raises:
        Refused: ``paper-without-payees``.
    """
    terms = context.terms(campaign)
    found = payees(context, campaign, "cash", (TITLE, "the sheet of cash receipts"), case)
    line, _ = lines_of(context, terms, found)
    first = number or f"{campaign}-{context.position}"
    blocks: list[Block] = [
        _form(each, f"{first}-{place}", f"{terms['title']}慰问金", context.line(terms, each.line) or line)
        for place, each in enumerate(found, 1)
    ]
    return Paper(
        name="cash-receipts",
        title=TITLE,
        number=first,
        issuer=context.unit(unit or terms["sponsor"]),
        foot=f"{context.foot}　沿虚线裁开",
        made_at=context.made_at,
        blocks=blocks,
    )


def _form(payee: Payee, number: str, reason: str, line: str) -> TearOff:
    return TearOff(
        title=TITLE,
        number=number,
        items=[
            ("领款人", payee.person.name),
            ("证件号码后四位", payee.person.number_end),
            ("发放单位", payee.unit),
            ("资金项目", line),
            ("领款事由", f"{reason}（{payee.category}）"),
            ("领款方式", "现金"),
            ("金额（小写）", f"¥{money(payee.amount_fen)}"),
            ("金额（大写）", f"人民币{amount_in_words(payee.amount_fen)}"),
        ],
        places=["领款人签名", "代领人签名（关系）", "发放人（出纳）", "证明人"],
    )
