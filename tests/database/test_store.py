"""Where a ledger lives: versions of the schema, whose database it is, the embedded server."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from ledger.errors import Misconfigured
from ledger.postgres import migrations
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.founded import open_founded
from ledger.storage.store import OpenStore, Store
from tests.founding import prepare


def code(call: object, *arguments: object) -> str:
    with pytest.raises(Misconfigured) as error:
        call(*arguments)  # type: ignore[operator]
    assert error.value.message("zh")
    return error.value.code


def open_store(store: Store) -> None:
    with OpenStore(store):
        pass


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        newest = migrations.migrate(connection)
        assert migrations.migrate(connection) == newest == migrations.applied(connection)
        assert newest == max(migrations.versions())


def test_an_older_schema_is_upgraded_in_place(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        first = migrations.migrate(connection)
        later = {**migrations.versions(), first + 1: ("more", "CREATE TABLE ledger.more (x int)")}
        monkeypatch.setattr(migrations, "versions", lambda: later)
        assert migrations.migrate(connection) == first + 1
        connection.execute("SELECT x FROM ledger.more")


def test_a_broken_migration_leaves_the_schema_as_it_was(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        first = migrations.migrate(connection)
        later = {**migrations.versions(), first + 1: ("bad", "CREATE TABLE ledger.half (x int); SELECT 1/0")}
        monkeypatch.setattr(migrations, "versions", lambda: later)
        with pytest.raises(psycopg.Error):
            migrations.migrate(connection)
        assert migrations.applied(connection) == first
        assert connection.execute("SELECT to_regclass('ledger.half')").fetchone() == (None,)


def test_a_newer_schema_is_refused(database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        newest = migrations.migrate(connection)
        connection.execute(
            "INSERT INTO ledger.schema_versions (version, name) VALUES (%s, 'later')", (newest + 1,)
        )
    assert code(open_store, Store(tmp_path / "data", database_url)) == "schema-newer"


def test_a_database_of_another_ledger_is_refused(store: OpenStore, tmp_path: Path) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
    stranger = tmp_path / "stranger"
    assert code(open_store, Store(stranger, store.url)) == "another-ledger"
    with OpenStore(Store(tmp_path / "data", store.url)) as again:
        assert again.ledger == founded.ledger
        assert code(again.create_secrets, "x") == "already-founded"


def test_where_nothing_is_founded_no_server_is_made_to_find_that_out(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    with pytest.raises(Misconfigured) as refused, open_founded(Store(empty)):
        pytest.fail("opened")
    assert refused.value.code == "not-founded"
    assert not (empty / "postgresql").exists()


def test_a_folder_whose_database_is_elsewhere_says_so(store: OpenStore, tmp_path: Path) -> None:
    prepare(store)
    with pytest.raises(Misconfigured) as refused, open_founded(Store(store.folder)):
        pytest.fail("opened")
    assert refused.value.code == "database-elsewhere"
    assert "SONGNUAN_DATABASE_URL" in refused.value.message("en")


def test_a_folder_that_lost_its_database_is_not_given_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "postgresql").mkdir(parents=True)
    (folder / "postgresql" / "kept").touch()
    (folder / "ledger.json").write_text('{"ledger": "6361069d-3ab3-4c1c-abfb-e2ecda7184ba"}')
    assert code(open_store, Store(folder)) == "database-elsewhere"
    assert (folder / "postgresql" / "kept").exists()


def test_missing_secrets_are_named(store: OpenStore) -> None:
    assert code(store.secrets) == "secrets-missing"


def test_an_unreachable_database(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none?connect_timeout=1"
    assert code(open_store, Store(tmp_path / "data", url)) == "database-unreachable"


def test_the_embedded_server_survives_a_restart_and_serves_two_users(server_folder: Path) -> None:
    folder = server_folder / "second"
    with EmbeddedServer(folder) as one:
        with psycopg.connect(one.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (x int)")
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
                assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
        with EmbeddedServer(folder) as two:
            assert two.pid() == one.pid()
        assert one.is_running()
    assert not EmbeddedServer(folder).is_running()
    with EmbeddedServer(folder) as again, psycopg.connect(again.url) as connection:
        connection.execute("SELECT x FROM kept")


def test_a_half_made_data_folder_is_made_anew(server_folder: Path) -> None:
    folder = server_folder / "third"
    (folder / "postgresql.new").mkdir(parents=True)
    (folder / "postgresql").mkdir()
    with EmbeddedServer(folder) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
