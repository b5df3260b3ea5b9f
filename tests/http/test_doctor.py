"""The doctor: what is broken has a line with the way out, and the others go on."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import psycopg
import pytest

from api.operating.check import Check
from api.operating.doctor import examine
from api.operating.rehearsing import RECORD, last_rehearsal
from api.service.settings import Settings
from ledger.clock import utc_now
from ledger.events.register import ReferenceErased
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Found, Rehearsal
from ledger.storage.slots import ensure_slot
from tests.commands import run_command
from tests.database.test_backup import server_of
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

    def test_names_a_list_that_is_kept_past_its_day(
        self, ledger: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Registered when its day was still to come, by an office that let it pass."""
        settings, person = Settings(data_dir=folder / "data"), ledger.people.person()
        monkeypatch.setattr("ledger.events.register.check_kept_for", lambda *_: None)
        with ledger.store.writer() as writer:
            made = ledger.listed(
                writer, "deaths", [(person, {"died_on": "2025-01-01"})], keep_until=ledger.day()
            )
            assert found(settings, "lists") == []
            over = ledger.listed(
                writer, "deaths", [(person, {"died_on": "2025-01-02"})], keep_until="2025-12-31"
            )
            (check,) = found(settings, "lists")
            assert (check.level, over in check.said[0], made in check.said[0]) == ("warn", True, False)
            assert f"register erase {over}" in check.way_out[1]
            erased = ReferenceErased(unit="county", reference=over, reason="到期")
            ledger.record(writer, "registrar", erased)
        assert found(settings, "lists") == []

    def test_says_of_a_stopped_server_that_another_took_its_place(
        self, ledger: Founded, folder: Path
    ) -> None:
        settings = Settings(data_dir=folder / "data")
        server = server_of(ledger)
        with psycopg.connect(ledger.store.url, autocommit=True) as connection:
            connection.execute("UPDATE ledger.writer SET superseded_by = 1000000")
        server.halt()
        # Whoever halted it has its data in hand: it is left alone.
        assert levels(found(settings, "database")) == ["warn"]
        assert not server.is_running()
        (server.folder / "halted").unlink()
        (check,) = found(settings, "epoch")
        assert check.level == "fail"
        assert "1000000" in check.said[0]
        assert "1000000" in check.said[1]
        assert "replica rejoin" in check.way_out[0]
        assert levels(found(settings, "schema")) == ["ok", "ok"]
        assert not server.is_running()

    def test_leaves_a_server_alone_that_was_not_shut_down(self, ledger: Founded, folder: Path) -> None:
        server = EmbeddedServer(folder / "data")
        server.halt("immediate")
        (server.folder / "halted").unlink()
        assert levels(found(Settings(data_dir=folder / "data"), "database")) == ["warn"]
        assert not server.is_running()

    def test_learns_from_the_peers_that_another_took_its_place(self, ledger: Founded, folder: Path) -> None:
        url = ledger.store.url
        settings = Settings(data_dir=folder / "data", peers=["postgresql://127.0.0.1:9/songnuan", url])
        assert found(settings, "epoch") == []
        with EmbeddedServer(folder / "other") as other:
            with psycopg.connect(other.url, autocommit=True) as peer:
                peer.execute("CREATE SCHEMA ledger")
                peer.execute("CREATE TABLE ledger.standing (key text, value jsonb)")
                peer.execute(
                    "INSERT INTO ledger.standing VALUES ('book/ledger', jsonb_build_object('ledger', %s::text))",
                    (ledger.store.ledger,),
                )
                peer.execute(
                    "CREATE TABLE ledger.writer AS SELECT 2000000::bigint AS epoch, '' AS holder,"
                    " now() AS since, NULL::bigint AS superseded_by"
                )
            taken = Settings(data_dir=folder / "data", peers=[other.url])
            assert levels(found(taken, "epoch")) == ["fail"]
        # It looks, and fences nothing.
        assert found(settings, "epoch") == []

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

    def test_names_what_a_rehearsal_found_first(self, tmp_path: Path) -> None:
        record = Rehearsal(utc_now().isoformat(), "base", 7, 2, 1.0, None, Found("root-differs", 5))
        (tmp_path / RECORD).write_bytes(orjson.dumps(record.to_json()))
        assert last_rehearsal(tmp_path) == record
        [check] = found(Settings(data_dir=tmp_path), "rehearsal")
        assert check.level == "fail"
        assert "不符 2 处，首处为 第 5 号 root-differs" in check.said[0]
        assert "2 findings, the first is root-differs at 5" in check.said[1]

    def test_names_all_wrong_settings_and_looks_at_what_needs_none_of_them(self, tmp_path: Path) -> None:
        (tmp_path / "songnuan.toml").write_text('log_levl = "info"\n')
        done = run_command(
            "doctor",
            "--json",
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "SONGNUAN_DATA_DIR": str(tmp_path),
                "SONGNUAN_DATABASE_URL": "postgresql://u:not-to-be-printed@host:port/db",
                "SONGNUAN_TRUSTED_PROXIES": "0.0.0.0/0",
                "SONGNUAN_WITNESSES": "not json",
                "SONGNUAN_PEER": "postgresql://u:not-to-be-printed@host/db",
            },
        )
        assert done.returncode == 4, done.stderr
        assert "not-to-be-printed" not in done.stdout + done.stderr
        checks = orjson.loads(done.stdout)["checks"]
        failed = [each for each in checks if each["topic"] == "settings" and each["level"] == "fail"]
        for named in ("log_levl", "DATABASE_URL", "TRUSTED_PROXIES", "WITNESSES"):
            assert any(named in each["zh"] and named in each["en"] for each in failed), named
        assert all(each["way_out"]["zh"] and each["way_out"]["en"] for each in failed)
        (mistyped,) = [each for each in checks if each["topic"] == "settings" and each["level"] == "warn"]
        assert "SONGNUAN_PEERS" in mistyped["zh"]
        by_topic = {each["topic"]: each for each in checks}
        assert by_topic["folder"]["level"] == by_topic["disk"]["level"] == "ok"
        # What it would find with another database is no news of this one.
        assert (by_topic["database"]["level"], by_topic["witnesses"]["level"]) == ("warn", "warn")
        assert "SONGNUAN_DATABASE_URL" in by_topic["database"]["en"]

    def test_looks_at_nothing_that_a_file_may_say_which_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "songnuan.toml").write_text("database_url = \n")
        environment = {"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(tmp_path)}
        done = run_command("doctor", "--json", cwd=tmp_path, env=environment)
        assert done.returncode == 4, done.stderr
        by_topic = {each["topic"]: each for each in orjson.loads(done.stdout)["checks"]}
        assert by_topic["folder"]["level"] == "ok"
        assert by_topic["database"]["level"] == "warn"

    @pytest.mark.parametrize("target", ["s3://", "s3:///prefix", "ftp://host/x", "S3://bucket"])
    def test_names_a_backup_target_that_is_none(self, tmp_path: Path, target: str) -> None:
        (check,) = found(Settings(data_dir=tmp_path, backup_target=target), "backup target")
        assert check.level == "fail"
        assert "s3://桶/前缀" in check.said[0]
        assert "s3://bucket/prefix" in check.said[1]

    def test_looks_at_the_folder_of_the_backups(self, tmp_path: Path) -> None:
        def looked(target: Path) -> list[Check]:
            return found(Settings(data_dir=tmp_path, backup_target=str(target)), "backup target")

        (tmp_path / "file").write_text("")
        assert levels(looked(tmp_path / "file")) == ["fail"]
        assert levels(looked(tmp_path / "file" / "below")) == ["fail"]
        (tmp_path / "kept").mkdir()
        there, same_disk = looked(tmp_path / "kept")
        assert (there.level, same_disk.level) == ("ok", "warn")
        assert "磁盘" in same_disk.said[0]
        not_there, _ = looked(tmp_path / "not-there")
        assert not_there.level == "warn"
        assert not (tmp_path / "not-there").exists()

    def test_says_of_a_bucket_that_does_not_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "not-to-be-printed",
            "AWS_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        (check,) = found(Settings(data_dir=tmp_path, backup_target="s3://bucket/prefix"), "backup target")
        assert check.level == "fail"
        assert "not-to-be-printed" not in str(check)
        assert not re.search(r"[A-Za-z]+Error", check.said[0])

    def test_names_root_certificates_that_are_not_there_or_none(self, tmp_path: Path) -> None:
        roots = tmp_path / "roots.pem"
        for content in (None, b"", b"no certificate"):
            if content is not None:
                roots.write_bytes(content)
            (check, *_) = found(Settings(data_dir=tmp_path, timestamp_roots=roots), "timestamps")
            assert check.level == "fail"
            assert str(roots) in check.said[0]
            assert str(roots) in check.said[1]
        lonely = Settings(data_dir=tmp_path, timestamp_authority="https://stamps.example")
        assert levels(found(lonely, "timestamps")) == ["warn"]

    def test_names_a_data_folder_that_is_a_file(self, tmp_path: Path) -> None:
        checks = list(examine(Settings(data_dir=Path("/etc/passwd"))))
        (folder,) = (each for each in checks if each.topic == "folder")
        assert "是文件，不是目录" in folder.said[0]
        assert "a file and no folder" in folder.said[1]

    @pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 x\r\n\r\n"])
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_says_in_words_why_a_service_is_not_reached(
        self, tmp_path: Path, answer: bytes, scheme: str
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:

            def once() -> None:
                connection, _ = other.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

            thread = threading.Thread(target=once, daemon=True)
            thread.start()
            url = f"{scheme}://127.0.0.1:{other.getsockname()[1]}"
            checks = found(Settings(data_dir=tmp_path / "none"), "service", url)
        thread.join(10)
        assert levels(checks) == ["fail"]
        assert checks[0].way_out[0]
        assert not re.search(r"[A-Za-z]+Error|[A-Z][a-z]+[A-Z]", checks[0].said[0] + checks[0].said[1])

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


class TestAFrozenServer:
    def test_it_is_told_apart_from_settings_that_are_wrong(self, ledger: Founded, folder: Path) -> None:
        leader = int((server_of(ledger).data / "postmaster.pid").read_text().split()[0])
        os.kill(leader, signal.SIGSTOP)
        try:
            (check,) = found(Settings(data_dir=folder / "data"), "database")
        finally:
            os.kill(leader, signal.SIGCONT)
        # It says to go on, and that is enough.
        assert "fail" not in levels(found(Settings(data_dir=folder / "data"), "database"))
        assert check.level == "fail"
        assert "不应答" in check.said[0]
        assert "kill -CONT" in check.way_out[0]
        assert "SONGNUAN_DATABASE_URL" not in check.way_out[0]
