"""The access log (查阅日志): who signed in, saw, searched and took away what; a chain of lines.

Each line's link is SHA-256 over the link before it and the line's own hash, so that no line can be
changed, removed or put in between without every later link changing; the last link is sealed in the
ledger by :class:`~ledger.events.access.AccessLogSealed`. The link before the first line is 32 zero
bytes; a line's bytes are the canonical JSON (RFC 8785) of its members, those that are null left out::

    hash(line) = SHA-256(0x00 ‖ canonical JSON)
    link(n)    = SHA-256(0x01 ‖ link(n − 1) ‖ hash(line n))
"""

from __future__ import annotations

import hmac
import queue
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import psycopg
import structlog
from psycopg.types.json import Jsonb

from ledger.clock import utc_now
from ledger.domain.event import utc_text
from ledger.errors import Unavailable
from ledger.identity.documents import identity_in_text
from ledger.postgres.connection import connect
from ledger.postgres.interrupting import Interrupt, join
from ledger.statements.statement import canonical_plain

AccessKind = Literal[
    "sign-in",
    "sign-in-failed",
    "sign-out",
    "refused",
    "persons",
    "identities",
    "search",
    "export",
    "look-up",
    "access-log",
]
"""What was done: rows of persons, identities in clear, a search, an export, a look-up of numbers that
somebody brought (rosters, banks' answers), the access log itself."""

DURABLE_KINDS = frozenset({"sign-in", "sign-in-failed", "identities", "export", "look-up", "access-log"})
"""What is on disk before it is answered. The others are written before they are answered, and are on
disk within a second: a crash of the database's machine may lose that second of them."""

FIRST_LINK = bytes(32)
MOST_AT_ONCE = 500
MOST_WAITING = 10_000
APPEND_TRIES = 50
STOP_SECONDS = 5.0
REHEARSE_SECONDS = 1.0
"""How often it is tried whether the log can be written again, while it cannot and nobody asks."""

MOST_NAME = 80
_NAME = re.compile(r"[0-9A-Za-z._:/@+=-]+")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AccessLine:
    """One line: what was done, by whom, over which scope, and how many rows it gave.

    ``what`` is a route or a command, ``campaigns`` and ``units`` the scope asked for, None for all;
    ``rows`` is None for a stream. ``elsewhere`` counts those of a look-up that are on other
    lists. ``address`` is a keyed mark, never the address.
    """

    kind: AccessKind
    what: str
    officer: str | None = None
    key: str | None = None
    unit: str | None = None
    campaigns: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    subject: str | None = None
    rows: int | None = None
    elsewhere: int | None = None
    code: str | None = None
    address: str | None = None
    request: str | None = None

    def members(self, at: str) -> dict[str, Any]:
        """The line as it is stored and hashed, with its time; what is None is left out."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        said = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
        return {"at": at, **{name: value for name, value in said.items() if value is not None}}


_REHEARSED = AccessLine("access-log", "whether the log can be written")


class AccessHead(NamedTuple):
    """How far a log goes: the number of its last line, and that line's link."""

    number: int
    link: bytes


def next_link(link: bytes, line: Mapping[str, Any]) -> bytes:
    """The link of the line that comes after ``link``."""
    return sha256(b"\1" + link + sha256(b"\0" + canonical_plain(line)).digest()).digest()


def address_mark(key: bytes, address: str) -> str:
    """A keyed mark of an address: the same for the same address, and nothing without the key.

    ``key`` is the ledger's mark key; the field's name keeps these marks apart from identities'.
    """
    return hmac.digest(key, b"access-log address\0" + address.encode(), "sha256").hex()[:32]


def safe_name(text: str) -> str:
    """A name or id as it was asked for; anything that may be a person's is not written down."""
    if len(text) > MOST_NAME or not _NAME.fullmatch(text) or identity_in_text(text) is not None:
        return "…"
    return text


