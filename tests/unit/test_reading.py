"""Who may read what, as a pure question: every pair of grants, asked for every unit and campaign."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import pytest

from api.gate.access_scope import EVERYTHING, NOTHING, AccessScope, Area, scope_of
from api.service.access import MAY_READ, Principal, Resource, oversight_scope, scope
from ledger.domain.event import FINANCE
from ledger.domain.state import Unit
from ledger.errors import Refused

Grant = dict[str, str | None]

ABOVE: dict[str, list[str]] = {
    "county": [],
    "tea": ["county"],
    "sugar": ["county"],
    "workshop": ["tea", "county"],
}
UNITS = {code: Unit(code, code, "grass-roots", above) for code, above in ABOVE.items()}
CAMPAIGNS = ("a2026", "b2026")
PLACES = set(product(CAMPAIGNS, UNITS))
"""Every campaign in every unit: what a scope shows is some of them."""

GRANTS: list[Grant] = [
    {"role": role, "unit": unit, "campaign": campaign}
    for role in ("auditor", "clerk")
    for unit in (None, "county", "tea", "sugar")
    for campaign in (None, "a2026")
]


def reader(*grants: Grant, officer: str = "officer", key: str = "key") -> Principal:
    return Principal(officer, "姓名", "county", key, grants)


def below(unit: str | None) -> set[str]:
    return {code for code, above in ABOVE.items() if unit is None or unit == code or unit in above}


def shown(found: AccessScope) -> set[tuple[str, str]]:
    """The places that a scope shows."""
    return {
        (campaign, unit)
        for area in found.areas
        for campaign in (CAMPAIGNS if area.campaigns is None else area.campaigns)
        for named in ([None] if area.units is None else area.units)
        for unit in below(named)
    }


def due(grants: tuple[Grant, ...], campaign: str | None, unit: str | None) -> set[tuple[str, str]]:
    """The places that the grants to read lines are over, and that are asked for."""
    asked = {(c, u) for c, u in PLACES if campaign in (None, c) and u in below(unit)}
    held: set[tuple[str, str]] = set()
    for grant in grants:
        over = below(grant["unit"])
        # A unit is asked for with all below it: who is over less than that is not over it.
        if grant["role"] == "auditor" and (unit is None or unit in over):
            held |= {(c, u) for c, u in PLACES if grant["campaign"] in (None, c) and u in over}
    return asked & held


@pytest.mark.parametrize("campaign", [None, *CAMPAIGNS])
@pytest.mark.parametrize("unit", [None, *UNITS])
def test_a_scope_is_what_the_grants_are_over_and_is_asked_for(campaign: str | None, unit: str | None) -> None:
    asked = None if unit is None else UNITS[unit]
    for grants in combinations_with_replacement(GRANTS, 2):
        expected = due(grants, campaign, unit)
        if expected:
            assert shown(scope(reader(*grants), "lines", campaign, asked)) == expected, grants
        else:
            with pytest.raises(Refused) as refusal:
                scope(reader(*grants), "lines", campaign, asked)
            assert refusal.value.code == "reading-not-allowed"
            named = (refusal.value.details["unit"], refusal.value.details["campaign"])
            assert named == (unit or "*", campaign or "*")


def test_over_the_unit_that_all_are_below_nothing_is_cut() -> None:
    over_all = reader({"role": "auditor", "unit": "county", "campaign": None})
    assert scope(over_all, "history", None, None, "county") == EVERYTHING
    assert scope(over_all, "history", None, None) == AccessScope((Area(None, ("county",)),))
    assert scope(over_all, "history", "a2026", UNITS["tea"], "county").areas == (Area(("a2026",), ("tea",)),)
    over_one = reader({"role": "auditor", "unit": "tea", "campaign": None})
    assert scope(over_one, "history", None, None, "county").areas == (Area(None, ("tea",)),)


def test_a_refusal_names_the_roles_that_it_takes_in_both_languages() -> None:
    with pytest.raises(Refused) as refusal:
        scope(reader({"role": "registrar", "unit": None, "campaign": None}), "cases", None, None)
    assert refusal.value.details["roles"] == ["auditor", "inspector"]
    assert "审计或纪检" in refusal.value.message("zh")
    assert "auditor or inspector" in refusal.value.message("en")


READ_BY: dict[Resource, set[str]] = {
    "registry": {"clerk", "confirmer", "approver", *FINANCE, "auditor", "inspector", "registrar"},
    "roster": {"clerk", "confirmer", "approver", *FINANCE, "auditor", "inspector"},
    "holdings": {"clerk", "approver", *FINANCE, "auditor", "inspector"},
    "lines": {"approver", *FINANCE, "auditor", "inspector"},
    "flags": {"approver", *FINANCE, "auditor", "inspector"},
    "history": {"auditor", "inspector"},
    "filing": {"clerk"},
    "cases": {"auditor", "inspector"},
    "objections": {"confirmer", "approver", "inspector"},
    "paying": {*FINANCE},
    "slips": {"clerk", *FINANCE, "auditor", "inspector"},
}


def test_each_matter_is_read_by_the_roles_that_the_documents_name() -> None:
    assert {matter: set(MAY_READ[matter]) for matter in READ_BY} == READ_BY
    for matter, role in product(READ_BY, READ_BY["registry"]):
        one = reader({"role": role, "unit": "tea", "campaign": "a2026"})
        assert one.may_read(matter) == (role in READ_BY[matter])


def test_flags_are_nowhere_for_whom_inspectors_watch() -> None:
    assert oversight_scope(reader({"role": "clerk", "unit": None, "campaign": None})) == NOTHING
    inspector = reader({"role": "inspector", "unit": "tea", "campaign": "a2026"})
    assert oversight_scope(inspector).areas == (Area(("a2026",), ("tea",)),)
    everywhere = reader({"role": "inspector", "unit": "county", "campaign": None})
    assert oversight_scope(everywhere, "county") == EVERYTHING


def test_a_mark_is_another_one_for_another_officer_key_or_grant() -> None:
    grant: Grant = {"role": "auditor", "unit": "tea", "campaign": None}
    said_otherwise: Grant = {"campaign": None, "unit": "tea", "role": "auditor"}
    assert reader(grant).mark == reader(said_otherwise).mark
    assert reader(grant, grant).roles == ["auditor"]
    others = [
        reader(grant, officer="another"),
        reader(grant, key="another"),
        reader({**grant, "unit": "sugar"}),
        reader({**grant, "campaign": "a2026"}),
        reader(grant, {**grant, "role": "clerk"}),
        reader(),
    ]
    assert len({each.mark for each in [reader(grant), *others]}) == 7
    assert {len(each.mark) for each in others} == {16}


def test_a_campaign_over_all_units_takes_in_what_is_over_one() -> None:
    assert scope_of([(None, "a2026"), ("tea", "a2026")]).areas == (Area(("a2026",), None),)
    assert scope_of([("tea", None), ("tea", "a2026")]).areas == (Area(None, ("tea",)),)
    assert scope_of([("tea", None), (None, None)]) == EVERYTHING


def test_a_scope_includes_another_where_each_of_its_areas_lies_in_one() -> None:
    tea = AccessScope((Area(None, ("tea",)),))
    tea_in_one = AccessScope((Area(("a2026",), ("tea",)),))
    both = AccessScope((Area(None, ("sugar", "tea")),))
    apart = AccessScope((Area(("a2026",), ("tea",)), Area(("b2026",), ("sugar",))))
    for scope_, other in product((EVERYTHING, tea, tea_in_one, both, apart), (NOTHING,)):
        assert scope_.includes(other)
        assert not other.includes(scope_)
    assert EVERYTHING.includes(both)
    assert both.includes(tea)
    assert both.includes(apart)
    assert tea.includes(tea)
    assert tea.includes(tea_in_one)
    for less, more in (
        (tea_in_one, tea),
        (tea, both),
        (both, EVERYTHING),
        (apart, both),
        (tea_in_one, apart),
    ):
        assert not less.includes(more)
