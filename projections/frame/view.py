"""What every view is: tables that are computed from the events, and from nothing else.

Rows are temporal: ``from_position`` is the event that made the row true, ``to_position`` the one
that ended it, null while it stands. "As of position N" is a condition, not a rebuild.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import psycopg

from ledger.domain.event import Event
from projections.frame.column import columns, create_table, names
from projections.frame.recorded import Recorded

Cursor = psycopg.Cursor[Any]

AS_OF = "from_position <= %(as_of)s AND (to_position IS NULL OR to_position > %(as_of)s)"
"""The condition for rows as they stood; ``as_of`` is a position."""


class View(Protocol):
    """A part of the read side. ``needs`` names the views whose tables it reads.

    ``title`` is what people call it, in Chinese and English.
    """

    name: ClassVar[str]
    title: ClassVar[tuple[str, str]]
    needs: ClassVar[tuple[str, ...]]
    tables: ClassVar[str]

    @property
    def version(self) -> int | str:
        """Another one when its tables or its rules change: then the views are made anew."""
        ...

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order, in the caller's transaction."""
        ...


def table_names(view: View) -> list[str]:
    """The tables that a view makes, in order."""
    return re.findall(r"CREATE TABLE (\w+)", view.tables)


def lines(values: Iterable[str]) -> str:
    """Texts as lines, which SQL splits again: that costs a client next to nothing to write."""
    return "\n".join(values)


A = TypeVar("A")
R = TypeVar("R", bound="Row")


class Table(Generic[A]):
    """A table of rows that are added and never change."""

    def __init__(self, table: str, row: type[A], *key: str) -> None:
        self.table = table
        self.columns = names(row)
        self.create = create_table(table, row, *key)
        self._values = attrgetter(*self.columns)

    def add(self, cursor: Cursor, rows: Iterable[A]) -> None:
        """Inserts rows by COPY."""
        copy_rows(cursor, self.table, self.columns, list(map(self._values, rows)))


@dataclass
class Row:
    """A row of a temporal table; the first field is its key."""

    def changed(self, **members: Any) -> Self:
        """The row with other members, as ``dataclasses.replace`` gives it, but in a tenth of its time."""
        row = object.__new__(type(self))
        row.__dict__.update(self.__dict__)
        row.__dict__.update(members)
        return row


@dataclass
class Version:
    """From which event on a row was true, and which ended it; null while it stands."""

    from_position: int
    to_position: int | None


class TemporalTable(Generic[R]):
    """Keeps every version of rows that change, one batch at a time."""

    def __init__(self, table: str, row: type[R], *, fillfactor: int | None = None) -> None:
        self.table = table
        self.row = row
        self.columns = names(row)
        # JSON and dates are kept as the text that they are written as.
        self._texts = {column.name for column in columns(row) if column.is_text}
        self.key = self.columns[0]
        self.create = create_table(
            table,
            row,
            self.key,
            "from_position",
            more=("from_position bigint NOT NULL", "to_position bigint"),
            storage=None if fillfactor is None else f"fillfactor = {fillfactor}",
        )
        self.values = attrgetter(*self.columns)

    def load(self, cursor: Cursor, keys: Iterable[str]) -> Versions[R]:
        """The current versions of these keys, ready to be changed."""
        return self.load_by(cursor, self.key, keys)

    def load_by(self, cursor: Cursor, column: str, values: Iterable[str]) -> Versions[R]:
        """The current versions that have one of these values in that column."""
        selected = [f"{c}::text" if c in self._texts else c for c in self.columns]
        cursor.execute(
            f"SELECT from_position, {', '.join(selected)} FROM {self.table}"
            f" WHERE {column} = ANY (string_to_array(%s, E'\\n')) AND to_position IS NULL",
            (lines(set(values)),),
        )
        # The key comes first in a row, and the position before it.
        rows = cursor.fetchall()
        current = {values[1]: self.row(*values[1:]) for values in rows}
        return Versions(current, {values[1]: values[0] for values in rows}, self)

    def save(self, cursor: Cursor, versions: Versions[R]) -> None:
        """Writes what :class:`Versions` gathered."""
        if versions.ended:
            cursor.execute(
                f"UPDATE {self.table} AS t SET to_position = e.ended::bigint"
                " FROM unnest(string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n'),"
                " string_to_array(%s, E'\\n')) AS e (key, began, ended)"
                f" WHERE t.{self.key} = e.key AND t.from_position = e.began::bigint",
                [lines(map(str, column)) for column in zip(*versions.ended, strict=True)],
            )
        copy_rows(cursor, self.table, [*self.columns, "from_position", "to_position"], versions.added)


class Versions(Generic[R]):
    """Versions of rows while a batch goes through: ``current`` are those at its beginning, by key."""

    def __init__(self, current: dict[str, R], began: dict[str, int], table: TemporalTable[R]) -> None:
        self._current = current
        self._began = began
        self._since: dict[str, int] = {}
        self._table = table
        self.ended: list[tuple[str, int, int]] = []
        """(key, from_position, to_position) of versions that stood before the batch"""
        self.added: list[tuple[Any, ...]] = []

    def get(self, key: str) -> R | None:
        """The row as it stands at this point of the batch."""
        return self._current.get(key)

    def current(self) -> Iterable[R]:
        """All rows that stand at this point of the batch."""
        return self._current.values()

    def since(self, key: str) -> int:
        """The position from which the row stands as it does at this point of the batch."""
        return self._since.get(key, self._began.get(key, 0))

    def put(self, row: R, position: int) -> None:
        """The row's new version from that position on."""
        key = getattr(row, self._table.key)
        self._end(key, position)
        self._current[key] = row
        self._since[key] = position

    def remove(self, key: str, position: int) -> None:
        """The row stands no longer from that position on."""
        self._end(key, position)
        self._current.pop(key, None)

    def _end(self, key: str, position: int) -> None:
        current = self._current.get(key)
        if current is None:
            return
        since = self._since.pop(key, None)
        if since is None:
            self.ended.append((key, self._began[key], position))
        elif since < position:
            self.added.append((*self._table.values(current), since, position))

    def finish(self) -> Versions[R]:
        """Ends the batch: what was put last stands on."""
        for key, since in self._since.items():
            self.added.append((*self._table.values(self._current[key]), since, None))
        self._since.clear()
        return self


def copy_rows(cursor: Cursor, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Inserts rows by COPY."""
    if not rows:
        return
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])


class Dispatch:
    """Which method of a batch takes which type of event; of all others the batch does not hear."""

    def __init__(self) -> None:
        self._methods: dict[type[Event], Callable[..., None]] = {}

    def __call__(self, *types: type[Event]) -> Callable[[F], F]:
        """Declares the types that a method ``(batch, event, item)`` takes."""

        def declare(method: F) -> F:
            self._methods.update(dict.fromkeys(types, method))
            return method

        return declare

    def apply(self, batch: object, events: Iterable[Recorded]) -> None:
        """Hands each event to the method that takes it, in order."""
        find = self._methods.get
        for item in events:
            event = item.act.event
            method = find(type(event))
            if method is not None:
                method(batch, event, item)


def named(events: Iterable[Recorded], *names: str) -> set[str]:
    """What the events name under these members: cases, dossiers, campaigns."""
    said = [item.act.event.__dict__ for item in events]
    return {value for members in said for name in names if (value := members.get(name)) is not None}


def found(row: T | None, key: str) -> T:
    """The row, which must be there: an admitted event names it."""
    if row is None:
        raise RuntimeError(f"{key} is not in the view, though an admitted event names it")
    return row
