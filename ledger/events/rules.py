"""The ledger's own rules (台账规则): a newer version is taken up, and which roles exclude each other."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.authority import (
    SECOND_REGISTRAR_MISSING,
    Exclusion,
    exclusions_of,
    is_looser,
    registrars,
    signers_of,
    strict_exclusions,
)
from ledger.domain.compromise import end_what_follows, note_end
from ledger.domain.event import Event, Role, VerifiedEvent
from ledger.domain.fields import Text
from ledger.domain.references import Scope
from ledger.domain.remaining import check_rules_may_be_taken_up
from ledger.domain.state import Book, State
from ledger.errors import Rule
from ledger.events.registry import RulesVersion, check_known

RULES_NOT_NEWER = Rule(
    "rules-not-newer",
    zh="规则版本只升不降：现为 {expected}，实为 {found}",
    en="the rules only get newer: version {expected} is in force, got {found}",
)


class RulesAdopted(Event):
    """The ledger takes up a newer version of the rules (采用新规则), which binds from here on.

    Signed by a registrar over everything. What was recorded before keeps its verdict.
    """

    TITLE_ZH: ClassVar[str] = "采用新规则"
    TITLE_EN: ClassVar[str] = "Rules adopted"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    version: RulesVersion
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The version is known, newer than the one in force, and leaves the ledger a registrar."""
        check_known(self.version)
        if self.version <= state.rules:
            raise RULES_NOT_NEWER.refused(expected=state.rules, found=self.version)
        if self.version >= 5:
            check_rules_may_be_taken_up(act.recorded_at, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The book has the new rules; by the fourth, what stolen keys are behind falls with them from now on."""
        book = state.get(Book, "ledger")
        book.rules = self.version
        state.put(book)
        if self.version >= 4:
            for key in end_what_follows(act.recorded_at, state):
                note_end(key, act.recorded_at, by_another=True)
                state.put(key)


class ExcludedPair(BaseModel):
    """Two roles that one person may not hold, over the same units and campaigns or anywhere at all."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    role: Role
    other: Role
    anywhere: bool


class ExclusionsSet(Event):
    """What roles exclude each other is set for the ledger (不相容岗位设定), as a whole, with the reason.

    Until it is, the strict ones hold. Signed by a registrar over everything, by two persons where
    something becomes allowed that was not. Roles that are held already go on.
    """

    TITLE_ZH: ClassVar[str] = "不相容岗位设定"
    TITLE_EN: ClassVar[str] = "Exclusions set"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    exclusions: Annotated[list[ExcludedPair], Field(max_length=40)]
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Two persons sign what allows more."""
        persons = {state.person_of(officer.id) for officer in signers_of(act, state)}
        if state.rules >= 3:
            persons &= registrars([Scope(None, None)], act.recorded_at, state)
        if len(persons) < 2 and is_looser(exclusions_of(state), self._pairs()):
            raise SECOND_REGISTRAR_MISSING.refused(what=ALLOWING_MORE[0], what_en=ALLOWING_MORE[1])

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The book has them."""
        book = state.get(Book, "ledger")
        if is_looser(exclusions_of(state), self._pairs()):
            book.exclusions_by = [list(act.signers), act.recorded_at]
        elif not is_looser(strict_exclusions(state.rules), self._pairs()):
            book.exclusions_by = []
        book.exclusions = [list(each) for each in self._pairs()]
        state.put(book)

    def _pairs(self) -> list[Exclusion]:
        return [Exclusion(each.role, each.other, each.anywhere) for each in self.exclusions]


ALLOWING_MORE = ("放宽不相容岗位", "allowing roles together that excluded each other")
