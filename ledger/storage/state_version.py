"""The form of the stored state (账面现状的版本): made anew from the entries where a release keeps more in it.

The state is only what the entries add up to. So a record that gets another member needs no migration of
its own: the version here goes up by one, and the next opening folds all entries again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import structlog

import ledger.events  # noqa: F401 # entries are folded: every event type must be known
from ledger.domain.admission import fold
from ledger.domain.record import Record
from ledger.domain.state import Book, State
from ledger.errors import Misconfigured
from ledger.postgres.entries import APPEND_LOCK

STATE_VERSION = 18
"""2: officers have their person's mark, discipline cases and linkage runs their unit and campaign.
3: cases know who paid them, whether their approval was after the fact, and the version of the dossier
that they go on with; dossiers know theirs; keys know by which keys they were enrolled, and when; objections received, by which
statement they were taken down.
4: days at the bank know who closed them.
5: grants know by which keys they were given, keys whether another ended them, cases whether their nomination was
after the fact, by which keys they were approved, and of which value goods were approved and delivered; what units
hold knows what was drawn after the fact, payouts know who signed them, objections received their digest.
6: officers know all that they ever held, cases what was confirmed after their approval, campaigns and the book whose
signatures made them looser.
7: sanctions know when they were imposed, units who lifted them, campaigns who opened them, what had loosened them and
who recorded after the fact in them, cases whom they help, discipline cases where their flags lie, objections who settled
them.
8: lines of the bank know which payout they were matched to.
10: cases know the steps that were taken for them.
11: rectification notices and matters handed over.
13: cases are stored without what is empty in them.
14: lives of dossiers know who changed the facts, items of a rectification who had a part in what they rest on.
15: cases know which objections were upheld and what was paid before, campaigns the rules under which they were opened,
accounts their last statements, days at the bank what each statement debits, lists of earlier payouts what they come to.
16: cases know whether they were nominated on the family's consent; samples and call-backs are ordered.
18: draws know what came of them."""

READ_ENTRIES = 5000

_log = structlog.get_logger(__name__)


def bring_up_to_date(connection: psycopg.Connection[Any]) -> bool:
    """Make the stored state anew where it has an older form, all in one transaction; answers whether.

    Raises:
        Misconfigured: ``state-newer`` where a later release has been here, ``state-not-made`` where
            the entries cannot be gone over.
    """
    if _version(connection) == STATE_VERSION:
        return False
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        found = _version(connection)
        if found == STATE_VERSION:
            return False
        if found > STATE_VERSION:
            raise Misconfigured(
                "state-newer",
                f"账面记录版本为 {found}，本程序只认识到 {STATE_VERSION}：请升级程序",
                f"the state's records have version {found}, this release knows {STATE_VERSION}: upgrade",
            )
        try:
            state = fold(_entries(connection), State(spilled=True))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _log.error("the entries cannot be folded", error=error)
            raise Misconfigured(
                "state-not-made",
                "记录无法重算，原因见日志。请从备份恢复，或用旧版本程序验证",
                "the entries cannot be folded, the log says why; restore a backup, or verify by the older release",
            ) from error
        _write(connection, state)
        connection.execute("UPDATE ledger.state_version SET version = %s", (STATE_VERSION,))
    if state.find(Book, "ledger") is not None:  # else there was nothing to be made anew
        _log.info("the state's records were made anew", before=found, version=str(STATE_VERSION))
    return True


def _version(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT version FROM ledger.state_version").fetchone()
    return 0 if row is None else int(row[0])


def _entries(connection: psycopg.Connection[Any]) -> Iterator[bytes]:
    after = 0
    while rows := connection.execute(
        "SELECT position, data FROM ledger.entries WHERE position > %s ORDER BY position LIMIT %s",
        (after, READ_ENTRIES),
        binary=True,
    ).fetchall():
        for _, data in rows:
            yield bytes(data)
        after = rows[-1][0]


def _write(connection: psycopg.Connection[Any], state: State) -> None:
    connection.execute("DELETE FROM ledger.standing")
    with connection.cursor().copy("COPY ledger.standing (key, value) FROM STDIN") as copy:
        for kind in Record.kinds.values():
            for record in state.records(kind):
                copy.write_row((record.key, record.value().decode()))
