"""Files under whose name stands all or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger.whole_file import written_whole


def test_what_stood_there_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_text("before")

    def half_written() -> None:
        with written_whole(path) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_written()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_it_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with written_whole(path) as beside:
        beside.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with written_whole(pipe) as beside, beside.open("wb", buffering=0) as file:
        file.write(b"whole")
    assert os.read(reader, 10) == b"whole"
    assert pipe.is_fifo()
    os.close(reader)
