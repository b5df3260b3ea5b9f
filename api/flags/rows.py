"""Flags as they are answered (疑点应答): with what was said of them, their counts, and what hangs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.history.whom import EventOf
from api.service.answers import InBoth, PageByKey, Rows
from ledger.events.dossier import Facts
from projections.flags.engine import FlagRow
from projections.flags.rule import Severity
from projections.frame.column import Day, Fen, Number, Title, json_of
from projections.frame.view import Version

Disposition = Literal[
    "open", "in-case", "dismissed", "confirmed", "interview", "preliminary", "kept", "settled"
]
"""What was said of a flag (处置): nothing that holds, in a discipline case, a review's word, or one of the four outcomes."""

Beside = Literal["objection", "sanction", "unsound"]
"""What else an inspector knows of a flag's subject or unit."""


@dataclass
class FlagVersion(Version, FlagRow):
    """A flag as it stood for a while."""


@dataclass
class StandingFlag(FlagVersion):
    """A flag with what inspectors said of it; ``new_evidence`` is what they had not seen who said it.

    ``cleared_at`` is null while it stands.
    """

    cleared_at: Annotated[int | None, Title("消除于", "cleared at", only="command")]
    disposition: Annotated[Disposition, Title("处置", "status")]
    kept_until: Annotated[Day | None, Title("暂存至", "kept until")]
    investigation: str | None
    new_evidence: list[int]
    beside: Annotated[list[Beside], Title("另有", "beside", only="command")]


@dataclass
class ListedFlag(StandingFlag):
    """The same in a list, which is by ``rank``: the most severe is 1; ``about`` says in words whom or what it is about."""

    rank: Number
    about: Annotated[str, Title("涉及对象", "about")]


class FlagPage(PageByKey[ListedFlag]):
    """A page of flags; ``total`` counts those on all pages, and is null on all but the first."""

    total: int | None


@dataclass
class RuleFlags:
    """The flags of a rule that stand, over how many units, and the money under them."""

    rule: str
    severity: Severity
    flags: Number
    units: Number
    amount_fen: Fen


@dataclass
class UnitFlags:
    """The flags of a rule that stand in a unit."""

    unit: str
    rule: str
    severity: Severity
    flags: Number
    amount_fen: Fen


@dataclass
class WeekFlags:
    """The flags of a severity that were raised in a week, which is named by its Monday."""

    week: Day
    severity: Severity
    flags: Number
    amount_fen: Fen


@dataclass
class RuleShown:
    """A rule as people read it."""

    rule: str
    title: InBoth
    severity: Severity
    clause: str


@dataclass
class ComparedDossier:
    """A dossier beside others: the name masked, marks for telling what is equal."""

    dossier: str
    unit: str
    recipient: str
    person: str
    facts: Annotated[str, json_of(Facts)]
    marks: Annotated[str, json_of(dict[str, str])]
    erased: bool
    sealed: bool
    filed_position: int
    masked_name: str


class FlagShown(BaseModel):
    """One flag: its rule, how it stands, its history, the events that are its evidence, the dossiers behind them.

    ``about`` is whom or what it is about, in words.
    """

    position: int
    flag: StandingFlag
    about: str
    said: InBoth
    rule: RuleShown
    history: list[FlagVersion]
    evidence: list[EventOf]
    dossiers: list[ComparedDossier]
    more_dossiers: bool


class Edge(BaseModel):
    """An edge of the relation chart from one node to another: what it is, and what is said of it.

    ``amount_fen`` is the money that went along it; ``on`` the day from which it holds, ``until`` the day of its last
    event where it is one or several, null where it goes on.
    """

    model_config = ConfigDict(validate_by_name=True)

    source: Annotated[str, Field(alias="from")]
    target: Annotated[str, Field(alias="to")]
    what: str
    said: str
    amount_fen: int | None
    on: Day | None
    until: Day | None


class GraphShown(BaseModel):
    """A node's edges; ``names`` are masked, by dossier, and ``hidden`` says how many other neighbours it has.

    ``total`` is how many edges and hidden neighbours there are together.
    """

    position: int
    rows: list[Edge]
    total: int
    names: dict[str, str]
    hidden: int


class GraphAmong(Rows[Edge]):
    """The edges between given nodes; ``names`` are masked, by dossier."""

    names: dict[str, str]


class GraphPath(Rows[Edge]):
    """A way from one node to another, its edges in order; none where there is no way.

    ``searched`` is how many dossiers were looked at, ``complete`` whether none had to be left out.
    """

    names: dict[str, str]
    searched: int
    complete: bool
