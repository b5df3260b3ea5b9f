"""A database's address behind which is something else: an end in time, a code, and the way out."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from api.operating.check import Check
from api.operating.doctor import examine
from api.operating.upgrades_due import look_for_due
from api.service.failures import explained
from api.service.settings import Settings
from ledger.errors import Misconfigured, SongnuanError, Unavailable
from ledger.postgres import connection as connections
from ledger.postgres.connection import Database, connect, pool
from ledger.storage import backup, moving, peers, standby, store, switchover
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.peers import Peers
from ledger.storage.server_programs import Programs
from tests.evil_peer import Says, answering, at_once, dripping, nothing

SECONDS = 1
READY = b"R\0\0\0\x08\0\0\0\0" + b"S\0\0\0\x18server_version\0" + b"18.0\0" + b"Z\0\0\0\x05I"
WARNING = b"N\0\0\x10\0"


def session(then: Says) -> Says:
    """Let in whoever comes, and do that once something is asked."""

    def says(line: socket.socket) -> None:
        line.sendall(READY)
        line.recv(65536)
        then(line)

    return says


EVIL: dict[str, Says] = {
    "accepts and is silent": nothing,
    "drips before it lets in": dripping(b"R\0\0\x07\0"),
    "drips an error": dripping(b"E\0\0\x70\0"),
    "speaks HTTP": at_once(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>"),
    "speaks without end": at_once(b"x" * 5_000_000),
    "lets in and is silent": session(nothing),
    "lets in and drips": session(dripping(WARNING)),
    "lets in and hangs up": session(lambda line: None),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", SECONDS)
    for module in (
        "api.operating.database_checks",
        "api.operating.upgrades_due",
        "ledger.postgres.session_check",
        *(each.__name__ for each in (backup, peers, standby, store, switchover)),
    ):
        monkeypatch.setattr(f"{module}.ANSWER_SECONDS", SECONDS)
    monkeypatch.setattr(peers, "CONNECT_SECONDS", SECONDS)


@contextmanager
def database(says: Says) -> Iterator[str]:
    with answering(says) as url:
        yield url.replace("http:", "postgresql://somebody:not-to-be-printed@").replace("@//", "@") + (
            "/db?sslmode=disable&gssencmode=disable"
        )


@contextmanager
def soon(questions: int = 1) -> Iterator[None]:
    """Within what so many questions may take, and what a busy machine adds."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < questions * 2 * SECONDS + 15


def line_of(url: str, folder: Path) -> Check:
    (line,) = (
        each
        for each in examine(Settings(data_dir=folder, database_url=url))
        if each.topic == "database" and each.level == "fail"
    )
    return line


@pytest.mark.parametrize("name", EVIL)
def test_a_question_ends(name: str) -> None:
    with (
        database(EVIL[name]) as url,
        soon(),
        pytest.raises(psycopg.OperationalError) as failed,
        connect(url, answer_seconds=SECONDS) as connection,
    ):
        connection.execute("SELECT 1")
    told = explained(failed.value)
    assert isinstance(told, Unavailable)
    assert told.code == "database-unavailable"
    assert "not-to-be-printed" not in told.zh + told.en
    if "silent" in name or "drips" in name:
        assert "there was no answer in time" in told.en


def test_the_connection_is_closed_then_and_the_next_statement_says_so() -> None:
    with database(EVIL["lets in and drips"]) as url, soon():
        connection = connect(url, answer_seconds=SECONDS)
        with pytest.raises(psycopg.errors.ConnectionTimeout):
            connection.execute("SELECT 1")
        assert connection.closed
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_pools_connections_are_bounded_too() -> None:
    with (
        database(EVIL["lets in and is silent"]) as url,
        soon(),
        pool(url, most=1, wait_seconds=SECONDS, answer_seconds=SECONDS) as connected,
        pytest.raises(psycopg.OperationalError),
        connected.connection() as connection,
    ):
        connection.execute("SELECT 1")


@pytest.mark.parametrize("name", EVIL)
def test_the_doctor_says_it_with_the_way_out(name: str, tmp_path: Path) -> None:
    with database(EVIL[name]) as url, soon(2):
        line = line_of(url, tmp_path)
    assert all((*line.said, *line.way_out))
    assert "SONGNUAN_DATABASE_URL" in line.way_out[1]
    assert "not-to-be-printed" not in str(line)


COMMANDS: dict[str, tuple[Callable[[str, Path], object], str]] = {
    "opening": (lambda url, folder: store.OpenStore(store.Store(folder, url)).__enter__(), "database-"),
    "upgrade": (lambda url, folder: look_for_due(Settings(data_dir=folder, database_url=url)), "database-"),
    "move": (
        lambda url, folder: moving.move(url, url, EmbeddedServer(folder), folder, lambda proved: None),
        "database-",
    ),
    "backup": (
        lambda url, folder: backup.take_backup(url, "one", EmbeddedServer(folder), folder / "kept"),
        "database-",
    ),
    "replica": (lambda url, folder: standby.make_standby(url, EmbeddedServer(folder)), "database-"),
    "program": (
        lambda url, folder: Programs(folder, None).run("pg_dump", database=Database(url)),
        "postgresql-",
    ),
}


@pytest.mark.parametrize("name", ["accepts and is silent", "drips before it lets in", "speaks HTTP"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_asks_it_ends_with_a_code(name: str, command: str, tmp_path: Path) -> None:
    run, code = COMMANDS[command]
    with (
        database(EVIL[name]) as url,
        soon(3),
        pytest.raises((SongnuanError, psycopg.OperationalError)) as failed,
    ):
        run(url, tmp_path)
    told = explained(failed.value)
    assert isinstance(told, Unavailable | Misconfigured)
    assert told.code.startswith(code)
    assert "not-to-be-printed" not in told.zh + told.en


@pytest.mark.parametrize("name", EVIL)
def test_a_peer_that_is_none_says_nothing(name: str) -> None:
    with database(EVIL[name]) as url, soon():
        asked = Peers(url, "ledger", [url])
        assert asked.newest_epoch() is None
        asked.close()


def test_an_address_behind_which_nothing_answers() -> None:
    """A listener whose queue is full: what asks for a connection is dropped, as by a firewall."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        address = listening.getsockname()
        waiting = []
        for _ in range(3):
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(address)
            waiting.append(line)
        with soon(), pytest.raises(psycopg.OperationalError) as failed:
            connect(f"postgresql://somebody@127.0.0.1:{address[1]}/db", connect_seconds=SECONDS)
        assert "timeout expired" in str(failed.value)
        for line in waiting:
            line.close()
