"""What a subject is (疑点对象), and how rules say which of them an event touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, cast

from ledger.event import Event
from ledger.events.payout import AidDelivered, Disbursed
from projections.flags.lookup import Lookup
from projections.recorded import Recorded

SUBJECT_TITLES = {
    "person": ("个人", "person"),
    "case": ("提名", "nomination"),
    "payout": ("发放", "payout"),
    "dossier": ("档案", "dossier"),
    "household": ("家庭", "household"),
    "account": ("账户", "account"),
    "phone": ("电话", "phone"),
    "address": ("住址", "address"),
    "event": ("账目", "entry"),
    "unit": ("单位", "unit"),
    "officer": ("人员", "officer"),
    "line": ("资金科目", "fund line"),
    "key": ("密钥", "key"),
    "pair": ("两份档案", "two dossiers"),
}

NO_CAMPAIGN = "-"
"""The campaign of a subject that stands outside all campaigns: a key, an officer, a dossier."""


class Subject(NamedTuple):
    """Whom or what a flag is about, within a campaign: its kind and name."""

    campaign: str
    kind: str
    name: str

    @property
    def text(self) -> str:
        """``kind:campaign/name``: the subject as one key."""
        return f"{self.kind}:{self.campaign}/{self.name}"


class Touching(Protocol):
    """Tells the subjects that an event touches; it is only asked of events of its ``types``."""

    types: frozenset[type[Event]]

    def __call__(self, item: Recorded, look: Lookup) -> Iterable[Subject]:
        """The subjects to evaluate as of the event's position."""
        ...


def of(*types: type[Event]) -> Callable[[Callable[[Recorded, Lookup], Iterable[Subject]]], Touching]:
    """Declares the types of the events that a function is asked of."""

    def declare(function: Callable[[Recorded, Lookup], Iterable[Subject]]) -> Touching:
        touching = cast(Touching, function)
        touching.types = frozenset(types)
        return touching

    return declare


PAID = (Disbursed, AidDelivered)
"""Events by which something reaches a recipient."""
