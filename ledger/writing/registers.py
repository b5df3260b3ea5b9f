"""Registers made ready, erased, and looked into (名单的行入库、删除、查阅): the rows beside their entries.

Rows come before their entry: they are written, the root over them is known, and an officer signs it. The writer
admits the entry only while the rows are there. An entry that erases a list takes its key in the same transaction,
and from then on nobody reads a box; :func:`prune` removes the rows afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

import psycopg

from ledger.domain.register_kinds import RegisterKind
from ledger.errors import Rule
from ledger.identity.blind_index import Marker
from ledger.identity.register_rows import Boxes, Growing, Listed, RegisterRow, pruned, row_of
from ledger.identity.vault import Sealed, Vault
from ledger.postgres.entries import APPEND_LOCK
from ledger.postgres.pg_copy import HEADER, TRAILER, int4, int8, raw, text

REGISTER_ROWS_MISSING = Rule(
    "register-rows-missing",
    zh="库中没有名单 {root} 的行：请重新载入文件",
    en="no rows of the list {root} are here: load its file again",
)

ROWS_AT_ONCE = 2000
UNSIGNED_FOR = "1 day"
_START = (7).to_bytes(2, "big")
_EPOCH = date(2000, 1, 1).toordinal()

_ROWS = (
    "SELECT mark, line, since::text, until::text, box, fen FROM ledger.register_rows"
    " WHERE register = %s ORDER BY mark, line"
)


class Prepared(NamedTuple):
    """A list whose rows are written and wait for their entry; ``duplicates`` have a number that stands there again.

    ``total_fen`` is what the rows come to, of a kind whose sums stand beside the marks.
    """

    register: int
    root: str
    rows: int
    duplicates: int
    total_fen: int = 0


def prepare(
    connection: psycopg.Connection[Any],
    listed: Iterable[Listed],
    kind: RegisterKind,
    period: tuple[str | None, str | None],
    *,
    marker: Marker,
    vault: Vault,
    progress: Callable[[int], None] = lambda done: None,
) -> Prepared:
    """Write a list's rows, all or none, and give the root over them; what nobody signed for a day goes.

    Rows are taken one after the other, so that memory does not grow with the list.
    """
    field = "person" if kind.identity == "person" else "enterprise"
    with connection.transaction():
        _remove_unsigned(connection)
    with connection.transaction():
        row = connection.execute("INSERT INTO ledger.registers DEFAULT VALUES RETURNING number").fetchone()
        assert row is not None
        register = int(row[0])
        key, sealed = vault.new_key(_key_id(register))
        boxes = Boxes(key)
        total_fen = 0
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY ledger.register_rows (register, mark, line, since, until, box, fen) FROM STDIN (FORMAT binary)"
            ) as copy,
        ):
            copy.write(HEADER)
            number = int8(register)
            part: list[bytes] = []
            for done, each in enumerate(listed, 1):
                mark = marker.mark(field, each.number)
                made = row_of(each, mark, boxes, lambda facts: kind.meets(facts, period), kind.amount)
                part += (_START, number, text(made.mark), int4(made.line), _day(made.since), _day(made.until))
                part += (raw(made.box), raw(None) if made.fen is None else int8(made.fen))
                total_fen += made.fen or 0
                if done % ROWS_AT_ONCE == 0:
                    copy.write(b"".join(part))
                    part = []
                    progress(done)
            copy.write(b"".join(part))
            copy.write(TRAILER)
        tree, before, again = Growing(), "", 0
        duplicates = 0
        for stored in stored_rows(connection, register):
            tree.add(stored.leaf())
            again = again + 1 if stored.mark == before else 0
            duplicates += 0 if again == 0 else 2 if again == 1 else 1
            before = stored.mark
        root = tree.root.hex()
        connection.execute(
            "UPDATE ledger.registers SET root = %s, key_version = %s, wrapped_key = %s WHERE number = %s",
            (root, sealed.key_version, sealed.wrapped_key, register),
        )
    connection.execute("ANALYZE ledger.register_rows")
    return Prepared(register, root, tree.size, duplicates, total_fen)


def _key_id(register: int) -> str:
    """What a list's key is bound to."""
    return f"register/{register}"


def _day(day: str | None) -> bytes:
    """A date field: days since 2000."""
    return raw(None) if day is None else int4(date.fromisoformat(day).toordinal() - _EPOCH)


def stored_rows(connection: psycopg.Connection[Any], register: int) -> Iterator[RegisterRow]:
    """The rows of a list in the order of its tree; within a transaction."""
    with connection.cursor(name=f"register_{register}") as cursor:
        cursor.itersize = 10_000
        cursor.execute(_ROWS, (register,), binary=True)
        for row in cursor:
            yield RegisterRow(*row)


