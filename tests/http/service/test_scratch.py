"""A temporary folder that is full, gone or shut: uploads and exports say so, the doctor too, and all else goes on."""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.service.limited_process import ProcessLimits, run_limited
from api.service.scratch import scratch_folder
from api.service.settings import Settings
from ledger.errors import Unavailable
from tests.founding import Founded
from tests.http.serving import Officer, service
from tests.http.test_doctors_mends import lines, the_line


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own on which there is no room."""
    disk = tmp_path / "full"
    disk.mkdir()
    mounts = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mounts, capture_output=True).returncode:
        pytest.skip("this machine mounts no file system for us: only root may, and not in every container")
    try:
        with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            for _ in range(1_000):
                filler.write(b"\1" * 4096)
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def uploaded(client: TestClient, clerk: Officer) -> tuple[int, str]:
    answer = client.post(
        "/rosters/read?campaign=b2026&unit=tea&name=a.csv",
        content=b"x,y\n" * 30_000,
        headers={"cookie": f"songnuan_session={clerk.cookie}", "x-csrf-token": clerk.csrf},
    )
    return answer.status_code, answer.json()["code"]


def test_uploads_say_so_and_go_on_once_there_is_room(
    founded: Founded, tmp_path: Path, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(founded, tmp_path) as client:
        clerk = Officer(client, founded, "tea-clerk").sign_in()
        monkeypatch.setattr(tempfile, "tempdir", str(full))
        assert uploaded(client, clerk) == (503, "scratch-unusable")
        assert client.get("/readyz").status_code == 204
        (full / "filler").unlink()
        assert uploaded(client, clerk) == (422, "roster-no-header")
        assert list(full.iterdir()) == []


def test_the_doctor_says_so_and_its_way_out_is_one(
    tmp_path: Path, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(full))
    line = the_line(settings, "temporary folder", "TMPDIR", [])
    assert line.level == "fail"
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("api.operating.doctor.LOW_SCRATCH_BYTES", 1)
    assert lines(settings, "temporary folder") == []


@pytest.mark.parametrize("lacking", [errno.EMFILE, errno.EAGAIN, errno.ENOMEM])
def test_a_machine_without_one_more_file_or_process_is_told_so(
    lacking: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(lacking, os.strerror(lacking))

    monkeypatch.setattr(subprocess, "run", fails)
    with pytest.raises(Unavailable) as told:
        run_limited("api.roster.workbooks", limits=ProcessLimits(2**20, 1, 1.0))
    assert told.value.code == "scratch-unusable"
    assert os.strerror(lacking) not in told.value.zh


def test_no_folder_to_put_one_in_is_told_and_a_mistake_of_ours_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(FileNotFoundError), scratch_folder() as folder:
        (folder / "none").read_bytes()
    monkeypatch.setattr(tempfile, "tempdir", "/proc/none")
    with pytest.raises(Unavailable) as told, scratch_folder():
        pass
    assert told.value.code == "scratch-unusable"
