"""Objections that stand against a case (异议未决或成立): what the unit concerned does not do by itself then.

An objection that was upheld goes with the person to the next nomination in the campaign.
"""

from __future__ import annotations

from ledger.domain.event import VerifiedEvent
from ledger.domain.state import Case, State, Unit
from ledger.errors import Rule
from ledger.events.separation import Titles, is_of_unit, joined, officers_of
from ledger.events.unfinished import hold_claim, successor

OBJECTION_OUTSTANDING = Rule(
    "objection-outstanding",
    zh="对该对象的异议尚未处理或已经成立，{officer} 属于所涉单位 {unit}，不得自行撤销、退回或审批：由上级单位办理",
    en="an objection to this case is open or was upheld, and {officer} belongs to unit {unit}, which it concerns: somebody"
    " above takes the case back, or signs its approval",
)
OBJECTION_UPHELD = Rule(
    "objection-upheld-since",
    zh="该对象审批后异议成立，不得发放或送交银行：{case}。请撤销审批；仍应发放的，由上级单位参与重新审批",
    en="an objection was upheld after the case was approved, nothing of it is paid or sent to the bank: {case}; revoke the"
    " approval, and where it is to be paid all the same, let it be approved anew with somebody from above",
)
APPROVING_IN_SPITE: Titles = (
    "审批异议未处理或异议成立的对象",
    "approving a case to which an objection is open or was upheld",
)
PAYING_IN_SPITE: Titles = (
    "补录审批后异议成立的对象的发放",
    "recording a payout after the fact on a case to which an objection was upheld since it was approved",
)


def note_objection(case: Case, state: State, *, gone: str | None = None, new: str | None = None) -> None:
    """Adds an objection to a case, takes one from it that was refuted, or puts one in another's place.

    By the eleventh version of the rules it is against the nomination, too, that took the place of the case.
    """
    for each in concerned(case, state):
        _note(each, state, gone, new)
    hold_claim(case, state)


def note_upheld(case: Case, objection: str, state: State) -> None:
    """Notes that an objection to a case was upheld."""
    for each in concerned(case, state):
        if objection not in each.objections:
            _note(each, state, None, objection)
        each.upheld = joined(each.upheld, [objection])
        each.upheld_since = joined(each.upheld_since, [objection])
        state.put(each)
    hold_claim(case, state)


def concerned(case: Case, state: State) -> list[Case]:
    """A case, and the one that took its place where it is over."""
    after = successor(case, state)
    return [case] if after is None else [case, after]


def _note(case: Case, state: State, gone: str | None, new: str | None) -> None:
    kept = [each for each in case.objections if each != gone]
    case.objectors = [each for each in case.objectors if each[0] != gone]
    case.upheld = [each for each in case.upheld if each != gone]
    case.upheld_since = [each for each in case.upheld_since if each != gone]
    case.objections = [*kept, new] if new is not None else kept
    state.put(case)


def check_not_upheld_since(case: Case, state: State) -> None:
    """Refuses to pay where an objection was upheld since the approval, by the ninth version of the rules.

    Raises:
        Refused: ``objection-upheld-since``.
    """
    if state.rules >= 9 and case.upheld_since:
        raise OBJECTION_UPHELD.refused(case=case.id)


def check_approved_from_above(act: VerifiedEvent, case: Case, state: State) -> None:
    """Refuses that the unit concerned alone approves in spite of an objection, by the eighth version of the rules.

    Raises:
        Refused: ``objection-outstanding``.
    """
    if state.rules < 8 or not state.get(Unit, case.unit).ancestors:
        return
    signers = officers_of(act, state)
    if all(is_of_unit(officer, case.unit, state) for officer in signers):
        raise OBJECTION_OUTSTANDING.refused(officer=", ".join(signers), unit=case.unit)


def check_ended_from_above(act: VerifiedEvent, case: Case, state: State) -> None:
    """Refuses that somebody of the unit ends a case to which an objection is open or was upheld.

    It would be nominated anew, and nothing would be said against it. Binds from the seventh version of the rules, and
    where there is a unit above; by the ninth, only while one is open, since what was upheld goes with the person.

    Raises:
        Refused: ``objection-outstanding``.
    """
    against = [each for each in case.objections if state.rules < 9 or each not in case.upheld]
    if state.rules < 7 or not against or not state.get(Unit, case.unit).ancestors:
        return
    for officer in officers_of(act, state):
        if is_of_unit(officer, case.unit, state):
            raise OBJECTION_OUTSTANDING.refused(officer=officer, unit=case.unit)