def _remove_unsigned(connection: psycopg.Connection[Any]) -> None:
    """Takes away what was made ready and not signed, while no entry is being written."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
    gone = connection.execute(
        "DELETE FROM ledger.registers g WHERE g.made_at < now() - %s::interval AND NOT EXISTS ("
        " SELECT FROM ledger.standing s WHERE s.key = 'listed-root/' || g.root) RETURNING g.number",
        (UNSIGNED_FOR,),
    ).fetchall()
    for (register,) in gone:
        connection.execute("DELETE FROM ledger.register_rows WHERE register = %s", (register,))


def discard(connection: psycopg.Connection[Any], prepared: Prepared) -> None:
    """Takes away a list that was made ready and is not to be signed."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        gone = connection.execute(
            "DELETE FROM ledger.registers g WHERE g.number = %s AND NOT EXISTS ("
            " SELECT FROM ledger.standing s WHERE s.key = 'listed-root/' || g.root) RETURNING g.number",
            (prepared.register,),
        ).fetchall()
        if gone:
            connection.execute("DELETE FROM ledger.register_rows WHERE register = %s", (prepared.register,))


FORGET_KEY = """
UPDATE ledger.registers g SET key_version = NULL, wrapped_key = NULL
FROM ledger.standing s WHERE s.key = 'register/' || %s AND g.root = s.value ->> 'root'
"""
"""Takes a list's key, so that nobody reads its boxes any more. The list's entry is named by its id."""


def prune(connection: psycopg.Connection[Any], list_id: str) -> int:
    """Remove the rows of an erased list that met no dossier, and say how many.

    Hashes over them stay, so that the list can still be held against its root. A list that is not erased, or
    was pruned before, loses nothing.
    """
    with connection.transaction():
        row = connection.execute(
            "SELECT g.number FROM ledger.registers g JOIN ledger.standing s ON s.value ->> 'root' = g.root"
            " WHERE s.key = 'register/' || %s AND (s.value ->> 'erased')::boolean AND NOT EXISTS ("
            " SELECT FROM ledger.register_nodes n WHERE n.register = g.number) FOR UPDATE OF g",
            (list_id,),
        ).fetchone()
        if row is None:
            return 0
        register = int(row[0])
        connection.execute(
            "CREATE TEMPORARY TABLE met ON COMMIT DROP AS SELECT DISTINCT s.value ->> 'person' AS mark"
            " FROM ledger.standing s WHERE s.key LIKE 'dossier/%%'"
        )
        met = {
            mark
            for (mark,) in connection.execute(
                'SELECT DISTINCT r.mark FROM ledger.register_rows r JOIN met ON met.mark COLLATE "C" = r.mark'
                " WHERE r.register = %s",
                (register,),
            )
        }
        leaves = ((each.leaf(), each.mark in met) for each in stored_rows(connection, register))
        nodes = list(pruned(leaves))
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY ledger.register_nodes (register, first, size, hash) FROM STDIN") as copy,
        ):
            for node in nodes:
                copy.write_row((register, *node))
        return connection.execute(
            "DELETE FROM ledger.register_rows WHERE register = %s AND NOT (mark = ANY(%s))",
            (register, sorted(met)),
        ).rowcount


def key_of_list(connection: psycopg.Connection[Any], root: str, vault: Vault) -> tuple[int, Boxes] | None:
    """A list's number and its boxes; None where it is not here or was erased."""
    row = connection.execute(
        "SELECT number, key_version, wrapped_key FROM ledger.registers WHERE root = %s AND wrapped_key IS NOT NULL",
        (root,),
    ).fetchone()
    if row is None:
        return None
    return int(row[0]), boxes_of(vault, *row)


def boxes_of(vault: Vault, register: int, key_version: int, wrapped_key: bytes) -> Boxes:
    """The boxes of a list, by its number and its key as the vault wrapped it."""
    key_id = _key_id(register)
    return Boxes(vault.key_in(Sealed(key_id, key_id, key_version, bytes(wrapped_key), b"")))


def rewrapped(connection: psycopg.Connection[Any], vault: Vault) -> int:
    """Wraps the lists' keys with the vault's newest version, and says how many."""
    rows = connection.execute(
        "SELECT number, key_version, wrapped_key FROM ledger.registers WHERE key_version < %s",
        (vault.version,),
    ).fetchall()
    for number, version, key in rows:
        again = vault.rewrap(Sealed(_key_id(number), _key_id(number), version, bytes(key), b""))
        connection.execute(
            "UPDATE ledger.registers SET key_version = %s, wrapped_key = %s WHERE number = %s",
            (again.key_version, again.wrapped_key, number),
        )
    return len(rows)
