"""Comparing the ledgers below (跨台账比对): a run, each match that it found, and the counties' answers.

A match names two ledgers, a position in each one's log, and the rule; it opens nothing. Clauses A-9, A-10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.evaluation import KeyYear
from ledger.domain.event import STATE_NOT_ALLOWED, Event, VerifiedEvent
from ledger.domain.fields import Code, Count, Day, Digest, Names
from ledger.domain.matches import Answer, Match, MatchRule
from ledger.domain.state import UNKNOWN_REFERENCE, State, key_of
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.events.federation import FollowedCode, Position

MATCH_STANDS = Rule(
    "match-stands",
    zh="该比中已经记录：{match}",
    en="that match is on record already: {match}",
)
ANSWER_NOT_NEXT = Rule(
    "answer-not-next",
    zh="{followed} 对该比中的回复已经取至第 {expected} 号，此次为第 {found} 号",
    en="answers of {followed} to that match were taken up to {expected}, this one stands at {found}",
)

GatheredFollowed = Annotated[Code, Names("followed", gathered=True)]
"""A ledger followed on record, one of several."""


class ComparedLedger(BaseModel):
    """A ledger that was compared, and how far its log had been verified (参加比对的台账)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    followed: GatheredFollowed
    size: Annotated[int, Field(ge=0, le=2**53 - 1)]


class _ByTheLedger(Event):
    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    day: Day


class ComparisonRun(_ByTheLedger):
    """The ledgers below were compared (跨台账比对): which, how many marks, by which engine, how many matches are new."""

    TITLE_ZH: ClassVar[str] = "跨台账比对"
    TITLE_EN: ClassVar[str] = "Comparison run"

    engine: Literal["duckdb", "spark"]
    ledgers: Annotated[list[ComparedLedger], Field(min_length=1, max_length=5000)]
    marks: Count
    found: Count
    new: Count


class MatchFound(_ByTheLedger):
    """Two ledgers match (比中), each at a position of its own log; ``match`` is its number.

    ``year`` is the one in which both paid, for a payment of the year before the later one.
    """

    TITLE_ZH: ClassVar[str] = "跨台账比中"
    TITLE_EN: ClassVar[str] = "Match found"

    match: Digest
    rule: MatchRule
    first: GatheredFollowed
    first_position: Position
    second: GatheredFollowed
    second_position: Position
    year: KeyYear

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also whether it stands."""
        return [*super().reads(act, state), key_of(Match, self.match)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Between two ledgers, and new."""
        if self.first == self.second:
            raise STATE_NOT_ALLOWED.refused(expected="two ledgers", found="one ledger")
        if state.find(Match, self.match) is not None:
            raise MATCH_STANDS.refused(match=self.match)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The match stands, and waits for both counties' answers."""
        state.put(
            Match(
                self.match,
                self.rule,
                self.first,
                self.first_position,
                self.second,
                self.second_position,
                self.year,
                self.day,
            )
        )

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Both ledgers, and the match."""
        return [f"match:{self.match[:16]}", f"followed:{self.first}", f"followed:{self.second}"]


class MatchAnswered(_ByTheLedger):
    """A county's answer to a match was taken from its log (比中回复已取得), which stands there at ``position``."""

    TITLE_ZH: ClassVar[str] = "比中回复已取得"
    TITLE_EN: ClassVar[str] = "Match answered"

    followed: FollowedCode
    match: Digest
    position: Position
    answer: Answer

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also the match."""
        return [*super().reads(act, state), key_of(Match, self.match)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By one of the two, later in its log than its last answer."""
        match = state.find(Match, self.match)
        if match is None:
            raise UNKNOWN_REFERENCE.refused(kind="match", id=self.match)
        if self.followed not in (match.first, match.second):
            raise STATE_NOT_ALLOWED.refused(expected="one of the two ledgers", found=self.followed)
        last = match.answers.get(self.followed, [0])[0]
        if self.position <= last:
            raise ANSWER_NOT_NEXT.refused(followed=self.followed, expected=last, found=self.position)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The answer stands."""
        match = state.get(Match, self.match)
        match.answers[self.followed] = [self.position, self.answer]
        state.put(match)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """The ledger, and the match."""
        return [f"match:{self.match[:16]}", f"followed:{self.followed}"]
