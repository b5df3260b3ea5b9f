"""Marking the rows of a list (名单联合标记): a register of one ledger is held against what others pay, by marks alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import psycopg

from ledger.domain.evaluation import ListMarks
from ledger.domain.register_kinds import KINDS
from ledger.domain.state import UNKNOWN_REFERENCE, key_of
from ledger.errors import Refused
from ledger.events.marking import MOST_ROWS_MARKED, MarkedRow, ReferenceMarked
from ledger.events.register import REGISTER_ENDED, Register
from ledger.federation.marks import Asked, chained, input_of
from ledger.identity.register_rows import RegisterRow
from ledger.identity.vault import Vault
from ledger.writing.registers import key_of_list, stored_rows
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

ROWS_AT_ONCE = 5_000
"""How many rows one question to an evaluator is about."""


def _standing(connection: psycopg.Connection[Any], key: str) -> dict[str, Any] | None:
    row = connection.execute("SELECT value FROM ledger.standing WHERE key = %s", (key,)).fetchone()
    return None if row is None else dict(row[0])


def _listed(connection: psycopg.Connection[Any], list_id: str) -> Register:
    """The list, in force.

    Raises:
        Refused: ``reference-unknown``, ``register-ended``.
    """
    found = _standing(connection, key_of(Register, list_id))
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="register", id=list_id)
    listed = Register(**found)
    if listed.state != "in-force" or listed.erased:
        raise REGISTER_ENDED.refused(list=list_id)
    return listed


def marked_rows(connection: psycopg.Connection[Any], list_id: str, year: int) -> int:
    """How many rows of a list are marked under the key of a year."""
    found = _standing(connection, key_of(ListMarks, f"{list_id}/{year}"))
    return 0 if found is None else int(found["count"])


def mark_list(
    connection: psycopg.Connection[Any],
    writer: Writer,
    signer: Signer,
    vault: Vault,
    evaluators: Sequence[Asked],
    *,
    list_id: str,
    year: int,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Mark the rows of a list that are not marked yet, some at a time; answers how many.

    The evaluators count by the list's id, as for a campaign. Numbers are opened to be blinded, and shown to nobody.

    Raises:
        NotVerified: ``evaluation-proof-wrong``, and none of these rows is recorded.
        Unavailable: ``evaluator-failed``.
        Refused: ``reference-unknown``, ``register-ended``, ``list-not-marked``, or a key is not accepted.
    """
    listed = _listed(connection, list_id)
    opened = key_of_list(connection, listed.root, vault)
    if opened is None:
        raise REGISTER_ENDED.refused(list=list_id)
    register, boxes = opened
    kind = KINDS[listed.kind].identity if listed.kind in KINDS else "person"
    before = done = marked_rows(connection, list_id, year)
    with connection.transaction():
        rows = islice(stored_rows(connection, register), before, None)
        for part in _parts(rows, ROWS_AT_ONCE):
            values = [input_of(kind, str(boxes.open(row.line, row.box)["number"])) for row in part]
            marks = chained(values, evaluators, campaign=list_id, year=year)
            events = [
                ReferenceMarked(
                    reference=list_id,
                    version=year,
                    evaluators=[each.code for each in evaluators],
                    first=done + start,
                    rows=[
                        MarkedRow(mark=mark, since=row.since, until=row.until)
                        for row, mark in zip(
                            part[start : start + MOST_ROWS_MARKED],
                            marks[start : start + MOST_ROWS_MARKED],
                            strict=True,
                        )
                    ],
                )
                for start in range(0, len(part), MOST_ROWS_MARKED)
            ]
            statements = [signer.statement(event) for event in events]
            for outcome in writer.record_all(signer.sign_together(statements, [None] * len(statements))):
                if isinstance(outcome, Refused):
                    raise outcome
            done += len(part)
            progress(done)
    return done - before


def _parts(rows: Iterator[RegisterRow], size: int) -> Iterator[list[RegisterRow]]:
    while part := list(islice(rows, size)):
        yield part
