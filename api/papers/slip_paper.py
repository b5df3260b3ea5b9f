"""Slips as a paper (凭条打印件): eight on a page of A4, to be cut out; their numbers stand nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from api.papers.paper import Paper, SlipCard, SlipCards, money
from api.papers.proofs import qr_code
from api.voice.slip_sheet import PrintedSlip, grouped


def slip_paper(title: str, address: str, slips: Sequence[PrintedSlip], *, made_at: int) -> Paper:
    """The slips; ``address`` is the service's origin, under which telephones reach it."""
    cards = [
        SlipCard(
            title="领款反馈凭条",
            lines=[
                title,
                f"{slip.unit_name}　{slip.masked_name}",
                f"{slip.paid_on}　{money(slip.amount_fen)} 元",
            ],
            number=grouped(slip.number),
            hint=f"扫码，或在 {address}/app/slip 填写编号，反馈是否如数收到。请妥善保管，勿交他人。",
            # Behind the #, so that no server is told the number before it is sent in a body.
            code=qr_code(f"{address}/app/slip#{slip.number}"),
        )
        for slip in slips
    ]
    return Paper(
        name="slips",
        title="领款反馈凭条",
        lead=[f"{title}　共 {len(cards)} 张，沿虚线裁开，打印后删除本文件"],
        issuer=slips[0].unit_name if slips else "",
        foot="凭条编号只在本文件中，台账不留存",
        made_at=made_at,
        blocks=[SlipCards(cards=cards)],
    )
