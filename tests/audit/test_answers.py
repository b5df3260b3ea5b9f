"""What answers is tampered with, and the entries are not: each kind is found by its own finding.

Rows and validity beyond the head, the views' own positions, the vault, the checkpoints' chain: what the
questions read, and what a comparison as of the head alone would not see.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import LiteralString, NamedTuple

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.audit.replaying import Replays
from api.audit.verification import verify_opened
from ledger.audit.audit import Summary, Trust
from ledger.audit.database import Secrets, examine
from ledger.audit.history import Recorded
from ledger.errors import Refused
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.checkpoint_chain import Chain, open_chain
from ledger.log.note import Note, note_key, sign_text
from ledger.log.proofs import head
from ledger.postgres.connection import datastore
from projections.following.runner import Followers
from tests.audit.conftest import Original, codes, verified_live


class Tampered(NamedTuple):
    """A change, and the codes of the findings that it must give."""

    change: LiteralString | Callable[[Original, psycopg.Connection], object]
    codes: set[str]


def signed_beyond(original: Original, connection: psycopg.Connection) -> None:
    """A checkpoint under the ledger's own key over more entries than there are."""
    row = connection.execute("SELECT max(position) + 5 FROM ledger.entries").fetchone()
    assert row is not None
    origin, key = origin_of(original.founded.ledger), original.founded.store.ledger_key()
    text = Checkpoint(origin, row[0], bytes(32)).text
    note = Note(text, (sign_text(text, key, origin),)).raw.decode()
    connection.execute("INSERT INTO ledger.checkpoints (size, note) VALUES (%s, %s)", (row[0], note))


