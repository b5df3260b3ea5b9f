"""What campaigns' policies made looser (放宽): by an amendment, or by opening looser than the year before.

A loosening goes on through later amendments, member by member, until the policy is as tight again. An
opening is held against the same sponsor's campaigns of the same plan in the last year before it that has
any, else against its others, and against the one that it names itself; their days are counted from the
window's beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import orjson

from ledger.domain.loosening import loosenings
from ledger.domain.policy.campaign_policy import Policy, Window
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.domain.policy.public_notice import WorkCalendar
from projections.frame.column import json_of
from projections.frame.view import Row, TemporalTable, Versions

A_LEAP_DAY = timedelta(days=1)
"""A season may be a day longer than the year before."""


@dataclass
class LooseningRow(Row):
    """A loosening as it stood: what is still looser than ``before``, a policy as JSON text.

    ``position`` is of the entry that loosened; ``compared_with`` is the earlier campaign where that was an
    opening.
    """

    loosening: str
    position: int
    campaign: str
    members: list[str]
    before: Annotated[str, json_of(Policy)]
    compared_with: str | None


LOOSENINGS = TemporalTable("loosenings", LooseningRow)


def note_amendment(
    rows: Versions[LooseningRow], campaign: str, before: str, amended: Policy, position: int
) -> None:
    """Notes what an amendment makes looser than the policy ``before``, and what of earlier it ends."""
    for row in [row for row in rows.current() if row.campaign == campaign]:
        still = _looser(row.before, amended, row.members)
        if not still:
            rows.remove(row.loosening, position)
        elif still != row.members:
            rows.put(row.changed(members=still), position)
    members = _looser(before, amended)
    if members:
        row = LooseningRow(str(position), position, campaign, members, before, None)
        rows.put(row, position)


def note_opening(
    rows: Versions[LooseningRow],
    campaign: str,
    opened: Policy,
    earlier: Iterable[tuple[str, str]],
    position: int,
) -> None:
    """Notes what an opened campaign has looser than ``earlier`` ones of its sponsor, code and policy each."""
    policies = [(code, Policy.model_validate(orjson.loads(text))) for code, text in earlier]
    of_plan = [(code, policy) for code, policy in policies if policy.plan == opened.plan]
    years = {policy.year for _, policy in of_plan if policy.year < opened.year}
    last = [(code, policy) for code, policy in of_plan if policy.year == max(years)] if years else of_plan
    named = [(code, policy) for code, policy in policies if code == opened.prior_campaign]
    for code, policy in sorted(dict([*last, *named]).items()):
        before = orjson.dumps(moved_to(policy, opened).model_dump(mode="json")).decode()
        members = _looser(before, opened)
        if members:
            name = f"{position}/{code}"
            rows.put(LooseningRow(name, position, campaign, members, before, code), position)


def _looser(before: str, after: Policy, among: list[str] | None = None) -> list[str]:
    """The members in which a policy is looser than another, in JSON text; of these alone where given."""
    found = [each.member for each in loosenings(Policy.model_validate(orjson.loads(before)), after)]
    return found if among is None else [member for member in found if member in among]


def moved_to(policy: Policy, to: Policy) -> Policy:
    """The policy as it would be for the other's season: the same days, counted from the window's beginning."""
    later = date.fromisoformat(to.window.start) - date.fromisoformat(policy.window.start)

    def end(day: str) -> str:
        return (date.fromisoformat(day) + later + A_LEAP_DAY).isoformat()

    def window(old: Window) -> Window:
        start = (date.fromisoformat(old.start) + later).isoformat()
        return Window(start=start, end=end(old.end))

    deadlines = ("roster_deadline", "county_deadline", "summary_deadline")
    return policy.model_copy(
        update={
            "year": to.year,
            "calendar": _calendar_of(policy, to),
            "hardship": _with_lines_of(policy.hardship, to.hardship),
            "prior_campaign": to.prior_campaign,
            "window": window(policy.window),
            "unit_windows": [
                each.model_copy(update={"window": window(each.window)}) for each in policy.unit_windows
            ],
            "phases": [each.model_copy(update={"window": window(each.window)}) for each in policy.phases],
            **{name: end(day) for name in deadlines if (day := getattr(policy, name)) is not None},
        }
    )


def _with_lines_of(rules: HardshipRules | None, later: HardshipRules | None) -> HardshipRules | None:
    """The rules with the later policy's years, as far as their subsistence lines (低保标准) are no higher than before.

    A line of a locality and year that both have stays as it was; one that is higher than the locality's last is not
    taken over, and makes the later rules looser.
    """
    if rules is None or later is None:
        return rules
    before = {(each.locality, each.year): each for each in rules.local_lines}
    last = {each.locality: each for _, each in sorted(before.items(), key=lambda known: known[0][1])}
    lines = []
    for each in later.local_lines:
        known = before.get((each.locality, each.year))
        if known is not None:
            lines.append(known)
        elif each.locality in last and each.monthly_fen <= last[each.locality].monthly_fen:
            lines.append(each)
    return rules.model_copy(update={"local_lines": lines})


def _calendar_of(policy: Policy, to: Policy) -> WorkCalendar | None:
    """The new year's working days where both have a calendar: holidays are announced anew for each year."""
    is_anew = policy.calendar is not None and to.calendar is not None and policy.year != to.year
    return to.calendar if is_anew else policy.calendar
