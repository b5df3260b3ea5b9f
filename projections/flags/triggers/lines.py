"""Triggers of rules about fund lines, and about what units hold of them (资金项目)."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.carry_over import FundsCarriedOver
from ledger.events.collective import CollectiveHelpGiven, CollectiveHelpReturned
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated, FundTransferred
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _held(event: MoneyDrawn | DrawnReturned, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "line", f"{event.line}@{event.unit}"),)


def _funded(event: FundAllocated | FundReturned, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "line", event.line),)


def _both(event: FundTransferred, item: Recorded) -> Iterable[Subject]:
    return [Subject(event.campaign, "line", name) for name in (event.from_line, event.to_line)]


def _carried(event: FundsCarriedOver, item: Recorded) -> Iterable[Subject]:
    yield Subject(event.campaign, "line", event.from_line)
    yield Subject(event.to_campaign, "line", event.to_line)


def _site(event: CollectiveHelpGiven | CollectiveHelpReturned, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "line", event.line),)


site_helped = Trigger((CollectiveHelpGiven,), _site)
"""Help given to a site: the line that paid it."""

site_returned = Trigger((CollectiveHelpReturned,), _site)
"""Help to a site that came back: the line that has it again."""

money_drawn = Trigger((MoneyDrawn,), _held)
"""A drawing: what its unit holds of the line, as ``line@unit``."""

drawing_returned = Trigger((DrawnReturned,), _held)
"""Drawn money given back: what its unit holds of the line, as ``line@unit``."""

FUNDS_MOVED = (
    Trigger((FundAllocated, FundReturned), _funded),
    Trigger((FundTransferred,), _both),
    Trigger((FundsCarriedOver,), _carried),
)
"""Funds that are allocated, returned to their source, transferred or carried over: the lines concerned."""
