"""The registry's rows (登记的行): units, officers with their keys and roles, sanctions, days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ledger.domain.event import Grant
from projections.frame.column import Day, Number, Title, json_of
from projections.frame.view import Row


@dataclass
class KeyRow(Row):
    """An officer's key as it stood; times are UTC in the form of ``recorded_at``.

    ``compromised_from`` is since when others may have had it; it had ended before that, perhaps.
    """

    key: str
    officer: str
    valid_from: str
    revoked_from: str | None
    compromised: bool
    compromised_from: str | None
    enrolled_by: list[str]
    enrolled_at: str


@dataclass
class GrantsRow(Row):
    """The roles that an officer held, and by which keys each was given when, in one order; all are JSON text.

    ``past`` are those that ended: the grant, its keys, since when, until when, and whether a stolen key is behind it.
    """

    officer: str
    grants: Annotated[str, json_of(list[Grant])]
    given: Annotated[str, json_of(list[tuple[list[str], str]])]
    past: Annotated[str, json_of(list[tuple[Grant, list[str], str, str, bool]])]


@dataclass
class SanctionRow(Row):
    """A sanction in force: the unit is not eligible in that year (clause A-6)."""

    sanction: str
    unit: str
    year: Number


@dataclass
class UnitRow:
    """A unit with those above it, the nearest first."""

    unit: Annotated[str, Title("代码", "code")]
    name: Annotated[str, Title("名称", "name")]
    level: Annotated[str, Title("级别", "level")]
    parent: Annotated[str | None, Title("上级", "parent", only="command")]
    ancestors: list[str]
    staff_count: Number | None
    position: int


@dataclass
class OfficerRow:
    """An officer of a unit; null is none, as of the first registrar."""

    officer: Annotated[str, Title("代码", "code", only="command")]
    name: Annotated[str, Title("姓名", "name")]
    unit: Annotated[str | None, Title("单位", "unit")]
    position: int


@dataclass
class OfficerMarksRow:
    """Marks of an officer's identity, or of a relative's; JSON text."""

    officer: str
    position: int
    relation: str
    marks: Annotated[str, json_of(dict[str, str])]


@dataclass
class RulesRow:
    """From which entry on a version of the rules holds."""

    position: int
    version: Number


@dataclass
class AloneRow:
    """What takes two registrars, where but one signed."""

    position: int
    officer: str


@dataclass
class DayRow:
    """A day that passed."""

    position: int
    day: Day
