"""Saying that nothing is amiss (排除疑点、异议不成立、不属实): by somebody above the unit concerned, or by two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ledger.domain.event import VerifiedEvent, covers
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Officer, State, Unit
from ledger.errors import Rule
from ledger.events.separation import officers_of

DISMISSED_ALONE = Rule(
    "dismissed-alone",
    zh="{officer} 不是所涉单位上级的纪检，事项金额超过限额或金额不明，认定无问题须两名纪检签署，或由上级单位的纪检办理",
    en="{officer} is no inspector above the unit concerned, and the sum is above the limit for two signatures, or unknown:"
    " an inspector above says that nothing is amiss, or another one signs too",
)

DISMISSED_BELOW = Rule(
    "dismissed-below",
    zh="{officer} 均不是所涉单位 {unit} 上级的监督人员，不得自行作出认定、办结或解除：由上级单位的监督人员办理或共同签署",
    en="nobody of {officer} oversees a unit above {unit}, which is concerned, and so they do not settle it by themselves:"
    " somebody from above does, or signs too",
)
INSPECTORS = frozenset({"inspector"})


def check_dismissal(act: VerifiedEvent, places: Iterable[Scope], fen: int | None, state: State) -> None:
    """Refuses that one inspector of the unit concerned alone says that nothing is amiss, by the tenth version of the rules.

    ``places`` are where it lies, ``fen`` the money that it is about, None where that is not known. Two persons may, one
    who is inspector of a unit above each place, and one where there is no other. By the eleventh version one of the
    signers is from above wherever there is such an inspector: two of one unit only vouch for each other.

    Raises:
        Refused: ``dismissed-alone``, ``dismissed-below``.
    """
    if state.rules < 10:
        return
    signers = officers_of(act, state)
    persons = {state.person_of(officer) for officer in signers}
    for place in _large(places, fen, state):
        if any(_from_above(person, place, INSPECTORS, state) for person in persons):
            continue
        if state.rules >= 11:
            _check_none_above(signers, place, INSPECTORS, state)
        if len(persons) == 1 and _others(min(persons), place, state):
            raise DISMISSED_ALONE.refused(officer=signers[0])


def check_from_above(
    act: VerifiedEvent,
    places: Iterable[Scope],
    state: State,
    roles: frozenset[str] = INSPECTORS,
) -> None:
    """Refuses what nobody signs who oversees a unit above the one concerned, by the eleventh version of the rules.

    Wherever there is such an officer, and where the campaigns set a limit for two signatures.

    Raises:
        Refused: ``dismissed-below``.
    """
    if state.rules < 11:
        return
    signers = officers_of(act, state)
    persons = {state.person_of(officer) for officer in signers}
    for place in _large(places, None, state):
        if not any(_from_above(person, place, roles, state) for person in persons):
            _check_none_above(signers, place, roles, state)


def _large(places: Iterable[Scope], fen: int | None, state: State) -> Iterator[Scope]:
    """The places where so much money is above the limit for two signatures; None is unknown, and counts as more."""
    for place in dict.fromkeys(places):
        limits = _limits(place.campaign or None, state)
        if limits and (fen is None or fen > min(limits)):
            yield place


def _check_none_above(signers: Sequence[str], place: Scope, roles: frozenset[str], state: State) -> None:
    above = _above(place, state)
    if above and any(_holds(each, above, place.campaign, roles) for each in state.records(Officer)):
        raise DISMISSED_BELOW.refused(officer=", ".join(signers), unit=place.unit)


def _limits(campaign: str | None, state: State) -> list[int]:
    """The limits for two signatures of a campaign, or of all."""
    chosen = state.records(Campaign) if campaign is None else [state.get(Campaign, campaign)]
    limits = (each.terms.two_signatures_above_fen for each in chosen)
    return [each for each in limits if each is not None]


def _holds(officer: Officer, units: set[str | None], campaign: str | None, roles: frozenset[str]) -> bool:
    return any(
        grant["role"] in roles and grant["unit"] in units and grant["campaign"] in (None, campaign)
        for grant in officer.grants
    )


def _above(place: Scope, state: State) -> set[str | None]:
    """The units above a place, as grants name them; none where it is at the top, or everywhere."""
    ancestors = state.get(Unit, place.unit).ancestors if place.unit else []
    return {None, *ancestors} if ancestors else set()


def _from_above(person: str, place: Scope, roles: frozenset[str], state: State) -> bool:
    """Whether a person, under any code, holds one of these roles over a unit above a place."""
    above = _above(place, state)
    return any(
        _holds(each, above, place.campaign, roles)
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
