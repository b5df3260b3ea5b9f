"""The list to be signed at the hand-out (发放花名册): a row for each recipient, with the end of the number and the sum."""

from __future__ import annotations

from api.papers.context import PaperContext
from api.papers.paper import (
    UNDATED,
    Align,
    Fields,
    Paper,
    Paragraphs,
    Seal,
    Signatures,
    Table,
    Together,
    money,
    table,
)
from api.papers.payees import Payee, lines_of, payees, total_of
from api.wording.amount_in_words import amount_in_words

TITLE = "慰问金发放花名册"
_GOODS: tuple[str, Align] = ("实物及数量", "left")
_METHODS = {"bank": "转账", "cash": "现金"}


def signing_list(
    context: PaperContext, campaign: str, *, unit: str | None, case: str | None, number: str | None
) -> Paper:
    """The list of all whose money is approved, paid or not, with its total in figures and in words.

    Raises:
        Refused: ``paper-without-payees``.
    """
    terms = context.terms(campaign)
    found = payees(context, campaign, "all", (TITLE, "the signing list"), case)
    total_fen, of = total_of(found), {each.unit for each in found}
    issuer = context.unit(unit) or (min(of) if len(of) == 1 else context.unit(terms["sponsor"]))
    line, source = lines_of(context, terms, found)
    return Paper(
        name="signing-list",
        title=TITLE,
        lead=[terms["title"]],
        number=number or f"{campaign}-{context.position}",
        issuer=issuer,
        foot=context.foot,
        landscape=True,
        made_at=context.made_at,
        blocks=[
            Fields(
                pairs=3,
                items=[
                    ("发放单位", issuer),
                    ("资金项目", line),
                    *([("资金来源", source)] if source else []),
                ],
            ),
            _listed(found),
            Paragraphs(
                texts=[f"共 {len(found):,} 人（户），合计人民币（大写）{amount_in_words(total_fen)}（¥{money(total_fen)}）。"]
            ),
            Together(
                blocks=[
                    Signatures(
                        places=[("制表人", "", ""), ("发放人", "", ""), ("监督人", "", ""), ("单位负责人", "", "")]
                    ),
                    Seal(issuer=issuer, day=UNDATED),
                ]
            ),
        ],
    )  # fmt: skip


def _listed(found: list[Payee]) -> Table:
    """A row each; what is handed over in kind has a column where anybody is given any."""
    in_kind = any(each.goods for each in found)
    headings: list[tuple[str, Align]] = [
        ("序号", "center"), ("姓名", "left"), ("证件号后四位", "center"), ("单位", "left"), ("类别", "left"),
        ("金额（元）", "right"), *([_GOODS] if in_kind else []), ("方式", "center"), ("发放日期", "center"),
        ("本人签名", "center"), ("代领人签名及关系", "center"), ("备注", "center"),
    ]  # fmt: skip
    rows = [
        [
            str(number),
            each.person.name,
            each.person.number_end,
            each.unit,
            each.category,
            money(each.amount_fen),
            *([each.goods] if in_kind else []),
            _METHODS.get(each.method or "", ""),
            "" if each.paid_on is None else str(each.paid_on),
            "",
            "",
            "",
        ]
        for number, each in enumerate(found, 1)
    ]
    totals = ["", "合计", "", "", "", money(total_of(found))]
    return table(
        headings,
        rows,
        totals=[*totals, *[""] * (len(headings) - len(totals))],
        tall=True,
        least={"本人签名": 16, "代领人签名及关系": 18, "备注": 8},
    )
