"""Running it: a replica answers the questions, a stop finishes its work, backups by command."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli.backups import read_target
from api.cli.exit_codes import Misused
from api.cli.set_back import set_back_event
from api.service.settings import Settings
from api.statements.submissions import write_submission
from ledger.errors import Misconfigured
from ledger.events.nomination import NoticePosted
from ledger.log.high_water import CheckpointMemory
from ledger.postgres.entries import APPEND_LOCK
from ledger.storage.backup import read_card, take_backup
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.standby import make_standby
from ledger.storage.store import OpenStore, Store
from ledger.storage.switchover import switch_over
from tests.browser.working import END, START
from tests.commands import COMMAND, run_command
from tests.database.test_backup import bring_secrets, recorded
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.http.serving import ORIGIN, Officer


class TestAReplica:
    def test_it_answers_the_questions_and_the_primary_takes_what_is_written(
        self, ledger: Founded, folder: Path
    ) -> None:
        with ledger.store.writer() as writer:
            case, _ = ledger.nominated(writer)
        standby = EmbeddedServer(folder / "standby")
        make_standby(ledger.store.url, standby)
        with standby:
            settings = Settings(data_dir=folder / "data", read_database_url=standby.url)
            with TestClient(create_app(settings), base_url=ORIGIN) as client:
                deadline = time.monotonic() + 30
                while client.get("/readyz").status_code != 204:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                confirmer = Officer(client, ledger, "tea-confirmer").sign_in()
                posted = confirmer.post(
                    NoticePosted(
                        campaign="b2026", unit="tea", cases=[case], start=START, end=END, place="厂门口"
                    )
                )
                # Read your writes, over the replica: the question waits until it has come.
                rows = confirmer.rows("/notices", wait_for=posted["position"])
                assert [row["notice"] for row in rows] == [posted["id"]]
                refused = confirmer.get("/notices", 422, wait_for=posted["position"] + 1_000)
                assert refused["code"] == "position-unknown"
                written = client.post(
                    f"/notices/{posted['id']}/objections", json={"case": case, "text": "此人家庭并不困难"}
                )
                assert written.status_code == 201
                assert len(Officer(client, ledger, "inspector").sign_in().rows("/objections")) == 1
                with psycopg.connect(standby.url, autocommit=True) as connection:
                    asked = connection.execute(
                        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                    ).fetchone()
                    assert asked is not None
                    assert asked[0] > 1


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [COMMAND, "serve", "--port", str(port)],
        env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(folder), "SONGNUAN_LANG": "en"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_what_cannot_start_says_why_without_a_traceback(folder: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(folder), "SONGNUAN_LANG": "en"}
    ended = subprocess.run(
        [COMMAND, "serve", "--port", "8799"], env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 4
    assert "run songnuan init first" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_stop_answers_what_it_took_and_loses_nothing(ledger: Founded, folder: Path) -> None:
    submissions = [ledger.dossiers(5) for _ in range(200)]
    process = start(folder / "data", 8733)
    answered: list[dict[str, Any]] = []
    try:
        with httpx2.Client(base_url="http://127.0.0.1:8733", timeout=30) as client:
            wait_until_it_answers(client)
            threading.Timer(0.7, process.send_signal, [signal.SIGTERM]).start()
            for batch in submissions:
                try:
                    answer = client.post(
                        "/statements",
                        content=b"["
                        + b",".join(orjson.dumps(write_submission(each)) for each in batch)
                        + b"]",
                        headers={"content-type": "application/json"},
                    )
                except httpx2.TransportError:
                    break  # it takes no new connection any more
                if answer.status_code != 200:
                    break
                answered += answer.json()["outcomes"]
        assert process.wait(30) == 0
    finally:
        process.kill()
    recorded = {position for position, _ in entries(ledger.store)}
    assert len(answered) >= 5
    assert all(outcome["position"] in recorded for outcome in answered)


def test_a_stop_answers_who_has_not_sent_the_whole_body_yet(ledger: Founded, folder: Path) -> None:
    process = start(folder / "data", 8734)
    try:
        with httpx2.Client(base_url="http://127.0.0.1:8734", timeout=30) as client:
            wait_until_it_answers(client)
        with socket.create_connection(("127.0.0.1", 8734), 30) as slow:
            slow.sendall(b"POST /statements HTTP/1.1\r\nHost: 127.0.0.1:8734\r\nContent-Length: 900\r\n\r\n{")
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            head, _, body = slow.makefile("rb").read().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert json.loads(body)["code"] == "stopping"
        assert process.wait(30) == 0
    finally:
        process.kill()


def test_a_stop_answers_what_it_cannot_wait_for(ledger: Founded, folder: Path) -> None:
    """The database holds the batch up for longer than a stop waits."""
    (submission,) = ledger.dossiers(1)
    process = start(folder / "data", 8735)
    try:
        with (
            httpx2.Client(base_url="http://127.0.0.1:8735", timeout=30) as client,
            ledger.store.connect() as holding,
        ):
            wait_until_it_answers(client)
            holding.execute("SELECT pg_advisory_lock(%s)", (APPEND_LOCK,))
            threading.Timer(0.5, process.send_signal, [signal.SIGTERM]).start()
            answer = client.post("/statements", content=orjson.dumps(write_submission(submission)))
        assert (answer.status_code, answer.json()["code"]) == (503, "stopped-unanswered")
        assert "retry-after" in answer.headers
        process.wait(15)
    finally:
        process.kill()


def wait_until_it_answers(client: httpx2.Client) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert client.get("/readyz").status_code in (204, 503)
            return
        except httpx2.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_backups_are_taken_and_restored_by_command(ledger: Founded, folder: Path) -> None:
    def command(data: Path, *arguments: str) -> str:
        done = run_command(
            *arguments, env={"PATH": "/usr/bin:/bin", "SONGNUAN_DATA_DIR": str(data), "SONGNUAN_LANG": "en"}
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    assert "backed up" in command(folder / "data", "backup", "take", str(folder / "backup"))
    [taken] = json.loads(command(folder / "data", "access", "--kind", "export", "--json"))
    assert taken["what"] == "songnuan backup take"
    (folder / "restored").mkdir()
    shutil.copytree(folder / "data" / "secrets", folder / "restored" / "secrets")
    shutil.copy(folder / "data" / "ledger.json", folder / "restored")
    said = command(folder / "restored", "backup", "restore", str(folder / "backup"))
    assert "verified" in said
    assert "paid" in command(folder / "restored", "roster", "--json")
    # The fresh folder remembers what was restored; one that remembers more refuses an older copy.
    remembered = CheckpointMemory(folder / "restored").read()
    assert remembered is not None
    assert remembered.size == read_card(folder / "backup").size


def test_a_folder_that_remembers_more_than_the_backup_refuses_it_unless_the_loss_is_accepted(
    ledger: Founded, folder: Path
) -> None:
    assert ledger.store.server is not None
    card = take_backup(ledger.store.url, ledger.ledger, ledger.store.server, folder / "backup", slot=None)
    later = recorded(ledger, 2)
    bring_secrets(ledger, folder / "restored")
    shutil.copy(folder / "data" / "highest.checkpoint", folder / "restored")

    def restoring(*options: str) -> subprocess.CompletedProcess[str]:
        return run_command(
            "backup",
            "restore",
            str(folder / "backup"),
            *options,
            env={
                "PATH": "/usr/bin:/bin",
                "SONGNUAN_DATA_DIR": str(folder / "restored"),
                "SONGNUAN_LANG": "en",
            },
        )

    refused = restoring()
    assert (refused.returncode, "restore-set-back" in refused.stderr) == (6, True), refused.stderr
    assert f"remembers {later} published entries" in refused.stderr
    assert not (folder / "restored" / "postgresql").exists()
    accepted = restoring("--accept-loss")
    assert accepted.returncode == 0, accepted.stderr
    assert "songnuan set-back accept" in accepted.stderr
    with OpenStore(Store(folder / "restored")) as store:
        there = Founded(store, ledger.ledger, ledger.keys)
        with pytest.raises(Misconfigured) as trouble, store.writer():
            pass
        assert trouble.value.code == "set-back"
        event = set_back_event(store, "机房失火")
        assert (event.size, event.head) == (later, card.size)
        with store.writer(accepts_set_back=True) as writer:
            assert writer.record(there.sign("registrar", event)).position == card.size + 1


def test_a_service_stops_recording_when_it_meets_the_one_that_took_its_place(
    ledger: Founded, folder: Path
) -> None:
    standby = EmbeddedServer(folder / "standby")
    make_standby(ledger.store.url, standby)
    standby.start()
    settings = Settings(data_dir=folder / "data", peers=[standby.url])
    with TestClient(create_app(settings), base_url=ORIGIN) as client:

        def submitted() -> Any:
            return client.post("/statements", content=orjson.dumps(write_submission(ledger.dossiers(1)[0])))

        assert submitted().status_code == 201
        # Cut off from its primary, the standby is promoted all the same.
        with psycopg.connect(standby.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET primary_conninfo = 'host=/nowhere'")
            connection.execute("SELECT pg_reload_conf()")
        assert not switch_over(standby, primary_lost=True).fenced
        deadline = time.monotonic() + 30
        while (answer := submitted()).status_code == 201:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert answer.json()["code"] == "superseded"
    with pytest.raises(Misconfigured) as trouble, TestClient(create_app(settings)):
        pass
    assert trouble.value.code == "superseded"
    standby.halt()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-15T17:30+08:00", datetime(2026, 1, 15, 9, 30, tzinfo=UTC)),
        ("2026-01-15T09:30:00Z", datetime(2026, 1, 15, 9, 30, tzinfo=UTC)),
        ("2026-01-15T04:30-05:00", datetime(2026, 1, 15, 9, 30, tzinfo=UTC)),
        ("2026-01-15 17:30", datetime(2026, 1, 15, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_to_restore_to_without_a_zone_is_chinas(text: str, moment: datetime) -> None:
    assert read_target(text).moment == moment


def test_what_to_restore_to_is_a_position_or_a_moment() -> None:
    assert read_target("4711").position == 4711
    with pytest.raises(Misused):
        read_target("yesterday")
