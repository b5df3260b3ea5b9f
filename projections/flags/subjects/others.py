"""Units, officers, keys, lines and entries that events touch (单位、人员、密钥、科目、账目)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledger.event import AfterTheFact, Event
from ledger.events.campaign import RosterFiled, SummaryFiled
from ledger.events.funds import FundAllocated, FundReturned, FundTransferred
from ledger.events.oversight import ConductReported
from ledger.events.payout import (
    AidDelivered,
    Disbursed,
    DrawnReturned,
    MoneyDrawn,
    PayoutReturned,
)
from ledger.events.registry import KeyRevoked, KeyRotated
from projections.flags.lookup import Lookup
from projections.flags.subject import NO_CAMPAIGN, Subject, of
from projections.recorded import Recorded

IN_CAMPAIGN = tuple(kind for kind in Event.types.values() if "campaign" in kind.model_fields)
AFTER_THE_FACT = tuple(kind for kind in Event.types.values() if issubclass(kind, AfterTheFact))


@of()
def nothing(item: Recorded, look: Lookup) -> Iterable[Subject]:
    """For a rule that is asked only when a day ends or a campaign closes."""
    return ()


@of(RosterFiled, SummaryFiled)
def filing_unit(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The unit that files a roster or a summary."""
    match item.event:
        case RosterFiled() | SummaryFiled() as event:
            yield Subject(event.campaign, "unit", event.unit)


@of(*AFTER_THE_FACT)
def after_the_fact(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry that skipped an invariant."""
    if item.event.__dict__["after_the_fact"]:
        yield entry_of(item)


@of(*Event.types.values())
def late_entry(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry of an earlier date of business than the day of its recording."""
    act = item.act
    if act.recorded_on > act.statement.on:
        yield entry_of(item)


@of(*IN_CAMPAIGN)
def dated_entry(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """An entry whose date a window or a phase of its campaign judges."""
    event = item.event
    if isinstance(event, Disbursed | AidDelivered | MoneyDrawn) or event.NAME in look.phased:
        yield entry_of(item)


def entry_of(item: Recorded) -> Subject:
    """The entry as a subject, within its campaign where it has one."""
    return Subject(item.event.__dict__.get("campaign") or NO_CAMPAIGN, "event", str(item.position))


@of(ConductReported)
def reported(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The officer against whom conduct is reported, or the unit where no officer is named."""
    match item.event:
        case ConductReported(officer=None) as event:
            yield Subject(event.campaign, "unit", event.unit)
        case ConductReported() as event:
            yield Subject(event.campaign, "officer", str(event.officer))


@of(KeyRevoked, KeyRotated)
def ended_key(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The key that is revoked or replaced."""
    match item.event:
        case KeyRevoked() as event:
            yield Subject(NO_CAMPAIGN, "key", event.key)
        case KeyRotated(replaces=str()) as event:
            yield Subject(NO_CAMPAIGN, "key", str(event.replaces))


@of(DrawnReturned)
def returned_drawing(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """What a unit holds of a line, as ``line@unit``, when it gives some back."""
    match item.event:
        case DrawnReturned() as event:
            yield Subject(event.campaign, "line", f"{event.line}@{event.unit}")


@of(FundAllocated, FundReturned, FundTransferred)
def funded_line(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The lines between which funds are moved."""
    match item.event:
        case FundAllocated() | FundReturned() as event:
            yield Subject(event.campaign, "line", event.line)
        case FundTransferred() as event:
            yield Subject(event.campaign, "line", event.from_line)
            yield Subject(event.campaign, "line", event.to_line)


@of(FundAllocated, FundReturned, FundTransferred, Disbursed, MoneyDrawn, PayoutReturned, DrawnReturned)
def moved_line(item: Recorded, look: Lookup) -> Iterator[Subject]:
    """The line that may fall below zero, by what is recorded after the fact, or rise again."""
    match item.event:
        case Disbursed(after_the_fact=True) | MoneyDrawn(after_the_fact=True) as event:
            yield Subject(event.campaign, "line", event.line)
        case PayoutReturned(line=str()) | DrawnReturned() as event:
            yield Subject(event.campaign, "line", str(event.line))
        case _:
            yield from funded_line(item, look)
