"""Payouts drawn for a call-back (回访抽取), as they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Day, Fen, Title


@dataclass
class DrawnPayout:
    """A payout whose recipient is to be called back; names are masked, whom to call is revealed under a purpose."""

    payout: Annotated[str, Title("发放编号", "payout")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名", "name")]
    dossier: Annotated[str, Title("档案", "dossier")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    paid_on: Annotated[Day, Title("发放日期", "paid on")]


@dataclass
class PayoutForSlip:
    """A payout of which a slip can be printed; ``issued_at`` is the entry of the slip that counts, if there is one."""

    position: Annotated[int, Title("登记序号", "position")]
    payout: str
    campaign: str
    unit: Annotated[str, Title("单位", "unit")]
    unit_name: str
    masked_name: Annotated[str, Title("姓名", "name")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    paid_on: Annotated[Day, Title("发放日期", "paid on")]
    issued_at: Annotated[int | None, Title("凭条登记序号", "slip issued at")]
