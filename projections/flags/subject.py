"""What a subject is (疑点对象), and how rules say which of them an event touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ledger.domain.event import Event
from ledger.events.payout import AidDelivered, Disbursed
from projections.flags.lookup import Lookup
from projections.frame.recorded import Recorded

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
        """``kind:campaign/name``: the subject as one key.

        >>> Subject("b2026", "unit", "tea").text, Subject(NO_CAMPAIGN, "officer", "li").text
        ('unit:b2026/tea', 'officer:-/li')
        """
        return f"{self.kind}:{self.campaign}/{self.name}"


PAID = (Disbursed, AidDelivered)
"""Events by which something reaches a recipient."""

Handler = Callable[[Any, Recorded, Lookup], Iterable[Subject]]
"""The subjects of one event, to be evaluated as of its position; all it needs is in the lookup."""


class Triggers:
    """Tells the subjects that events touch: which function answers for which types of event.

    Rules share these, and these share their functions, so that each function is asked once a batch.
    """

    def __init__(self, answers: Mapping[type[Event] | tuple[type[Event], ...], Handler]) -> None:
        self.handlers: dict[type[Event], Handler] = {}
        for types, handler in answers.items():
            for kind in types if isinstance(types, tuple) else (types,):
                self.handlers[kind] = handler

    def but(self, answers: Mapping[type[Event] | tuple[type[Event], ...], Handler | None]) -> Triggers:
        """The same with other functions for some types, or with none."""
        changed = Triggers({})
        changed.handlers = dict(self.handlers)
        for types, handler in answers.items():
            for kind in types if isinstance(types, tuple) else (types,):
                if handler is None:
                    changed.handlers.pop(kind)
                else:
                    changed.handlers[kind] = handler
        return changed
