"""Faults of the write path, with the real server: nothing told accepted is lost, nothing is half there."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from ledger.crypto.merkle import leaf_hash
from ledger.domain.event import VerifiedEvent
from ledger.domain.record import Record
from ledger.domain.state import Book, State, Unit
from ledger.errors import Refused, Unavailable
from ledger.events.funds import FundAllocated
from ledger.postgres.entries import APPEND_LOCK
from ledger.statements.statement import Envelope, parse_envelope
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing import intake
from ledger.writing.batch import Receipt
from ledger.writing.committer import Committer
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer, WriterSettings
from ledger.writing.writer_session import WRITER_LOCK
from tests.database.test_writer import check_whole, entries, fund
from tests.founding import Founded, prepare
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def own_server(server_folder: Path) -> Iterator[EmbeddedServer]:
    """A server that a test may kill."""
    folder = server_folder / f"own-{time.monotonic_ns()}"
    server = EmbeddedServer(folder)
    with server:
        yield server
    shutil.rmtree(folder)


def all_there(store: OpenStore, receipts: list[Receipt]) -> None:
    recorded = dict(entries(store))
    for receipt in receipts:
        assert leaf_hash(recorded[receipt.position]).hex() == receipt.leaf_hash


def kill_postgres(server: EmbeddedServer) -> None:
    """SIGKILL to the postmaster and all its children, as a power cut would."""
    import psutil

    postmaster = psutil.Process(server.pid())
    for process in [postmaster, *postmaster.children(recursive=True)]:
        process.kill()
    psutil.wait_procs([postmaster], timeout=10)


def test_postgresql_killed_in_the_middle_of_batches(own_server: EmbeddedServer, tmp_path: Path) -> None:
    with OpenStore(Store(tmp_path / "data", own_server.url)) as store:
        founded = prepare(store)
        receipts: list[Receipt] = []
        lock, stop = threading.Lock(), threading.Event()
        sent: list[Submission] = []

        with store.writer(settings=WriterSettings(reconnect_seconds=60)) as writer:
            founded.found(writer)

            def client() -> None:
                while not stop.is_set():
                    submission = fund(founded)
                    with lock:
                        sent.append(submission)
                    receipt = writer.record(submission)
                    with lock:
                        receipts.append(receipt)

            threads = [threading.Thread(target=client) for _ in range(4)]
            for thread in threads:
                thread.start()
            for _ in range(2):
                time.sleep(0.7)
                kill_postgres(own_server)
                own_server._launch()
            time.sleep(0.7)
            stop.set()
            for thread in threads:
                thread.join()
            # The writer came through both kills, and every statement got its receipt.
            assert len(receipts) == len(sent)
            all_there(store, receipts)
            head = check_whole(store)
            assert writer.record(fund(founded)).position == head + 1


def test_postgresql_gone_for_good_answers_outcome_unknown(own_server: EmbeddedServer, tmp_path: Path) -> None:
    with OpenStore(Store(tmp_path / "data", own_server.url)) as store:
        founded = prepare(store)
        with store.writer(settings=WriterSettings(reconnect_seconds=1)) as writer:
            founded.found(writer)
            kill_postgres(own_server)
            submission = fund(founded)
            with pytest.raises(Unavailable) as error:
                writer.record(submission)
            # Unknown where it was sent; else nothing was.
            assert error.value.code in ("outcome-unknown", "database-unavailable")
            own_server._launch()
            first = writer.record(submission)
            assert writer.record(submission) == first._replace(repeated=True)
        check_whole(store)


def test_the_writer_killed_in_the_middle_of_batches(store: OpenStore, tmp_path: Path) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
    file = tmp_path / "receipts"
    key = founded.keys["finance"].private_bytes_raw().hex()
    for _ in range(2):
        before = file.stat().st_size if file.exists() else 0
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.database.faulty_writer",
                str(tmp_path / "data"),
                store.url,
                str(file),
                key,
            ],
            cwd=ROOT,
        )
        deadline = time.monotonic() + 60
        while not (file.exists() and file.stat().st_size > before + 3000) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until_lock_is_free(store)
    lines = [line for line in file.read_bytes().split(b"\n") if line.endswith(b"}")]
    receipts = [Receipt(**orjson.loads(line)) for line in lines]
    assert len(receipts) > 20
    all_there(store, receipts)
    head = check_whole(store)
    with store.writer() as writer:
        assert writer.record(fund(founded)).position == head + 1


def wait_until_lock_is_free(store: OpenStore) -> None:
    with store.connect() as connection:
        for _ in range(200):
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone()
            if row == (True,):
                connection.execute("SELECT pg_advisory_unlock(%s)", (WRITER_LOCK,))
                return
            time.sleep(0.05)
    raise AssertionError("the killed writer's lock was never freed")


def test_the_connection_lost_again_and_again(store: OpenStore) -> None:
    founded = prepare(store)
    with store.writer() as writer, store.connect() as killer:
        founded.found(writer)
        stop = threading.Event()

        def cut() -> None:
            while not stop.is_set():
                killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 3"
                )
                time.sleep(0.4)  # an election and a batch fit in between, on a busy machine too

        thread = threading.Thread(target=cut)
        thread.start()
        receipts = [writer.record(fund(founded)) for _ in range(30)]
        stop.set()
        thread.join()
        assert [r.position for r in receipts] == list(range(receipts[0].position, receipts[0].position + 30))
        all_there(store, receipts)
        check_whole(store)


def tiny_disk(path: Path) -> bool:
    """A file system of 80 MB at ``path``, where this machine lets us make one."""
    path.mkdir(parents=True)
    if os.geteuid() != 0:
        return False
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=80m,mode=0755", "tmpfs", str(path)], capture_output=True
    )
    return done.returncode == 0


def test_a_full_disk(server_folder: Path, tmp_path: Path, store: OpenStore) -> None:
    """Statements are answered ``disk-full`` or unknown, none is half recorded, and it goes on after.

    On a disk of 80 MB where one can be mounted; elsewhere the server's own error is raised by a
    trigger on the entries, which takes the same way through the writer.
    """
    folder = server_folder / "tiny"
    if tiny_disk(folder):
        try:
            with EmbeddedServer(folder) as server:
                fill_the_disk(server, folder, tmp_path)
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    else:
        shutil.rmtree(folder)
    refuse_by_trigger(store)


def fill_the_disk(server: EmbeddedServer, folder: Path, tmp_path: Path) -> None:
    with OpenStore(Store(tmp_path / "full", server.url)) as store:
        founded = prepare(store)
        with store.writer(settings=WriterSettings(reconnect_seconds=2)) as writer:
            founded.found(writer)
            filler = folder / "filler"
            free = shutil.disk_usage(folder).free
            with filler.open("wb") as file:
                for _ in range(free // 65536):
                    file.write(b"\1" * 65536)
            receipts: list[Receipt] = []
            unanswered: list[Submission] = []
            for _ in range(400):
                batch = [fund(founded) for _ in range(20)]
                try:
                    outcomes = writer.submit(batch, wait_seconds=5).result()
                except Unavailable as error:
                    assert error.code in ("disk-full", "outcome-unknown", "database-unavailable")
                    unanswered = batch
                    break
                receipts += [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
            assert unanswered, "the disk was never full"
            if server.is_running():
                # Readiness says so too, though a heartbeat takes no room.
                writer._committer.committed_at = -math.inf
                wait_until(lambda: [cause.code for cause in writer.condition()] == ["disk-full"])
            filler.unlink()
            if not server.is_running():
                server._launch()
            wait_until(lambda: writer.condition() == [])
            again = [writer.record(submission) for submission in unanswered]
            all_there(store, receipts + again)
            check_whole(store)


def refuse_by_trigger(store: OpenStore) -> None:
    founded = prepare(store)
    with store.writer() as writer, store.connect() as connection:
        founded.found(writer)
        head = check_whole(store)
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON ledger.entries EXECUTE FUNCTION full_disk()"
        )
        submission = fund(founded)
        with pytest.raises(Unavailable) as error:
            writer.record(submission)
        assert error.value.code == "disk-full"
        assert check_whole(store) == head
        connection.execute("DROP TRIGGER full_disk ON ledger.entries")
        assert writer.record(submission).position == head + 1
        check_whole(store)


def test_a_roster_of_a_lost_client_is_finished_by_sending_it_again(store: OpenStore) -> None:
    founded: Founded = prepare(store)
    with store.writer(settings=WriterSettings(batch_statements=20)) as writer:
        founded.found(writer)
        roster = founded.dossiers(60)
        half = founded.record_all(writer, roster[:33])
        whole = founded.record_all(writer, roster)
        assert [receipt.position for receipt in whole[:33]] == [receipt.position for receipt in half]
        assert sum(receipt.repeated for receipt in whole) == 33
        check_whole(store)


@pytest.mark.parametrize("step", ["foresee", "reads", "decide", "tags", "apply", "value"])
def test_an_event_that_the_program_cannot_take_is_refused_alone(
    store: OpenStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
        owner: Any = Record if step == "value" else FundAllocated
        good = getattr(owner, step)
        broken_fen = 13

        def broken(self: Any, *arguments: Any) -> Any:
            answer = good(self, *arguments)
            if step == "value":
                if getattr(self, "balance_fen", 0) % 100 == broken_fen:
                    raise ZeroDivisionError
            elif self.amount_fen == broken_fen:
                raise ZeroDivisionError
            return answer

        monkeypatch.setattr(owner, step, broken)
        outcomes = writer.submit([fund(founded, 100), fund(founded, broken_fen), fund(founded, 200)]).result()
        assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, False, True]
        assert isinstance(outcomes[1], Refused)
        assert outcomes[1].code == "not-decidable"
        assert len(outcomes[1].details["number"]) == 8
        assert writer.state.find(Book, "ledger") is not None
        assert writer.condition() == []
        monkeypatch.undo()
        writer.record(fund(founded))
        check_whole(store)


def test_the_number_of_a_refusal_is_in_the_log_with_the_reason(
    store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
        monkeypatch.setattr(FundAllocated, "decide", lambda *_: 1 // 0)
        with capture_logs() as logs, pytest.raises(Refused) as refusal:
            writer.record(fund(founded))
    (found,) = [line for line in logs if line.get("number") == refusal.value.details["number"]]
    assert found["exc_info"][0] is ZeroDivisionError


def test_what_fails_before_any_decision_is_refused_alone(
    store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
        bad = fund(founded)
        good = parse_envelope

        def broken(raw: bytes) -> Envelope:
            if raw == bad.envelope:
                raise RecursionError
            return good(raw)

        monkeypatch.setattr(intake, "parse_envelope", broken)
        outcomes = writer.submit([fund(founded), bad, fund(founded)]).result()
        assert [getattr(outcome, "code", "") for outcome in outcomes] == ["", "not-decidable", ""]


@pytest.mark.parametrize(("owner", "step"), [(Writer, "_day_ended"), (Committer, "commit")])
def test_what_is_no_statements_fault_is_said_to_all_and_the_writer_goes_on(
    store: OpenStore, monkeypatch: pytest.MonkeyPatch, owner: type, step: str
) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
        monkeypatch.setattr(owner, step, lambda *_: 1 // 0)
        with pytest.raises(Unavailable) as error:
            writer.submit([fund(founded)]).result(20)
        assert error.value.code == "not-recorded"
        assert [cause.code for cause in writer.condition()] == ["not-recorded"]
        monkeypatch.undo()
        writer.record(fund(founded))
        assert writer.condition() == []
        check_whole(store)


def test_the_condition_clears_by_itself_once_the_cause_has_gone(store: OpenStore) -> None:
    founded = prepare(store)
    with store.writer(settings=WriterSettings(lock_timeout_seconds=1)) as writer, store.connect() as other:
        founded.found(writer)
        other.execute("BEGIN")
        other.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        with pytest.raises(Unavailable):
            writer.record(fund(founded))
        causes = writer.condition()
        assert [cause.code for cause in causes] == ["append-locked"]
        assert causes[0].zh
        assert causes[0].since.startswith("20")
        other.execute("COMMIT")
        wait_until(lambda: writer.condition() == [])


def test_the_probe_finds_what_no_statement_has_met_yet(
    store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.writing.writer.LATELY_SECONDS", 0.0)
    founded = prepare(store)
    with store.writer() as writer, store.connect() as other:
        founded.found(writer)
        assert writer.condition() == []
        other.execute(
            "ALTER TABLE ledger.writer ADD CONSTRAINT too_late CHECK (beat_at < '2020-01-01') NOT VALID"
        )
        assert [cause.code for cause in writer.condition()] == ["write-conflict"]
        other.execute("ALTER TABLE ledger.writer DROP CONSTRAINT too_late")
        wait_until(lambda: writer.condition() == [])


def test_who_observes_hears_of_admissions_and_commits(store: OpenStore) -> None:
    founded = prepare(store)
    heard: list[str] = []

    def observe(what: str, seconds: float) -> None:
        assert seconds > 0
        heard.append(what)
        raise ZeroDivisionError  # an observer's mistake is its own

    with store.writer() as writer:
        writer.observe = observe
        founded.found(writer)
    assert {"admission", "commit"} == set(heard)


def test_what_the_database_cannot_hold_is_refused_and_its_neighbours_pass(
    store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded = prepare(store)
    with store.writer() as writer:
        founded.found(writer)
        good = FundAllocated.apply

        def unstorable(self: FundAllocated, act: VerifiedEvent, state: State) -> None:
            good(self, act, state)
            if self.amount_fen == 13:
                state.put(Unit("odd", "a\x00b", "town", []))

        monkeypatch.setattr(FundAllocated, "apply", unstorable)
        outcomes = writer.submit([fund(founded, 1), fund(founded, 13), fund(founded, 2)]).result()
        assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, False, True]
        assert isinstance(outcomes[1], Refused)
        assert outcomes[1].code == "not-storable"
        assert writer.state.find(Unit, "odd") is None
    monkeypatch.undo()
    check_whole(store)
