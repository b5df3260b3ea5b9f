"""Nominations as look-ups (提名中的查询): who is refused one learns that the person is on another list.

That counts against the quota of look-ups, :mod:`api.service.lookups`. Once it is used up, no nomination by
that officer is decided on that day: a receipt for some and a refusal for others would say who is listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from api.service.lookups import LOOKUPS_TOO_MANY, MOST_ELSEWHERE_A_DAY, Lookups
from ledger.domain.state import Key, State
from ledger.errors import Refused
from ledger.events.nomination import ALREADY_NOMINATED, Nominated
from ledger.statements.statement import parse_envelope, parse_statement
from ledger.writing.intake import Submission


class NominationQuota:
    """Who was told by refused nominations of persons on other lists, and what is not decided for them any more."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._told: set[str] = set()

    @property
    def counts(self) -> bool:
        """Whether anybody was told of somebody since the service began."""
        return bool(self._told)

    def note(self, refusals: Iterable[Refused], state: State) -> None:
        """Counts the nominations that were refused since the person is on another list."""
        keys = Counter(each.attempt.key for each in refusals if each.attempt is not None and is_told(each))
        for key, count in keys.items():
            officer = _officer(key, state)
            if officer is not None:
                self._lookups.note(officer, count)
                self._told.add(officer)

    def withheld(self, submissions: Sequence[Submission], state: State) -> dict[int, Refused]:
        """The nominations that are not decided today, by their place. Nothing is read while nobody was told much."""
        closed = {officer for officer in self._told if self._lookups.is_used_up(officer)}
        if not closed:
            return {}
        return {
            place: LOOKUPS_TOO_MANY.refused(expected=MOST_ELSEWHERE_A_DAY)
            for place, submission in enumerate(submissions)
            if _nominated_by(submission, state) in closed
        }


def is_told(refusal: Refused) -> bool:
    """Whether a refusal says that somebody is on another unit's list."""
    return refusal.rule is ALREADY_NOMINATED and bool(refusal.details.get("elsewhere"))


def _nominated_by(submission: Submission, state: State) -> str | None:
    """The officer who says to sign a nomination; None for anything else, and what cannot be read is decided as ever."""
    try:
        envelope = parse_envelope(submission.envelope)
        statement = parse_statement(envelope.payload)
    except Refused:
        return None
    return _officer(statement.by, state) if statement.type == Nominated.topic() else None


def _officer(key: str, state: State) -> str | None:
    known = state.find(Key, key)
    return None if known is None else known.officer
