"""The doctor: what is broken has a line with the way out, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import psycopg
import pytest

from api.operating.check import Check
from api.operating.doctor import examine
from api.operating.rehearsing import RECORD
from api.service.settings import Settings
from ledger.clock import utc_now
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Rehearsal
from ledger.storage.slots import ensure_slot
from tests.commands import run_command
from tests.founding import Founded


def found(settings: Settings, topic: str, url: str | None = None) -> list[Check]:
    return [check for check in examine(settings, url) if check.topic == topic]


def eventually(true: Callable[[], bool]) -> None:
    """A reloaded setting reaches new sessions a moment later."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def levels(checks: list[Check]) -> list[str]:
    return [check.level for check in checks]


class TestTheDoctor:
    def test_finds_a_sound_ledger_sound(self, ledger: Founded, folder: Path) -> None:
        checks = list(examine(Settings(data_dir=folder / "data")))
        assert [check for check in checks if check.level == "fail"] == []
        assert {"folder", "secrets", "disk", "database", "clock", "schema"} <= {
            check.topic for check in checks
        }
        assert all(check.said[0] and check.said[1] for check in checks)
        assert all(check.way_out[0] for check in checks if check.level == "warn" and check.topic != "disk")

    def test_names_a_changed_schema_a_slot_nobody_reads_and_a_superseded_database(
        self, ledger: Founded, folder: Path
    ) -> None:
        with psycopg.connect(ledger.store.url, autocommit=True) as connection:
            ensure_slot(connection, "forgotten")
            connection.execute("CREATE TABLE ledger.planted ()")
            connection.execute("UPDATE ledger.writer SET superseded_by = 1000000")
        settings = Settings(data_dir=folder / "data")
        assert any(
            "forgotten" in check.said[1] and check.level == "warn" for check in found(settings, "slots")
        )
        assert any(
            "planted" in check.said[1] and check.level == "fail" for check in found(settings, "schema")
        )
        assert levels(found(settings, "epoch")) == ["fail"]

    @pytest.mark.parametrize(
        ("statement", "way"),
        [
            ("ALTER SYSTEM SET default_transaction_read_only = on", "ALTER SYSTEM RESET"),
            (
                "ALTER DATABASE songnuan SET default_transaction_read_only = on",
                'ALTER DATABASE "songnuan" RESET',
            ),
        ],
    )
    def test_names_what_sets_the_database_read_only_and_looks_at_the_schema_all_the_same(
        self, ledger: Founded, folder: Path, statement: str, way: str
    ) -> None:
        with psycopg.connect(ledger.store.url, autocommit=True) as connection:
            connection.execute(statement)
            connection.execute("SELECT pg_reload_conf()")
        settings = Settings(data_dir=folder / "data")
        eventually(lambda: "fail" in levels(found(settings, "database")))
        check = next(each for each in found(settings, "database") if each.level == "fail")
        assert "default_transaction_read_only" in check.said[0]
        assert "default_transaction_read_only" in check.said[1]
        assert way in check.way_out[1]
        assert levels(found(settings, "schema")) == ["ok", "ok"]
        # The way out is one: what it says is run as it stands.
        with psycopg.connect(ledger.store.url, autocommit=True) as connection:
            for each in check.way_out[1].partition(": ")[2].split("; "):
                connection.execute(each.encode())
        eventually(lambda: "fail" not in levels(found(settings, "database")))

    def test_names_the_read_only_setting_of_a_server_that_does_not_run(self, tmp_path: Path) -> None:
        server = EmbeddedServer(tmp_path)
        server.data.mkdir()
        (server.data / "PG_VERSION").write_text(f"{server.major()}\n")
        kept = server.data / "postgresql.auto.conf"
        kept.write_text("default_transaction_read_only = 'on'\n")
        checks = found(Settings(data_dir=tmp_path), "database")
        assert levels(checks) == ["warn", "fail"]
        assert all("default_transaction_read_only" in text for text in (*checks[1].said, *checks[1].way_out))
        kept.write_text("default_transaction_read_only = 'off'\n")
        assert levels(found(Settings(data_dir=tmp_path), "database")) == ["warn"]

    def test_names_secrets_that_others_read_or_that_are_gone(self, ledger: Founded, folder: Path) -> None:
        settings = Settings(data_dir=folder / "data")
        secret = folder / "data" / "secrets" / "vault_key"
        secret.chmod(0o644)
        assert "vault_key" in found(settings, "secrets")[0].said[1]
        secret.unlink()
        assert levels(found(settings, "secrets")) == ["fail"]

    @pytest.mark.parametrize(
        ("age", "error", "level"), [(1, None, "ok"), (40, None, "warn"), (1, "wal-hole", "fail")]
    )
    def test_asks_for_a_rehearsal(self, tmp_path: Path, age: int, error: str | None, level: str) -> None:
        at = (utc_now() - timedelta(days=age)).isoformat()
        record = Rehearsal(at, "base", 7, 0, 1.0, error)
        (tmp_path / RECORD).write_bytes(orjson.dumps(record._asdict()))
        assert levels(found(Settings(data_dir=tmp_path), "rehearsal")) == [level]

    def test_works_where_nothing_does(self, tmp_path: Path) -> None:
        settings = Settings(
            data_dir=tmp_path / "nowhere",
            database_url="postgresql://somebody:not-to-be-printed@127.0.0.1:9/songnuan",
            witnesses={},
        )
        checks = list(examine(settings, "http://127.0.0.1:9"))
        failed = {check.topic for check in checks if check.level == "fail"}
        assert {"folder", "secrets", "database", "service"} <= failed
        assert "not-to-be-printed" not in str(checks)
        assert any("127.0.0.1:9" in check.said[1] for check in checks if check.topic == "database")

    def test_is_a_command_with_an_exit_code(self, tmp_path: Path) -> None:
        done = run_command(
            "doctor",
            "--json",
            env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(tmp_path / "nowhere")},
        )
        assert done.returncode == 4
        said = orjson.loads(done.stdout)
        assert said["counts"]["fail"] >= 2
        assert {"topic", "level", "zh", "en", "way_out"} == set(said["checks"][0])
