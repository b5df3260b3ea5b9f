"""Marks for a comparison between ledgers (联合标记): whose keys they are made with, each dossier's marks, the answers.

A mark is 32 bytes that two evaluators in a chain have made without learning of what. It is equal for the same person
in every ledger, and opens nothing. Clauses A-9, B-5; PIPL articles 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.authority import check_two_registrars
from ledger.domain.evaluation import Evaluator, KeyYear, ListMarks, Marked, valid_years
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import (
    Code,
    Count,
    Day,
    Digest,
    DossierId,
    Names,
    NewCode,
    Text,
    UnitCode,
    VersionId,
)
from ledger.domain.matches import Answer, MatchRule
from ledger.domain.references import Scope
from ledger.domain.register_kinds import KINDS, kind_title
from ledger.domain.state import Dossier, State, key_of
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.events.dismissal import check_from_above
from ledger.events.dossier import standing_dossier
from ledger.events.federation import UpperCode
from ledger.events.oversight import check_apart
from ledger.events.register import ListId, standing_list
from ledger.events.registry import ALREADY_REGISTERED
from ledger.events.separation import avoided_since

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

LIST_NOT_MARKED = Rule(
    "list-not-marked",
    zh="此种类（{title}）的名单不作联合标记：列于名单并不表示不应受助",
    en="a list of this kind ({kind}) is not marked: who is on it may well be helped",
)
LIST_MARKS_NOT_NEXT = Rule(
    "list-marks-not-next",
    zh="名单 {list} 已标记 {expected} 行，此次从第 {found} 行之后开始：请重新执行",
    en="{expected} rows of the list {list} are marked, this goes on after {found}: run it again",
)

MOST_ROWS_MARKED = 300
"""How many rows of a list one entry marks at most."""

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
        _check_evaluators(self.evaluators, self.version, act, state)
        marked = state.find(Marked, self.dossier)
        if marked is not None and marked.version == newest and self.version in marked.years:
            raise ALREADY_MARKED.refused(dossier=self.dossier, year=self.version)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The dossier is marked."""
        marked = state.find(Marked, self.dossier)
        years = marked.years if marked is not None and marked.version == self.dossier_version else []
        state.put(Marked(self.dossier, self.dossier_version, [*years, self.version]))


def _check_evaluators(evaluators: Sequence[str], year: int, act: VerifiedEvent, state: State) -> None:
    """Refuse marks that are not by two different evaluators whose keys of a year are accepted and good today.

    Raises:
        Refused: ``evaluators-not-two``, ``reference-unknown``, ``evaluator-not-accepted``.
    """
    if len(set(evaluators)) != 2 or len(evaluators) != 2:
        raise EVALUATORS_NOT_TWO.refused(found=", ".join(evaluators))
    for code in evaluators:
        known = state.get(Evaluator, code)
        if str(year) not in known.keys or year not in valid_years(act.recorded_on):
            raise EVALUATOR_NOT_ACCEPTED.refused(evaluator=code, year=year)


class MarkedRow(BaseModel):
    """A row of a list by its mark (名单行标记), with the days from which and to which help meets it, open where None."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    mark: Digest
    since: Day | None = None
    until: Day | None = None


class ReferenceMarked(Event):
    """Rows of a list are marked (名单联合标记) under the keys of one year, some at a time, in the order of its rows.

    ``first`` is how many of its rows were marked before. What a row says stays where it is: the mark of its number, and
    the days that the list's own hits are told by.
    """

    TITLE_ZH: ClassVar[str] = "名单联合标记"
    TITLE_EN: ClassVar[str] = "Reference marked"
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    reference: ListId
    version: KeyYear
    evaluators: Annotated[list[EvaluatorCode], Field(min_length=1, max_length=4)]
    first: Count
    rows: Annotated[list[MarkedRow], Field(min_length=1, max_length=MOST_ROWS_MARKED)]

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also how far it is marked."""
        return [*super().reads(act, state), key_of(ListMarks, self._marks_id)]

    @property
    def _marks_id(self) -> str:
        return f"{self.reference}/{self.version}"

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Of a list in force that says whom help should not meet, by two accepted evaluators, one row after the other."""
        listed = standing_list(self.reference, state)
        if listed.kind in KINDS and KINDS[listed.kind].relation != "on":
            raise LIST_NOT_MARKED.refused(kind=listed.kind, title=kind_title(listed.kind))
        _check_evaluators(self.evaluators, self.version, act, state)
        marks = state.find(ListMarks, self._marks_id)
        expected = 0 if marks is None else marks.count
        if self.first != expected:
            raise LIST_MARKS_NOT_NEXT.refused(list=self.reference, expected=expected, found=self.first)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """So many of its rows are marked."""
        state.put(ListMarks(self._marks_id, self.first + len(self.rows)))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """The list."""
        return [f"register:{self.reference}"]


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

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By the eleventh version of the rules, by nobody whose own doing or help it is.

        That there is nothing to it, or that it is settled, somebody from above the unit says.
        """
        dossier = state.get(Dossier, self.dossier)
        if state.rules < 11:
            return
        parties = [dossier.person, *(state.person_of(officer) for officer in dossier.changed_by)]
        places = [[self.unit, None, avoided_since(act.recorded_at)]]
        check_apart(act, parties, places, f"dossier:-/{dossier.id}", state)
        if self.answer != "inquiring":
            check_from_above(act, [Scope(self.unit, None)], state, self.ROLES)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also the match."""
        return [f"match:{self.match[:16]}", *super().tags(act)]
