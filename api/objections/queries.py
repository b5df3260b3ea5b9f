"""What the public wrote to notices (异议收件), and what became of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import dict_row

from api.gate import LATEST, Row, ScopedViews
from api.gate.relations import TAKEN_DOWN_BY
from ledger.domain.entry import act_of
from ledger.events.inbox import ObjectionReceived
from ledger.events.objection import ObjectionSettled
from projections.frame.view import AS_OF

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_RECEIVED = "(i.receipt IS NULL OR EXISTS (SELECT FROM ledger.entries r WHERE r.statement_id = i.receipt))"
"""What is committed to, or is older than that commitment: nobody was given the number of anything else."""


class Words(NamedTuple):
    """What somebody wrote and when, with the salt of its hash."""

    text: str
    received_at: datetime
    salt: bytes


class Signed(NamedTuple):
    """The ledger's statement that it received it: its id and its envelope."""

    id: str
    envelope: bytes


def new_number() -> str:
    """A number that nobody guesses, by which an objection is followed up."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


def keep(connection: psycopg.Connection, event: ObjectionReceived, words: Words, signed: Signed) -> None:
    """Keep an objection with the ledger's signed receipt for it, which is to be recorded next."""
    connection.execute(
        "INSERT INTO ledger.inbox"
        " (number, received_at, notice, case_id, campaign, unit, text, salt, receipt, envelope)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            event.number,
            words.received_at,
            event.notice,
            event.case,
            event.campaign,
            event.unit,
            words.text,
            words.salt,
            signed.id,
            signed.envelope,
        ),
    )


def drop(connection: psycopg.Connection, number: str) -> None:
    """Take back an objection whose receipt was refused; nobody has its number."""
    connection.execute("DELETE FROM ledger.inbox WHERE number = %s", (number,))


def pending(connection: psycopg.Connection, most: int = 500) -> list[Signed]:
    """Receipts that were signed a while ago and never recorded, since the ledger was not to be had."""
    found = connection.execute(
        "SELECT i.receipt::text, i.envelope FROM ledger.inbox i WHERE i.receipt IS NOT NULL"
        " AND i.received_at < now() - interval '1 minute'"
        " AND NOT EXISTS (SELECT FROM ledger.entries e WHERE e.statement_id = i.receipt)"
        " ORDER BY i.received_at LIMIT %s",
        (most,),
    ).fetchall()
    return [Signed(receipt, bytes(envelope)) for receipt, envelope in found]


def sign_anew(connection: psycopg.Connection, signed: Signed, again: Signed) -> bool:
    """Put another receipt in the place of one that is not recorded; false where it stands no more."""
    done = connection.execute(
        "UPDATE ledger.inbox SET receipt = %s, envelope = %s WHERE receipt = %s"
        " AND NOT EXISTS (SELECT FROM ledger.entries e WHERE e.statement_id = receipt)",
        (again.id, again.envelope, signed.id),
    )
    return done.rowcount == 1


class Answer(NamedTuple):
    """How an objection was answered: the reason, the date, the office (a unit's name), and the entry."""

    text: str
    on: str
    by: str
    position: int


def answered(connection: psycopg.Connection, position: int) -> Answer:
    """The answer that the settlement at that position gives."""
    row = connection.execute("SELECT data FROM ledger.entries WHERE position = %s", (position,)).fetchone()
    assert row is not None
    act = act_of(bytes(row[0]))
    assert isinstance(act.event, ObjectionSettled)
    office = connection.execute(
        "SELECT u.name FROM views.keys k JOIN views.officers o USING (officer)"
        " JOIN views.units u ON u.unit = o.unit WHERE k.key = %s LIMIT 1",
        (act.statement.by,),
    ).fetchone()
    return Answer(act.event.reason, act.statement.on, "" if office is None else office[0], position)


