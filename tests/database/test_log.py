"""The Merkle log in a real database: published while statements arrive, proved, never contradicted."""

from __future__ import annotations

import time

import psycopg
import pytest

from ledger.crypto.keys import new_key
from ledger.crypto.merkle import Tree, leaf_hash, verify_consistency
from ledger.errors import Misconfigured, Refused
from ledger.log.checkpoint import Checkpoint, open_checkpoint, verify_proof
from ledger.log.proofs import (
    cosigned,
    entry_bundle,
    first_checkpoint_over,
    latest_checkpoint,
    prove,
    prove_consistent,
    stored_tiles,
)
from ledger.log.publisher import Publisher
from ledger.log.tiles import Tile
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.writer import Writer
from tests.database.test_writer import entries, fund
from tests.founding import Founded


def opened(founded: Founded, note: bytes | None) -> Checkpoint:
    assert note is not None
    return open_checkpoint(note, [founded.log_key])[0]


def check_log(founded: Founded) -> Checkpoint:
    """The newest checkpoint covers all entries, and is their tree's."""
    recorded = entries(founded.store)
    with founded.store.connect() as connection:
        checkpoint = opened(founded, latest_checkpoint(connection))
    assert checkpoint.size == len(recorded)
    assert checkpoint.root == Tree([leaf_hash(entry) for _, entry in recorded]).root
    return checkpoint


def test_what_was_recorded_is_under_a_checkpoint_when_the_writer_has_gone(founded: Founded) -> None:
    check_log(founded)


def test_every_receipt_becomes_a_proof(founded: Founded) -> None:
    with founded.store.writer() as writer:
        receipts = founded.record_all(writer, [fund(founded) for _ in range(600)])
    check_log(founded)
    key = founded.log_key
    with founded.store.connect() as connection:
        for receipt in receipts[::37]:
            verify_proof(prove(connection, receipt.position), bytes.fromhex(receipt.leaf_hash), [key])
            older = first_checkpoint_over(connection, receipt.position)
            verify_proof(prove(connection, receipt.position, older), bytes.fromhex(receipt.leaf_hash), [key])


def test_all_checkpoints_are_consistent_with_the_newest(founded: Founded) -> None:
    for _ in range(4):
        with founded.store.writer() as writer:
            founded.record_all(writer, [fund(founded) for _ in range(70)])
    with founded.store.connect() as connection:
        notes = connection.execute("SELECT note FROM ledger.checkpoints ORDER BY size").fetchall()
        checkpoints = [opened(founded, note.encode()) for (note,) in notes]
        newest = checkpoints[-1]
        assert len(checkpoints) >= 5
        for old in checkpoints:
            proof = prove_consistent(connection, old.size, newest.size)
            verify_consistency(old.size, newest.size, proof, old.root, newest.root)


def test_a_checkpoint_comes_within_seconds_while_the_writer_lives(founded: Founded) -> None:
    with founded.store.writer() as writer:
        receipt = writer.record(fund(founded))
        checkpoint = wait_for_checkpoint(founded, receipt.position)
        assert checkpoint.size == receipt.position


def wait_for_checkpoint(founded: Founded, position: int, seconds: float = 30.0) -> Checkpoint:
    until = time.monotonic() + seconds
    with founded.store.connect() as connection:
        while time.monotonic() < until:
            note = first_checkpoint_over(connection, position)
            if note is not None:
                return opened(founded, note)
            time.sleep(0.05)
    raise AssertionError(f"no checkpoint over position {position} in {seconds} s")


def test_an_entry_without_a_checkpoint_has_no_proof_yet(founded: Founded) -> None:
    with founded.store.connect() as connection, pytest.raises(Refused) as refused:
        prove(connection, 1_000)
    assert refused.value.code == "not-yet-published"


def test_what_somebody_else_appended_is_in_the_log_too(founded: Founded) -> None:
    from eventsourcing.dcb.api import DCBEvent

    from ledger.interop.recorder import PostgresLedgerRecorder
    from ledger.postgres.connection import datastore

    connections = datastore(founded.store.url)
    try:
        with founded.store.writer() as writer:
            PostgresLedgerRecorder(connections).append([DCBEvent("Foreign", b"{}", [])])
            writer.record(fund(founded))
    finally:
        connections.close()
    check_log(founded)


