"""What has to come of a roster's file, and the persons and lines that the files of the corpus are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from api.demo.people import People
from ledger.identity.documents import PersonIdentity

PEOPLE = People(62)
P = [PEOPLE.person() for _ in range(8)]
HEADER = ("姓名", "公民身份号码", "对象类别", "慰问金额（元）")
YUAN_500 = 50_000


@dataclass(frozen=True)
class Expected:
    """A file and its outcome: good lines as number and fen, faults as cell and code, and what is asked about."""

    name: str
    raw: bytes = field(repr=False)
    lines: Sequence[tuple[str, int | None]] = ()
    faults: Sequence[tuple[str, str]] = ()
    asked: Sequence[str] = ()
    unused: Sequence[str] = ()
    """Codes that must be among what is not used."""
    notices: Sequence[str] = ()
    """Codes that must be among what is said."""
    silent: Sequence[str] = ()
    """Codes that must not be."""
    unreadable: str = ""
    on: str | None = None
    """The date of every good line, where that is what the file is about."""


def row(person: PersonIdentity, amount: Any = 500, category: str | None = "困难职工") -> list[Any]:
    """A line under :data:`HEADER`."""
    return [person.name, person.number, category, amount]


def all_of(*persons: PersonIdentity, fen: int = YUAN_500) -> list[tuple[str, int | None]]:
    """The lines of these persons, each with the same sum."""
    return [(person.number, fen) for person in persons]


def plain(*persons: PersonIdentity) -> list[Sequence[Any]]:
    """A table of these persons."""
    return [HEADER, *(row(person) for person in persons)]
