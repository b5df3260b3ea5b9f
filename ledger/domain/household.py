"""A household and its dossier's life, as decisions know them (一户一档): records beside the dossier's own.

Their ids are the dossier's. A dossier on which nothing of this was recorded has neither record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ledger.domain.record import Record
from ledger.domain.state import State

LifeState = Literal["applied", "on-file", "ended"]
"""Applied for (已申请), on file (在档), ended (已退出)."""


@dataclass
class Household(Record):
    """Who belongs to a dossier's household, and what the family declared and consented to.

    ``members`` maps a member to the mark of their person; who left is there no more. ``declared`` are the exclusions
    that the newest declaration answers, yes or no; None before there is any. ``consented`` are the members who
    signed the consent (授权书) beside the applicant, None where none stands; it stands until ``consent_until``.
    """

    KIND: ClassVar[str] = "household"
    id: str
    members: dict[str, str] = field(default_factory=dict)
    declared: list[str] | None = None
    consented: list[str] | None = None
    consent_until: str | None = None


@dataclass
class Member(Record):
    """A member of a household (家庭成员). ``person`` is the mark; ``left`` says that they belong to it no more."""

    KIND: ClassVar[str] = "member"
    id: str
    dossier: str
    unit: str
    person: str
    left: bool = False
    erased: bool = False


@dataclass
class DossierLife(Record):
    """Where a dossier is in its life (档案状态): days of the visit, the discussion, the filing and the last review.

    ``visited_by`` and ``discussed_by`` are the officers who recorded those; all begins anew once it has ended, but for
    ``facts_by``, who ever changed the dossier's facts or took down what the family declared.
    """

    KIND: ClassVar[str] = "dossier-life"
    id: str
    state: LifeState = "applied"
    visited_on: str | None = None
    discussed_on: str | None = None
    on_file_on: str | None = None
    reviewed_on: str | None = None
    ended_on: str | None = None
    visited_by: list[str] = field(default_factory=list)
    discussed_by: list[str] = field(default_factory=list)
    facts_by: list[str] = field(default_factory=list)


def note_facts(dossier: str, officers: Iterable[str], state: State) -> None:
    """Notes who changed what a dossier says of the hardship: they do not place it on file."""
    life = state.find(DossierLife, dossier) or DossierLife(dossier)
    more = [officer for officer in officers if officer not in life.facts_by]
    if more:
        life.facts_by = [*life.facts_by, *more]
        state.put(life)
