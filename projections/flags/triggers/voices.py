"""What recipients say of payouts (受助人反馈), called back or by a slip."""

from collections.abc import Iterable

from ledger.events.slip import RecipientSpoke, SlipsIssued
from ledger.events.voice import CallBackRecorded
from projections.flags.subject import Subject
from projections.flags.trigger import Trigger
from projections.frame.recorded import Recorded


def _payout(event: CallBackRecorded | RecipientSpoke, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "payout", event.payout),)


def _unit(event: CallBackRecorded | RecipientSpoke, item: Recorded) -> Iterable[Subject]:
    return (Subject(event.campaign, "unit", event.unit),)


def _slips(event: SlipsIssued, item: Recorded) -> Iterable[Subject]:
    return [Subject(event.campaign, "payout", each.payout) for each in event.slips]


recipient_denied = Trigger(
    (CallBackRecorded, RecipientSpoke),
    _payout,
    when=lambda event: event.answer in ("less", "given-back", "never"),
)
"""An answer that denies a payout, or a part of it."""

recipient_agreed = Trigger(
    (CallBackRecorded, RecipientSpoke), _payout, when=lambda event: event.answer == "received"
)
"""An answer that agrees: the payout, which it may clear."""

given_back = Trigger(
    (CallBackRecorded, RecipientSpoke), _unit, when=lambda event: event.answer == "given-back"
)
"""A recipient gave a payout back to somebody: its unit."""

slips_issued = Trigger((SlipsIssued,), _slips)
"""Slips made out: their payouts."""
