"""Losses (丢失): what was published, is in the database no more, and was owned to by a registrar.

Who had seen it, a witness above all, knows another history from there on for good. That is answered
by the event that names it, :class:`ledger.events.recovery.SetBackAccepted`.
"""

from __future__ import annotations

from typing import Any

import psycopg

from ledger.domain.entry import act_of
from ledger.events.recovery import SetBackAccepted


def is_owned_to(connection: psycopg.Connection[Any], size: int) -> bool:
    """Whether a checkpoint of ``size`` entries, which is not of this history, is of one accepted as lost.

    It is where it covers more than the copy held and no more than was said to have been published.
    """
    rows = connection.execute(
        "SELECT data FROM ledger.entries WHERE type = %s ORDER BY position DESC", (SetBackAccepted.topic(),)
    )
    events = (act_of(bytes(data)).event for (data,) in rows)
    return any(isinstance(event, SetBackAccepted) and event.head < size <= event.size for event in events)
