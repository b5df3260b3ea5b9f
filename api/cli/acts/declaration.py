"""What is declared of a command that signs an event (签署类命令的各项)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as kept
from typing import Any, Literal

from api.cli.acts.context import Context
from api.cli.answers import Column
from api.cli.question import Asked
from api.gate import Row
from ledger.domain.event import Event

Kind = Literal["text", "amount", "day", "document", "whole", "yes", "several", "json"]
"""How an option is typed: ``amount`` in yuan, ``document`` by its number, ``json`` as a file."""

Given = Mapping[str, Any]
"""What the options said, by the event's field; one that was not given is not there."""


@dataclass(frozen=True)
class Option:
    """An option of a command: what it says of the event, and how it is typed.

    ``field`` is the event's where the body takes it as it is; ``name`` is the option's, where it differs.
    ``choices`` are its values, each with what it means.
    """

    field: str
    zh: str
    en: str
    kind: Kind = "text"
    required: bool = False
    choices: Mapping[str, tuple[str, str]] = kept(default_factory=dict)
    name: str = ""

    @property
    def flag(self) -> str:
        """How it is written."""
        return self.name or "--" + self.field.removesuffix("_fen").replace("_", "-")


@dataclass(frozen=True)
class Narrowing:
    """An option that narrows a question: a parameter of its route."""

    parameter: str
    zh: str
    en: str
    required: bool = False


CAMPAIGN = Narrowing("campaign", "活动", "the campaign", required=True)
ANY_CAMPAIGN = Narrowing("campaign", "活动", "the campaign")
UNIT = Narrowing("unit", "单位（含下级）", "the unit, with all below it")


@dataclass(frozen=True)
class Subjects:
    """What a command signs about: the question that lists it, and what names one of it.

    ``number`` is the column with the serial number by which a line of a list may name it. ``fits`` are the
    values of ``state_of`` that a query takes where none is asked for.
    """

    metavar: str
    zh: str
    en: str
    question: Asked
    key: str
    number: str | None = None
    narrowed_by: tuple[Narrowing, ...] = ()
    shown: tuple[Column, ...] = ()
    state_of: str | None = None


Body = Callable[[Context, Row, Given], dict[str, Any]]
Bodies = Callable[[Context, list[Row], Given], list[dict[str, Any]]]


@dataclass(frozen=True)
class Act:
    """A command that signs one kind of event about what is selected, once for all of it.

    ``body`` makes one statement of each row; ``bodies`` makes statements of all rows together. Where
    ``subjects`` is None, one statement is made of the options alone, with an empty row. ``states`` are
    those that a query takes; ``fen`` is the sum under a row and its body; ``identity`` says that an
    identity goes with it into the vault, ``is_by_name`` that nothing is selected by a query alone.
    """

    event: type[Event]
    subjects: Subjects | None = None
    states: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    body: Body | None = None
    bodies: Bodies | None = None
    fen: Callable[[Row, Mapping[str, Any]], int | None] = kept(
        default=lambda row, body: body.get("amount_fen")
    )
    identity: bool = False
    is_by_name: bool = False
    afterwards: Callable[[Context, Mapping[str, Any], str], None] | None = None
    """What else is to be told once a statement of this body and id is recorded."""
