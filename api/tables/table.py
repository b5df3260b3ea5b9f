"""A table (列表): a list's rows by one query, and which of their columns may be asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from api.gate import Row, ScopedViews
from api.service.access import Resource
from ledger.identity.vault import Vault
from ledger.writing.access_log import AccessKind
from projections.frame.column import Column, Title, columns

Family = Literal[
    "unit",
    "campaign",
    "category",
    "line",
    "officer",
    "role",
    "case-state",
    "life-state",
    "severity",
    "rule",
    "disposition",
    "event",
    "method",
    "bank-result",
    "posting",
    "differing",
    "found",
    "list-kind",
    "list-state",
    "investigation-state",
    "rectification-state",
    "objection-state",
    "pair-kind",
    "change",
    "access-kind",
    "key-state",
    "purpose",
    "visit-mode",
    "paper-state",
]
"""What a column's codes are codes of: by which their titles are found."""

ASKED_KINDS = frozenset({"text", "texts", "number", "position", "fen", "day", "moment", "truth"})

UNASKED = frozenset({"masked_name", "about", "first_name", "second_name"})
"""What is added once rows are found: a masked name is searched for, and neither sorted nor filtered by."""


@dataclass(frozen=True)
class Order:
    """A column that rows are in the order of."""

    column: str
    descending: bool = False


class Span(NamedTuple):
    """What some tables are asked beside: since which position, of which campaign's month, up to which row."""

    since: int | None = None
    campaign: str | None = None
    month: str | None = None
    upto: int | None = None


@dataclass(frozen=True)
class Table:
    """A list as it is declared.

    ``source`` selects the rows as they stood at ``%(as_of)s``, in no order, over the gate's relations. ``key`` tells
    rows apart.
    ``since`` says that rows are changes since an earlier position, ``%(since)s``, which has to be asked for.
    ``newest`` gives the last row of a list that no position bounds: its source keeps to ``%(upto)s``, so that
    pages stay those of one answer while rows are added.
    ``drawn_up`` computes the rows where no query can; ``monthly`` says that they are of a campaign and a month, which
    have to be asked for.
    ``beside`` wraps ``{rows}`` with columns that cost more, named in ``derived``: they are computed for the rows of a
    page alone, where nothing is asked about them. ``more`` may be asked about without being shown.
    ``sums`` are the columns of money that are summed; where several rows may be about the same money, each
    ``sums_once_by`` is counted once, with its largest.
    ``headed_by`` is whose heading a column of codes has, where its titles have a column of their own.
    ``finish`` adds what the database cannot know, as masked names; ``named_by`` is the column of the dossier
    by whose masked name rows are found.
    ``recorded_as`` is what the access log says of who looks at it.
    """

    name: str
    title: tuple[str, str]
    row: type
    resource: Resource
    key: str
    order: tuple[Order, ...]
    families: Mapping[str, Family]
    groups: tuple[str, ...]
    shown: tuple[str, ...]
    source: str = ""
    sums: tuple[str, ...] = ()
    sums_once_by: str | None = None
    more: tuple[str, ...] = ()
    since: bool = False
    newest: str | None = None
    drawn_up: Callable[[ScopedViews, Span, int], list[Row]] | None = None
    monthly: bool = False
    beside: str | None = None
    derived: frozenset[str] = frozenset()
    headed_by: Mapping[str, str] = field(default_factory=dict)
    named_by: str | None = None
    finish: Callable[[list[Row], ScopedViews, Vault], None] | None = None
    recorded_as: AccessKind = "persons"

    @cached_property
    def declared(self) -> Mapping[str, Column]:
        """The row's columns as they are declared, by name."""
        return {column.name: column for column in columns(self.row)}

    @cached_property
    def rows_from(self) -> str:
        """The query that has the rows: the source, or what was drawn up as ``%(drawn_up)s``, JSON."""
        if self.drawn_up is None:
            return self.source
        typed = ", ".join(f"{name} {column.kind.sql}" for name, column in self.declared.items())
        return f"SELECT * FROM jsonb_to_recordset(%(drawn_up)s::jsonb) AS d ({typed})"

    def heading(self, name: str) -> Title:
        """What people call a column."""
        title = self.declared[self.headed_by.get(name, name)].title
        assert title is not None, name
        return title

    @cached_property
    def asked(self) -> Mapping[str, Column]:
        """The columns that may be filtered and searched by: those shown, but for what no query knows."""
        names = [name for name in (*self.shown, *self.more) if name not in UNASKED]
        return {name: self.declared[name] for name in names if self.declared[name].kind.name in ASKED_KINDS}

    @cached_property
    def sorted_by(self) -> Mapping[str, Column]:
        """The columns that rows may be sorted by: one that holds several codes has no order."""
        return {name: column for name, column in self.asked.items() if column.kind.name != "texts"}
