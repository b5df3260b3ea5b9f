"""Files for the bank (代发文件): which payouts are sent to it in one file, and what that file is. Clause A-8.

A file is an act of its own. Each of its lines carries a serial, the batch and the line's number, by which the
bank's answer is matched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import (
    PLAIN,
    CampaignCode,
    Count,
    Digest,
    GatheredPayoutId,
    PositiveFen,
    UnitCode,
    Word,
)
from ledger.domain.record import Record
from ledger.domain.state import Campaign, Payout, State, key_of
from ledger.errors import Rule
from ledger.events.account_statement import DebitedPayout
from ledger.events.separation import check_two_signatures
from ledger.validation_words import ValueProblem

BATCH_TAKEN = Rule(
    "payment-batch-taken",
    zh="批次号 {batch} 已用于另一份代发文件：请用下一个批次号",
    en="the batch {batch} is another payment file's: take the next number",
)
LINE_TWICE = Rule(
    "payment-line-twice",
    zh="发放 {payout} 已在批次 {batch} 中，不能再次送交银行",
    en="the payout {payout} is in batch {batch} and is not sent to the bank again",
)
LINE_DIFFERS = Rule(
    "payment-line-differs",
    zh="代发金额 {found!y} 元与该笔发放尚未退回的 {expected!y} 元不符：{payout}",
    en="the file pays {found!y} yuan, of the payout {payout} {expected!y} yuan stand",
)
NOT_BY_BANK = Rule(
    "payment-not-by-bank",
    zh="该笔不是银行发放，不能列入代发文件：{payout}",
    en="this payout is not made by bank and stands in no payment file: {payout}",
)

PAID_OTHERWISE = Rule(
    "payment-made-otherwise",
    zh="该笔已由单位领款发放、系事后补录，或对账单上已经付出，不再送交银行：{payout}",
    en="this payout was handed out of drawn money, recorded after the fact, or debited already by a statement of account:"
    " it stands in no payment file: {payout}",
)

MOST_LINES = 2000
"""How many lines one file has at most; a larger batch is several files."""

Batch = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$"), PLAIN]
"""The number of a payment file (批次号): eight digits, so that a serial has twelve and fits into any bank's note."""


def serial_of(batch: str, number: int) -> str:
    """The serial of a file's line, counted from 1: what the line's note says, and the bank's answer refers to.

    >>> serial_of("26112801", 7)
    '261128010007'
    """
    return f"{batch}{number:04}"


@dataclass
class PaymentFile(Record):
    """A payment file on record (代发文件), by its batch."""

    KIND: ClassVar[str] = "payment-file"
    id: str
    file: str


@dataclass
class SentPayout(Record):
    """A payout that stands in a payment file, and in which."""

    KIND: ClassVar[str] = "sent-payout"
    id: str
    batch: str


class PaymentLine(BaseModel):
    """A line of a payment file: its payout and its sum. Its number is its place."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    payout: GatheredPayoutId
    amount_fen: PositiveFen


class PaymentFileMade(Event):
    """A file for the bank is made (生成代发文件): its lines, sum, count and SHA-256; two persons above the limit.

    ``replaces`` names a batch that the bank did not take, whose payouts may be sent again.
    """

    TITLE_ZH: ClassVar[str] = "生成代发文件"
    TITLE_EN: ClassVar[str] = "Payment file made"
    ROLES: ClassVar[frozenset[str]] = frozenset({"finance"})

    campaign: CampaignCode
    unit: UnitCode
    batch: Batch
    profile: Word
    file: Digest
    lines: Annotated[list[PaymentLine], Field(min_length=1, max_length=MOST_LINES)]
    count: Count
    sum_fen: PositiveFen
    replaces: Batch | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> PaymentFileMade:
        if self.count != len(self.lines) or self.sum_fen != sum(line.amount_fen for line in self.lines):
            raise ValueProblem("笔数、金额与明细不符", "count and sum are not those of the lines")
        if len({line.payout for line in self.lines}) != len(self.lines):
            raise ValueProblem("同一笔发放列了两次", "a payout stands in it twice")
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the batch, and in which files its payouts stand already."""
        sent = [key_of(kind, line.payout) for line in self.lines for kind in (SentPayout, DebitedPayout)]
        return [*super().reads(act, state), key_of(PaymentFile, self.batch), *sent]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Payouts by bank, each in one file, for what of them stands; above the limit two persons sign."""
        if state.find(PaymentFile, self.batch) is not None:
            raise BATCH_TAKEN.refused(batch=self.batch)
        for line in self.lines:
            payout = state.get(Payout, line.payout)
            if not payout.by_bank:
                raise NOT_BY_BANK.refused(payout=line.payout)
            is_debited = state.find(DebitedPayout, line.payout) is not None
            if payout.drawn or payout.after_the_fact or is_debited:
                raise PAID_OTHERWISE.refused(payout=line.payout)
            sent = state.find(SentPayout, line.payout)
            if sent is not None and sent.batch != self.replaces:
                raise LINE_TWICE.refused(payout=line.payout, batch=sent.batch)
            stands_fen = payout.amount_fen - payout.returned_fen
            if line.amount_fen != stands_fen:
                raise LINE_DIFFERS.refused(payout=line.payout, expected=stands_fen, found=line.amount_fen)
        check_two_signatures(act, state.get(Campaign, self.campaign), state, self.sum_fen)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The batch is taken, and its payouts are sent."""
        state.put(PaymentFile(self.batch, self.file))
        for line in self.lines:
            state.put(SentPayout(line.payout, self.batch))
