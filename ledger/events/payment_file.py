"""Files for the bank (代发文件): which payouts are sent to it in one file, and what that file is. Clause A-8.

A file is an act of its own. Each of its lines carries a serial, the batch and the line's number, by which the
bank's answer is matched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.domain.appointment import check_appointed_from_above
from ledger.domain.compromise import is_unsound
from ledger.domain.event import CASHIERS, Event, VerifiedEvent
from ledger.domain.fields import (
    PLAIN,
    CampaignCode,
    Count,
    Digest,
    GatheredCaseId,
    GatheredDossierId,
    GatheredPayoutId,
    PositiveFen,
    UnitCode,
    Word,
)
from ledger.domain.household import Household
from ledger.domain.record import Record
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Case, Payout, State, key_of
from ledger.errors import Rule
from ledger.events.account_statement import DebitedPayout, debited_in
from ledger.events.bank import BankWord
from ledger.events.campaign import check_sound
from ledger.events.nomination import CASE_REVOKED
from ledger.events.outstanding import check_not_upheld_since
from ledger.events.recipient import (
    APPROVAL_DISTRUSTED,
    CONSENT_WITHDRAWN,
    consent_is_gone,
    rests_on_distrust,
)
from ledger.events.separation import Titles, check_two_persons, check_two_signatures
from ledger.events.versions import check_paid_version
from ledger.validation_words import ValueProblem

BATCH_TAKEN = Rule(
    "payment-batch-taken",
    zh="批次号 {batch} 已用于另一份代发文件：请用下一个批次号",
    en="the batch {batch} is another payment file's: take the next number",
)
BATCH_UNKNOWN = Rule(
    "payment-batch-unknown",
    zh="没有批次号为 {batch} 的代发文件，不能替换：请填写已登记的批次号",
    en="there is no payment file of the batch {batch} to take the place of: name one on record",
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
    zh="该笔已由单位领款发放、系补录，或对账单上已经付出，不再送交银行：{payout}",
    en="this payout was handed out of drawn money, recorded after the fact, or debited already by a statement of account:"
    " it stands in no payment file: {payout}",
)

LINE_INCOMPLETE = Rule(
    "payment-line-incomplete",
    zh="代发文件的每一行须写明该笔发放的对象和档案，由此核对审批、档案是否仍然有效：{payout}",
    en="a line of a payment file names the case and dossier of its payout, by which the approval and the dossier are"
    " looked at again: {payout}",
)
PAYOUT_DISTRUSTED = Rule(
    "payout-distrusted",
    zh="该笔发放由已外泄的密钥、或其授予的岗位签署，不得送交银行：{payout}。请登记退回，由他人重新发放",
    en="the payout {payout} was signed by a key that was in others' hands, or by a role that one gave: it is not sent to"
    " the bank; record it as returned, and let somebody else pay",
)
PAID_ALREADY = Rule(
    "payment-paid-already",
    zh="银行已回盘付款成功，不再送交银行：{payout}",
    en="the bank has said that it paid this payout, it is not sent again: {payout}",
)
ABOVE_APPROVED_SINCE = Rule(
    "payment-above-approval",
    zh="该对象已发 {found!y} 元，超过重新审批后的 {expected!y} 元，不得送交银行：{payout}。请登记退回，按新的审批重新发放",
    en="the case was paid {found!y} yuan, above the {expected!y} yuan of its approval since: the payout {payout} is not"
    " sent to the bank; record it as returned, and pay what is approved now",
)
SENDING_AGAIN: Titles = (
    "将已送交银行的发放重新送交",
    "sending payouts to the bank again that were in a file before",
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
    """A line of a payment file: its payout, with case and dossier, and its sum. Its number is its place."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    payout: GatheredPayoutId
    amount_fen: PositiveFen
    case: GatheredCaseId | None = None
    dossier: GatheredDossierId | None = None


