"""A table (列表): a list's rows by one query, and which of their columns may be asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from api.gate import Row, ScopedViews
from api.service.access import Resource
from ledger.identity.vault import Vault
from projections.frame.column import Column, Title, columns

Family = Literal[
    "unit",
    "campaign",
    "category",
    "line",
    "officer",
    "case-state",
    "life-state",
    "severity",
    "rule",
    "disposition",
    "event",
    "method",
    "bank-result",
    "purpose",
    "visit-mode",
]
"""What a column's codes are codes of: by which their titles are found."""

ASKED_KINDS = frozenset({"text", "number", "position", "fen", "day", "moment", "truth"})

UNASKED = frozenset({"masked_name", "about"})
"""What is added once rows are found: a masked name is searched for, and neither sorted nor filtered by."""


@dataclass(frozen=True)
class Order:
    """A column that rows are in the order of."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Table:
    """A list as it is declared.

    ``source`` selects the rows as they stood at ``%(as_of)s``, in no order, over the gate's relations. ``key`` tells
    rows apart.
    ``beside`` wraps ``{rows}`` with columns that cost more, named in ``derived``: they are computed for the rows of a
    page alone, where nothing is asked about them. ``more`` may be asked about without being shown.
    ``sums`` are the columns of money that are summed; where several rows may be about the same money, each
    ``sums_once_by`` is counted once, with its largest.
    ``headed_by`` is whose heading a column of codes has, where its titles have a column of their own.
    ``finish`` adds what the database cannot know, as masked names; ``named_by`` is the column of the dossier
    by whose masked name rows are found.
    """

    name: str
    title: tuple[str, str]
    row: type
    resource: Resource
    source: str
    key: str
    order: tuple[Order, ...]
    families: Mapping[str, Family]
    groups: tuple[str, ...]
    shown: tuple[str, ...]
    sums: tuple[str, ...] = ()
    sums_once_by: str | None = None
    more: tuple[str, ...] = ()
    beside: str | None = None
    derived: frozenset[str] = frozenset()
    headed_by: Mapping[str, str] = field(default_factory=dict)
    named_by: str | None = None
    finish: Callable[[list[Row], ScopedViews, Vault], None] | None = None

    @cached_property
    def declared(self) -> Mapping[str, Column]:
        """The row's columns as they are declared, by name."""
        return {column.name: column for column in columns(self.row)}

    def heading(self, name: str) -> Title:
        """What people call a column."""
        title = self.declared[self.headed_by.get(name, name)].title
        assert title is not None, name
        return title

    @cached_property
    def asked(self) -> Mapping[str, Column]:
        """The columns that may be filtered, sorted and searched by: those shown, but for what no query knows."""
        names = [name for name in (*self.shown, *self.more) if name not in UNASKED]
        return {name: self.declared[name] for name in names if self.declared[name].kind.name in ASKED_KINDS}
