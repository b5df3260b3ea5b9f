"""Recording what the command line shows (命令行查阅记录), as the service records what it answers.

Who sits at the command line is known where they sign; otherwise the line has but a keyed mark of the
machine and its user.
"""

from __future__ import annotations

import getpass
import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg

from api.cli.running import Running, at_work
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
    running = at_work()
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
        running = at_work()
        _append(store, running, [AccessLine("refused", f"songnuan {running.name}", code=refusal.code)])
        raise


def record_refusals(store: OpenStore, outcomes: Iterable[Outcome]) -> None:
    """Record which of many statements were refused: a line for each code, with how many they were."""
    counts = Counter(outcome.code for outcome in outcomes if isinstance(outcome, Refused))
    running = at_work()
    _append(
        store,
        running,
        [
            AccessLine("refused", f"songnuan {running.name}", rows=count, code=code)
            for code, count in sorted(counts.items())
        ],
    )


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
