"""Fixtures: one embedded PostgreSQL for the whole run, a database of its own for each test."""

from __future__ import annotations

import dataclasses
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from api.roster.workbooks import _file
from ledger.postgres import migrations
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from tests.flushing import flushing
from tests.founding import Founded, prepare
from tests.patterns import Patterns
from tests.scene import Scene

_numbers = itertools.count(1)
MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30
"""How much must be free there, and of the machine's memory, for a process's servers."""


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Where the servers lie: in memory, where there is room.

    A database is some six hundred files, made and removed for each test, and ext4 passes over all that
    were removed in the last minutes before it makes another. No test cuts the power: what outlives a
    killed server is the same in memory.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM < psutil.virtual_memory().available
    folder = Path(tempfile.mkdtemp(prefix="songnuan-test-", dir=MEMORY if roomy else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(server_folder: Path) -> Iterator[EmbeddedServer]:
    """A server that does not wait for the disk: what survives a crash is tested on servers of their own."""
    with EmbeddedServer(server_folder / "server") as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
            connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture
def flushed(server: EmbeddedServer) -> Iterator[None]:
    """The server waits for the disk during this test."""
    with flushing(server.url):
        yield


@pytest.fixture(scope="session")
def template(server: EmbeddedServer) -> str:
    """A database whose schema is up to date, to be copied."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    with psycopg.connect(server.url.replace("/songnuan?", "/migrated?"), autocommit=True) as connection:
        migrations.migrate(connection)
    return "migrated"


@pytest.fixture
def database_url(server: EmbeddedServer, template: str) -> Iterator[str]:
    """A new database without a ledger."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url.replace("/songnuan?", f"/{name}?")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[OpenStore]:
    """A migrated store with secrets, not founded yet."""
    with OpenStore(Store(tmp_path / "data", database_url)) as store:
        yield store


@pytest.fixture(scope="session")
def patterns(server: EmbeddedServer, template: str, server_folder: Path) -> Patterns:
    return Patterns(server, template, server_folder / "patterns")


@pytest.fixture
def founded(patterns: Patterns, tmp_path: Path) -> Iterator[Founded]:
    """A ledger with its officers and a campaign, whose writer has gone and whose views have followed."""
    with patterns.copy(tmp_path / "data") as founded:
        yield founded


@pytest.fixture
def folder(server_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the server's user reaches."""
    folder = server_folder / tmp_path_factory.mktemp("backup").name
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def ledger_pattern(server_folder: Path) -> Founded:
    """A ledger on an embedded server of its own, at rest, to be copied."""
    with OpenStore(Store(server_folder / "pattern")) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            founded.paid(writer)
    return founded


@pytest.fixture
def ledger(ledger_pattern: Founded, server_folder: Path, folder: Path) -> Iterator[Founded]:
    """A ledger on an embedded server of its own."""
    # With owners and all: as root, the server is another user's.
    subprocess.run(["cp", "-a", server_folder / "pattern", folder / "data"], check=True)
    with OpenStore(Store(folder / "data")) as store:
        yield dataclasses.replace(ledger_pattern, store=store, keys=dict(ledger_pattern.keys))


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are taken apart within the test: what a process of their own adds is tried elsewhere."""
    monkeypatch.setattr("api.roster.sheet.read_file", _file)
