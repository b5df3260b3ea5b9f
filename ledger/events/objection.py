"""Objections (异议): taken down by an officer, and settled from above the unit that they concern. Clause A-5."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ledger.domain.authority import served
from ledger.domain.claims import successor_key
from ledger.domain.compromise import is_unsound
from ledger.domain.event import STATE_NOT_ALLOWED, VerifiedEvent
from ledger.domain.fields import LongText, NoticeId, ObjectionId, ReceivedNumber
from ledger.domain.references import Scope, recipient_of
from ledger.domain.state import Campaign, Case, Notice, Objection, ReceivedObjection, State, Unit
from ledger.domain.who_signs import ABOVE_FOR_THE_PUBLIC, ABOVE_UNIT, HeldOver
from ledger.errors import Rule
from ledger.events.dismissal import check_dismissal
from ledger.events.nomination import OfCase
from ledger.events.opening import Opening
from ledger.events.outstanding import concerned, note_objection, note_upheld
from ledger.events.separation import (
    APPROVED,
    CONFIRMED,
    NOMINATED,
    PAID,
    belongs_to,
    check_not_kin,
    check_not_own,
    check_separate,
    officers_of,
)
from ledger.events.versions import CHANGED

OTHER_WORDS = Rule(
    "objection-reworded",
    zh="须照群众所写的原文登记，并附收件时的封存信息：{number}",
    en="what the public wrote is taken down in its own words, with the opening of what was committed to: {number}",
)
OF_THE_UNIT_CONCERNED = Rule(
    "officer-of-the-unit-concerned",
    zh="{officer} 属于所涉单位 {unit}，或在该活动中担任过其业务岗位，不得处理对它的异议：由上级单位的其他人员处理",
    en="{officer} belongs to unit {unit}, which the objection concerns, or was at work there in the campaign: another"
    " officer of a unit above settles it",
)
OBJECTED_ALREADY = Rule(
    "objected-already",
    zh="{officer} 对该对象提出的异议 {objection} 尚未处理：新的情况请向处理人补充，或待处理后再提",
    en="the objection {objection} of {officer} to this case is not settled yet: tell who settles it what is new, or object"
    " again afterwards",
)

SETTLING = ("处理异议", "settle an objection to")


class _Objecting(OfCase):
    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the nomination that took the place of its case."""
        return [*super().reads(act, state), successor_key(self.case)]


class ObjectionLodged(_Objecting):
    """Somebody objects to a case (提出异议); an officer takes it down. Its id is this statement's.

    ``received`` is the number of what the public wrote itself: that is taken down from above the unit, in the
    words of whoever wrote it, which ``opening`` shows.
    """

    TITLE_ZH: ClassVar[str] = "提出异议"
    TITLE_EN: ClassVar[str] = "Objection lodged"
    ROLES: ClassVar[frozenset[str]] = frozenset({"confirmer", "approver", "inspector", "clerk"})
    HELD_OVER: ClassVar[HeldOver] = ABOVE_FOR_THE_PUBLIC

    notice: NoticeId | None = None
    received: ReceivedNumber | None = None
    opening: Opening | None = None
    anonymous: bool = True
    text: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Case and notice are known; what was received is of this case, and was not taken down yet."""
        self.the_case(state)
        if self.notice is not None:
            state.get(Notice, self.notice)
        if self.received is not None:
            received = state.get(ReceivedObjection, self.received)
            if received.case != self.case or received.objection is not None:
                raise STATE_NOT_ALLOWED.refused(
                    expected="received for this case, not taken down", found="other, or taken down"
                )
            if state.rules >= 3:
                self._check_words(received)
        elif state.rules >= 8:
            self._check_first(act, state)

    def _check_first(self, act: VerifiedEvent, state: State) -> None:
        """Refuses a second objection of one officer to a case before the first is settled."""
        objectors = {person: objection for objection, person in self.the_case(state).objectors}
        for officer in officers_of(act, state):
            before = objectors.get(state.person_of(officer))
            if before is not None:
                raise OBJECTED_ALREADY.refused(officer=officer, objection=before)

    def _check_words(self, received: ReceivedObjection) -> None:
        """Refuses other words than those that were committed to when they came."""
        if self.opening is None or self.opening.digest_of(self.text) != received.digest:
            raise OTHER_WORDS.refused(number=received.id)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The objection stands open."""
        state.put(Objection(act.id, self.case))
        case = state.get(Case, self.case)
        note_objection(case, state, gone=self.received, new=act.id)
        if self.received is None and state.rules >= 8:
            persons = (state.person_of(officer) for officer in officers_of(act, state))
            case.objectors = [*case.objectors, *([act.id, person] for person in persons)]
            state.put(case)
        if self.received is not None:
            received = state.get(ReceivedObjection, self.received)
            received.objection = act.id
            state.put(received)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id, and the number that it has with the public."""
        number = [] if self.received is None else [f"received:{self.received}"]
        return [f"objection:{act.id}", *number, *super().tags(act)]


class ObjectionSettled(_Objecting):
    """An objection is upheld or not (异议处理), by somebody above the unit; whoever objected reads the reason."""

    TITLE_ZH: ClassVar[str] = "异议处理"
    TITLE_EN: ClassVar[str] = "Objection settled"
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector"})
    HELD_OVER: ClassVar[HeldOver] = ABOVE_UNIT

    objection: ObjectionId
    upheld: bool
    reason: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """An open objection to this case, settled by nobody who had a part in it.

        Where there is a unit above, it is an officer of that one too, or of one higher; where there is none, two refute
        it by the tenth version of the rules.
        """
        case = self.the_case(state)
        objection = state.get(Objection, self.objection)
        if objection.case != self.case or not (objection.open or self._counts_not(objection, state)):
            raise STATE_NOT_ALLOWED.refused(expected="open objection to this case", found="other")
        if state.rules < 3:
            return
        for earlier, done in (
            (case.nominated_by, NOMINATED),
            (case.confirmed_by, CONFIRMED),
            (case.ever_approved_by, APPROVED),
            (case.paid_by, PAID),
        ):
            check_separate(act, state, earlier, done, SETTLING)
        if state.rules >= 4:
            check_separate(act, state, case.filed_by, CHANGED, SETTLING)
            check_not_own(act, recipient_of(case, state), state, SETTLING)
            check_not_kin(act, case, state, SETTLING)
        for officer_id in officers_of(act, state):
            since = state.get(Campaign, self.campaign).opened_at
            if served(state.person_of(officer_id), Scope(self.unit, self.campaign), since, state) or (
                state.get(Unit, self.unit).ancestors and belongs_to(officer_id, self.unit, state)
            ):
                raise OF_THE_UNIT_CONCERNED.refused(officer=officer_id, unit=self.unit)
        if not self.upheld:
            check_dismissal(act, [Scope(self.unit, self.campaign)], None, state)

    def _counts_not(self, objection: Objection, state: State) -> bool:
        """Whether a stolen key is behind how it was settled: by the fifth version, it is settled anew."""
        if state.rules < 5 or not objection.settled_with:
            return False
        keys, at = objection.settled_with
        return is_unsound(keys, at, "inspector", Scope(self.unit, self.campaign), state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The objection stands settled."""
        objection = state.get(Objection, self.objection)
        objection.open = False
        objection.settled_with = [list(act.signers), act.recorded_at]
        state.put(objection)
        case = state.get(Case, self.case)
        for each in concerned(case, state):
            each.objectors = [known for known in each.objectors if known[0] != self.objection]
        if self.upheld:
            note_upheld(case, self.objection, state)
        else:
            note_objection(case, state, gone=self.objection)
