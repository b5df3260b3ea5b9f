"""Saying that nothing is amiss (排除疑点、异议不成立、不属实): by somebody above the unit concerned, or by two."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.domain.event import VerifiedEvent, covers
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Officer, State, Unit
from ledger.errors import Rule
from ledger.events.separation import officers_of

DISMISSED_ALONE = Rule(
    "dismissed-alone",
    zh="{officer} 仅负责所涉单位（或没有上级单位），事项金额超过两人签署限额或金额不明，不得独自认定无问题："
    "由上级单位的纪检办理，或由另一名纪检共同签署",
    en="{officer} is no inspector above the unit concerned, and the sum is above the limit for two signatures, or unknown:"
    " an inspector above says that nothing is amiss, or another one signs too",
)


def check_dismissal(act: VerifiedEvent, places: Iterable[Scope], fen: int | None, state: State) -> None:
    """Refuses that one inspector of the unit concerned alone says that nothing is amiss, by the tenth version of the rules.

    ``places`` are where it lies, ``fen`` the money that it is about, None where that is not known. Two persons may, one
    who is inspector of a unit above each place, and one where there is no other.

    Raises:
        Refused: ``dismissed-alone``.
    """
    if state.rules < 10:
        return
    signers = officers_of(act, state)
    persons = {state.person_of(officer) for officer in signers}
    if len(persons) >= 2:
        return
    [person] = persons
    for place in places:
        limits = _limits(place.campaign or None, state)
        if not limits or (fen is not None and fen <= min(limits)):
            continue
        if not _from_above(person, place, state) and _others(person, place, state):
            raise DISMISSED_ALONE.refused(officer=signers[0])


def _limits(campaign: str | None, state: State) -> list[int]:
    """The limits for two signatures of a campaign, or of all."""
    chosen = state.records(Campaign) if campaign is None else [state.get(Campaign, campaign)]
    limits = (each.terms.two_signatures_above_fen for each in chosen)
    return [each for each in limits if each is not None]


def _inspects(officer: Officer, units: set[str | None], campaign: str | None) -> bool:
    return any(
        grant["role"] == "inspector" and grant["unit"] in units and grant["campaign"] in (None, campaign)
        for grant in officer.grants
    )


def _from_above(person: str, place: Scope, state: State) -> bool:
    """Whether a person, under any code, is inspector of a unit above a place."""
    ancestors = [] if place.unit is None else state.get(Unit, place.unit).ancestors
    if not ancestors:
        return False
    above: set[str | None] = {None, *ancestors}
    return any(
        _inspects(each, above, place.campaign)
        for each in state.records(Officer)
        if state.person_of(each.id) == person
    )


def _others(person: str, place: Scope, state: State) -> bool:
    """Whether somebody else is inspector there, who could do it or sign too."""
    unit = None if place.unit is None else state.get(Unit, place.unit)
    return any(
        grant["role"] == "inspector" and covers(grant, unit, place.campaign)
        for each in state.records(Officer)
        if state.person_of(each.id) != person
        for grant in each.grants
    )
