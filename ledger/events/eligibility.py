"""Whether a unit may take part in a year's help (补助资格), clause A-6."""

from __future__ import annotations

from ledger.domain.compromise import is_banned
from ledger.domain.state import State, Unit
from ledger.errors import Rule

UNIT_BANNED = Rule(
    "unit-banned",
    zh="单位 {unit} 被取消 {year} 年度补助资格",
    en="unit {unit} is not eligible for support in {year}",
)


def check_eligible(unit: Unit, year: int, state: State) -> None:
    """Refuses a unit that lost its eligibility for the year; by the fourth version, also one below such a unit.

    Raises:
        Refused: ``unit-banned``.
    """
    asked = ("eligible", unit.id, year)
    if asked in state.remembered:
        return
    above = () if state.rules < 4 else unit.ancestors
    for each in (unit, *(state.get(Unit, code) for code in above)):
        if is_banned(each, year, state):
            raise UNIT_BANNED.refused(unit=each.id, year=year)
    state.remembered[asked] = True
