"""The letter by which a matter is handed over (问题线索移送函): to which organ, what, with which flags, and its answer slip."""

from __future__ import annotations

from api.papers import queries
from api.papers.case_report import flag_table
from api.papers.context import PaperContext
from api.papers.paper import Block, Fields, Paper, Paragraphs, Seal, TearOff, Together, chinese_day, money
from api.papers.proofs import PaperLog
from ledger.events.handover import MatterHandedOver
from ledger.events.oversight import CaseOpened
from projections.views.oversight import flag_of

TITLE = "问题线索移送函"


def handover_letter(context: PaperContext, log: PaperLog, handover: str, *, number: str | None) -> Paper:
    """The letter, as it is sent; by the rules a flag is a hint and no finding, and the letter says so.

    Raises:
        Refused: ``reference-unknown``.
    """
    signed = context.signed(handover, MatterHandedOver)
    said = signed.event
    assert isinstance(said, MatterHandedOver)
    flags = queries.flag_versions(context.views, [flag_of(flag) for flag in said.flags], context.as_of)
    flags.sort(key=lambda flag: (flag["raised_at"], flag["flag"]))
    of = context.unit(said.unit)
    campaign = "" if said.campaign is None else context.terms(said.campaign)["title"]
    found_in = f"我单位在对{of or '有关单位'}{f'“{campaign}”' if campaign else '慰问资金'}的监督检查中，发现下列问题线索："
    attached: list[str] = []
    if flags:
        total = money(sum(flag["amount_fen"] for flag in flags))
        attached.append(f"疑点清单（{len(flags)} 条，涉及金额 {total} 元）")
    if said.investigation is not None:
        opened = context.signed(said.investigation, CaseOpened).event
        attached.append(f"核查情况报告（{getattr(opened, 'title', '')}）")
    attached.append("台账记录及证明")
    blocks: list[Block] = [
        Paragraphs(
            addressee=f"{said.organ}：",
            texts=[
                found_in,
                said.what,
                "按照管理权限，现将上述问题线索及有关材料移送你单位，请依规依纪依法处理，并将受理和办理结果函告我单位。"
                "所附疑点由系统比对产生，仅供核查，不作为结论。",
                *(
                    f"{'附件：' if place == 1 else '　　　'}{place}．{each}"
                    for place, each in enumerate(attached, 1)
                ),
            ],
        ),
        Together(
            blocks=[
                Fields(items=[("联系人", ""), ("联系电话", "")]),
                Seal(issuer=signed.unit, day=chinese_day(said.handed_over_on)),
            ]
        ),
    ]
    if flags:
        blocks.append(flag_table(context, flags, heading="附件1　疑点清单"))
    blocks += [
        TearOff(
            title="移送函回执",
            number=said.letter.number,
            items=[
                ("收件机关", said.organ),
                ("移送机关", signed.unit),
                ("移送事项", f"{of or '有关单位'}{campaign}问题线索"),
                ("收到材料", "　　份　　页"),
            ],
            places=["收件人签名", "收件机关（盖章）"],
        ),
        log.entry_proof(signed.position, signed.entry),
    ]
    return Paper(
        name="handover-letter",
        title=TITLE,
        lead=[said.letter.number],
        number=number or said.letter.number,
        issuer=signed.unit,
        foot=context.foot,
        made_at=context.made_at,
        blocks=blocks,
    )
