"""Payouts (发放): money drawn, handed out, aid in kind, returns, the bank's lines.

A payout's id is the id of its statement. Clauses A-7, A-8, B-1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.domain.appointment import check_appointed_from_above
from ledger.domain.claims import successor_key
from ledger.domain.event import (
    CASHIERS,
    FINANCE,
    STATE_NOT_ALLOWED,
    AfterTheFact,
    Event,
    VerifiedEvent,
    holds,
)
from ledger.domain.fields import (
    CampaignCode,
    CaseId,
    PayoutId,
    PositiveFen,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.policy.campaign_policy import Form
from ledger.domain.references import CAMPAIGN_DIFFERS, UNIT_DIFFERS, Scope
from ledger.domain.state import (
    Campaign,
    Case,
    Dossier,
    Line,
    Officer,
    Payout,
    State,
    key_of,
)
from ledger.domain.who_signs import TAKING_PART, HeldOver, RolesWhere
from ledger.errors import Rule
from ledger.events.bank import (
    BankDay,
    bank_day_id,
    check_closed_by_others,
    check_days_open,
    moved_days,
    note_bank_payout,
    note_moved,
)
from ledger.events.campaign import open_campaign
from ledger.events.dossier import check_same
from ledger.events.funds import check_holds, check_line, line_id, move, move_late
from ledger.events.nomination import AFTER_THE_FACT, OfCase, check_state
from ledger.events.recipient import PAYING_WITHOUT_APPROVAL, ToRecipient
from ledger.events.separation import (
    NOMINATED,
    Titles,
    check_finance,
    check_not_alone,
    check_separate,
    check_two_persons,
    check_two_signatures,
    note_recorded_late,
    officers_of,
    payers_of,
)
from ledger.events.unfinished import note_kept
from ledger.validation_words import ValueProblem

ABOVE_APPROVAL = Rule(
    "payout-above-approval",
    zh="发放 {found!y} 元，超过已批未付的 {expected!y} 元",
    en="a payout of {found!y} yuan is above the {expected!y} yuan approved and unpaid",
)
RETURN_UNSEEN = Rule(
    "return-unseen",
    zh="单位所领现金发放后退回单位的，须由财务登记或共同签署：{officer} 不得自行登记",
    en="that drawn cash came back to the unit is recorded by somebody of finance, or with one; not by {officer} alone",
)
ABOVE_GOODS_APPROVED = Rule(
    "goods-above-approval",
    zh="实物价值 {found!y} 元，超过已批未送的 {expected!y} 元",
    en="goods of {found!y} yuan are above the {expected!y} yuan approved and not delivered",
)
ABOVE_PAYOUT = Rule(
    "return-above-payout",
    zh="退回 {found!y} 元，超过该笔发放未退回的 {expected!y} 元",
    en="a return of {found!y} yuan is above the {expected!y} yuan of the payout not yet returned",
)


GOODS_BACK: Titles = (
    "登记所送物资退回（由财务登记的除外）",
    "recording that goods came back, unless somebody of finance does",
)


class Disbursed(ToRecipient):
    """Money reaches a recipient (发放慰问金), from the line or from what the unit drew."""

    TITLE_ZH: ClassVar[str] = "发放慰问金"
    TITLE_EN: ClassVar[str] = "Disbursed"
    # A clerk may hand out what the unit drew; from the line itself only finance pays.
    ROLES: ClassVar[frozenset[str]] = CASHIERS | {"clerk"}
    ROLES_WHERE: ClassVar[tuple[RolesWhere, ...]] = (
        *AfterTheFact.ROLES_WHERE,
        RolesWhere("source", "line", CASHIERS),
    )

    line: Word
    amount_fen: PositiveFen
    source: Literal["line", "drawn"] = "line"
    method: Literal["bank", "cash"] = "bank"

    def _charged(self) -> str:
        return line_id(self.campaign, self.line, self.unit if self.source == "drawn" else None)

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the line that is charged, and who else paid from it by bank on that day, or closed it."""
        own = [*super().reads(act, state), key_of(Line, self._charged())]
        if self.method != "bank":
            return own
        days = dict.fromkeys((self._bank_day(act), *moved_days(act, self.campaign, self.line, state)))
        return [*own, *(key_of(BankDay, day) for day in days)]

    def _bank_day(self, act: VerifiedEvent) -> str:
        return bank_day_id(self.campaign, self.line, act.statement.on)

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Within what is approved and unpaid, within what the line holds, and not by who closed the day."""
        campaign = state.get(Campaign, self.campaign)
        check_line(campaign, self.line)
        case = self.decide_recipient(act, state, "money")
        if self.method == "bank" and state.rules >= 2:
            check_closed_by_others(act, state, self._bank_day(act))
            check_days_open(act, state, moved_days(act, self.campaign, self.line, state))
        if self.after_the_fact:
            if state.rules >= 5 and case is not None and self.amount_fen > case.approved_fen - case.paid_fen:
                check_two_persons(act, state, PAYING_WITHOUT_APPROVAL)
            if state.rules >= 2:
                # What is recorded in parts on one case is one sum.
                before_fen = 0 if case is None else case.paid_fen
                if case is not None and state.rules >= 3:
                    before_fen += case.delivered_fen
                check_two_signatures(act, campaign, state, before_fen + self.amount_fen)
            return
        if case is not None and self.amount_fen > case.approved_fen - case.paid_fen:
            raise ABOVE_APPROVAL.refused(
                expected=max(0, case.approved_fen - case.paid_fen), found=self.amount_fen
            )
        if self.source == "line":
            check_appointed_from_above(act, "cashier", campaign, Scope(self.unit, self.campaign), state)
        check_two_signatures(act, campaign, state, self.amount_fen)
        self.check_year(act, state, self.amount_fen)
        check_holds(state, self._charged(), self.amount_fen)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line holds less, the case is paid more, the payout stands."""
        self.keep_dossier(act, state)
        self.charge_case(act, state, self.amount_fen)
        if self.method == "bank":
            paid_on = self._bank_day(act)
            note_bank_payout(act, state, paid_on)
            days = moved_days(act, self.campaign, self.line, state)
            note_moved(act, state, [day for day in days if day != paid_on])
        state.put(
            Payout(
                id=act.id,
                campaign=self.campaign,
                unit=self.unit,
                case=self.case,
                line=self.line,
                drawn=self.source == "drawn",
                by_bank=self.method == "bank",
                amount_fen=self.amount_fen,
                after_the_fact=self.after_the_fact,
                behind=self.behind(act, state),
                person=state.get(Dossier, self.dossier).person,
                version=self.dossier_version or self.dossier,
                paid_with=[list(act.signers), act.recorded_at],
            )
        )
        move(state, self._charged(), -self.amount_fen, after_the_fact=self.after_the_fact)
        if self.after_the_fact and self.source == "drawn":
            move_late(state, self._charged(), -self.amount_fen)
        note_recorded_late(act, self, state)


