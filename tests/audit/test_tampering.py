"""Tampering (篡改): with full access to the database, each change is found, each by its own finding.

One class of stored bytes after the other is changed, deleted, swapped, inserted, signed again with
another key; the tail is cut, the log forked, the database set back to an old backup. What holds
only for those who kept a checkpoint says so.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.audit.verification import verify_opened, verify_store
from ledger.audit.audit import Disclosed, audit
from ledger.audit.entry_checks import Held
from ledger.domain.register_kinds import KINDS
from ledger.events.funds import FundAllocated
from ledger.findings import Finding
from ledger.identity.register_rows import Listed
from ledger.log.high_water import FILE
from ledger.log.witness import WitnessPolicy
from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore, Store
from ledger.writing.registers import prepare
from projections.following.runner import Followers
from tests.audit.conftest import (
    Original,
    codes,
    exported,
    follow,
    go_on,
    url_of,
    verified_bundle,
    verified_live,
)
from tests.audit.tampering import TAMPERED, tamper
from tests.flushing import flushing


def test_nothing_is_found_where_nothing_was_changed(original: Original, tmp_path: Path) -> None:
    with original.copy(original.now) as database:
        assert verified_live(original, database) == []
        exported(original, database, tmp_path / "bundle")
    assert verified_bundle(original, tmp_path / "bundle") == []


def test_a_list_that_waits_for_its_signature_is_said_to_be_unchecked(original: Original) -> None:
    findings: list[Finding] = []
    with original.copy(original.now) as database, original.store(database) as store:
        with store.connect() as connection:
            listed = [Listed(original.founded.people.person().number, 2, {"died_on": "2025-12-01"})]
            prepare(
                connection, listed, KINDS["deaths"], (None, None), marker=store.marker(), vault=store.vault()
            )
        with flushing(original.server.url):
            summary = verify_opened(store, original.trust, findings.append)
    assert findings == []
    assert "registers-unsigned" in {fault.code for fault in summary.unchecked}


@pytest.mark.parametrize("what", TAMPERED)
def test_every_change_is_found(original: Original, what: str, tmp_path: Path) -> None:
    tampered = TAMPERED[what]
    with original.copy(original.now) as database:
        tamper(original, database, tampered)
        assert codes(verified_live(original, database)) >= tampered.live
        if tampered.bundle:
            exported(original, database, tmp_path / "bundle")
            assert codes(verified_bundle(original, tmp_path / "bundle")) >= tampered.bundle


@pytest.mark.usefixtures("flushed")
def test_a_ledger_that_is_written_meanwhile_is_verified_too(original: Original) -> None:
    findings: list[Finding] = []
    with original.copy(original.now) as database, original.store(database) as store:
        connections = datastore(store.url)
        live = Followers(connections)
        live.prepare()
        with store.writer() as writer:
            stop = threading.Event()

            def record() -> None:
                while not stop.is_set():
                    writer.record(original.founded.sign("finance", FUND))

            thread = threading.Thread(target=record)
            thread.start()
            try:
                for _ in range(3):
                    trust = original.trust._replace(witnesses=WitnessPolicy())
                    verify_store(store, live, trust, findings.append)
            finally:
                stop.set()
                thread.join()
        connections.close()
    assert findings == []


FUND = FundAllocated(campaign="b2026", line="workers", amount_fen=1)


def test_an_old_backup_is_found_by_who_kept_a_checkpoint(original: Original, tmp_path: Path) -> None:
    with original.copy(original.earlier) as database:
        assert codes(verified_live(original, database)) == {"tail-cut", "witnesses-too-few"}
        exported(original, database, tmp_path / "bundle")
    assert "tail-cut" in codes(verified_bundle(original, tmp_path / "bundle"))


def test_a_fork_is_found_by_who_kept_a_checkpoint(original: Original, tmp_path: Path) -> None:
    with original.copy(original.earlier) as database:
        # The true data folder remembers more, and would not let the writer go on.
        shutil.copytree(original.folder / "data", tmp_path / "forged", ignore=shutil.ignore_patterns(FILE))
        with OpenStore(Store(tmp_path / "forged", url_of(original.server, database))) as store:
            store.ledger = original.founded.ledger
            go_on(original.founded, store)
            go_on(original.founded, store)
            follow(store)
        assert codes(verified_live(original, database)) >= {"remembered-differs", "witnesses-too-few"}
        exported(original, database, tmp_path / "bundle")
    assert "remembered-differs" in codes(verified_bundle(original, tmp_path / "bundle"))


def test_without_the_check_a_change_is_not_found(original: Original, monkeypatch: pytest.MonkeyPatch) -> None:
    """What shows that the tests above can fail: take a check away, and its change passes."""
    monkeypatch.setattr("ledger.audit.database._check_standing", lambda *_: None)
    with original.copy(original.now) as database:
        tamper(original, database, TAMPERED["a record of the state removed"])
        assert "standing-differs" not in codes(verified_live(original, database))


class Spoiled:
    """The original's history with one bit of it flipped."""

    def __init__(self, store: OpenStore) -> None:
        with store.connect() as connection:
            rows = connection.execute("SELECT data FROM ledger.entries ORDER BY position").fetchall()
            self.lines = [bytes(data) for (data,) in rows]
            notes = connection.execute("SELECT size, note FROM ledger.checkpoints ORDER BY size").fetchall()
            self.notes = [(size, note.encode()) for size, note in notes]
            keys = connection.execute(
                "SELECT value ->> 'id', value ->> 'public_key' FROM ledger.standing WHERE key LIKE 'key/%'"
            ).fetchall()
            self.known = {keyid: bytes.fromhex(public_key) for keyid, public_key in keys}
        self.partial = False
        self.spoiled: tuple[int, bytes] | None = None

    @property
    def size(self) -> int:
        return len(self.lines)

    def chunks(self) -> Iterator[Held]:
        lines = self.lines.copy()
        if self.spoiled is not None:
            lines[self.spoiled[0]] = self.spoiled[1]
        yield Held(lines)

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        return iter(self.notes)

    def keys(self) -> dict[str, bytes]:
        return self.known

    def figures(self) -> dict[str, int]:
        return {}

    def identities(self) -> Iterator[Disclosed]:
        return iter(())

    def timestamps(self) -> Iterator[tuple[int, bytes]]:
        return iter(())


@pytest.fixture(scope="session")
def spoiled(original: Original) -> Spoiled:
    with original.store(original.now) as store:
        return Spoiled(store)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_bit_of_any_entry_is_missed_when_it_flips(
    spoiled: Spoiled, original: Original, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, spoiled.size - 1))
    entry = spoiled.lines[index]
    bit = data.draw(st.integers(0, 8 * len(entry) - 1))
    flipped = bytearray(entry)
    flipped[bit // 8] ^= 1 << bit % 8
    spoiled.spoiled = index, bytes(flipped)
    findings: list[Finding] = []
    audit(
        spoiled,
        original.trust._replace(witnesses=original.trust.witnesses._replace(needed=0)),
        findings.append,
    )
    assert codes(findings) >= {"root-differs", "remembered-differs"}
