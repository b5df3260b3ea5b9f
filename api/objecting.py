"""Receiving what the public objects to (异议收件): kept, committed to, and only then given a number."""

from __future__ import annotations

import secrets
from typing import Any

import psycopg
import structlog

from api.queries import inbox
from ledger.clock import utc_now
from ledger.errors import Refused
from ledger.events.inbox import ObjectionReceived, objection_digest
from ledger.intake import Submission
from ledger.signing import Signer
from ledger.statement import sign
from ledger.store import OpenStore
from ledger.writer import Writer

SALT_BYTES = 32

_log = structlog.get_logger(__name__)


def receive(
    connection: psycopg.Connection[Any],
    store: OpenStore,
    writer: Writer,
    notice_id: str,
    case: dict[str, Any],
    text: str,
) -> tuple[str, int]:
    """Keep what was written, have the ledger commit to it, and only then give its number.

    Where the ledger cannot be reached in between, the row carries the signed receipt, which is recorded
    with the next objection; whoever wrote it has no number, and was told to try again.
    Answers the number, and the position of the entry.
    """
    assert store.ledger is not None
    words = inbox.Words(text, utc_now(), secrets.token_bytes(SALT_BYTES))
    event = ObjectionReceived(
        campaign=case["campaign"],
        unit=case["unit"],
        case=case["case_id"],
        notice=notice_id,
        number=inbox.new_number(),
        digest=objection_digest(words.salt, words.received_at, words.text),
    )
    key = store.ledger_key()
    statement = Signer(key, store.ledger).statement(event)
    envelope = sign(statement, key).raw
    inbox.keep(connection, event, words, inbox.Signed(statement.id, envelope))
    try:
        receipt = writer.record(Submission(envelope, None))
    except Refused:
        inbox.drop(connection, event.number)
        raise
    return event.number, receipt.position


def record_pending(connection: psycopg.Connection[Any], writer: Writer) -> None:
    """Record receipts that were signed and not recorded: the same statement again is the same entry."""
    for envelope in inbox.pending(connection):
        try:
            writer.record(Submission(envelope, None))
        except Refused as refusal:
            _log.error("a receipt for an objection is refused", code=refusal.code)
