"""Receiving what the public objects to (异议收件): kept, committed to, and only then given a number."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import psycopg
import structlog

from api.objections import queries as inbox
from ledger.clock import utc_now
from ledger.domain.admission import KEY_NOT_YET_VALID, NOT_THE_LEDGER, ON_TOO_EARLY
from ledger.domain.event import Event, parse_event
from ledger.domain.state import Key
from ledger.errors import Refused, Unavailable
from ledger.events.inbox import ObjectionReceived
from ledger.events.opening import objection_digest
from ledger.events.registry import LEDGER_ITSELF
from ledger.statements.statement import parse_envelope, parse_statement, sign
from ledger.storage.store import OpenStore
from ledger.supervision import repeat
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

SALT_BYTES = 32
PENDING_SECONDS = 60.0
OUTDATED = frozenset({NOT_THE_LEDGER, KEY_NOT_YET_VALID, ON_TOO_EARLY})
"""How a receipt is refused that the ledger's own key signed before it was rotated, in the very second
of that, or too many days ago. Each is decided after the signature was verified.
"""

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

    Where the ledger cannot be reached in between, the row carries the signed receipt, which the service
    records once it can (:func:`keep_recorded`); whoever wrote it has no number, and was told to try again.
    Answers the number, and the position of the entry.
    """
    words = inbox.Words(text, utc_now(), secrets.token_bytes(SALT_BYTES))
    event = ObjectionReceived(
        campaign=case["campaign"],
        unit=case["unit"],
        case=case["case_id"],
        notice=notice_id,
        number=inbox.new_number(),
        digest=objection_digest(words.salt, words.received_at, words.text),
    )
    signed = signed_receipt(store, event)
    inbox.keep(connection, event, words, signed)
    try:
        position = _recorded(connection, store, writer, signed)
    except Refused:
        inbox.drop(connection, event.number)
        raise
    return event.number, position


def record_pending(connection: psycopg.Connection[Any], store: OpenStore, writer: Writer) -> None:
    """Record receipts that were signed and not recorded: the same statement again is the same entry."""
    for signed in inbox.pending(connection):
        try:
            _recorded(connection, store, writer, signed)
        except Refused as refusal:
            _log.error("a receipt for an objection is refused", code=refusal.code)


def keep_recorded(store: OpenStore, writer: Writer, stop: threading.Event) -> None:
    """Record what is pending, until told to stop, whether or not anybody objects again."""

    def record_now() -> None:
        with store.connect() as connection:
            record_pending(connection, store, writer)

    repeat(
        record_now,
        stop,
        every_seconds=PENDING_SECONDS,
        tolerate=(Unavailable, psycopg.Error),
        failure="receipts for objections are not recorded yet",
    )


def signed_receipt(store: OpenStore, event: Event) -> inbox.Signed:
    """The ledger's word that it received something, under its key in force."""
    assert store.ledger is not None
    key = store.ledger_key()
    statement = Signer(key, store.ledger).statement(event)
    return inbox.Signed(statement.id, sign(statement, key).raw)


def _recorded(
    connection: psycopg.Connection[Any], store: OpenStore, writer: Writer, signed: inbox.Signed
) -> int:
    """The position of a receipt's entry; one that the ledger signed too long ago is signed anew.

    Its number and its hash stay what they were.

    Raises:
        Refused: it is at fault otherwise.
        Unavailable: it is outdated again; then its row keeps it for later.
    """
    try:
        return writer.record(Submission(signed.envelope, None)).position
    except Refused as refusal:
        if not is_outdated(writer, signed, refusal):
            raise
    statement = parse_statement(parse_envelope(signed.envelope).payload)
    event = parse_event(statement.type, statement.body)
    assert isinstance(event, ObjectionReceived)
    again = signed_receipt(store, event)
    if not inbox.sign_anew(connection, signed, again):
        raise being_rotated()  # somebody else was first
    try:
        return writer.record(Submission(again.envelope, None)).position
    except Refused as refusal:
        if is_outdated(writer, again, refusal):
            raise being_rotated() from None
        raise


def is_outdated(writer: Writer, signed: inbox.Signed, refusal: Refused) -> bool:
    """Whether it is refused for its time alone, and by a key that is, or once was, the ledger's own."""
    by = parse_statement(parse_envelope(signed.envelope).payload).by
    key = writer.state.find(Key, by)
    return refusal.rule in OUTDATED and key is not None and key.officer == LEDGER_ITSELF


def being_rotated() -> Unavailable:
    """Try again: the ledger's key was replaced between a signature and its decision."""
    return Unavailable(
        "ledger-key-changing",
        "台账正在更换密钥，请稍后再试",
        "the ledger's key is being replaced: try again later",
        2,
    )
