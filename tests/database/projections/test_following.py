"""The views' process outlives what the database does, tells what it waits for, and never ends silently."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from threading import Event

import psycopg
import pytest
from eventsourcing import persistence

from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore
from projections.following.follower import SCHEMA, Follower, remove
from projections.following.pulse import (
    DATABASE_LOST,
    READ_ONLY,
    STARTING,
    Heartbeat,
    Pulse,
    wait_for,
)
from projections.following.runner import Followers, follow_in_process
from projections.replaying.replay import replay
from tests.founding import Founded

PATIENCE_SECONDS = 60


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def following(url: str, pulse: Pulse) -> Iterator[BaseProcess]:
    """The views' process, as the service starts it; told to stop at the end."""
    connections = datastore(url)
    Followers(connections).prepare()
    connections.close()
    process = get_context("spawn").Process(target=follow_in_process, args=(url, pulse), daemon=True)
    process.start()
    try:
        yield process
    finally:
        pulse.stop()
        process.join(10)
        if process.is_alive():
            process.kill()


def terminate_all(store: OpenStore) -> None:
    with store.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def set_read_only(store: OpenStore, value: str) -> None:
    """For the sessions that are opened from now on."""
    with store.connect() as connection:
        connection.execute("SET default_transaction_read_only = off")
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")


def test_it_outlives_lost_connections_and_a_read_only_database(founded: Founded) -> None:
    store, pulse = founded.store, Pulse()
    with following(store.url, pulse) as process:
        with store.writer() as writer:
            head = founded.paid(writer) and writer.record(founded.dossiers(1)[0]).position
        until(lambda: pulse.read().position == head)
        for _ in range(5):
            terminate_all(store)
            time.sleep(0.1)
        with store.writer() as writer:
            head = writer.record(founded.dossiers(1)[0]).position
        until(lambda: pulse.read().position == head and pulse.read().waits_for is None)
        with store.writer() as writer:
            head = writer.record(founded.dossiers(1)[0]).position
            # Read-only while something is left to follow.
            os.kill(process.pid or 0, signal.SIGSTOP)
            head = writer.record(founded.dossiers(1)[0]).position
        set_read_only(store, "on")
        terminate_all(store)
        os.kill(process.pid or 0, signal.SIGCONT)
        until(lambda: pulse.read().waits_for == READ_ONLY)
        assert process.is_alive()
        set_read_only(store, "off")  # the sessions that were opened meanwhile are still there
        until(lambda: pulse.read().position == head and pulse.read().waits_for is None)
    assert process.exitcode == 0
    connections = datastore(store.url)
    assert replay(connections, Followers(connections)).differences == []
    connections.close()


def test_what_waiting_does_not_mend_ends_it_with_an_exit_code(founded: Founded) -> None:
    with following(founded.store.url, Pulse()) as process:
        with founded.store.connect() as connection:
            connection.execute("DROP TABLE ledger.views_tracking")
        process.join(PATIENCE_SECONDS)
        assert process.exitcode == 1


def test_one_that_is_killed_leaves_nobody_waiting(founded: Founded) -> None:
    pulse = Pulse()
    with following(founded.store.url, pulse) as process:
        until(lambda: pulse.read().waits_for is None)
        process.kill()
    assert process.exitcode == -signal.SIGKILL


def test_a_pulse_tells_the_last_beat_and_since_when_it_waits() -> None:
    now = [1.0]
    pulse = Pulse(lambda: now[0])
    assert pulse.read() == Heartbeat(1.0, 0, 0, STARTING, 1.0)
    now[0] = 2.0
    pulse.beat(7, 9)
    assert pulse.read() == Heartbeat(2.0, 7, 9, None, 2.0)
    now[0] = 3.0
    pulse.wait(DATABASE_LOST)
    now[0] = 4.0
    pulse.wait(DATABASE_LOST)
    assert pulse.read() == Heartbeat(4.0, 7, 9, DATABASE_LOST, 3.0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.errors.ReadOnlySqlTransaction(), "views-read-only"),
        (psycopg.errors.DiskFull(), "views-disk-full"),
        (psycopg.errors.QueryCanceled(), "views-interrupted"),
        (psycopg.errors.AdminShutdown(), "views-database-lost"),
        (psycopg.OperationalError("no connection"), "views-database-lost"),
        (psycopg.errors.UndefinedTable(), None),
        (ZeroDivisionError(), None),
    ],
)
def test_each_error_of_the_database_is_waited_for_under_its_code(error: Exception, code: str | None) -> None:
    wrapped = persistence.PersistenceError("as the library raises it")
    wrapped.__cause__ = error
    for each in (error, wrapped):
        found = wait_for(each)
        assert (found and found.code) == code


def test_told_to_stop_it_ends_between_two_batches(founded: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Follower, "BATCH_EVENTS", 5)
    stop = Event()
    pulse = Pulse()
    beat = pulse.beat

    def beat_and_stop(position: int, head: int) -> None:
        beat(position, head)
        stop.set()

    monkeypatch.setattr(pulse, "beat", beat_and_stop)
    connections = datastore(founded.store.url)
    remove(connections, SCHEMA)
    followers = Followers(connections)
    followers.prepare()
    followers.follow(stop, pulse=pulse)
    assert followers.position() < followers.head()
    followers.catch_up()
    assert replay(connections, followers).differences == []
    connections.close()
