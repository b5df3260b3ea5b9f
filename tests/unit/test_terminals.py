"""A terminal of another encoding: people see something near, scripts get all or an error."""

from __future__ import annotations

import io
import sys

import orjson
import pytest

from api.cli.output import print_json, print_line
from api.cli.terminals import as_it_is, take_any_encoding
from ledger.errors import Misconfigured

RARE = "𠮷"
"""A character of names that GBK has not."""


def terminal_of(encoding: str, monkeypatch: pytest.MonkeyPatch) -> io.TextIOWrapper:
    """Standard output in an encoding, as a command finds it; taken within the test, around which pytest takes it."""
    made = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", made)
    take_any_encoding()
    return made


def written(terminal: io.TextIOWrapper) -> bytes:
    terminal.flush()
    buffer = terminal.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("gbk", "√ 已登记：\\U00020bb7 ×"),
        ("gb18030", "✓ 已登记：𠮷 ✗"),
        ("utf-8", "✓ 已登记：𠮷 ✗"),
        ("ascii", r"ok \u5df2\u767b\u8bb0\uff1a\U00020bb7 x"),
    ],
)
def test_people_see_something_near(encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(encoding, monkeypatch)
    terminal.write(f"✓ 已登记：{RARE} ✗")
    assert written(terminal) == shown.encode(encoding)


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "ascii", "utf-8"])
def test_json_is_json_whatever_the_terminal(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(encoding, monkeypatch)
    print_json({"name": RARE, "said": "已登记 ✓"})
    print_line([RARE])
    first, _, second = written(terminal).decode().rpartition("}\n")
    assert orjson.loads(first + "}") == {"name": RARE, "said": "已登记 ✓"}
    assert orjson.loads(second) == [RARE]


def test_a_file_that_cannot_be_written_as_it_is_is_an_error_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = terminal_of("gbk", monkeypatch)
    with as_it_is():
        terminal.write("张三")
    with pytest.raises(Misconfigured) as told, as_it_is():
        terminal.write(f"张{RARE}")
    assert told.value.code == "output-encoding"
    assert "U+20BB7" in told.value.zh
    assert "PYTHONIOENCODING=utf-8" in told.value.en
    terminal.write("✓")
    assert written(terminal) == "张三√".encode("gbk")
