"""Receiving what recipients say by their slips (凭条反馈收件): committed to by the ledger before it is acknowledged.

Nothing is kept beside the ledger: what was not recorded was not received, and is said again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from api.objections.queries import new_number
from api.objections.receiving import being_rotated, is_outdated, signed_receipt
from api.objections.words import plain_words
from ledger.domain.entry import act_of
from ledger.errors import Refused
from ledger.events.slip import (
    SLIP_UNKNOWN,
    RecipientSpoke,
    read_slip_number,
    slip_digest,
)
from ledger.events.voice import Answer
from ledger.storage.store import OpenStore
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer


class OfSlip(NamedTuple):
    """What a slip is about, by its hash; it is ``replaced`` where another was issued for the payout since."""

    digest: str
    payout: str
    campaign: str
    campaign_title: str
    unit: str
    unit_name: str
    amount_fen: int
    paid_on: str
    answers: int
    replaced: bool


class SaidBefore(NamedTuple):
    """What was said by a slip, under which receipt number, at which entry and on which day (UTC)."""

    number: str
    position: int
    said_on: str
    answer: Answer
    received_fen: int | None


def of_slip(connection: psycopg.Connection[Any], number: str) -> OfSlip:
    """What stands of the slip of that number, as typed.

    Raises:
        Refused: ``slip-unknown``.
    """
    digest = slip_digest(read_slip_number(number))
    row = connection.execute(
        "SELECT s.value ->> 'payout', p.value ->> 'campaign', c.value ->> 'title', p.value ->> 'unit',"
        " u.value ->> 'name', (p.value ->> 'amount_fen')::bigint, e.data, coalesce((s.value ->> 'answers')::int, 0),"
        " o.value ->> 'digest' <> %(digest)s"
        " FROM ledger.standing s"
        " JOIN ledger.standing p ON p.key = 'payout/' || (s.value ->> 'payout')"
        " JOIN ledger.standing o ON o.key = 'slip-of-payout/' || (s.value ->> 'payout')"
        " JOIN ledger.standing c ON c.key = 'campaign/' || (p.value ->> 'campaign')"
        " JOIN ledger.standing u ON u.key = 'unit/' || (p.value ->> 'unit')"
        " JOIN ledger.entries e ON e.statement_id = (s.value ->> 'payout')::uuid"
        " WHERE s.key = 'slip/' || %(digest)s",
        {"digest": digest},
    ).fetchone()
    if row is None:
        raise SLIP_UNKNOWN.refused()
    payout, campaign, title, unit, name, amount_fen, paid, answers, replaced = row
    paid_on = act_of(bytes(paid)).statement.on
    return OfSlip(digest, payout, campaign, title, unit, name, amount_fen, paid_on, answers, replaced)


def said_by(connection: psycopg.Connection[Any], digest: str) -> list[SaidBefore]:
    """What was said by a slip, the newest first."""
    found = connection.execute(
        "SELECT e.position, e.data FROM ledger.entries e WHERE e.tags @> array[%s] ORDER BY e.position DESC",
        (f"slip:{digest}",),
    ).fetchall()
    said = []
    for position, data in found:
        act = act_of(bytes(data))
        assert isinstance(act.event, RecipientSpoke)
        event = act.event
        said.append(SaidBefore(event.number, position, act.statement.on, event.answer, event.received_fen))
    return said


def receive(
    store: OpenStore,
    writer: Writer,
    slip: OfSlip,
    answer: Answer,
    received_fen: int | None,
    words: str | None,
) -> tuple[str, int]:
    """Have the ledger commit to what was said; the receipt number, and the position of the entry.

    Raises:
        Refused: ``slip-replaced``, ``slip-used-up``, ``answer-not-less``, ``text-holds-identity``.
    """
    event = RecipientSpoke(
        campaign=slip.campaign,
        unit=slip.unit,
        payout=slip.payout,
        slip=slip.digest,
        number=new_number(),
        answer=answer,
        received_fen=received_fen,
        words=None if words is None else plain_words(words) or None,
    )
    # The ledger's key may be replaced between the signature and the decision.
    for _ in range(2):
        signed = signed_receipt(store, event)
        try:
            return event.number, writer.record(Submission(signed.envelope, None)).position
        except Refused as refusal:
            if not is_outdated(writer, signed, refusal):
                raise
    raise being_rotated()
