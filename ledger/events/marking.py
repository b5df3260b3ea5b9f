"""Marks for a comparison between ledgers (联合标记): whose keys they are made with, each dossier's marks, the answers.

A mark is 32 bytes that two evaluators in a chain have made without learning of what. It is equal for the same person
in every ledger, and opens nothing. Clauses A-9, B-5; PIPL articles 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from ledger.domain.authority import check_two_registrars
from ledger.domain.evaluation import Evaluator, KeyYear, Marked, valid_years
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import Code, Digest, DossierId, Names, NewCode, Text, UnitCode, VersionId
from ledger.domain.matches import Answer, MatchRule
from ledger.domain.references import Scope
from ledger.domain.state import State, key_of
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.events.dossier import standing_dossier
from ledger.events.federation import UpperCode
from ledger.events.registry import ALREADY_REGISTERED

EVALUATOR_NOT_ACCEPTED = Rule(
    "evaluator-not-accepted",
    zh="评估方 {evaluator} 的 {year} 年度密钥未经本台账认可，或今日不可用：请先由授权管理员执行 songnuan federation accept",
    en="the key of {year} of evaluator {evaluator} is not accepted here, or not good today: let a registrar run"
    " songnuan federation accept",
)
ALREADY_MARKED = Rule(
    "dossier-marked",
    zh="档案 {dossier} 已用 {year} 年度密钥标记",
    en="dossier {dossier} was marked with the key of {year}",
)
VERSION_NOT_NEWEST = Rule(
    "marked-version-differs",
    zh="所标记的不是档案的当前版本：应为 {expected}，实为 {found}",
    en="it is not the dossier's version now that was marked: expected {expected}, found {found}",
)
EVALUATORS_NOT_TWO = Rule(
    "evaluators-not-two",
    zh="联合标记须经两个不同的评估方，实为 {found}",
    en="a mark takes two different evaluators, found {found}",
)

EvaluatorCode = Annotated[Code, Names("evaluator")]
"""An evaluator on record."""

ACCEPTING = ("认可评估密钥", "accepting an evaluator's key")


class EvaluatorAccepted(Event):
    """An evaluator's public key of a year is accepted (评估密钥认可): its proofs are held against it."""

    TITLE_ZH: ClassVar[str] = "评估密钥认可"
    TITLE_EN: ClassVar[str] = "Evaluator's key accepted"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    evaluator: NewCode
    name: Text
    version: KeyYear
    evaluation_key: Digest

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """One key an evaluator and year, which no other has; by two registrars where there is a second."""
        for known in state.records(Evaluator):
            own = known.id == self.evaluator
            if self.evaluation_key in known.keys.values() or (own and str(self.version) in known.keys):
                raise ALREADY_REGISTERED.refused(kind="evaluator", id=f"{known.id} {self.version}")
        check_two_registrars(act, [Scope(None, None)], state, ACCEPTING)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The key is accepted."""
        known = state.find(Evaluator, self.evaluator)
        keys = {} if known is None else known.keys
        state.put(Evaluator(self.evaluator, self.name, {**keys, str(self.version): self.evaluation_key}))


class DossierMarked(Event):
    """A dossier's marks (档案联合标记), of its version now, under the keys of one year.

    ``person`` is over the resident identity number or credit code, ``account`` and ``household`` over theirs where
    there are any. ``evaluators`` are in the order in which they were asked.
    """

    TITLE_ZH: ClassVar[str] = "档案联合标记"
    TITLE_EN: ClassVar[str] = "Dossier marked"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    dossier: DossierId
    dossier_version: VersionId
    version: KeyYear
    evaluators: Annotated[list[EvaluatorCode], Field(min_length=1, max_length=4)]
    person: Digest
    account: Digest | None = None
    household: Digest | None = None

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also how far it is marked."""
        return [*super().reads(act, state), key_of(Marked, self.dossier)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Of a dossier that is neither erased nor sealed, once a version and year, by two evaluators whose keys are accepted."""
        dossier = standing_dossier(self.dossier, state)
        newest = dossier.version or dossier.id
        if self.dossier_version != newest:
            raise VERSION_NOT_NEWEST.refused(expected=newest, found=self.dossier_version)
        if len(set(self.evaluators)) != 2 or len(self.evaluators) != 2:
            raise EVALUATORS_NOT_TWO.refused(found=", ".join(self.evaluators))
        for code in self.evaluators:
            known = state.get(Evaluator, code)
            if str(self.version) not in known.keys or self.version not in valid_years(act.recorded_on):
                raise EVALUATOR_NOT_ACCEPTED.refused(evaluator=code, year=self.version)
        marked = state.find(Marked, self.dossier)
        if marked is not None and marked.version == newest and self.version in marked.years:
            raise ALREADY_MARKED.refused(dossier=self.dossier, year=self.version)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The dossier is marked."""
        marked = state.find(Marked, self.dossier)
        years = marked.years if marked is not None and marked.version == self.dossier_version else []
        state.put(Marked(self.dossier, self.dossier_version, [*years, self.version]))


class MatchAnswerFiled(Event):
    """What the county found of a match that a level above told it of (比中核查回复), about its own dossier.

    ``match`` is the match's number, as the level above gave it.
    """

    TITLE_ZH: ClassVar[str] = "比中核查回复"
    TITLE_EN: ClassVar[str] = "Match answer filed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector", "auditor"})

    unit: UnitCode
    dossier: DossierId
    upper: UpperCode
    match: Digest
    rule: MatchRule
    answer: Answer
    text: Text

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also the match."""
        return [f"match:{self.match[:16]}", *super().tags(act)]
