"""The service when something beside it dies: it says so, mends it, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from ledger.storage.embedded import EmbeddedServer
from ledger.supervision import Supervisor
from tests.founding import Founded
from tests.http.processes import serving

STOP_SECONDS = 10.0


def wait_for(condition: object, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_work_that_ends_or_fails_is_started_again() -> None:
    runs: list[str] = []

    def fails(stop: threading.Event) -> None:
        runs.append("fails")
        raise ValueError("broken")

    with Supervisor() as supervisor:
        supervisor.run_thread("fails", fails)
        wait_for(lambda: len(runs) >= 2)
        (status,) = supervisor.status()
    assert status.restarts >= 1


def test_a_stop_does_not_wait_for_work_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.supervision.STOP_SECONDS", 0.2)
    for_ever = threading.Event()

    def hangs(stop: threading.Event) -> None:
        for_ever.wait()

    with Supervisor() as supervisor:
        supervisor.run_thread("hangs", hangs)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    for_ever.set()


def test_the_views_process_is_started_again_and_the_service_ends(founded: Founded, tmp_path: Path) -> None:
    with serving(founded.store.url, tmp_path / "data") as service:
        service.wait_until([])
        before = service.views_process()
        before.send_signal(signal.SIGSTOP)
        service.wait_until(["views-silent"])
        before.kill()
        service.wait_until([])
        assert service.views_process().pid != before.pid
        assert 'songnuan_work_restarts_total{work="views"} 1.0' in service.get("/metrics").text
        assert '"exit_code":-9' in service.log
        service.stop_in(STOP_SECONDS)
        assert "Traceback" not in service.log


def test_a_stop_ends_it_though_the_views_process_was_killed_just_before(
    founded: Founded, tmp_path: Path
) -> None:
    with serving(founded.store.url, tmp_path / "data") as service:
        service.wait_until([])
        service.views_process().send_signal(signal.SIGSTOP)
        service.stop_in(STOP_SECONDS, signal.SIGINT)


def test_a_service_whose_connections_are_cut_becomes_ready_again(founded: Founded, tmp_path: Path) -> None:
    with serving(founded.store.url, tmp_path / "data") as service:
        service.wait_until([])
        with psycopg.connect(founded.store.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        time.sleep(0.5)
        service.wait_until([])
        service.stop_in(STOP_SECONDS)


def kill_database(data: Path) -> None:
    os.kill(EmbeddedServer(data).pid(), signal.SIGKILL)


def test_the_embedded_server_is_started_again_when_it_ends_by_itself(ledger: Founded, folder: Path) -> None:
    data = folder / "data"
    with serving(None, data) as service:
        service.wait_until([])
        for times in (1, 2):
            before = EmbeddedServer(data).pid()
            kill_database(data)
            deadline = time.monotonic() + 30
            while service.log.count("the embedded PostgreSQL runs again") < times:
                assert time.monotonic() < deadline, service.log
                time.sleep(0.05)
            service.wait_until([])
            assert EmbeddedServer(data).pid() != before
        assert "postgresql-ended" in service.log
        service.stop_in(STOP_SECONDS)
        assert "Traceback" not in service.log


def test_a_killed_database_that_does_not_start_is_said_and_the_service_still_ends(
    ledger: Founded, folder: Path
) -> None:
    data = folder / "data"
    configuration = data / "postgresql" / "postgresql.conf"
    sound = configuration.read_text()
    with serving(None, data) as service:
        service.wait_until([])
        configuration.write_text(sound + "\nno_such_setting = on\n")
        kill_database(data)
        deadline = time.monotonic() + 30
        while service.causes()[:1] != ["postgresql-ended"] or "database-unavailable" not in service.causes():
            assert time.monotonic() < deadline, service.log
            time.sleep(0.2)
        assert service.get("/healthz", timeout=60).status_code == 503
        assert service.get("/metrics").status_code == 200
        assert service.log.count("no connection to the database") == 1
        assert "does not start yet" in service.log
        configuration.write_text(sound)
        service.wait_until([])
        configuration.write_text(sound + "\nno_such_setting = on\n")
        kill_database(data)
        service.stop_in(STOP_SECONDS)


def test_a_server_that_was_halted_stays_halted_until_it_is_started(ledger: Founded, folder: Path) -> None:
    data = folder / "data"
    with serving(None, data) as service:
        service.wait_until([])
        EmbeddedServer(data).halt()
        deadline = time.monotonic() + 30
        while service.causes()[:1] != ["postgresql-halted"]:
            assert time.monotonic() < deadline, service.log
            time.sleep(0.2)
        time.sleep(2)
        assert not EmbeddedServer(data).is_running()
        with EmbeddedServer(data):
            service.wait_until([])
        service.wait_until([])
        service.stop_in(STOP_SECONDS)