class AidItem(BaseModel):
    """One kind of thing given (物资明细): how many, in which measure, worth how much in all."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Text
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]
    measure: Text
    value_fen: PositiveFen | None = None


class AidDelivered(ToRecipient):
    """Aid in kind reaches a recipient (送物资、送岗位、送培训、送政策), clause A-7."""

    TITLE_ZH: ClassVar[str] = "实物及服务慰问"
    TITLE_EN: ClassVar[str] = "Aid delivered"
    ROLES: ClassVar[frozenset[str]] = CASHIERS | {"clerk"}

    form: Annotated[Form, Field()]
    items: Annotated[list[AidItem], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _is_in_kind(self) -> AidDelivered:
        if self.form == "money":
            raise ValueProblem("现金用发放事件，不用送达事件", "money is disbursed, not delivered")
        if self.form == "goods" and any(item.value_fen is None for item in self.items):
            raise ValueProblem("实物须写明价值", "goods need their value")
        return self

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """An approved case, for this form of support, and goods within the value that was approved."""
        case = self.decide_recipient(act, state, self.form)
        # What has a value is goods, whatever it is called.
        if state.rules < 3 or (self.form != "goods" and self.value_fen == 0):
            return
        before_fen = 0 if case is None else case.delivered_fen
        campaign = state.get(Campaign, self.campaign)
        # What is recorded after the fact was approved by nobody as one sum.
        with_money = self.after_the_fact or state.rules >= 4
        paid_fen = case.paid_fen if case is not None and with_money else 0
        check_two_signatures(act, campaign, state, paid_fen + before_fen + self.value_fen)
        if case is not None and not self.after_the_fact and self.value_fen > case.goods_fen - before_fen:
            left_fen = max(0, case.goods_fen - before_fen)
            raise ABOVE_GOODS_APPROVED.refused(expected=left_fen, found=self.value_fen)
        self.check_year(act, state, self.value_fen)

    @property
    def value_fen(self) -> int:
        """What all the things are worth together."""
        return sum(item.value_fen or 0 for item in self.items)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The delivery stands, with its value; it charges no line."""
        self.keep_dossier(act, state)
        self.charge_case(act, state, 0)
        if self.case is not None:
            case = state.get(Case, self.case)
            case.delivered_fen += self.value_fen
            state.put(case)
            note_kept(case, self.value_fen, state)
        value_fen = self.value_fen
        state.put(
            Payout(
                id=act.id,
                campaign=self.campaign,
                unit=self.unit,
                case=self.case,
                line=None,
                drawn=False,
                amount_fen=value_fen,
                after_the_fact=self.after_the_fact,
                behind=self.behind(act, state),
                person=state.get(Dossier, self.dossier).person,
                version=self.dossier_version or self.dossier,
                paid_with=[list(act.signers), act.recorded_at],
            )
        )
        note_recorded_late(act, self, state)


