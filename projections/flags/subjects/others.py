"""Units, officers, keys, lines and entries that events touch (单位、人员、密钥、科目、账目)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ledger.domain.event import AfterTheFact, Event
from ledger.events.campaign import CampaignOpened, PolicyAmended, RosterFiled, SummaryFiled
from ledger.events.dossier import IdentityRevealed
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.funds import FundAllocated, FundReturned, FundTransferred
from ledger.events.oversight import ConductReported
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned
from ledger.events.registry import (
    KeyRevoked,
    KeyRotated,
    OfficerEnrolled,
    OfficerIdentified,
    RolesChanged,
)
from projections.flags.lookup import Lookup
from projections.flags.subject import NO_CAMPAIGN, Subject, Triggers
from projections.frame.recorded import Recorded

EVERY = tuple(Event.types.values())
IN_CAMPAIGN = tuple(kind for kind in EVERY if "campaign" in kind.model_fields)
AFTER_THE_FACT = tuple(kind for kind in EVERY if issubclass(kind, AfterTheFact))
OUT_OF_FUNDS = (Disbursed, AidDelivered, MoneyDrawn)

# --- What one event touches ------------------------------------------------------------------------


def unit(event: RosterFiled | SummaryFiled, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The unit that files."""
    return (Subject(event.campaign, "unit", event.unit),)


def paying_unit(event: PayoutReturned, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The unit whose payout comes back."""
    return (Subject(event.campaign, "unit", event.unit),)


def entry(event: Event, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The entry as a subject, within its campaign where it has one."""
    campaign = event.__dict__.get("campaign") or NO_CAMPAIGN
    return (Subject(campaign, "event", str(item.position)),)


def entry_after_the_fact(event: AfterTheFact, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """An entry that skipped an invariant."""
    return entry(event, item, look) if event.after_the_fact else ()


def entry_if_late(event: Event, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """An entry of an earlier date of business than the day of its recording."""
    act = item.act
    return entry(event, item, look) if act.recorded_on > act.statement.on else ()


def entry_if_phased(event: Event, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """An entry of a type that a phase of some policy names."""
    return entry(event, item, look) if event.NAME in look.phased else ()


def against_whom(event: ConductReported, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The officer against whom conduct is reported, or the unit where no officer is named."""
    if event.officer is None:
        return (Subject(event.campaign, "unit", event.unit),)
    return (Subject(event.campaign, "officer", event.officer),)


def revoked_key(event: KeyRevoked, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The key that is revoked, and those that end with it."""
    ended = look.compromised_at.get(item.position, ())
    return [Subject(NO_CAMPAIGN, "key", key) for key in sorted({event.key, *ended})]


def replaced_key(event: KeyRotated, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The key that is replaced, if one is."""
    return (Subject(NO_CAMPAIGN, "key", event.replaces),) if event.replaces is not None else ()


def the_person(
    event: OfficerEnrolled | OfficerIdentified | RolesChanged, item: Recorded, look: Lookup
) -> Iterable[Subject]:
    """The officer, under every code that the person has."""
    yield Subject(NO_CAMPAIGN, "officer", event.officer)
    for other in sorted(look.codes_of_person[event.officer]):
        yield Subject(NO_CAMPAIGN, "officer", other)


def signing_alone(
    event: OfficerEnrolled | RolesChanged | KeyRotated, item: Recorded, look: Lookup
) -> Sequence[Subject]:
    """The registrar who signed alone what takes two."""
    officer = look.alone_at.get(item.position)
    return () if officer is None else (Subject(NO_CAMPAIGN, "officer", officer),)


def revealing(event: IdentityRevealed, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The key to which an identity is shown."""
    return (Subject(NO_CAMPAIGN, "key", item.act.statement.by),)


def holding(event: MoneyDrawn | DrawnReturned, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """What a unit holds of a line, as ``line@unit``."""
    return (Subject(event.campaign, "line", f"{event.line}@{event.unit}"),)


def line(event: Any, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The line, if the event names one."""
    return (Subject(event.campaign, "line", event.line),) if event.line is not None else ()


def both_lines(event: FundTransferred, item: Recorded, look: Lookup) -> Sequence[Subject]:
    """The lines between which funds are moved."""
    return tuple(Subject(event.campaign, "line", name) for name in (event.from_line, event.to_line))


def line_after_the_fact(event: Disbursed | MoneyDrawn, item: Recorded, look: Lookup) -> Iterable[Subject]:
    """The line of a payment after the fact, which may leave it below zero."""
    return line(event, item, look) if event.after_the_fact else ()


# --- What rules share ------------------------------------------------------------------------------

set_policy = Triggers({(CampaignOpened, PolicyAmended): entry})
"""The entry that opens a campaign with a policy, or amends it."""

nothing = Triggers({})
"""For a rule that is asked only when a day ends or a campaign closes."""

filing_unit = Triggers({(RosterFiled, SummaryFiled): unit})
"""The unit that files a roster or a summary."""

after_the_fact = Triggers({AFTER_THE_FACT: entry_after_the_fact})
"""An entry that skipped an invariant."""

late_entry = Triggers({EVERY: entry_if_late})
"""An entry of an earlier date of business than the day of its recording."""

dated_entry = Triggers({IN_CAMPAIGN: entry_if_phased, OUT_OF_FUNDS: entry})
"""An entry whose date a window or a phase of its campaign judges."""

reported = Triggers({ConductReported: against_whom})
"""The officer against whom conduct is reported, or the unit where no officer is named."""

roles_held = Triggers({(OfficerEnrolled, OfficerIdentified, RolesChanged): the_person})
"""The person whose roles or identity change."""

ended_key = Triggers({KeyRevoked: revoked_key, KeyRotated: replaced_key})
"""The key that is revoked or replaced."""

acting_alone = Triggers({(OfficerEnrolled, RolesChanged, KeyRotated): signing_alone})
"""The registrar who signs alone what takes two."""

revealing_key = Triggers({IdentityRevealed: revealing})
"""The key to which an identity is shown."""

drawing = Triggers({MoneyDrawn: holding})
"""What a unit holds of a line, when it draws more."""

returned_drawing = Triggers({DrawnReturned: holding})
"""What a unit holds of a line, when it gives some back."""

funded_line = Triggers({(FundAllocated, FundReturned): line, FundTransferred: both_lines})
"""The lines between which funds are moved."""

moved_line = funded_line.but(
    {(Disbursed, MoneyDrawn): line_after_the_fact, (PayoutReturned, DrawnReturned): line}
)
"""The line that may fall below zero, by what is recorded after the fact, or rise again."""

unit_taking_back = Triggers({PayoutReturned: paying_unit})
"""The unit whose payout comes back."""
