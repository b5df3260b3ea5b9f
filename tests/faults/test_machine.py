"""What befalls the machine under a running service: its disk fills up, its clock steps. Each told, then over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from api.statements.submissions import write_submission
from ledger.crypto.keys import save_key
from ledger.storage.store import OpenStore, Store
from ledger.writing.intake import Submission
from tests.database.test_writer import check_whole, entries
from tests.faults.hooks import VARIABLE
from tests.founding import Founded
from tests.http.processes import Service, serving

SPARE_MEGABYTES = 96
STOP_SECONDS = 10.0
WITH_A_CLOCK = (
    sys.executable,
    "-c",
    "from tests.faults.hooks import install; install(); from api.cli import main; main()",
)
"""The command, whose clock is wrong by what stands in a file."""


def eventually(true: Callable[[], bool], within_seconds: float = 120) -> None:
    deadline = time.monotonic() + within_seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def hand_in(service: Service, submission: Submission) -> httpx2.Response:
    return httpx2.post(
        service.url + "/statements",
        content=orjson.dumps(write_submission(submission)),
        headers={"content-type": "application/json"},
        timeout=60,
    )


def code_of(answer: httpx2.Response) -> Any:
    return answer.json().get("code")


@contextmanager
def small_disk(folder: Path, data: Path) -> Iterator[Path]:
    """A copy of a ledger's data on a disk of its own with little room."""
    used = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    size = f"size={used // 2**20 + SPARE_MEGABYTES}m,mode=0755"
    disk = folder / "disk"
    disk.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], capture_output=True
        ).returncode
    ):
        pytest.skip("this machine mounts no file system for us: only root may, and not in every container")
    try:
        subprocess.run(["cp", "-a", str(data), str(disk / "data")], check=True)
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\1" * 65536)
        except OSError:
            assert shutil.disk_usage(disk).free < 65536
    return filler


def test_a_full_disk_is_told_and_recording_goes_on_by_itself_once_there_is_room(
    ledger_pattern: Founded, server_folder: Path, folder: Path
) -> None:
    with small_disk(folder, server_folder / "pattern") as disk:
        told: list[tuple[int, str]] = []
        unanswered: list[Submission] = []
        with serving(None, disk / "data") as service:
            service.wait_until([])
            filler = fill(disk)
            for number in range(600):
                (submission,) = ledger_pattern.dossiers(1)
                answer = hand_in(service, submission)
                if answer.status_code in (200, 201):
                    told.append((answer.json()["position"], answer.json()["id"]))
                    continue
                assert answer.status_code == 503, (number, answer.text)
                assert code_of(answer) in ("disk-full", "outcome-unknown", "database-unavailable")
                assert "SQL" not in answer.text
                assert str(disk) not in answer.text
                unanswered.append(submission)
                # One look: a probe before a second may find room for its own small commit.
                if "disk-full" in service.causes():
                    break
            else:
                pytest.fail(service.log)
            assert service.get("/healthz").status_code in (200, 503)
            filler.unlink()
            service.wait_until([])
            for submission in unanswered:
                answer = hand_in(service, submission)
                assert answer.status_code in (200, 201), answer.text
                told.append((answer.json()["position"], answer.json()["id"]))
            assert service.stop_in(STOP_SECONDS) == 0
        with OpenStore(Store(disk / "data")) as store:
            recorded = {position for position, _ in entries(store)}
            check_whole(store)
        assert {position for position, _ in told} <= recorded
        assert len({position for position, _ in told}) == len(told)


class TestTheClock:
    def test_a_step_is_told_nothing_is_recorded_and_it_goes_on_once_it_is_right(
        self, founded: Founded, tmp_path: Path
    ) -> None:
        plan = plan_with_clock(tmp_path)
        with serving(founded.store.url, tmp_path / "data", WITH_A_CLOCK, **{VARIABLE: str(plan)}) as service:
            service.wait_until([])
            set_clock(plan, 7200)
            # Readiness says so though nobody hands anything in.
            eventually(lambda: "clock-stepped" in service.causes(), within_seconds=30)
            (submission,) = founded.dossiers(1)
            assert code_of(hand_in(service, submission)) == "clock-stepped"
            set_clock(plan, 0)
            service.wait_until([])
            assert hand_in(service, submission).status_code in (200, 201)
            assert service.stop_in(STOP_SECONDS) == 0
        check_whole(founded.store)

    def test_a_registrar_answers_for_a_clock_and_then_for_setting_it_right(
        self, founded: Founded, tmp_path: Path
    ) -> None:
        plan = plan_with_clock(tmp_path)
        environment = {VARIABLE: str(plan)}
        save_key(founded.key("registrar"), tmp_path / "registrar.pem", "")

        def accept(*options: str) -> None:
            done = subprocess.run(
                [*WITH_A_CLOCK, "clock", "accept", "--key", str(tmp_path / "registrar.pem"), "--reason", "校时", *options],
                env={
                    **os.environ,
                    **environment,
                    "SONGNUAN_DATABASE_URL": founded.store.url,
                    "SONGNUAN_DATA_DIR": str(tmp_path / "data"),
                    "SONGNUAN_PASSPHRASE": "",
                },
                capture_output=True,
                text=True,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr

        # The machine's clock is right and the database's is not, as far as anybody here can tell.
        set_clock(plan, 7200)
        accept("--minutes", "30")
        (first,) = founded.dossiers(1)
        with serving(founded.store.url, tmp_path / "data", WITH_A_CLOCK, **environment) as service:
            service.wait_until([])
            assert hand_in(service, first).status_code in (200, 201)
            # It was the other way about: once it is set right, two hours were recorded that have not come.
            set_clock(plan, 0)
            (second,) = founded.dossiers(1)
            eventually(lambda: "clock-stepped" in service.causes())
            assert code_of(hand_in(service, second)) == "clock-stepped"
            assert service.stop_in(STOP_SECONDS) == 0
        accept()
        with serving(founded.store.url, tmp_path / "data", WITH_A_CLOCK, **environment) as service:
            service.wait_until([])
            assert hand_in(service, second).status_code in (200, 201)
            assert service.stop_in(STOP_SECONDS) == 0
        check_whole(founded.store)


def plan_with_clock(folder: Path) -> Path:
    """A plan without faults, whose clock can be set."""
    plan = folder / "plan"
    plan.mkdir()
    (plan / "plan.json").write_text("[]")
    set_clock(plan, 0)
    return plan


def set_clock(plan: Path, seconds: float) -> None:
    beside = plan / "clock.new"
    beside.write_text(str(seconds))
    beside.rename(plan / "clock")
