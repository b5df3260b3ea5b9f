"""The payment review form (付款审批单): what is to be paid from which line to whom, and who signs that it may be."""

from __future__ import annotations

from api.papers import queries
from api.papers.context import PaperContext
from api.papers.paper import Block, Fields, Paper, Signatures, chinese_day, money, table
from api.papers.payees import Payee, available_of, lines_of, payees, total_of
from api.wording.amount_in_words import amount_in_words
from ledger.clock import china_today

TITLE = "付款审批单"


def payment_form(
    context: PaperContext, campaign: str, *, unit: str | None, case: str | None, number: str | None
) -> Paper:
    """The form over what is approved and not paid, of a unit with all below it or of one case.

    It is the paper that the step 支付复核 asks for; who signed it on paper is no record here.

    Raises:
        Refused: ``paper-without-payees``.
    """
    terms = context.terms(campaign)
    found = payees(context, campaign, "due", (TITLE, "the payment form"), case)
    line, source = lines_of(context, terms, found)
    minutes = queries.minutes_of(context.views, [each.case_id for each in found], context.as_of)
    total_fen, by_bank = total_of(found), terms["policy"].get("bank_transfer_required", False)
    blocks: list[Block] = [
        Fields(
            items=[
                ("付款单位", context.unit(terms["sponsor"])),
                ("填单日期", chinese_day(china_today())),
                ("付款事由", f"{terms['title']}慰问金"),
                ("申请范围", context.unit(unit) if unit else "本活动全部单位"),
                ("资金项目", line),
                *([("资金来源", source)] if source else []),
                ("可用余额", available_of(context, terms, found)),
                ("付款方式", "银行转账" if by_bank else "银行转账□　现金□"),
                ("收款人数", f"{len(found):,} 人（户）"),
                ("付款金额（小写）", f"¥{money(total_fen)}"),
                ("付款金额（大写）", f"人民币{amount_in_words(total_fen)}"),
                ("集体研究纪要", "、".join(minutes) or "（按规定无须集体研究的，此处不填）"),
                ("所附单据", "　　　　张"),
            ]
        ),
        _listed(found),
        Signatures(places=[("经办人", "", ""), ("支付复核（会计）", "", "")]),
        Signatures(places=[("财务负责人", "", ""), ("单位负责人（审批）", "", "")]),
    ]
    return Paper(
        name="payment-form",
        title=TITLE,
        number=number or f"{campaign}-{context.position}",
        issuer=context.unit(terms["sponsor"]),
        foot=context.foot,
        made_at=context.made_at,
        blocks=blocks,
    )


def _listed(found: list[Payee]) -> Block:
    rows = [
        [
            str(number),
            each.person.name,
            each.person.number_end,
            each.person.account_end,
            each.unit,
            each.category,
            f"{each.approved_by}\n{each.approved_on}" if each.approved_on else each.approved_by,
            money(each.amount_fen),
        ]
        for number, each in enumerate(found, 1)
    ]
    return table(
        [
            ("序号", "center"), ("收款人", "left"), ("证件号后四位", "center"), ("账号后四位", "center"),
            ("申报单位", "left"), ("类别", "left"), ("审批人及日期", "left"), ("金额（元）", "right"),
        ],
        rows,
        heading="付款明细",
        totals=["", "合计", "", "", "", "", "", money(total_of(found))],
        least={"审批人及日期": 11},
    )  # fmt: skip
