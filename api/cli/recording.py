"""Recording what the command line shows (命令行查阅记录), as the service records what it answers.

Nothing is printed by a command that is to be recorded before its line stands. Who sits at the command
line is known where they sign; otherwise the line has but a keyed mark of the machine and its user.
"""

from __future__ import annotations

import getpass
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import psycopg

from api.cli.commands import Command, command
from ledger.clock import utc_now
from ledger.domain.event import utc_text
from ledger.errors import Refused, SongnuanError
from ledger.storage.store import OpenStore
from ledger.writing.access_log import (
    AccessKind,
    AccessLine,
    address_mark,
    append_lines,
    read_head,
    safe_name,
    unavailable,
)
from ledger.writing.batch import Outcome


@dataclass
class Running:
    """The command at work: its name, what it shows, who signs, and whether its line stands."""

    name: str
    declared: Command
    key: str | None = None
    is_recorded: bool = False


_running: ContextVar[Running | None] = ContextVar("running", default=None)


def recording(name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    """A command's function, held to what is declared of it.

    Raises:
        RuntimeError: nothing is.
    """
    declared = command(name)

    @wraps(callback)
    def held(*arguments: Any, **named: Any) -> Any:
        before = _running.set(Running(name, declared))
        try:
            return callback(*arguments, **named)
        finally:
            _running.reset(before)

    return held


def check_recorded() -> None:
    """To be called before anything is printed.

    Raises:
        RuntimeError: the running command is to be recorded, and has no line yet.
    """
    running = _running.get()
    if running is not None and running.declared.kind is not None and not running.is_recorded:
        raise RuntimeError(f"songnuan {running.name} prints before its line in the access log stands")


def note_signer(key: str) -> None:
    """Say by which key the running command signs."""
    running = _running.get()
    if running is not None:
        running.key = key


def record_shown(
    store: OpenStore,
    *,
    kind: AccessKind | None = None,
    campaign: str | None = None,
    unit: str | None = None,
    subject: str | None = None,
    rows: int | None = None,
    elsewhere: int | None = None,
) -> None:
    """Record what the running command shows; ``rows`` is None for what comes as a stream.

    ``kind`` is for what it shows besides that which is declared of it.

    Raises:
        Unavailable: ``access-log-unavailable``; then nothing may be shown.
    """
    running = _at_work()
    kind = kind or running.declared.kind
    if kind is None:
        raise RuntimeError(f"songnuan {running.name} is declared as one that is not recorded")
    line = AccessLine(
        kind=kind,
        what=f"songnuan {running.name}",
        campaigns=None if campaign is None else (safe_name(campaign),),
        units=None if unit is None else (safe_name(unit),),
        subject=None if subject is None else safe_name(subject),
        rows=rows,
        elsewhere=elsewhere,
    )
    _append(store, running, [line])
    running.is_recorded = running.is_recorded or kind == running.declared.kind


@contextmanager
def refusals_recorded(store: OpenStore, *kinds: type[SongnuanError]) -> Iterator[None]:
    """Record what the running command is refused: each error of these kinds, on its way out.

    Raises:
        Unavailable: ``access-log-unavailable``, in place of the refusal.
    """
    try:
        yield
    except kinds as refusal:
        running = _at_work()
        _append(store, running, [AccessLine("refused", f"songnuan {running.name}", code=refusal.code)])
        raise


def record_refusals(store: OpenStore, outcomes: Iterable[Outcome]) -> None:
    """Record which of many statements were refused: a line for each code, with how many they were."""
    counts = Counter(outcome.code for outcome in outcomes if isinstance(outcome, Refused))
    running = _at_work()
    _append(
        store,
        running,
        [
            AccessLine("refused", f"songnuan {running.name}", rows=count, code=code)
            for code, count in sorted(counts.items())
        ],
    )


def _at_work() -> Running:
    running = _running.get()
    if running is None:
        raise RuntimeError("no command is at work")
    return running


def _append(store: OpenStore, running: Running, lines: list[AccessLine]) -> None:
    if not lines:
        return
    address = address_mark(store.secrets().mark_key, f"{getpass.getuser()}@{socket.gethostname()}")
    at = utc_text(utc_now())
    try:
        with store.connect() as connection:
            officer, unit = _who(connection, running.key)
            named = [
                replace(line, key=running.key, officer=officer, unit=unit, address=address) for line in lines
            ]
            append_lines(connection, read_head(connection), [line.members(at) for line in named])
    except psycopg.Error:
        raise unavailable() from None


def _who(connection: psycopg.Connection[Any], key: str | None) -> tuple[str | None, str | None]:
    """The officer whose key it is, and their unit; nobody where it is not enrolled."""
    if key is None:
        return None, None
    row = connection.execute(
        "SELECT o.value ->> 'id', o.value ->> 'unit' FROM ledger.standing k"
        " JOIN ledger.standing o ON o.key = 'officer/' || (k.value ->> 'officer') WHERE k.key = %s",
        (f"key/{key}",),
    ).fetchone()
    return (None, None) if row is None else (row[0], row[1])