class PaymentFileMade(Event):
    """A file for the bank is made (生成代发文件): its lines, sum, count and SHA-256; two persons above the limit.

    ``replaces`` names a batch that the bank did not take, whose payouts may be sent again, by two persons.
    """

    TITLE_ZH: ClassVar[str] = "生成代发文件"
    TITLE_EN: ClassVar[str] = "Payment file made"
    ROLES: ClassVar[frozenset[str]] = CASHIERS

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
        """Also the batch, in which files its payouts stand already, and the households for their consent."""
        known = (SentPayout, DebitedPayout, BankWord)
        sent = [key_of(kind, line.payout) for line in self.lines for kind in known]
        batches = [self.batch] if self.replaces is None else [self.batch, self.replaces]
        households = [key_of(Household, line.dossier) for line in self.lines if line.dossier is not None]
        files = [key_of(PaymentFile, batch) for batch in batches]
        return [*super().reads(act, state), *files, *sent, *households]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Payouts by bank, each in one file, for what of them stands; above the limit two persons sign."""
        if state.find(PaymentFile, self.batch) is not None:
            raise BATCH_TAKEN.refused(batch=self.batch)
        if state.rules >= 7 and self.replaces is not None and state.find(PaymentFile, self.replaces) is None:
            raise BATCH_UNKNOWN.refused(batch=self.replaces)
        campaign = state.get(Campaign, self.campaign)
        if state.rules >= 8:
            check_sound(campaign, state)
        check_appointed_from_above(act, "cashier", campaign, Scope(self.unit, self.campaign), state)
        sent_again = False
        for line in self.lines:
            payout = state.get(Payout, line.payout)
            if not payout.by_bank:
                raise NOT_BY_BANK.refused(payout=line.payout)
            is_debited = debited_in(line.payout, state) is not None
            if payout.drawn or payout.after_the_fact or is_debited:
                raise PAID_OTHERWISE.refused(payout=line.payout)
            sent = state.find(SentPayout, line.payout)
            sent_again = sent_again or sent is not None
            if sent is not None and sent.batch != self.replaces:
                raise LINE_TWICE.refused(payout=line.payout, batch=sent.batch)
            if state.rules >= 6:
                _check_still_due(line, payout, state)
            stands_fen = payout.amount_fen - payout.returned_fen
            if line.amount_fen != stands_fen:
                raise LINE_DIFFERS.refused(payout=line.payout, expected=stands_fen, found=line.amount_fen)
        if sent_again and state.rules >= 6:
            # That the bank did not take the first is one person's word, and both may be paid.
            check_two_persons(act, state, SENDING_AGAIN)
        check_two_signatures(act, campaign, state, self.sum_fen)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The batch is taken, and its payouts are sent."""
        state.put(PaymentFile(self.batch, self.file))
        for line in self.lines:
            state.put(SentPayout(line.payout, self.batch))


def _check_still_due(line: PaymentLine, payout: Payout, state: State) -> None:
    """Refuses what is not to be paid any more: nobody trusts who signed it, its case or dossier is another by now.

    Raises:
        Refused: ``payment-line-incomplete``, ``payment-paid-already``, ``payout-distrusted``, ``case-revoked``,
            ``approval-distrusted``, ``payment-above-approval``, ``objection-upheld-since``, ``case-suspended``,
            ``dossier-version-differs``, ``consent-withdrawn``.
    """
    case = None if line.case is None or line.dossier is None else state.get(Case, line.case)
    if case is None or case.id != payout.case or case.dossier != line.dossier:
        raise LINE_INCOMPLETE.refused(payout=payout.id)
    word = state.find(BankWord, payout.id)
    if word is not None and word.result == "paid":
        raise PAID_ALREADY.refused(payout=payout.id)
    signed, at = payout.paid_with
    if is_unsound(signed, at, "finance", Scope(payout.unit, payout.campaign), state):
        raise PAYOUT_DISTRUSTED.refused(payout=payout.id)
    if case.state == "revoked" or case.approval_revoked:
        raise CASE_REVOKED.refused(case=case.id)
    if rests_on_distrust(case, state):
        raise APPROVAL_DISTRUSTED.refused(case=case.id)
    if case.paid_fen > case.approved_fen:
        raise ABOVE_APPROVED_SINCE.refused(payout=payout.id, expected=case.approved_fen, found=case.paid_fen)
    check_not_upheld_since(case, state)
    if state.rules >= 11 and consent_is_gone(case, state):
        raise CONSENT_WITHDRAWN.refused(case=case.id)
    check_paid_version(payout.version, case, state)
