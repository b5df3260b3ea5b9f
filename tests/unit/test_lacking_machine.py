"""What a machine lacks, told by name: streams that are closed or full, folders that are gone, limits of the process."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from api.service.failures import explained
from ledger.postgres.server_words import reason_of_log

SONGNUAN = [sys.executable, "-c", "from api.cli import main; main()"]


def run(command: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a shell starts it, which may close or fill what it writes to."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {command}', "sh", *SONGNUAN, *arguments],
        cwd=folder,
        env={**os.environ, "SONGNUAN_LANG": "en", "SONGNUAN_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"])
def test_the_exit_code_says_what_nobody_could_be_told(tmp_path: Path, streams: str) -> None:
    assert run(streams, tmp_path, "show", "type", "Nothing").returncode == 2


def test_an_answer_that_nobody_wants_is_none(tmp_path: Path) -> None:
    done = run(">&-", tmp_path, "show", "type", "Disbursed")
    assert (done.returncode, done.stderr) == (0, "")


def code_of(error: BaseException) -> str | None:
    told = explained(error)
    return None if told is None else told.code


def test_a_limit_of_the_process_is_named() -> None:
    for number in (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM):
        assert code_of(OSError(number, "no more")) == "process-limited"
    assert code_of(RuntimeError("can't start new thread")) == "process-limited"
    assert code_of(MemoryError()) == "process-limited"
    assert code_of(OSError(errno.EFBIG, "too large")) == "file-unusable"
    assert code_of(RuntimeError("a mistake")) is None


def test_a_folder_that_nobody_named_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = FileNotFoundError(errno.ENOENT, "not there")
    assert code_of(gone) is None
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert code_of(gone) == "folder-gone"
    monkeypatch.chdir(tmp_path)

    def none() -> str:
        raise gone

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert code_of(gone) == "no-temporary-folder"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("FATAL:  insufficient file descriptors available to start server process", "ulimit -n"),
        ('could not resize shared memory segment "/P.1" to 1048576 bytes: File too large', "ulimit -f"),
        ('could not resize shared memory segment "/P.1": No space left on device', "/dev/shm"),
        ("could not fork process: Resource temporarily unavailable", "ulimit -u"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "enough memory"),
        ('FATAL:  could not write to file "x": No space left on device', "disk is full"),
    ],
)
def test_what_keeps_the_server_from_starting_is_named(said: str, word: str) -> None:
    assert word in reason_of_log(said)[1]
