"""What would keep the service from recording is a failure to the doctor, too, in the words of readiness."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.log.witness_service import create_witness
from api.operating.check import Check
from api.operating.doctor import examine
from api.service.settings import Settings
from ledger.crypto.keys import new_key
from ledger.log.witness import Witness
from ledger.storage.store import OpenStore
from tests.database.test_writer import fund
from tests.founding import Founded
from tests.http.service.test_witnesses import forked_behind, set_back_behind


def failed(settings: Settings, but: str = "durability") -> list[Check]:
    """What the doctor finds failed, but for one topic: the tests' shared server flushes nothing."""
    return [check for check in examine(settings) if check.level == "fail" and check.topic != but]


def settings_of(founded: Founded, witness: Witness | None = None) -> Settings:
    return Settings(
        database_url=founded.store.url,
        data_dir=founded.store.folder,
        witnesses={} if witness is None else {"http://127.0.0.1:9": witness.key.text},
    )


@contextmanager
def no_standby_confirms(store: OpenStore) -> Iterator[None]:
    """As of a server whose standby is gone; sessions of ours do not wait for it."""
    with store.connect() as connection:
        connection.execute("SET synchronous_commit = local")
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
        connection.execute("SELECT pg_reload_conf()")
        try:
            time.sleep(0.5)
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")


def test_a_ledger_that_records_has_one_line_that_is_ok(founded: Founded) -> None:
    checks = list(examine(settings_of(founded)))
    assert [check.level for check in checks if check.topic == "recording"] == ["ok"]


def test_a_time_recorded_ahead_of_the_clock(founded: Founded) -> None:
    founded.ahead = timedelta(days=3)
    with founded.store.writer(clock=founded.clock) as writer:
        writer.record(fund(founded))
    [check] = failed(settings_of(founded))
    assert check.topic == "clock"
    assert "songnuan clock accept" in check.said[1]


@pytest.mark.parametrize(
    ("behind", "said"), [(set_back_behind, "was set back"), (forked_behind, "history has forked")]
)
def test_a_witness_that_has_seen_more_or_another_history(
    behind: object, said: str, founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness(tmp_path / "witness", new_key(), "audit.example/w1", [founded.log_key])
    assert callable(behind)
    behind(witness, founded)
    monkeypatch.setattr("api.log.cosigning.witness_connections", lambda: TestClient(create_witness(witness)))
    kept = {path: path.read_bytes() for path in (tmp_path / "witness").rglob("checkpoint")}
    [check] = failed(settings_of(founded, witness))
    assert check.topic == "witnesses"
    assert said in check.said[1]
    # It only looks: the witness has signed nothing for it.
    assert {path: path.read_bytes() for path in kept} == kept


def test_a_database_that_was_set_back_behind_the_folders_memory(founded: Founded, tmp_path: Path) -> None:
    witness = Witness(tmp_path / "witness", new_key(), "audit.example/w1", [founded.log_key])
    with founded.store.writer() as writer:
        writer.record(fund(founded))
    before = founded.store.checkpoint_memory.note()
    set_back_behind(witness, founded)
    founded.store.checkpoint_memory.keep(next((tmp_path / "witness").rglob("checkpoint")).read_bytes())
    assert [check.topic for check in failed(settings_of(founded))] == ["set-back"]
    assert before is not None
    founded.store.checkpoint_memory.keep(before)
    assert failed(settings_of(founded)) == []


def test_a_commit_that_no_standby_confirms(ledger: Founded) -> None:
    with no_standby_confirms(ledger.store):
        assert [check.topic for check in failed(Settings(data_dir=ledger.store.folder), "")] == ["durability"]