def followed_up(connection: psycopg.Connection, number: str) -> Row | None:
    """What became of an objection: waiting, lodged, upheld or dismissed; None for no such number.

    ``settled_at`` is the entry that answers it. What the ledger says counts, whether or not the inbox
    has heard of it.
    """
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(
        "SELECT i.number, i.received_at, e.position AS committed_at,"
        " CASE WHEN o.upheld IS NOT NULL THEN o.from_position END AS settled_at,"
        " CASE WHEN l.statement_id IS NULL THEN 'waiting'"
        " WHEN o.upheld IS NULL THEN 'lodged' WHEN o.upheld THEN 'upheld' ELSE 'dismissed' END AS state"
        " FROM ledger.inbox i"
        f" LEFT JOIN LATERAL (SELECT {TAKEN_DOWN_BY} AS statement_id) l ON true"
        f" LEFT JOIN views.objections o ON o.objection = l.statement_id::text AND {AS_OF}"
        " LEFT JOIN ledger.entries e ON e.statement_id = i.receipt"
        f" WHERE i.number = %(number)s AND {_RECEIVED}",
        {"number": number, "as_of": LATEST},
    ).fetchone()


def waiting(views: ScopedViews, *, after: str | None = None, limit: int = 200) -> list[Row]:
    """Objections that no officer has taken down yet, the oldest first, after the one of that number.

    ``opening`` is what whoever takes one down shows beside its words; null for one of before such commitments.
    """
    return views.rows(
        "SELECT i.number, i.received_at, i.notice, i.case_id, i.campaign, i.unit, i.text,"
        " CASE WHEN i.salt IS NOT NULL THEN jsonb_build_object('salt', encode(i.salt, 'hex'), 'received_at',"
        """  to_char(i.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) END AS opening"""
        " FROM inbox i WHERE i.statement IS NULL AND (%(after)s::text IS NULL OR (i.received_at, i.number) >"
        "  (SELECT p.received_at, p.number FROM inbox p WHERE p.number = %(after)s))"
        " ORDER BY i.received_at, i.number LIMIT %(limit)s",
        after=after,
        limit=limit,
    )


def count_waiting(views: ScopedViews) -> int:
    """How many objections no officer has taken down yet."""
    return int(views.rows("SELECT count(*) AS waiting FROM inbox i WHERE i.statement IS NULL")[0]["waiting"])


def is_received(views: ScopedViews, number: str) -> bool:
    """Whether there is an objection of that number within the reader's scope."""
    return bool(views.rows("SELECT FROM inbox i WHERE i.number = %(number)s", number=number))


def taken_down(connection: psycopg.Connection, number: str, statement: str) -> bool:
    """Notes by which statement an objection was lodged: one that names its number.

    By the first version of the rules statements named none: an ObjectionLodged on that very case.
    """
    done = connection.execute(
        "UPDATE ledger.inbox i SET statement = e.statement_id FROM ledger.entries e"
        " WHERE i.number = %s AND i.statement IS NULL AND e.statement_id::text = %s"
        " AND e.type LIKE 'ObjectionLodged.%%' AND (e.tags @> array['received:' || i.number]"
        "  OR e.tags @> array['case:' || i.case_id] AND (SELECT coalesce((b.value ->> 'rules')::int, 1)"
        "   FROM ledger.standing b WHERE b.key = 'book/ledger') < 2)",
        (number, statement),
    )
    return done.rowcount == 1


def unsettled(views: ScopedViews, as_of: int) -> list[Row]:
    """Objections that inspectors have to settle, as they stood, the oldest first."""
    return views.rows(
        "SELECT o.objection, o.case_id, o.campaign, o.lodged_at, k.unit, k.dossier FROM"
        f" (SELECT * FROM objections o WHERE {AS_OF}) o"
        " JOIN cases k ON k.case_id = o.case_id AND k.to_position IS NULL"
        " WHERE o.upheld IS NULL ORDER BY o.lodged_at",
        as_of=as_of,
    )
