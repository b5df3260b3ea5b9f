"""Entries as subjects of rules (记录)."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.domain.event import Event
from projections.flags.subject import NO_CAMPAIGN, Subject
from projections.frame.recorded import Recorded


def entry(event: Event, item: Recorded) -> Iterable[Subject]:
    """The entry itself, within its campaign where it has one."""
    campaign = event.__dict__.get("campaign") or NO_CAMPAIGN
    return (Subject(campaign, "event", str(item.position)),)
