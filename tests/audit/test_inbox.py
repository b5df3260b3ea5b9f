"""The public's inbox tampered with: what was received is committed to, and each change is found."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest

from api.objections import queries as inbox
from api.objections.receiving import (
    keep_recorded,
    receive,
    record_pending,
    signed_receipt,
)
from ledger.audit.audit import Trust
from ledger.audit.database import Secrets, examine
from ledger.audit.history import Recorded
from ledger.clock import utc_now
from ledger.crypto.keys import public_hex
from ledger.domain.entry import act_of
from ledger.errors import Refused, Unavailable
from ledger.events.inbox import ObjectionReceived
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.events.nomination import NoticePosted
from ledger.events.opening import objection_digest
from ledger.findings import Finding
from ledger.log.proofs import head
from ledger.writing.signing import Signer
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.waiting import wait_until


@pytest.fixture
def received(founded: Founded) -> Founded:
    """A ledger with a notice and three objections to it."""
    with founded.store.writer() as writer:
        case, _ = founded.nominated(writer)
        posted = NoticePosted(
            campaign="b2026", unit="tea", cases=[case], start=founded.day(), end=founded.day(), place="门口"
        )
        notice = founded.record(writer, "tea-confirmer", posted).id
        founded.store.ledger = founded.ledger
        row = {"case_id": case, "campaign": "b2026", "unit": "tea"}
        with founded.store.connect() as connection:
            for text in ("此人并不困难", "另有房产", "不是职工"):
                receive(connection, founded.store, writer, notice, row, text)
    return founded


def found(founded: Founded) -> list[tuple[str, bool]]:
    findings: list[Finding] = []
    store = founded.store
    with store.connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        recorded = Recorded(connection, head(connection), {}, whole=True)
        secrets = Secrets(store.vault(), store.marker())
        examine(connection, recorded, Trust(store.log_keys()), findings.append, secrets=secrets)
    return [
        (each.fault.code, each.grave)
        for each in findings
        if each.fault.code.startswith(("inbox", "standing"))
    ]


def test_what_was_received_holds(received: Founded) -> None:
    assert found(received) == []


TAMPERED: dict[str, tuple[LiteralString, str]] = {
    "one is deleted": (
        "DELETE FROM ledger.inbox WHERE number = (SELECT min(number) FROM ledger.inbox)",
        "inbox-missing",
    ),
    "its words are changed": (
        "UPDATE ledger.inbox SET text = '此人确实困难' WHERE text = '此人并不困难'",
        "inbox-differs",
    ),
    "its time is changed": (
        "UPDATE ledger.inbox SET received_at = received_at + interval '8 days' WHERE text = '另有房产'",
        "inbox-differs",
    ),
    "it is moved to another unit": (
        "UPDATE ledger.inbox SET unit = 'sugar' WHERE text = '另有房产'",
        "inbox-differs",
    ),
    "it is said to be taken down": (
        "UPDATE ledger.inbox SET statement = gen_random_uuid() WHERE text = '另有房产'",
        "inbox-differs",
    ),
    "two are exchanged": (
        "UPDATE ledger.inbox a SET salt = b.salt, text = b.text FROM ledger.inbox b"
        " WHERE a.text = '另有房产' AND b.text = '不是职工'",
        "inbox-differs",
    ),
    "one is added": (
        "INSERT INTO ledger.inbox (number, notice, case_id, campaign, unit, text)"
        " SELECT 'ADDED', notice, case_id, campaign, unit, '很好' FROM ledger.inbox LIMIT 1",
        "inbox-unexpected",
    ),
    "one is added with another's receipt": (
        "INSERT INTO ledger.inbox (number, received_at, notice, case_id, campaign, unit, text, salt, receipt,"
        " envelope) SELECT 'ADDED', received_at, notice, case_id, campaign, unit, '很好', salt,"
        " gen_random_uuid(), envelope FROM ledger.inbox LIMIT 1",
        "inbox-unexpected",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_each_change_of_the_inbox_is_named(received: Founded, what: str) -> None:
    statement, code = TAMPERED[what]
    with received.store.connect() as connection:
        connection.execute(statement)
    assert found(received) == [(code, True)]


def test_one_of_before_the_commitment_is_said_to_be_so(received: Founded) -> None:
    with received.store.connect() as connection:
        connection.execute(
            "INSERT INTO ledger.inbox (number, received_at, notice, case_id, campaign, unit, text)"
            " SELECT 'OLD', '2025-01-01', notice, case_id, campaign, unit, '很好' FROM ledger.inbox LIMIT 1"
        )
        recorded = Recorded(connection, head(connection), {}, whole=True)
        summary = examine(connection, recorded, Trust((received.log_key,)), lambda finding: None)
    assert "inbox-uncommitted" in [each.code for each in summary.unchecked]
    assert found(received) == []


@pytest.fixture
def on_its_way(received: Founded) -> ObjectionReceived:
    """The service was lost between the row and its event, two minutes ago: nobody has the number yet."""
    with received.store.connect() as connection:
        row = connection.execute("SELECT case_id, notice FROM ledger.inbox LIMIT 1").fetchone()
        assert row is not None
        words = inbox.Words("后来才到", utc_now() - timedelta(minutes=2), bytes(32))
        event = ObjectionReceived(
            campaign="b2026",
            unit="tea",
            case=row[0],
            notice=row[1],
            number=inbox.new_number(),
            digest=objection_digest(words.salt, words.received_at, words.text),
        )
        inbox.keep(connection, event, words, signed_receipt(received.store, event))
    return event


def commitments(founded: Founded, number: str) -> list[ObjectionReceived]:
    """What the ledger recorded under the receipt that the row has."""
    with founded.store.connect() as connection:
        rows = connection.execute(
            "SELECT e.data FROM ledger.inbox i JOIN ledger.entries e ON e.statement_id = i.receipt"
            " WHERE i.number = %s",
            (number,),
        ).fetchall()
    events = [act_of(bytes(data)).event for (data,) in rows]
    return [event for event in events if isinstance(event, ObjectionReceived)]


def test_one_on_its_way_is_recorded_later_and_shown_to_nobody_before(
    received: Founded, on_its_way: ObjectionReceived
) -> None:
    store = received.store
    assert found(received) == [("inbox-pending", False)]
    with store.connect() as connection, store.writer() as writer:
        [signed] = inbox.pending(connection)
        assert commitments(received, on_its_way.number) == []
        record_pending(connection, store, writer)
        assert inbox.pending(connection) == []
    assert commitments(received, on_its_way.number) == [on_its_way]
    assert act_of(entries(store)[-1][1]).id == signed.id
    assert found(received) == []


def test_the_service_records_it_though_nobody_objects_again(
    received: Founded, on_its_way: ObjectionReceived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.objections.receiving.PENDING_SECONDS", 0.05)
    store = received.store
    with store.connect() as connection, store.writer() as writer:
        writer.pause("a witness", Unavailable("set-back", "暂停", "paused", 1))
        stop = threading.Event()
        thread = threading.Thread(target=keep_recorded, args=(store, writer, stop))
        thread.start()
        try:
            assert commitments(received, on_its_way.number) == []
            writer.resume("a witness")
            wait_until(lambda: inbox.pending(connection) == [])
        finally:
            stop.set()
            thread.join(20)
    assert commitments(received, on_its_way.number) == [on_its_way]


def test_one_on_its_way_when_the_ledgers_key_is_rotated_keeps_its_number_and_its_hash(
    received: Founded, on_its_way: ObjectionReceived
) -> None:
    store = received.store
    rotation = LedgerKeyRotated(public_key=public_hex(store.next_ledger_key()), reason="定期更换")
    with store.writer() as writer:
        received.record(writer, "registrar", rotation)
    assert found(received) == [("inbox-pending", False)]
    with store.connect() as connection, store.writer() as writer:

        def is_recorded() -> bool:
            # In the very second of the rotation the new key does not sign yet.
            with suppress(Unavailable):
                record_pending(connection, store, writer)
            return inbox.pending(connection) == []

        wait_until(is_recorded, 10)
        record_pending(connection, store, writer)
    assert commitments(received, on_its_way.number) == [on_its_way]
    recorded = [act_of(entry).event for _, entry in entries(store)]
    assert recorded.count(on_its_way) == 1
    assert found(received) == []


def test_one_that_the_ledger_never_signed_is_not_signed_for(
    received: Founded, on_its_way: ObjectionReceived
) -> None:
    store = received.store
    forged = received.sign("tea-confirmer", on_its_way)
    with store.connect() as connection, store.writer() as writer:
        connection.execute(
            "UPDATE ledger.inbox SET envelope = %s WHERE number = %s",
            (forged.envelope, on_its_way.number),
        )
        record_pending(connection, store, writer)
    assert commitments(received, on_its_way.number) == []
    assert found(received) == [("inbox-unexpected", True)]


def test_numbers_and_officers_cannot_stand_in(received: Founded) -> None:
    with received.store.connect() as connection, received.store.writer() as writer:
        row = connection.execute("SELECT case_id, notice, number FROM ledger.inbox LIMIT 1").fetchone()
        assert row is not None
        event = ObjectionReceived(
            campaign="b2026", unit="tea", case=row[0], notice=row[1], number=row[2], digest="0" * 64
        )
        with pytest.raises(Refused) as refused:
            received.record(writer, "tea-confirmer", event)
        assert refused.value.code == "not-the-ledger"
        with pytest.raises(Refused) as refused:
            writer.record(Signer(received.store.ledger_key(), received.ledger).sign(event))
        assert refused.value.code == "already-registered"


def test_the_hash_holds_the_words_and_the_time() -> None:
    at = utc_now()
    digest = objection_digest(b"salt", at, "此人并不困难")
    assert digest != objection_digest(b"salt", at, "此人并不困难 ")
    assert digest != objection_digest(b"other", at, "此人并不困难")
    assert len(digest) == 64


def test_one_receipt_stands_for_one_row(received: Founded) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation), received.store.connect() as connection:
        connection.execute(
            "INSERT INTO ledger.inbox (number, notice, case_id, campaign, unit, text, receipt)"
            " SELECT 'TWICE', notice, case_id, campaign, unit, text, receipt FROM ledger.inbox LIMIT 1"
        )
