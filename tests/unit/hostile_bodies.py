"""Bodies that would take much memory, and how much reading one takes, in a process of its own."""

from __future__ import annotations

import resource
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from api.statements.submissions import SubmissionMalformed, read_each, split_submissions

HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty arrays": lambda: b"[" + b"[]," * 11_000_000 + b"[]]",
    "one wide element": lambda: b"[[" + b"[]," * 11_000_000 + b"[]]]",
    "deep": lambda: b"[" * (32 * 2**20),
    "strings": lambda: b"[" + b'"",' * 11_000_000 + b'""]',
    "wide elements within their limits": lambda: (
        b"[" + b",".join([b"[" + b"[]," * 1600 + b"[]]"] * 6000) + b"]"
    ),
    "large envelopes": lambda: (
        b"[" + b",".join([b'{"envelope":{"payload":"' + b"A" * 60000 + b'"}}'] * 550) + b"]"
    ),
    "objects": lambda: b"[" + b'{"envelope":{"a":[{},{},{}]}},' * 1_000_000 + b"{}]",
    "blank lines": lambda: b"\n" * (32 * 2**20),
    "one string": lambda: b'["' + b"\\\\" * (16 * 2**20 - 4) + b'"]',
    "numbers": lambda: b"[" + b"1," * (16 * 2**20 - 4) + b"1]",
}


def read_alone(kind: str, answer: Connection) -> None:
    """Read a body in this process, and answer how many MiB it took more than before."""
    read_each(split_submissions(b"[{}]", as_lines=False))
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = HOSTILE[kind]()
    for as_lines in (False, True):
        with suppress(SubmissionMalformed):
            read_each(split_submissions(body, as_lines=as_lines))
    answer.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) // 1024)
