"""Terminals of other encodings (终端字符集): of GBK, or of ASCII alone, where what is shown holds more.

For people something near is shown, or the character's number. What scripts read is whole or is none: JSON
is written in ASCII, and a CSV file that cannot be written as it is ends with an error.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from ledger.errors import Misconfigured

STDERR = 2
HANDLER = "songnuan.shown"
_NEAR = {"✓": "√", "✗": "×", "‹": "<", "›": ">", "–": "-", "−": "-", "•": "·", "√": "ok", "×": "x", "·": "-"}


def open_closed() -> None:
    """Give standard streams that were closed (``>&-``) somewhere to go.

    Else the next file that is opened takes their number, and what a program of ours says would be written into it.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        os.set_inheritable(handle, True)
    os.close(handle)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(
                sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False)
            )


@contextmanager
def told_if_possible() -> Iterator[None]:
    """Where standard error takes nothing, nobody is told; the exit code says it all the same."""
    try:
        yield
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STDERR)  # what is still to be written must not change the exit code at the end
        os.close(nowhere)


def take_any_encoding() -> None:
    """From now on standard output shows what its encoding lacks by something near."""
    codecs.register_error(HANDLER, _shown)
    stdout = sys.stdout
    if isinstance(stdout, TextIOWrapper) and not holds_all():
        stdout.reconfigure(errors=HANDLER)


def is_utf8() -> bool:
    """Whether standard output is in UTF-8, in which JSON is to be (RFC 8259, 8.1)."""
    return _encoding() == "utf-8"


def holds_all() -> bool:
    """Whether standard output's encoding has every character."""
    return _encoding() in ("utf-8", "gb18030")


def _encoding() -> str:
    return codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name


@contextmanager
def as_it_is() -> Iterator[None]:
    """What is written to standard output here is written character by character as it is.

    Raises:
        Misconfigured: ``output-encoding``.
    """
    stdout = sys.stdout
    if not isinstance(stdout, TextIOWrapper) or holds_all():
        yield
        return
    before = stdout.errors
    stdout.reconfigure(errors="strict")
    try:
        yield
    except UnicodeEncodeError as error:
        lacking = error.object[error.start]
        raise Misconfigured(
            "output-encoding",
            f"输出的字符集 {stdout.encoding} 中没有 U+{ord(lacking):04X}，文件不完整：设置环境变量"
            " PYTHONIOENCODING=utf-8 后重新执行",
            f"the output's encoding {stdout.encoding} has no U+{ord(lacking):04X}, and the file is not whole: set"
            " PYTHONIOENCODING=utf-8 in the environment and give the command again",
        ) from None
    finally:
        stdout.reconfigure(errors=before)


def _shown(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = "".join(_near(each, error.encoding) for each in error.object[error.start : error.end])
    return shown, error.end


def _near(character: str, encoding: str) -> str:
    """The nearest that the encoding has."""
    near: str | None = character
    while (near := _NEAR.get(near or "")) is not None:
        try:
            near.encode(encoding)
        except UnicodeEncodeError:
            continue
        return near
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
