"""Duties of one case that different persons do (不相容岗位分离), and sums that take two of them. Clause A-8.

Persons are told apart and not officers' codes, as :meth:`ledger.domain.state.State.person_of` has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from ledger.domain.authority import BUSINESS
from ledger.domain.event import FINANCE, VerifiedEvent, holds, utc_text
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Case, Key, Officer, Payout, State, Unit
from ledger.errors import Rule

DUTIES_NOT_SEPARATED = Rule(
    "duties-not-separated",
    zh="不相容岗位未分离：{officer} 已对此对象{done}，不得再{doing}",
    en="duties are not separated: {officer} has {done_en} this case and may not {doing_en} it",
)
SECOND_SIGNATURE_MISSING = Rule(
    "second-signature-missing",
    zh="金额 {found!y} 元超过 {expected!y} 元，须两人签署",
    en="{found!y} yuan is above {expected!y} yuan, which asks for two persons' signatures",
)

RETURN_IS_FINANCES = Rule(
    "return-is-finances",
    zh="由银行或资金项目发放的、退回或缴回资金项目的，只能由财务登记：{officer} 无权登记",
    en="what was paid by bank or from the line, or comes back to it, finance records as returned, not {officer}",
)
RETURN_BY_PAYER = Rule(
    "return-by-payer",
    zh="{officer} 经手过该笔资金的发放或领取，不得独自登记其退回：由其他财务登记或共同签署",
    en="{officer} paid or drew this money and does not say alone that it came back: somebody else of finance records it,"
    " or signs too",
)

OWN_CASE = Rule(
    "own-case",
    zh="{officer} 就是该对象本人，不得{doing}：由他人办理",
    en="{officer} is the recipient and may not {doing_en} the own case: somebody else does",
)

OWN_HOUSEHOLD = Rule(
    "own-household",
    zh="{officer} 登记为该对象的家庭成员，不得{doing}：由他人办理",
    en="{officer} is on record as of the recipient's household and may not {doing_en} the case: somebody else does",
)

SECOND_PERSON_MISSING = Rule(
    "second-person-missing",
    zh="此事不论金额均须两人签署：{what}",
    en="this takes two persons' signatures, whatever the sum: {what_en}",
)

Titles = tuple[str, str]
"""What was done or is being done, in Chinese and English."""

NOMINATED: Titles = ("申报", "nominated")
CONFIRMED: Titles = ("确认", "confirmed")
APPROVED: Titles = ("审批", "approved")
PAID: Titles = ("发放", "paid")


def officers_of(act: VerifiedEvent, state: State) -> list[str]:
    """The officers who signed, in order."""
    find = state.get
    return [find(Key, keyid).officer for keyid in act.signers]


def payers_of(payout: Payout, state: State) -> list[str]:
    """The officers who signed a payout."""
    keys, _ = payout.paid_with
    return [state.get(Key, keyid).officer for keyid in keys]


def check_separate(act: VerifiedEvent, state: State, earlier: list[str], done: Titles, doing: Titles) -> None:
    """Refuses the person who did the earlier step.

    Raises:
        Refused: ``duties-not-separated``.
    """
    persons = {state.person_of(officer) for officer in earlier}
    for officer in officers_of(act, state):
        if state.person_of(officer) in persons:
            raise DUTIES_NOT_SEPARATED.refused(
                officer=officer, done=done[0], doing=doing[0], done_en=done[1], doing_en=doing[1]
            )


def check_finance(act: VerifiedEvent, scope: Scope, state: State) -> None:
    """Refuses whoever is not finance there: money that comes back to a line is said to have come by who keeps the line.

    Raises:
        Refused: ``return-is-finances``.
    """
    for officer in officers_of(act, state):
        if not holds(state.get(Officer, officer), FINANCE, scope, state):
            raise RETURN_IS_FINANCES.refused(officer=officer)


def check_not_alone(act: VerifiedEvent, state: State, parted_with_it: Iterable[str]) -> None:
    """Refuses where all who sign that something came back are among those who paid, drew or delivered it.

    By the eighth version of the rules two persons are enough: they vouch for each other, and everybody of finance may
    have drawn for a unit by now.

    Raises:
        Refused: ``return-by-payer``.
    """
    persons = {state.person_of(officer) for officer in parted_with_it}
    signers = officers_of(act, state)
    is_two = state.rules >= 8 and len({state.person_of(officer) for officer in signers}) >= 2
    if not is_two and all(state.person_of(officer) in persons for officer in signers):
        raise RETURN_BY_PAYER.refused(officer=", ".join(signers))


def check_not_kin(act: VerifiedEvent, case: Case, state: State, doing: Titles) -> None:
    """Refuses whoever is on record as of the recipient's household, by the seventh version of the rules.

    Raises:
        Refused: ``own-household``.
    """
    if state.rules < 7 or not case.kin:
        return
    for officer in officers_of(act, state):
        if state.person_of(officer) in case.kin:
            raise OWN_HOUSEHOLD.refused(officer=officer, doing=doing[0], doing_en=doing[1])


def check_not_own(act: VerifiedEvent, recipient: str | None, state: State, doing: Titles) -> None:
    """Refuses whoever is the recipient, under any code; ``recipient`` is the person's mark.

    Raises:
        Refused: ``own-case``.
    """
    for officer in officers_of(act, state):
        if state.person_of(officer) == recipient:
            raise OWN_CASE.refused(officer=officer, doing=doing[0], doing_en=doing[1])


def check_two_signatures(act: VerifiedEvent, campaign: Campaign, state: State, amount_fen: int) -> None:
    """Refuses one person's signature above the policy's sum.

    Raises:
        Refused: ``second-signature-missing``.
    """
    limit_fen = campaign.terms.two_signatures_above_fen
    if limit_fen is None or amount_fen <= limit_fen:
        return
    if len({state.person_of(officer) for officer in officers_of(act, state)}) < 2:
        raise SECOND_SIGNATURE_MISSING.refused(expected=limit_fen, found=amount_fen)


def check_two_persons(act: VerifiedEvent, state: State, what: Titles) -> None:
    """Refuses one person's signature, whatever the sum.

    Raises:
        Refused: ``second-person-missing``.
    """
    if len({state.person_of(officer) for officer in officers_of(act, state)}) < 2:
        raise SECOND_PERSON_MISSING.refused(what=what[0], what_en=what[1])


class OfCampaign(Protocol):
    """What may be recorded after the fact in a campaign."""

    @property
    def campaign(self) -> str:
        """Its code."""
        ...

    @property
    def after_the_fact(self) -> bool:
        """Whether it is recorded so."""
        ...


def note_recorded_late(act: VerifiedEvent, event: OfCampaign, state: State) -> None:
    """Notes who records something after the fact in a campaign: they do not examine it."""
    if not event.after_the_fact:
        return
    campaign = state.get(Campaign, event.campaign)
    recorders = joined(campaign.recorded_late_by, officers_of(act, state))
    if len(recorders) > len(campaign.recorded_late_by):
        campaign.recorded_late_by = recorders
        state.put(campaign)


def belongs_to(officer: str, unit: str, state: State) -> bool:
    """Whether a person is enrolled, under any code, in a unit or below it."""
    person = state.person_of(officer)
    homes = {each.unit for each in state.records(Officer) if state.person_of(each.id) == person} - {None}
    return any(unit in (home, *state.get(Unit, home).ancestors) for home in homes if home)


def works_in(officer: str, unit: str, state: State) -> bool:
    """Whether a person holds a business role, under any code, in a unit or below it and no higher."""
    person = state.person_of(officer)
    return any(
        grant["role"] in BUSINESS
        and grant["unit"] is not None
        and unit in (grant["unit"], *state.get(Unit, grant["unit"]).ancestors)
        for each in state.records(Officer)
        if state.person_of(each.id) == person
        for grant in each.grants
    )


def is_of_unit(officer: str, unit: str, state: State) -> bool:
    """Whether a person is of a unit: enrolled there or, by the eighth version of the rules, at work there."""
    return belongs_to(officer, unit, state) or (state.rules >= 8 and works_in(officer, unit, state))


AVOIDANCE = timedelta(days=3 * 365 + 1)
"""For how long who worked somewhere keeps out of what is judged there (回避): as long as the rules look back."""


def avoided_since(at: str) -> str:
    """Since when who was at work somewhere keeps out of what is judged there at that moment (UTC)."""
    return utc_text(datetime.fromisoformat(at) - AVOIDANCE)


def joined(officers: list[str], more: Iterable[str]) -> list[str]:
    """The officers with those added who are not among them yet."""
    return [*officers, *(officer for officer in more if officer not in officers)]