def test_a_ledger_of_an_earlier_release_gets_its_log_at_the_first_start(
    founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.log.publisher.READ_ENTRIES", 3)
    monkeypatch.setattr("ledger.log.publisher.PUBLISH_ENTRIES", 5)
    with founded.store.writer() as writer:
        founded.record_all(writer, [fund(founded) for _ in range(20)])
    forget_log(founded.store)
    with founded.store.writer():
        pass
    check_log(founded)
    with founded.store.connect() as connection:
        steps = connection.execute("SELECT count(*) FROM ledger.checkpoints").fetchone()
    assert steps is not None
    assert steps[0] > 3


def forget_log(store: OpenStore) -> None:
    with store.connect() as connection:
        connection.execute("ALTER TABLE ledger.checkpoints DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM ledger.checkpoints")
        connection.execute("ALTER TABLE ledger.checkpoints ENABLE TRIGGER ALL")
        connection.execute("DELETE FROM ledger.tiles")


def refuses_to_start(founded: Founded) -> str:
    with pytest.raises(Misconfigured) as error:
        founded.store.writer().__enter__()
    assert error.value.code == "log-inconsistent"
    return error.value.message("en")


def changed(store: OpenStore, statement: str) -> None:
    """Changes the database as somebody with all rights could."""
    with store.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)


def test_nothing_more_is_signed_over_a_changed_tile(founded: Founded) -> None:
    changed(founded.store, "UPDATE ledger.tiles SET hashes = set_byte(hashes, 7, get_byte(hashes, 7) # 1)")
    assert "is not that of the tiles" in refuses_to_start(founded)


def test_nothing_more_is_signed_over_a_shortened_tile(founded: Founded) -> None:
    changed(founded.store, "UPDATE ledger.tiles SET hashes = substr(hashes, 33)")
    assert "expected" in refuses_to_start(founded)


def test_nothing_more_is_signed_where_entries_are_gone(founded: Founded) -> None:
    head = len(entries(founded.store))
    changed(founded.store, f"DELETE FROM ledger.entries WHERE position = {head}")
    assert f"the database holds {head - 1}" in refuses_to_start(founded)


def test_nothing_more_is_signed_after_a_checkpoint_by_another_key(founded: Founded) -> None:
    changed(founded.store, "UPDATE ledger.checkpoints SET note = replace(note, '— song', '— tang')")
    assert "no signature by a trusted key" in refuses_to_start(founded)


def test_checkpoints_cannot_be_changed_or_removed(founded: Founded) -> None:
    with founded.store.connect() as connection:
        for statement in (
            "UPDATE ledger.checkpoints SET size = 1",
            "DELETE FROM ledger.checkpoints",
            "TRUNCATE ledger.checkpoints CASCADE",
        ):
            with pytest.raises(psycopg.IntegrityError):
                connection.execute(statement)


def test_tiles_hold_the_leaves_and_bundles_hold_the_entries(founded: Founded) -> None:
    with founded.store.writer() as writer:
        founded.record_all(writer, [fund(founded) for _ in range(300)])
    recorded = [entry for _, entry in entries(founded.store)]
    with founded.store.connect() as connection:
        tiles = stored_tiles(connection, [Tile(0, 0), Tile(0, 1), Tile(7, 7)])
        assert b"".join(tiles.values()) == b"".join(leaf_hash(entry) for entry in recorded)
        bundle = entry_bundle(connection, 1, len(recorded) - 256)
        assert bundle is not None
        assert bundle == b"".join(len(entry).to_bytes(2, "big") + entry for entry in recorded[256:])
        assert entry_bundle(connection, 1, len(recorded) - 255) is None


def test_the_last_checkpoint_without_witnesses_is_as_it_was_signed(founded: Founded) -> None:
    with founded.store.connect() as connection:
        note = latest_checkpoint(connection)
        assert note is not None
        assert cosigned(connection, note).raw == note


def test_a_lost_connection_only_delays_the_checkpoint(founded: Founded) -> None:
    with founded.store.writer() as writer:
        receipt = record_and_lose_the_connection(founded, writer)
        assert wait_for_checkpoint(founded, receipt.position).size >= receipt.position
    check_log(founded)


def record_and_lose_the_connection(founded: Founded, writer: Writer) -> Receipt:
    writer.record(fund(founded))
    receipt = writer.record(fund(founded))
    with founded.store.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    return receipt


def test_publishing_waits_a_second_after_the_last_time() -> None:
    now = [100.0]
    publisher = Publisher(new_key(), monotonic=lambda: now[0])
    assert publisher.due_seconds() is None
    publisher.take(0, [leaf_hash(b"1")])
    assert publisher.due_seconds() == 0.0
    publisher._published_at = 99.75
    assert publisher.due_seconds() == 0.75
    now[0] = 102.0
    assert publisher.due_seconds() == 0.0