class RecipientAbsent(OfCase):
    """Who was to be given something did not come, and nobody for them (未到场领取), clause B-1.

    It moves no money: the unit holds the sum on, and the list says why.
    """

    TITLE_ZH: ClassVar[str] = "未到场领取"
    TITLE_EN: ClassVar[str] = "Recipient absent"
    ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})
    HELD_OVER: ClassVar[HeldOver] = TAKING_PART

    note: Text | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """An approved case that is still owed something."""
        open_campaign(self.campaign, state)
        case = self.the_case(state)
        check_state(case, "approved", *((AFTER_THE_FACT,) if state.rules < 2 else ()))
        if case.forms == ["money"] and case.paid_fen >= case.approved_fen:
            raise STATE_NOT_ALLOWED.refused(expected="approved and not paid in full", found="paid in full")


class PayoutReturned(Event):
    """A payout comes back (退回): refused, bounced by the bank, or clawed back."""

    TITLE_ZH: ClassVar[str] = "发放退回"
    TITLE_EN: ClassVar[str] = "Payout returned"
    ROLES: ClassVar[frozenset[str]] = FINANCE | {"clerk"}

    campaign: CampaignCode
    unit: UnitCode
    payout: PayoutId
    case: CaseId | None = None
    line: Word | None
    amount_fen: PositiveFen
    kind: Literal["refused", "bounced", "clawed-back"]
    to: Literal["line", "drawn"] = "line"
    reason: Text

    def _credited(self) -> str | None:
        """The line that gets it back; None for goods, which charged none."""
        if self.line is None:
            return None
        return line_id(self.campaign, self.line, self.unit if self.to == "drawn" else None)

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the line that gets it back, and the nomination that took the place of its case."""
        credited = self._credited()
        own = [] if credited is None else [key_of(Line, credited)]
        after = [] if self.case is None else [successor_key(self.case)]
        return [*super().reads(act, state), *own, *after]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """No more than was paid and not yet returned, to the line that paid it.

        What went out by bank or from the line itself comes back to finance; what the unit handed out, to it. By the sixth
        version of the rules finance says of whatever comes back to the line that it has come, by the seventh somebody
        else of finance than who paid. By the tenth finance confirms as well that what the unit handed out came back to it, by
        the eleventh finance or a second person that goods did.
        """
        payout = state.get(Payout, self.payout)
        check_same(CAMPAIGN_DIFFERS, payout.campaign, self.campaign)
        check_same(UNIT_DIFFERS, payout.unit, self.unit)
        to_the_line = state.rules >= 6 and payout.line is not None and self.to == "line"
        if to_the_line or (
            state.rules >= 2 and (payout.by_bank or (payout.line is not None and not payout.drawn))
        ):
            check_finance(act, Scope(self.unit, self.campaign), state)
            self._check_not_who_nominated(act, state)
            if state.rules >= 7:
                check_not_alone(act, state, payers_of(payout, state))
        elif payout.line is not None and state.rules >= 10:
            self._check_seen_by_finance(act, payout, state)
        elif state.rules >= 4 and payout.line is None:
            # Goods that are said to have come back can be delivered again.
            self._check_not_who_nominated(act, state)
            if state.rules >= 8:
                check_not_alone(act, state, payers_of(payout, state))
            if state.rules >= 11 and not self._is_seen_by_finance(act, state):
                check_two_persons(act, state, GOODS_BACK)
        if payout.case != self.case or payout.line != self.line:
            raise STATE_NOT_ALLOWED.refused(
                expected=f"case {payout.case}, line {payout.line}",
                found=f"case {self.case}, line {self.line}",
            )
        if self.to == "drawn" and not payout.drawn:
            raise STATE_NOT_ALLOWED.refused(expected="to the line", found="to drawn money")
        if state.rules >= 3 and payout.after_the_fact and payout.drawn and self.to == "line":
            # The unit may never have drawn it: it is no money of the line's.
            raise STATE_NOT_ALLOWED.refused(expected="to drawn money", found="to the line")
        left_fen = payout.amount_fen - payout.returned_fen
        if self.amount_fen > left_fen:
            raise ABOVE_PAYOUT.refused(expected=left_fen, found=self.amount_fen)

    def _check_seen_by_finance(self, act: VerifiedEvent, payout: Payout, state: State) -> None:
        """Refuses that the unit alone says that cash is back in its hands: it could be handed out again."""
        if not self._is_seen_by_finance(act, state):
            raise RETURN_UNSEEN.refused(officer=", ".join(officers_of(act, state)))
        check_not_alone(act, state, payers_of(payout, state))

    def _is_seen_by_finance(self, act: VerifiedEvent, state: State) -> bool:
        scope = Scope(self.unit, self.campaign)
        return any(
            holds(state.get(Officer, officer), FINANCE, scope, state) for officer in officers_of(act, state)
        )

    def _check_not_who_nominated(self, act: VerifiedEvent, state: State) -> None:
        case = None if self.case is None else state.find(Case, self.case)
        if case is not None:
            check_separate(act, state, case.nominated_by, NOMINATED, ("登记退回", "record a return on"))

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The line holds more, the case is paid less."""
        payout = state.get(Payout, self.payout)
        payout.returned_fen += self.amount_fen
        state.put(payout)
        credited = self._credited()
        if self.case is not None:
            case = state.get(Case, self.case)
            if credited is None:
                case.delivered_fen -= self.amount_fen
            else:
                case.paid_fen -= self.amount_fen
            state.put(case)
            note_kept(case, -self.amount_fen, state)
        if credited is None:
            return
        if payout.after_the_fact and self.to == "drawn":
            move_late(state, credited, self.amount_fen)
        move(state, credited, self.amount_fen)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its payout's id."""
        return [f"payout:{self.payout}", *super().tags(act)]
