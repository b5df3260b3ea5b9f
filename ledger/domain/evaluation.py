"""Evaluators of marks and who may ask them (评估方), as decisions know them: keys by year, askers, quotas, batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Field

from ledger.domain.record import Record

KeyYear = Annotated[int, Field(ge=2000, le=2100)]
"""The year that an evaluator's key is of, which is its version (密钥版本)."""

MARKED_FIELDS = ("person", "account", "household")
"""What is marked of a dossier (联合标记字段)."""

SPARE_TENTHS = 11
"""A quota is for eleven tenths of the dossiers filed: some are put right and marked again."""


@dataclass
class EvaluatorKey(Record):
    """An evaluator's own key of a year, its public part in hex."""

    KIND: ClassVar[str] = "evaluator-key"
    RESIDENT: ClassVar[bool] = True
    id: str
    public_key: str


@dataclass
class Asker(Record):
    """A ledger that may have marks evaluated here (受评台账), by its machine's Ed25519 key in hex.

    ``dossiers`` has for each of its campaigns how many dossiers it filed, ``points`` how many points were evaluated
    for each campaign and key year, ``<campaign>/<year>``.
    """

    KIND: ClassVar[str] = "asker"
    RESIDENT: ClassVar[bool] = True
    id: str
    ledger: str
    name: str
    public_key: str
    key_id: str
    dossiers: dict[str, int] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)

    def quota(self, campaign: str) -> int:
        """How many points may be evaluated for a campaign under one key: three a dossier, and a tenth more."""
        return self.dossiers.get(campaign, 0) * len(MARKED_FIELDS) * SPARE_TENTHS // 10

    def left(self, campaign: str, version: int) -> int:
        """How many of them are left."""
        return self.quota(campaign) - self.points.get(f"{campaign}/{version}", 0)


@dataclass
class EvaluatedBatch(Record):
    """A batch that was evaluated and counted (已评估批次), by the digest of what was asked."""

    KIND: ClassVar[str] = "evaluated-batch"
    id: str
    asker: str
    version: int


@dataclass
class Evaluator(Record):
    """An evaluator whose keys this ledger has accepted (认可的评估方): public keys in hex by year."""

    KIND: ClassVar[str] = "evaluator"
    RESIDENT: ClassVar[bool] = True
    id: str
    name: str
    keys: dict[str, str] = field(default_factory=dict)


@dataclass
class Marked(Record):
    """How far a dossier is marked (联合标记情况): which version of it, under keys of which years."""

    KIND: ClassVar[str] = "marked"
    id: str
    version: str
    years: list[int] = field(default_factory=list)


@dataclass
class ListMarks(Record):
    """How many rows of a list are marked (名单标记情况), the id being the list's with the key's year behind a stroke."""

    KIND: ClassVar[str] = "list-marks"
    id: str
    count: int


def valid_years(day: str) -> tuple[int, int]:
    """The key years that are good on a day: its own, and the one before, for what is of the year before.

    >>> valid_years("2027-03-01")
    (2027, 2026)
    """
    year = int(day[:4])
    return year, year - 1
