"""A ledger moves to another server: proved before the old one is fenced, and done again after any break."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from api.operating.rehearsing import rehearse
from api.operating.restoring_checks import check_restoring
from api.operating.upgrades_due import look_for_due
from api.service.settings import Settings
from ledger.domain.rules_version import NEWEST
from ledger.errors import Incomplete, Misconfigured, SongnuanError, Unavailable
from ledger.log.proofs import head
from ledger.postgres.connection import connect
from ledger.postgres.epoch import read_epoch
from ledger.postgres.migrations import applied, versions
from ledger.storage import major_upgrade
from ledger.storage.backup import take_backup
from ledger.storage.depot import open_depot
from ledger.storage.embedded import PROVED, UPGRADE, EmbeddedServer
from ledger.storage.holdings import Holdings
from ledger.storage.major_upgrade import finish_upgrade, upgrade_data
from ledger.storage.moving import counts, move
from ledger.storage.receiving import segment_bytes_of, system_of
from ledger.storage.restoring import restore
from ledger.storage.store import OpenStore, Store
from tests.commands import run_command
from tests.database.test_backup import recorded, server_of
from tests.founding import Founded

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def other(folder: Path) -> Iterator[EmbeddedServer]:
    """Another server with an empty database."""
    with EmbeddedServer(folder / "other") as server:
        yield server


def songnuan(data: Path, *arguments: str, code: int = 0, **variables: str) -> Any:
    done = run_command(
        *arguments,
        env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(data), "SONGNUAN_LANG": "en", **variables},
    )
    assert done.returncode == code, done.stderr + done.stdout
    return orjson.loads(done.stdout) if "--json" in arguments and code == 0 else done.stderr + done.stdout


def moved(ledger: Founded, folder: Path, other: EmbeddedServer, prove: Any = lambda url: None) -> Any:
    return move(ledger.store.url, other.url, server_of(ledger), folder / "moving", prove)


def code_of(trouble: pytest.ExceptionInfo[SongnuanError]) -> str:
    return trouble.value.code


def epoch_of(url: str) -> Any:
    with psycopg.connect(url) as connection:
        return read_epoch(connection)


class TestToAnotherServer:
    def test_the_ledger_goes_on_there_and_records_no_more_here(
        self, ledger: Founded, folder: Path, other: EmbeddedServer
    ) -> None:
        last = recorded(ledger, 3)
        done = songnuan(folder / "data", "upgrade", "server", "--to", other.url, "--json")
        assert (done["position"], done["fenced"]) == (last, True)
        assert done["kept"] == str(folder / "data" / "postgresql")
        with pytest.raises(Misconfigured) as trouble:
            recorded(ledger, 1)
        assert code_of(trouble) == "superseded"
        with psycopg.connect(other.url) as new, ledger.store.connect() as old:
            assert counts(new) == counts(old)
        with OpenStore(Store(folder / "data", other.url)) as store:
            there = Founded(store, ledger.ledger, ledger.keys, ledger.people, ledger.officials)
            assert recorded(there, 2) == last + 2
        # Given again, it finds what was done; for anything else the place is taken.
        again = songnuan(folder / "data", "upgrade", "server", "--to", other.url, "--json")
        assert again["epoch"] == done["epoch"] < epoch_of(other.url).number
        with EmbeddedServer(folder / "third") as third, pytest.raises(Misconfigured) as trouble:
            moved(ledger, folder, third)
        assert code_of(trouble) == "superseded"

    def test_a_break_leaves_the_old_one_as_it_was_and_the_next_run_goes_on(
        self, ledger: Founded, folder: Path, other: EmbeddedServer
    ) -> None:
        def fail(url: str) -> None:
            assert url == other.url
            raise Incomplete("move-not-proved", "不符", "it does not hold")

        with pytest.raises(Incomplete) as trouble:
            moved(ledger, folder, other, fail)
        assert code_of(trouble) == "move-not-proved"
        # Nothing is recorded in what was not proved, and the old one goes on.
        with pytest.raises(Misconfigured) as refused:
            epoch_of(other.url)
        assert code_of(refused) == "epoch-missing"
        last = recorded(ledger, 2)
        assert moved(ledger, folder, other).position == last
        # A break after the fence: the new one is opened by the next run.
        with psycopg.connect(other.url) as connection:
            connection.execute("DELETE FROM ledger.writer")
        done = moved(ledger, folder, other)
        assert done.epoch == epoch_of(ledger.store.url).superseded_by == epoch_of(other.url).number

    def test_a_row_that_is_lost_on_the_way_is_found(
        self, ledger: Founded, folder: Path, other: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with psycopg.connect(other.url) as connection:
            connection.execute(
                "CREATE FUNCTION public.lose() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF to_regclass('ledger.vault_dossier') IS NOT NULL THEN"
                " DELETE FROM ledger.vault WHERE ctid = '(0,1)'; END IF; END $$"
            )
            connection.execute(
                "CREATE EVENT TRIGGER lose ON ddl_command_end WHEN TAG IN ('CREATE INDEX')"
                " EXECUTE FUNCTION public.lose()"
            )
        with pytest.raises(Incomplete) as trouble:
            moved(ledger, folder, other)
        assert code_of(trouble) == "move-differs"
        assert "vault (" in str(trouble.value)
        assert epoch_of(ledger.store.url).superseded_by is None

    def test_while_somebody_writes_nothing_is_moved(
        self, ledger: Founded, folder: Path, other: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ledger.store.writer(), pytest.raises(Unavailable) as trouble:
            moved(ledger, folder, other)
        assert code_of(trouble) == "writer-elsewhere"
        monkeypatch.setattr("ledger.storage.moving.LOCK_SECONDS", 1)
        with ledger.store.connect() as another, another.transaction():
            another.execute("LOCK TABLE ledger.inbox IN ROW EXCLUSIVE MODE")
            with pytest.raises(Unavailable) as trouble:
                moved(ledger, folder, other)
        assert code_of(trouble) == "database-in-use"

    def test_a_place_that_is_taken_or_older_or_gone_is_refused(
        self, ledger: Founded, folder: Path, other: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with psycopg.connect(other.url) as connection:
            connection.execute("CREATE SCHEMA views")
        with pytest.raises(Misconfigured) as trouble:
            moved(ledger, folder, other)
        assert code_of(trouble) == "target-in-use"
        with pytest.raises(Unavailable) as unreachable:
            move(ledger.store.url, "postgresql://127.0.0.1:9/x", other, folder / "moving", lambda url: None)
        assert code_of(unreachable) == "database-unreachable"
        with pytest.raises(Misconfigured) as trouble:
            move(other.url.replace("/songnuan?", "/postgres?"), other.url, other, folder, lambda url: None)
        assert code_of(trouble) == "not-founded"
        monkeypatch.setattr(EmbeddedServer, "major", lambda self: 14)
        with pytest.raises(Misconfigured) as trouble:
            moved(ledger, folder, other)
        assert code_of(trouble) == "programs-too-old"

    def test_a_schema_of_before_the_epoch_is_opened_by_this_release_first(
        self, ledger: Founded, folder: Path, other: EmbeddedServer
    ) -> None:
        with ledger.store.connect() as connection:
            connection.execute("DELETE FROM ledger.schema_versions WHERE version > 5")
        with pytest.raises(Misconfigured) as trouble:
            moved(ledger, folder, other)
        assert code_of(trouble) == "schema-older"

    def test_a_database_that_was_set_back_is_not_moved(
        self, ledger: Founded, folder: Path, other: EmbeddedServer
    ) -> None:
        recorded(ledger, 1)
        remembered = ledger.store.checkpoint_memory.read()
        assert remembered is not None
        with ledger.store.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("DELETE FROM ledger.entries WHERE position = %s", (remembered.size,))
            connection.execute("DELETE FROM ledger.checkpoints WHERE size = %s", (remembered.size,))
        said = songnuan(folder / "data", "upgrade", "server", "--to", other.url, code=6)
        assert "the old one is as it was" in said
        assert epoch_of(ledger.store.url).superseded_by is None


class TestTheDataFolder:
    """The way of a major version, whose programs are the package's own here."""

    def test_changes_places_with_one_made_anew_and_is_kept(self, ledger: Founded, folder: Path) -> None:
        last = recorded(ledger, 3)
        server = server_of(ledger)
        done = upgrade_data(folder / "data", server.programs, lambda url: None)
        assert done.moved is not None
        assert (done.moved.position, done.moved.fenced) == (last, True)
        assert (done.aside / "PG_VERSION").exists()
        assert done.aside.parent == folder / "data"
        assert not (folder / "data" / UPGRADE).exists()
        server.start()
        assert recorded(ledger, 1) == last + 1

    def test_a_break_while_the_places_change_is_finished(
        self, ledger: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last = recorded(ledger, 1)
        server = server_of(ledger)

        def broken(folder: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(major_upgrade, "finish_upgrade", broken)
        with pytest.raises(KeyboardInterrupt):
            upgrade_data(folder / "data", server.programs, lambda url: None)
        monkeypatch.undo()
        card = orjson.loads((folder / "data" / UPGRADE / PROVED).read_bytes())
        server.data.rename(folder / "data" / card["aside"])
        with pytest.raises(Misconfigured) as trouble:
            EmbeddedServer(folder / "data").start()
        assert code_of(trouble) == "upgrade-unfinished"
        assert look_for_due(Settings(data_dir=folder / "data"))[0].due
        done = songnuan(folder / "data", "upgrade", "server", "--json")
        assert done["kept"] == str(folder / "data" / card["aside"])
        assert finish_upgrade(folder / "data") is None
        server.start()
        assert recorded(ledger, 1) == last + 1

    def test_of_an_older_major_needs_its_programs(self, ledger: Founded, folder: Path) -> None:
        server_of(ledger).halt()
        version = folder / "data" / "postgresql" / "PG_VERSION"
        kept = version.read_text()
        version.write_text("15\n")
        found = songnuan(folder / "data", "upgrade", "--json")
        assert next((each["what"], each["found"], each["due"]) for each in found) == ("postgresql", 15, True)
        for programs in ((), ("--programs", str(folder)), ("--programs", str(server_of(ledger).programs))):
            said = songnuan(folder / "data", "upgrade", "server", *programs, code=4)
            assert "older-programs-missing" in said
        version.write_text(kept)

    def is_restored_by_its_own_programs(self, old: EmbeddedServer, ledger: Founded, folder: Path) -> None:
        """What a separate database of an older major version is to its operator."""
        settings = Settings(database_url=old.url, data_dir=folder / "data")
        by_15 = settings.model_copy(update={"postgresql_programs": DEBIAN_15})
        (line,) = check_restoring(settings)
        assert (line.level, f"SONGNUAN_POSTGRESQL_PROGRAMS={DEBIAN_15}" in line.way_out[1]) == ("warn", True)
        assert [each.level for each in check_restoring(by_15)] == ["ok"]
        take_backup(old.url, ledger.ledger, EmbeddedServer(folder), folder / "kept", slot=None)
        with pytest.raises(Misconfigured) as trouble:
            restore(folder / "kept", EmbeddedServer(folder / "back"))
        assert code_of(trouble) == "postgresql-version"
        for name in ("secrets", "ledger.json"):
            source, copy = folder / "data" / name, folder / "back" / name
            copy.parent.mkdir(exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy)
        said = songnuan(
            folder / "back",
            "backup",
            "restore",
            str(folder / "kept"),
            SONGNUAN_POSTGRESQL_PROGRAMS=str(DEBIAN_15),
        )
        assert "nothing before it is missing" in said
        assert "postgresql-upgrade-due" in songnuan(folder / "back", "status", code=4)
        holdings = Holdings(open_depot(str(folder / "depot")))
        with connect(old.url) as connection:
            holdings.claim(ledger.ledger, system_of(connection), segment_bytes_of(connection))
        holdings.add_base(folder / "kept")
        assert rehearse(holdings, settings).error == "postgresql-version"
        assert rehearse(holdings, by_15).succeeded

    @pytest.mark.skipif(not DEBIAN_15.exists(), reason="PostgreSQL 15 is not installed")
    def test_of_postgresql_15_becomes_the_packaged_one(self, ledger: Founded, folder: Path) -> None:
        last = recorded(ledger, 3)
        # The same ledger as it stands in a data folder of 15: its tables by the older programs' way back.
        old = EmbeddedServer(folder / "old", programs=DEBIAN_15)
        old.start()
        text = server_of(ledger).command(
            "pg_dump", "--no-owner", "-n", "ledger", f"--dbname={ledger.store.url}"
        )
        (folder / "plain.sql").write_text(
            "\n".join(
                line
                for line in text.splitlines()
                if not line.startswith(("SET transaction_timeout", "\\restrict", "\\unrestrict"))
            )
        )
        old.command("psql", "-v", "ON_ERROR_STOP=1", "-d", old.url, "-f", str(folder / "plain.sql"))
        self.is_restored_by_its_own_programs(old, ledger, folder)
        old.halt()
        server_of(ledger).halt()
        for name in ("secrets", "ledger.json"):
            source = folder / "data" / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / "old" / name)
        found = songnuan(folder / "old", "upgrade", "--json")
        assert (found[0]["found"], found[0]["due"]) == (15, True)
        with pytest.raises(Misconfigured) as trouble:
            EmbeddedServer(folder / "old").start()
        assert code_of(trouble) == "postgresql-upgrade-due"
        done = songnuan(folder / "old", "upgrade", "server", "--programs", str(DEBIAN_15), "--json")
        assert done["position"] == last
        assert Path(done["kept"]).name.startswith("postgresql-15-")
        with EmbeddedServer(folder / "old") as server, psycopg.connect(server.url) as connection:
            assert head(connection) == last
        assert "verified" in songnuan(folder / "old", "verify", "ledger")


def test_what_is_due_is_said_and_nothing_is_changed(ledger: Founded, folder: Path) -> None:
    settings = Settings(data_dir=folder / "data")
    assert not any(each.due for each in look_for_due(settings))
    with ledger.store.connect() as connection:
        connection.execute(
            "UPDATE ledger.standing SET value = value || '{\"rules\": 1}' WHERE key = 'book/ledger'"
        )
        connection.execute("DELETE FROM ledger.schema_versions WHERE version = %s", (max(versions()),))
    found = {each.what: each for each in look_for_due(settings)}
    assert [name for name, each in found.items() if each.due] == ["schema", "rules"]
    assert (found["rules"].found, found["rules"].newest) == (1, NEWEST)
    assert (found["schema"].found, found["schema"].newest) == (max(versions()) - 1, max(versions()))
    with ledger.store.connect() as connection:
        assert applied(connection) == max(versions()) - 1
    said = songnuan(folder / "data", "upgrade")
    assert "run songnuan upgrade rules" in said
    assert "songnuan upgrade server:" in said
    # Something that is no ledger has nothing due.
    with pytest.raises(Misconfigured) as trouble:
        look_for_due(Settings(data_dir=folder / "nothing"))
    assert code_of(trouble) == "not-founded"
    assert "as it should be" in songnuan(folder / "data", "upgrade", "server")
