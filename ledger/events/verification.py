"""Verification (疑点核查): what becomes of flags that were looked into, by the four outcomes of discipline inspection.

Beside :class:`ledger.events.oversight.FlagReviewed`, which says whether a flag was true: this says how it is dealt with.
Contract of practice, 10.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import CampaignCode, Day, LongText, UnitCode
from ledger.domain.state import State
from ledger.errors import Rule
from ledger.events.oversight import FlagKey, check_no_part
from ledger.validation_words import ValueProblem

TERM_NOT_AHEAD = Rule(
    "term-not-ahead",
    zh="期限 {found} 应晚于登记当日 {expected}，请重新确定期限",
    en="the term {found} has to lie after the day of recording, {expected}: set a later one",
)

Outcome = Literal["interview", "preliminary", "kept", "settled"]
"""What is done with a flag: the four outcomes, in the order of :data:`OUTCOME_TITLES`."""

OUTCOME_TITLES: dict[str, tuple[str, str]] = {
    "interview": ("谈话函询", "interview or inquiry by letter"),
    "preliminary": ("初步核实", "preliminary verification"),
    "kept": ("暂存待查", "kept for later"),
    "settled": ("予以了结", "closed as settled"),
}


def check_ahead(term: str, act: VerifiedEvent) -> None:
    """Refuses a term that is over when it is set.

    Raises:
        Refused: ``term-not-ahead``.
    """
    if term <= act.recorded_on:
        raise TERM_NOT_AHEAD.refused(expected=act.recorded_on, found=term)


class VerificationDecided(Event):
    """What becomes of flags is decided (核查处置): 谈话函询, 初步核实, 暂存待查 or 予以了结, with the reason.

    It holds for the evidence that was seen, as a review does. What is kept for later is kept until a day; after that
    day the flag is open again. The latest word counts.
    """

    TITLE_ZH: ClassVar[str] = "核查处置"
    TITLE_EN: ClassVar[str] = "Verification decided"
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector"})

    unit: UnitCode | None = None
    campaign: CampaignCode | None = None
    flags: Annotated[list[FlagKey], Field(min_length=1, max_length=500)]
    outcome: Outcome
    kept_until: Day | None = None
    reason: LongText

    @model_validator(mode="after")
    def _has_its_term(self) -> VerificationDecided:
        if (self.outcome == "kept") != (self.kept_until is not None):
            raise ValueProblem(
                "暂存待查须写明暂存期限，其他处置方式不写",
                "kept_until goes with the outcome kept, and with no other",
            )
        return self

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By somebody who had no part in what any of the flags is about; a term lies ahead."""
        for flag in self.flags:
            check_no_part(act, flag.subject, state)
        if self.kept_until is not None:
            check_ahead(self.kept_until, act)