TAMPERED = {
    "validity ends beyond the head": Tampered(
        "UPDATE views.cases SET to_position = 1::bigint << 61 WHERE to_position IS NULL", {"view-beyond-head"}
    ),
    "a row begins beyond the head": Tampered(
        "INSERT INTO views.cases SELECT (jsonb_populate_record(c, jsonb_build_object('case_id', 'planted',"
        " 'from_position', 1000000))).* FROM views.cases c LIMIT 1",
        {"view-beyond-head"},
    ),
    "a posting beyond the head": Tampered(
        "INSERT INTO views.postings SELECT (jsonb_populate_record(p, jsonb_build_object('position', 1000000)))"
        ".* FROM views.postings p LIMIT 1",
        {"view-beyond-head"},
    ),
    "a view stands ahead of the entries": Tampered(
        "UPDATE ledger.views_tracking SET notification_id = 1000000 WHERE application_name = 'views:flags'",
        {"view-ahead"},
    ),
    "a view is of another version": Tampered(
        "UPDATE views.made SET version = 'other' WHERE view = 'notices'", {"view-outdated"}
    ),
    "a view that nobody knows": Tampered(
        "INSERT INTO views.made VALUES ('second', '1', '{}');"
        " INSERT INTO ledger.views_tracking VALUES ('views:third', 1)",
        {"view-unknown"},
    ),
    "an identity under a payout": Tampered(
        "INSERT INTO ledger.vault SELECT (SELECT statement_id::text FROM ledger.entries"
        " WHERE type = 'Disbursed.v1' LIMIT 1), dossier, key_version, wrapped_key, box FROM ledger.vault LIMIT 1",
        {"vault-unexpected"},
    ),
    "all checkpoints but the last removed": Tampered(
        "DELETE FROM ledger.checkpoints WHERE size < (SELECT max(size) FROM ledger.checkpoints)",
        {"checkpoint-chain-differs"},
    ),
    "one checkpoint removed": Tampered(
        "DELETE FROM ledger.checkpoints WHERE size = (SELECT min(size) FROM ledger.checkpoints)",
        {"checkpoint-chain-differs"},
    ),
    "a checkpoint without its chain": Tampered(
        "UPDATE ledger.checkpoints SET chain = NULL WHERE size = (SELECT max(size) FROM ledger.checkpoints)",
        {"checkpoint-chain-differs"},
    ),
    "a chain changed": Tampered(
        "UPDATE ledger.checkpoints SET chain = replace(chain, '/checkpoints', '/others')",
        {"checkpoint-chain-differs"},
    ),
    "a checkpoint over more than there is": Tampered(signed_beyond, {"tail-cut"}),
    "the end cut below its checkpoints": Tampered(
        "DELETE FROM ledger.entries WHERE position > (SELECT max(position) - 2 FROM ledger.entries)",
        {"tail-cut"},
    ),
    "a checkpoint of garbage": Tampered(
        "UPDATE ledger.checkpoints SET note = 'garbage' WHERE size = (SELECT max(size) FROM ledger.checkpoints)",
        {"checkpoint-not-verified"},
    ),
    "a timestamp of garbage": Tampered(
        "INSERT INTO ledger.timestamps SELECT max(size), 'somebody', '\\x3003' FROM ledger.checkpoints",
        {"timestamp-invalid"},
    ),
    "a record of the state of no kind": Tampered(
        "INSERT INTO ledger.standing (key, value) VALUES ('nothing', '[]')", {"standing-differs"}
    ),
    # A view's fault is named, too: whatever a changed row does to one check ends no other.
    "an entry's type is a receipt's of the public": Tampered(
        "UPDATE ledger.entries SET type = 'ObjectionReceived.v1' WHERE position = 5;"
        " UPDATE views.cases SET to_position = 1::bigint << 61 WHERE to_position IS NULL",
        {"columns-differ", "view-beyond-head"},
    ),
    "the tiles are a query": Tampered(
        "ALTER TABLE ledger.tiles RENAME TO kept;"
        " CREATE VIEW ledger.tiles AS SELECT level::text AS level FROM ledger.kept",
        {"not-checked", "schema-table-differs"},
    ),
    "the entries are not there": Tampered(
        "ALTER TABLE ledger.entries RENAME TO kept", {"not-checked", "schema-table-differs"}
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_each_change_of_what_answers_is_named(original: Original, what: str) -> None:
    tampered = TAMPERED[what]
    with original.copy(original.now) as database:
        with original.store(database) as store, store.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            if callable(tampered.change):
                tampered.change(original, connection)
            else:
                connection.execute(tampered.change)
        unaware = replace(original, trust=Trust((original.founded.log_key,)))
        assert codes(verified_live(unaware, database)) >= tampered.codes


def summarised(original: Original, database: str, *, secrets: bool = True) -> Summary:
    """What was gone over, of a ledger of which nobody kept anything."""
    trust = Trust((original.founded.log_key,))
    with original.store(database) as store, store.connect() as connection:
        held = Secrets(store.vault(), store.marker()) if secrets else None
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        recorded = Recorded(connection, head(connection), {}, whole=True)
        return examine(connection, recorded, trust, lambda finding: None, secrets=held)


def test_what_stands_beside_the_record_is_said_to_be_unchecked(original: Original) -> None:
    with original.copy(original.now) as database, original.store(database) as store:
        summary = verify_opened(store, Trust((original.founded.log_key,)), lambda finding: None)
    assert "beside-the-record" in {each.code for each in summary.unchecked}


def test_what_was_not_checked_is_said(original: Original) -> None:
    with original.copy(original.now) as database:
        with original.store(database) as store, store.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("UPDATE ledger.checkpoints SET chain = NULL")
        summary = summarised(original, database, secrets=False)
    assert [each.code for each in summary.unchecked] == [
        "none-remembered",
        "witnesses-unknown",
        "checkpoints-not-chained",
        "vault-not-opened",
        "access-lines-unsealed",
    ]


def test_a_chain_says_how_many_checkpoints_there_were() -> None:
    key = Ed25519PrivateKey.generate()
    chain = Chain().with_note(b"one").with_note(b"two")
    signed = chain.signed(key, "songnuan.internal/x")
    assert open_chain(signed, [note_key(key, "songnuan.internal/x")]) == chain
    assert chain.number == 2
    assert chain != Chain().with_note(b"two").with_note(b"one")
    for raw, other in (
        (signed, "songnuan.internal/y"),
        (signed.replace(b"\n2\n", b"\n3\n"), "songnuan.internal/x"),
    ):
        with pytest.raises(Refused):
            open_chain(raw, [note_key(key, other)])


def test_a_checkpoint_is_no_chain() -> None:
    """Both are notes of three lines under one key: neither is taken for the other."""
    key = Ed25519PrivateKey.generate()
    text = Checkpoint("songnuan.internal/x", 2, bytes(32)).text
    note = Note(text, (sign_text(text, key, "songnuan.internal/x"),)).raw
    with pytest.raises(Refused):
        open_chain(note, [note_key(key, "songnuan.internal/x")])


def test_a_failed_replay_says_when_it_ended_and_why(original: Original) -> None:
    with original.copy(original.now) as database, original.store(database) as store:
        connections = datastore(store.url)
        followers = Followers(connections)
        followers.prepare()
        stopping = threading.Event()
        stopping.set()
        replays = Replays(store.url, followers, stopping)
        replays.start(followers.position(), "auditor")
        replays.wait()
        connections.close()
    assert replays.last.state == "failed"
    assert (
        replays.last.problem == "服务停止，重新计算比对中断 / the service was stopped, and the replay with it"
    )
    assert replays.last.ended_at is not None
