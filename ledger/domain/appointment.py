"""Who is appointed from above (上级授权): to approve, pay or oversee in a unit, and to act so in a sponsor's campaign.

Pure, over the ledger's state; what registrars are is in :mod:`ledger.domain.authority`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.domain.authority import (
    APPOINTED_FROM_ABOVE,
    OVERSIGHT,
    GrantOf,
    person_known_as,
    registrars_over,
    signers_of,
)
from ledger.domain.event import ROLE_TITLES, VerifiedEvent, covers, fulfilling
from ledger.domain.references import Scope
from ledger.domain.state import Campaign, Key, Officer, State, Unit
from ledger.errors import Rule

REGISTRAR_ABOVE_MISSING = Rule(
    "registrar-above-missing",
    zh="{unit} 的审批人、财务和监督人员须由其上级单位的授权管理员办理或共同签署",
    en="who approves, pays or oversees in {unit} is appointed by a registrar over the unit above, or with one who signs"
    " too",
)
NOT_APPOINTED_FROM_ABOVE = Rule(
    "role-not-from-sponsor",
    zh="{officer} 在单位 {unit} 的{role}岗位，授予时没有活动主办单位 {sponsor} 的授权管理员签署，不得在本活动中办理此事："
    "请先收回该岗位，再由其参与重新授予",
    en="{officer} was made {role_en} of unit {unit} without a registrar over {sponsor}, the campaign's sponsor, and does"
    " not act so in it: let the role be taken back, and given again by such a registrar or with one",
)


def check_given_from_above(act: VerifiedEvent, grants: Iterable[GrantOf], state: State) -> None:
    """Refuses that registrars of one unit alone appoint who approves or pays there.

    Whom they appoint pays out the sponsor's money. So one of the signers is a registrar over the unit above, wherever
    there is one. Binds from the seventh version of the rules; by the eighth, one is over the sponsor of each open
    campaign that reaches the unit, too, since a unit above may be one that the signers registered themselves. By the
    ninth, who oversees a unit is appointed so as well.

    Raises:
        Refused: ``registrar-above-missing``.
    """
    if state.rules < 7:
        return
    signed = {person_known_as(officer) for officer in signers_of(act, state)}
    from_above = APPOINTED_FROM_ABOVE | (OVERSIGHT if state.rules >= 9 else frozenset())
    for grant in grants:
        unit = None if grant["unit"] is None else state.get(Unit, grant["unit"])
        if grant["role"] not in from_above or unit is None or not unit.ancestors:
            continue
        for place in dict.fromkeys([unit.ancestors[0], *_sponsors_of(unit, grant["campaign"], state)]):
            above = registrars_over([Scope(place, grant["campaign"])], act.recorded_at, state)
            if above and not signed & above:
                raise REGISTRAR_ABOVE_MISSING.refused(unit=unit.id)


def _sponsors_of(unit: Unit, campaign: str | None, state: State) -> list[str]:
    """The units above one that sponsor an open campaign for which a role there would count."""
    if state.rules < 8:
        return []
    return [
        each.sponsor
        for each in state.records(Campaign)
        if not each.closed and each.sponsor in unit.ancestors and campaign in (None, each.id)
    ]


def check_appointed_from_above(
    act: VerifiedEvent, role: str, campaign: Campaign, scope: Scope, state: State
) -> None:
    """Refuses who acts below a campaign's sponsor by a role that no registrar over the sponsor gave or signed.

    A campaign may be opened after a unit's own registrars have appointed who approves and pays there. Binds in
    campaigns opened by the ninth version of the rules, wherever somebody is a registrar over the sponsor, or was.

    Raises:
        Refused: ``role-not-from-sponsor``.
    """
    if campaign.rules < 9 or scope.unit in (None, campaign.sponsor):
        return
    unit, sponsor = state.get(Unit, scope.unit or ""), state.get(Unit, campaign.sponsor)
    above: set[str] | None = None
    for officer in signers_of(act, state):
        covering = [
            (grant["unit"], by)
            for grant, (by, _) in zip(officer.grants, officer.given, strict=True)
            if grant["role"] in fulfilling(role) and covers(grant, unit, campaign.id)
        ]
        if any(held in (None, sponsor.id, *sponsor.ancestors) for held, _ in covering):
            continue
        above = _ever_registrars_over(sponsor, campaign.id, state) if above is None else above
        given_by = {state.get(Key, key).officer for _, by in covering for key in by}
        if covering and above and not given_by & above:
            title = ROLE_TITLES[role]
            raise NOT_APPOINTED_FROM_ABOVE.refused(
                officer=officer.id, unit=unit.id, sponsor=sponsor.id, role=title[0], role_en=title[1]
            )


def _ever_registrars_over(unit: Unit, campaign: str | None, state: State) -> set[str]:
    """The officers who are registrars over a unit, or were."""
    return {
        officer.id
        for officer in state.records(Officer)
        if any(
            grant["role"] == "registrar" and covers(grant, unit, campaign)
            for grant in (*officer.grants, *(each[0] for each in officer.past))
        )
    }


class NotFromAbove(NamedTuple):
    """Who holds a role below a sponsor that no registrar over it gave or signed: officer, role, unit, sponsor."""

    officer: str
    role: str
    unit: str
    sponsor: str


def not_appointed_from_above(state: State) -> list[NotFromAbove]:
    """Whom campaigns that are opened from now on will refuse, by who sponsored one until now.

    A role over the sponsor itself, or over all units, is the sponsor's own.
    """
    sponsors = dict.fromkeys(each.sponsor for each in state.records(Campaign))
    return [
        NotFromAbove(officer.id, grant["role"], unit.id, sponsor)
        for sponsor in sponsors
        if (above := _ever_registrars_over(state.get(Unit, sponsor), None, state))
        for officer in state.records(Officer)
        for grant, (by, _) in zip(officer.grants, officer.given, strict=True)
        if grant["role"] in APPOINTED_FROM_ABOVE
        and (unit := state.get(Unit, grant["unit"]) if grant["unit"] else None) is not None
        and sponsor in unit.ancestors
        and not {state.get(Key, key).officer for key in by} & above
    ]