def read_head(connection: psycopg.Connection[Any]) -> AccessHead:
    """The head of the log as it is stored."""
    row = connection.execute(
        "SELECT number, chain FROM ledger.access_log ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return AccessHead(0, FIRST_LINK) if row is None else AccessHead(row[0], bytes(row[1]))


def append_lines(
    connection: psycopg.Connection[Any], head: AccessHead, lines: Sequence[Mapping[str, Any]]
) -> AccessHead:
    """Append lines after a head; return the new head. The connection is in autocommit.

    Another process may append too: where the head is no longer the last, its successor is in the way,
    and the lines are chained again after what is there now.
    """
    for _ in range(APPEND_TRIES):
        link, links = head.link, []
        for line in lines:
            link = next_link(link, line)
            links.append(link)
        numbers = list(range(head.number + 1, head.number + 1 + len(lines)))
        try:
            connection.execute(
                "INSERT INTO ledger.access_log (number, line, chain)"
                " SELECT * FROM unnest(%s::bigint[], %s::jsonb[], %s::bytea[])",
                (numbers, [Jsonb(line) for line in lines], links),
            )
        except psycopg.errors.UniqueViolation:
            head = read_head(connection)
        else:
            return AccessHead(numbers[-1], link)
    raise psycopg.OperationalError("others append to the access log all the time")


def unavailable() -> Unavailable:
    """What is answered where the log cannot be written: nothing is shown unrecorded."""
    return Unavailable(
        "access-log-unavailable",
        "查阅日志暂时无法写入，未予显示，请稍后再试",
        "the access log cannot be written, so nothing is shown: try again later",
        2,
    )


class AccessLog:
    """The log's one appender in this process: lines that wait are written together. A context manager.

    Any thread may record; ``clock`` gives the lines their time.
    """

    def __init__(self, url: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._url = url
        self._clock = clock
        self._waiting: queue.Queue[tuple[dict[str, Any], Future[int]] | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
        self._connection: psycopg.Connection[Any] | None = None
        self._interrupt: Interrupt | None = None
        self._head = AccessHead(0, FIRST_LINK)
        self._durable = True
        self._failing = False
        self._stopped = False

    def __enter__(self) -> AccessLog:
        with suppress(psycopg.Error):  # it is tried again with the first line
            self._connect()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        with suppress(queue.Full):  # then it has something to wake up for
            self._waiting.put_nowait(None)
        join(self._thread, STOP_SECONDS, self._stop_waiting)
        self._disconnect()
        with suppress(queue.Empty):
            while True:
                left = self._waiting.get_nowait()
                if left is not None and left[1].set_running_or_notify_cancel():
                    left[1].set_exception(unavailable())

    @property
    def head(self) -> AccessHead:
        """How far this process knows the log to go."""
        return self._head

    @property
    def is_failing(self) -> bool:
        """Whether what was handed in last could not be written: nothing is shown meanwhile."""
        return self._failing or not self._thread.is_alive()

    def record(self, line: AccessLine) -> Future[int]:
        """Hand a line in; the future answers its number once it is written.

        Raises:
            Unavailable: ``access-log-unavailable``; the future raises the same.
        """
        written: Future[int] = Future()
        try:
            if self._stopped:
                raise unavailable()
            self._waiting.put_nowait((line.members(utc_text(self._clock())), written))
        except queue.Full:
            raise unavailable() from None
        return written

    def _run(self) -> None:
        """Write what comes until told to stop; nothing that one batch raises ends it."""
        for batch in self._batches():
            # Whoever stopped waiting is shown nothing, and its line is not written.
            taken = [(line, written) for line, written in batch if written.set_running_or_notify_cancel()]
            try:
                numbers = self._write_or_rehearse([line for line, _ in taken])
            except Exception as error:
                if taken or not self._failing:
                    _log.error("the access log cannot be written", error=error)
                self._failing = True
                self._disconnect()
                for _, written in taken:
                    written.set_exception(unavailable())
            else:
                self._failing = False
                for number, (_, written) in zip(numbers, taken, strict=True):
                    written.set_result(number)

    def _write_or_rehearse(self, lines: list[dict[str, Any]]) -> Sequence[int]:
        """Write lines and answer their numbers; without any, try whether they could be written."""
        if lines:
            self._append(lines)
        elif self._failing:
            self._rehearse()
        return range(self._head.number - len(lines) + 1, self._head.number + 1)

    def _batches(self) -> Iterator[list[tuple[dict[str, Any], Future[int]]]]:
        """What was handed in, together; an empty batch where nobody handed anything in for a while."""
        while not self._stopped or not (self._failing or self._waiting.empty()):
            batch: list[tuple[dict[str, Any], Future[int]]] = []
            with suppress(queue.Empty):
                handed = self._waiting.get(timeout=REHEARSE_SECONDS)
                while handed is not None and len(batch) < MOST_AT_ONCE - 1:
                    batch.append(handed)
                    handed = self._waiting.get_nowait()
                if handed is not None:
                    batch.append(handed)
            yield batch

    def _append(self, lines: list[dict[str, Any]]) -> None:
        """Write a batch; over a connection that broke meanwhile, once more over a new one.

        What the broken one wrote without saying so then stands twice, which says nothing untrue.
        """
        fresh = self._connection is None
        try:
            self._write(lines)
        except psycopg.OperationalError:
            if fresh:
                raise
            self._disconnect()
            self._write(lines)

    def _write(self, lines: list[dict[str, Any]]) -> None:
        connection = self._connection or self._connect()
        durable = any(line["kind"] in DURABLE_KINDS for line in lines)
        if durable != self._durable:
            connection.execute("SET synchronous_commit = " + ("DEFAULT" if durable else "off"))
            self._durable = durable
        self._head = append_lines(connection, self._head, lines)

    def _rehearse(self) -> None:
        """Write a line and take it back."""
        connection = self._connection or self._connect()
        with connection.transaction(force_rollback=True):
            append_lines(connection, self._head, [_REHEARSED.members(utc_text(self._clock()))])

    def _connect(self) -> psycopg.Connection[Any]:
        connection = connect(self._url, prepare_threshold=1)
        self._connection, self._interrupt = connection, Interrupt(connection)
        connection.execute("SET statement_timeout = '5s'")
        self._durable = True
        self._head = read_head(connection)
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._interrupt is not None:
            self._interrupt.close()
            self._interrupt = None

    def _stop_waiting(self) -> None:
        interrupt = self._interrupt
        if interrupt is not None:
            interrupt()
