"""Which request a task answers: its id (请求编号), which the answer and every line of the log carry."""

from __future__ import annotations

import itertools
import re
import secrets
from contextvars import ContextVar

HEADER = b"x-request-id"

_current: ContextVar[str | None] = ContextVar("request_id", default=None)
_UPSTREAM = re.compile(rb"[0-9a-f]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def begin_request() -> str:
    """Give the request that this task answers an id of its own: the process's part, and the request's."""
    # To ask the system for random bytes each time would cost as much as a third of an answer.
    made = f"{_PROCESS}{next(_numbers):08x}".translate(_LETTERS)
    _current.set(made)
    return made


# Letters only, so that no id can look like the number of a person or a card.
_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjkmnpqrstv")
_PROCESS = secrets.token_hex(4)
_numbers = itertools.count(1)


def current_request_id() -> str | None:
    """The id of the request that this task or thread answers; None outside of one."""
    return _current.get()


def upstream_id(value: bytes | None) -> str | None:
    """A proxy's own id for the request, where it is a UUID or 32 hexadecimal digits: to log, never to trust."""
    return value.decode() if value is not None and _UPSTREAM.fullmatch(value) else None
