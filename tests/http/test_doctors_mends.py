"""Each way out that the doctor names is one: the fault is made, what it says is done, and it is gone."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import orjson
import psycopg
import pytest

from api.demo.people import People
from api.operating import target_checks
from api.operating.check import Check
from api.operating.doctor import examine
from api.service.settings import Settings
from ledger.crypto.keys import new_key, save_key
from ledger.identity.secrets import Folder, create_secrets
from ledger.log.note import note_key
from ledger.log.witness import Witness
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.slots import ensure_slot
from tests.commands import run_command
from tests.database.test_writer import fund
from tests.founding import Founded
from tests.http.command_line import identity_file
from tests.http.service.test_witnesses import set_back_behind
from tests.waiting import wait_until

WITNESS = note_key(new_key(), "audit.example/w1").text


def lines(settings: Settings, topic: str) -> list[Check]:
    """What is not well of one thing."""
    return [each for each in examine(settings) if each.topic == topic and each.level != "ok"]


def the_line(settings: Settings, topic: str, says: str, before: list[Check]) -> Check:
    """A line that came with the fault; what it says to do is there in both languages."""
    new = [each for each in lines(settings, topic) if each not in before]
    line = next(each for each in new if says in each.way_out[1])
    assert all((*line.said, *line.way_out))
    return line


class Bench:
    """A place where a fault is made and mended."""

    def __init__(self, folder: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.stack = stack
        self.monkeypatch = monkeypatch
        self.settings: dict[str, object] = {"data_dir": self.data}

    def examined(self) -> Settings:
        return Settings(**self.settings)

    def shell(self, command: str) -> None:
        """Do in a shell what the doctor says is to be done there."""
        subprocess.run(["sh", "-c", command], check=True)


class Mend(NamedTuple):
    """A fault, by its topic; what the way out says; and the doing of it."""

    topic: str
    breaks: Callable[[Bench], None]
    says: str
    does: Callable[[Bench, str], None]


def given(**settings: object) -> Callable[..., None]:
    return lambda bench, *way: bench.settings.update(settings)


def a_file_for_a_folder(bench: Bench) -> None:
    (bench.folder / "file").touch()
    bench.settings["data_dir"] = bench.folder / "file"


def not_to_be_written(path: str) -> Callable[[Bench], None]:
    """As the system answers somebody other than root."""

    def breaks(bench: Bench) -> None:
        folder = bench.folder / path
        folder.mkdir(exist_ok=True)
        folder.chmod(0o500)
        bench.monkeypatch.setattr(os, "access", lambda of, mode: bool(os.stat(of).st_mode & 0o200))

    return breaks


def other_names(bench: Bench, way: str) -> None:
    bench.settings["data_dir"] = bench.data


def target(path: str) -> Callable[..., None]:
    def sets(bench: Bench, *way: str) -> None:
        bench.settings["backup_target"] = str(bench.folder / path)

    return sets


def target_on_another_disk(bench: Bench, way: str) -> None:
    bench.monkeypatch.setattr(target_checks, "_disk", hash)


def target_that_is(path: str, breaks: Callable[[Bench], None]) -> Callable[[Bench], None]:
    def both(bench: Bench) -> None:
        breaks(bench)
        target(path)(bench)

    return both


def open_secrets(bench: Bench) -> None:
    create_secrets(Folder(bench.data / "secrets"))
    for each in (bench.data / "secrets").iterdir():
        each.chmod(0o644)


def missing_secret(bench: Bench) -> None:
    open_secrets(bench)
    for each in (bench.data / "secrets").iterdir():
        each.chmod(0o600)
    (bench.data / "secrets" / "mark_key").rename(bench.folder / "kept")


def secret_back(bench: Bench, way: str) -> None:
    (bench.folder / "kept").rename(bench.data / "secrets" / "mark_key")


def witness_away(bench: Bench) -> None:
    bench.settings["witnesses"] = {"http://127.0.0.1:9": WITNESS}


def witness_there(bench: Bench, way: str) -> None:
    there = bench.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    bench.settings["witnesses"] = {f"http://127.0.0.1:{there.getsockname()[1]}": WITNESS}


def no_roots(bench: Bench) -> None:
    bench.settings["timestamp_authority"] = "https://stamps.example"


def roots(bench: Bench, *way: str) -> None:
    bench.shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=roots"
        f" -keyout /dev/null -out {bench.folder}/roots.pem 2>/dev/null"
    )
    bench.settings["timestamp_roots"] = bench.folder / "roots.pem"


def damaged_roots(bench: Bench) -> None:
    no_roots(bench)
    (bench.folder / "roots.pem").write_text("no certificate")
    bench.settings["timestamp_roots"] = bench.folder / "roots.pem"


OF_A_FOLDER: dict[str, Mend] = {
    "the data folder is a file": Mend("folder", a_file_for_a_folder, "SONGNUAN_DATA_DIR", other_names),
    "the data folder is not there": Mend(
        "folder",
        lambda bench: bench.settings.update(data_dir=bench.folder / "none"),
        "SONGNUAN_DATA_DIR",
        other_names,
    ),
    "the data folder cannot be written": Mend(
        "folder", not_to_be_written("data"), "chmod", lambda bench, way: bench.data.chmod(0o700)
    ),
    "others read the secrets": Mend("secrets", open_secrets, "chmod", lambda bench, way: bench.shell(way)),
    "a secret is gone": Mend(
        "secrets",
        missing_secret,
        "copy it back into secrets/",
        secret_back,
    ),
    "no target is set": Mend("backup target", lambda bench: None, "SONGNUAN_BACKUP_TARGET", target("kept")),
    "the target is a file": Mend(
        "backup target",
        target_that_is("file", a_file_for_a_folder),
        "correct SONGNUAN_BACKUP_TARGET",
        target("kept"),
    ),
    "the target cannot be written": Mend(
        "backup target",
        target_that_is("shut", not_to_be_written("shut")),
        "chmod",
        lambda bench, way: (bench.folder / "shut").chmod(0o700),
    ),
    "the target is not there": Mend(
        "backup target",
        target_that_is("away", lambda bench: None),
        "mount it",
        lambda bench, way: (bench.folder / "away").mkdir(),
    ),
    "the target is on the same disk": Mend(
        "backup target",
        target_that_is("kept", lambda bench: None),
        "another machine or disk",
        target_on_another_disk,
    ),
    "the target is none": Mend(
        "backup target", given(backup_target="ftp://host/x"), "correct SONGNUAN_BACKUP_TARGET", target("kept")
    ),
    "no witness is set": Mend("witnesses", lambda bench: None, "SONGNUAN_WITNESSES", witness_there),
    "a witness is away": Mend("witnesses", witness_away, "see to the network", witness_there),
    "no roots for timestamps": Mend("timestamps", no_roots, "set SONGNUAN_TIMESTAMP_ROOTS", roots),
    "damaged roots for timestamps": Mend("timestamps", damaged_roots, "root certificates in PEM", roots),
}


@pytest.mark.parametrize("fault", OF_A_FOLDER)
def test_what_is_wrong_beside_the_database_is_mended_as_it_says(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mend = OF_A_FOLDER[fault]
    (tmp_path / "data").mkdir()
    with ExitStack() as stack:
        bench = Bench(tmp_path, stack, monkeypatch)
        if mend.topic == "backup target" and "disk" not in fault:
            monkeypatch.setattr(target_checks, "_disk", hash)
        if "secret" not in fault:
            (tmp_path / "kept").mkdir()
        mend.breaks(bench)
        line = the_line(bench.examined(), mend.topic, mend.says, [])
        mend.does(bench, line.way_out[1])
        assert lines(bench.examined(), mend.topic) == []


class TestSettings:
    """What is set wrongly is mended where the doctor says that it stands."""

    def looked(self, folder: Path, **variables: str) -> list[str]:
        done = run_command(
            "doctor",
            "--json",
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(folder), **variables},
        )
        return [
            each["way_out"]["en"]
            for each in orjson.loads(done.stdout)["checks"]
            if each["topic"] == "settings" and each["level"] != "ok"
        ]

    def test_a_wrong_one_and_a_mistyped_one_of_the_environment(self, tmp_path: Path) -> None:
        ways = self.looked(tmp_path, SONGNUAN_LOG_LEVEL="loud", SONGNUAN_PEER="x")
        assert ways == [
            "correct SONGNUAN_LOG_LEVEL in the environment, or log_level in songnuan.toml",
            "correct its name, or take it away",
        ]
        assert self.looked(tmp_path, SONGNUAN_LOG_LEVEL="info") == []

    def test_a_mistyped_one_of_the_file_and_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        file = tmp_path / "songnuan.toml"
        file.write_text('log_levl = "info"\n')
        assert self.looked(tmp_path) == ["correct its name in songnuan.toml, or take it away"]
        file.write_text("log_level = \n")
        assert self.looked(tmp_path) == ["correct songnuan.toml, or move it away"]
        file.rename(tmp_path / "away.toml")
        assert self.looked(tmp_path) == []


class Kept:
    """A ledger in a database, and the command run on it."""

    def __init__(self, founded: Founded, folder: Path) -> None:
        self.founded = founded
        self.folder = folder
        self.settings = Settings(database_url=founded.store.url, data_dir=founded.store.folder)
        save_key(founded.key("registrar"), folder / "registrar.pem", "")

    def sql(self, *statements: str) -> None:
        with psycopg.connect(self.founded.store.url, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = local")
            for statement in statements:
                connection.execute(statement.encode())

    def songnuan(self, way: str, *options: str, code: int = 0) -> str:
        """Run the command that a way out names, with what it leaves open."""
        found = re.search(r"songnuan ([a-z -]+[a-z])(?: --key …)?", way)
        assert found is not None, way
        command = shlex.split(found[1].removesuffix(" --key"))
        if "--key …" in way:
            command += ["--key", str(self.folder / "registrar.pem"), "--reason", "已核实"]
        done = run_command(
            *command,
            *options,
            env={
                "PATH": "/usr/bin:/bin",
                "SONGNUAN_DATABASE_URL": self.founded.store.url,
                "SONGNUAN_DATA_DIR": str(self.founded.store.folder),
                "SONGNUAN_PASSPHRASE": "",
                "SONGNUAN_LANG": "en",
            },
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


def statements_of(way: str) -> list[str]:
    """The SQL that stands at the end of a way out."""
    return re.findall(r"(?:: |; )((?:SELECT|ALTER|SET) [^;]+)", way)


def by_sql(kept: Kept, line: Check) -> None:
    kept.sql(*statements_of(line.way_out[1]))


def by_command(*options: str) -> Callable[[Kept, Check], None]:
    def does(kept: Kept, line: Check) -> None:
        kept.songnuan(line.way_out[1], *options)

    return does


def a_slot(kept: Kept) -> None:
    with psycopg.connect(kept.founded.store.url, autocommit=True) as connection:
        ensure_slot(connection, f"forgotten_{os.getpid()}")


def no_standby(kept: Kept) -> None:
    kept.sql("ALTER SYSTEM SET synchronous_standby_names = 'gone'", "SELECT pg_reload_conf()")


def recorded_ahead(kept: Kept) -> None:
    kept.founded.ahead = timedelta(days=3)
    with kept.founded.store.writer(clock=kept.founded.clock) as writer:
        writer.record(fund(kept.founded))


def set_back(kept: Kept) -> None:
    """The folder remembers more than the database has."""
    founded = kept.founded
    witness = Witness(kept.folder / "witness", new_key(), "audit.example/w1", [founded.log_key])
    with founded.store.writer() as writer:
        writer.record(fund(founded))
    set_back_behind(witness, founded)
    founded.store.checkpoint_memory.keep(next((kept.folder / "witness").rglob("checkpoint")).read_bytes())


def a_planted_table(kept: Kept) -> None:
    kept.sql("CREATE TABLE ledger.planted ()")


def name_and_remove(kept: Kept, line: Check) -> None:
    assert "planted" in kept.songnuan(line.way_out[1], code=6)
    kept.sql("DROP TABLE ledger.planted")


def an_outdated_view(kept: Kept) -> None:
    kept.sql("UPDATE views.made SET version = 'other' WHERE view = 'links'")


def a_stopped_view(kept: Kept) -> None:
    kept.sql("INSERT INTO views.failures VALUES ('links', 1, 'poison')")


def name_and_rebuild(kept: Kept, line: Check) -> None:
    assert "poison" in kept.songnuan(line.way_out[1])
    kept.songnuan(line.way_out[1].rpartition(": ")[2], "links", "--yes")


def a_role_that_waits_for_no_disk(kept: Kept) -> None:
    kept.sql(f"ALTER DATABASE {name_of(kept)} SET synchronous_commit = off")


def name_of(kept: Kept) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(kept.founded.store.url)["dbname"])


OF_A_DATABASE: dict[str, tuple[str, Callable[[Kept], None], str, Callable[[Kept, Check], None]]] = {
    "a slot that nobody reads": ("slots", a_slot, "pg_drop_replication_slot", by_sql),
    "a standby that is waited for": ("durability", no_standby, "ALTER SYSTEM RESET", by_sql),
    "a time ahead of the clock": ("clock", recorded_ahead, "songnuan clock accept", by_command()),
    "a database that was set back": ("set-back", set_back, "songnuan set-back accept", by_command()),
    "a changed schema": ("schema", a_planted_table, "songnuan verify ledger", name_and_remove),
    "an outdated view": ("views", an_outdated_view, "songnuan rebuild", by_command("--yes")),
    "a stopped view": ("views", a_stopped_view, "songnuan status", name_and_rebuild),
    "commits that wait for no disk": (
        "durability",
        a_role_that_waits_for_no_disk,
        "correct the setting",
        lambda kept, line: kept.sql(f"ALTER DATABASE {name_of(kept)} RESET synchronous_commit"),
    ),
    "a database set read-only": (
        "database",
        lambda kept: kept.sql(f"ALTER DATABASE {name_of(kept)} SET default_transaction_read_only = on"),
        "ALTER DATABASE",
        by_sql,
    ),
}


@pytest.mark.parametrize("fault", OF_A_DATABASE)
def test_what_is_wrong_with_the_database_is_mended_as_it_says(
    fault: str, founded: Founded, tmp_path: Path
) -> None:
    topic, breaks, says, does = OF_A_DATABASE[fault]
    kept = Kept(founded, tmp_path)
    # The tests' server flushes nothing, which is a line of its own.
    before = lines(kept.settings, topic)
    breaks(kept)
    wait_until(lambda: len(lines(kept.settings, topic)) > len(before))
    does(kept, the_line(kept.settings, topic, says, before))
    wait_until(lambda: lines(kept.settings, topic) == before)


def test_a_folder_without_a_ledger_is_mended_by_founding_one(tmp_path: Path, folder: Path) -> None:
    settings = Settings(data_dir=folder / "data")
    assert "songnuan init" in lines(settings, "folder")[0].way_out[1]
    (folder / "data").mkdir()
    assert "songnuan init" in lines(settings, "database")[0].way_out[1]
    assert [each.level for each in lines(settings, "secrets")] == ["fail"]
    done = run_command(
        *("init", "--name", "某县台账", "--key", str(tmp_path / "registrar.pem")),
        *("--identity", str(identity_file(tmp_path, People(97).person()))),
        env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(folder / "data"), "SONGNUAN_PASSPHRASE": ""},
    )
    assert done.returncode == 0, done.stderr
    assert lines(settings, "folder") == lines(settings, "secrets") == []
    # What is left is that nobody serves it.
    (line,) = lines(settings, "database")
    assert "songnuan serve" in line.way_out[1]
    with EmbeddedServer(folder / "data"):
        assert lines(settings, "database") == []


def test_a_database_that_is_not_there_is_mended_by_the_right_address(founded: Founded) -> None:
    wrong = Settings(database_url="postgresql://127.0.0.1:9/x", data_dir=founded.store.folder)
    the_line(wrong, "database", "SONGNUAN_DATABASE_URL", [])
    right = Settings(database_url=founded.store.url, data_dir=founded.store.folder)
    assert lines(right, "database") == []
