"""Fixtures: one embedded PostgreSQL for the whole run, a database of its own for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.embedded import EmbeddedServer
from ledger.store import OpenStore, Store
from tests.founding import Founded, prepare
from tests.scene import Scene

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="songnuan-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(server_folder: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(server_folder / "server") as server:
        yield server


@pytest.fixture
def database_url(server: EmbeddedServer) -> Iterator[str]:
    """A new, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield server.url.replace("/songnuan?", f"/{name}?")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[OpenStore]:
    """A migrated store with secrets, not founded yet."""
    with OpenStore(Store(tmp_path / "data", database_url)) as store:
        yield store


@pytest.fixture
def founded(store: OpenStore) -> Founded:
    """A ledger with its officers and a campaign, whose writer has gone."""
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
    return founded


@pytest.fixture
def folder(server_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the server's user reaches."""
    folder = server_folder / tmp_path_factory.mktemp("backup").name
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ledger(folder: Path) -> Iterator[Founded]:
    """A ledger on an embedded server of its own."""
    with OpenStore(Store(folder / "data")) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            founded.paid(writer)
        yield founded


@pytest.fixture
def scene() -> Scene:
    return Scene()
