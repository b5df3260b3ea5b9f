"""Following as a duty of the service: whose turn it is, the process that reads, and what the settings must say."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from api.duties import follow_ledgers
from api.federation.duty import Desk, FollowingProcess, Plan
from api.federation.rota import Rota, take_turns
from api.service.settings import Settings
from ledger.crypto.keys import new_key, public_hex, save_key
from ledger.domain.federation import Followed
from ledger.errors import Misconfigured
from ledger.events.federation import MirrorFault
from ledger.supervision import Supervisor
from tests.waiting import wait_until

LEDGER = "0194f000-0000-4000-8000-000000000001"


def test_each_has_its_turn_again_after_its_pause_and_none_by_two_readers() -> None:
    now = [0.0]
    rota = Rota(["a", "b"], 10, lambda: now[0])
    assert rota.take() == ("a", 0.0)
    assert rota.take() == (None, 5.0)
    now[0] = 5.0
    assert rota.take() == ("b", 0.0)
    now[0] = 8.0
    assert rota.take() == (None, 10)
    rota.give_back("b")
    assert rota.take() == (None, 10.0)
    now[0] = 18.0
    assert rota.take() == ("b", 0.0)


def test_those_that_do_not_answer_keep_half_of_the_readers_at_most() -> None:
    now = [0.0]
    rota = Rota(["dead", "near"], 1, lambda: now[0])
    assert rota.take()[0] == "dead"
    now[0] = 30.0
    rota.give_back("dead")
    assert rota.take()[0] == "near"
    now[0] = 30.1
    rota.give_back("near")
    now[0] = 59.9
    # It is let be for as long as it kept a reader, and is then the business of the others.
    assert (rota.take()[0], rota.take(slow_too=True)[0]) == ("near", None)
    rota.give_back("near")
    now[0] = 60.5
    assert rota.take(slow_too=False)[0] is None
    assert rota.take(slow_too=True)[0] == "dead"
    now[0] = 60.6
    rota.give_back("dead")
    now[0] = 62.0
    assert {rota.take(slow_too=False)[0] for _ in range(2)} == {"dead", "near"}


def test_what_a_reader_fails_with_ends_them_all() -> None:
    def turn(name: str) -> None:
        raise ValueError(name)

    with pytest.raises(ValueError, match="a"):
        take_turns(Rota(["a", "b"], 0.01), turn, 2, threading.Event())


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    key = tmp_path / "reader.pem"
    save_key(new_key(), key, "word")
    (tmp_path / "word").write_text("word\n")
    return Plan(tmp_path, {"north": "http://127.0.0.1:9"}, key, tmp_path / "word", 0.2)


def test_a_process_reads_and_the_service_records_what_it_saw(plan: Plan) -> None:
    followed = Followed(
        "north", LEDGER, "北县", "county", "430181", public_hex(new_key()), True, 2, "2026-01-02"
    )
    said: list[Any] = []

    def record(event: Any) -> None:
        said.append(event)
        followed.fault = event.fault

    work = FollowingProcess(plan, Desk(lambda: [followed], record))
    with Supervisor() as supervisor:
        supervisor.run_process("following", work)
        supervisor.run_thread("following-desk", work.answer)
        wait_until(lambda: bool(said))
        process = supervisor.process("following")
        assert process is not None
    assert isinstance(said[0], MirrorFault)
    assert said[0].fault == "silent"
    assert process.exitcode == 0


def test_the_key_is_missed_as_the_service_starts(plan: Plan) -> None:
    nobody: Any = None

    def refused(settings: Settings) -> str:
        with pytest.raises(Misconfigured) as caught:
            follow_ledgers(nobody, Stored(), settings, nobody, apart=True)  # type: ignore[arg-type]
        return caught.value.code

    class Stored:
        folder = plan.data

    said: dict[str, Any] = {"data_dir": plan.data, "follow": dict(plan.addresses)}
    assert refused(Settings(**said)) == "reader-key-missing"
    said["reader_key"] = plan.reader_key
    assert refused(Settings(**said)) == "key-file"
    said["reader_passphrase_file"] = plan.data / "nowhere"
    assert refused(Settings(**said)) == "passphrase-file"
    follow_ledgers(nobody, nobody, Settings(data_dir=plan.data), nobody, apart=True)
