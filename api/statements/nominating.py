"""Nominations as look-ups (申报中的查询): who is refused one learns that the person is on another list.

That counts against the quota of look-ups, :mod:`api.service.lookups`. Once it is used up, no nomination by
that officer is decided on that day: a receipt for some and a refusal for others would say who is listed. What
was recorded before is answered with its receipt all the same.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

import psycopg

from api.service.lookups import LOOKUPS_TOO_MANY, MOST_ELSEWHERE_A_DAY, Lookups, Reserved
from ledger.domain.state import Key, State
from ledger.errors import Refused
from ledger.events.nomination import ALREADY_NOMINATED, Nominated
from ledger.statements.statement import Statement, parse_envelope, parse_statement
from ledger.writing.intake import Submission

TOLD_AT_ONCE = 50
"""At most so many nominations of one officer are decided before the quota is asked again."""

_TYPE = b'"type":"Nominated.'
_SIGNS = tuple(b64encode(b"x" * shift + _TYPE)[2 * (shift > 0) + 2 * (shift > 1) : -4] for shift in range(3))
"""How a nomination's type may stand within a payload in base64, by where it begins."""


class Portion(NamedTuple):
    """The first ``taken`` of some submissions, which are decided together; those ``withheld``, by their place, are not."""

    taken: int
    withheld: dict[int, Refused]
    reserved: list[Reserved]


class NominationQuota:
    """Who was told by refused nominations of persons on other lists, and what is not decided for them any more.

    ``recorded`` gives those of some statements' ids that are recorded.
    """

    def __init__(self, lookups: Lookups, recorded: Callable[[Collection[str]], Collection[str]]) -> None:
        self._lookups = lookups
        self._recorded = recorded

    def portion(self, submissions: Sequence[Submission], state: State) -> Portion:
        """How many of the first ones are decided now: no more nominations than may still tell of somebody.

        It waits for what the same person has under way elsewhere, and for that alone: whoever waits holds nothing.
        """
        reserved: dict[str, Reserved] = {}
        left: Counter[str] = Counter()
        held: dict[int, str] = {}
        taken = 0
        for submission in submissions:
            nomination = _nomination_in(submission)
            officer = None if nomination is None else _officer(nomination.by, state)
            if nomination is not None and officer is not None:
                if officer not in reserved:
                    reserved[officer] = self._lookups.reserve(officer, TOLD_AT_ONCE, waits=not reserved)
                    left[officer] = reserved[officer].given
                if reserved[officer].is_used_up:
                    held[taken] = nomination.id
                elif left[officer] == 0:
                    break
                else:
                    left[officer] -= 1
            taken += 1
        known = self._recorded(held.values()) if held else ()
        withheld = {
            place: LOOKUPS_TOO_MANY.refused(expected=MOST_ELSEWHERE_A_DAY)
            for place, statement in held.items()
            if statement not in known
        }
        return Portion(taken, withheld, list(reserved.values()))

    def done(self, portion: Portion, refusals: Iterable[Refused], state: State) -> None:
        """Counts the nominations of a portion that were refused since the person is on another list."""
        told: Counter[str] = Counter()
        for each in refusals:
            if each.attempt is not None and is_told(each):
                told[_officer(each.attempt.key, state) or ""] += 1
        for reserved in portion.reserved:
            self._lookups.settle(reserved, sum(told[officer] for officer in reserved.who))


def may_nominate(submission: Submission) -> bool:
    """Whether it may be a nomination, by its bytes alone: quick, and never wrong where it says no."""
    return any(sign in submission.envelope for sign in _SIGNS)


def is_told(refusal: Refused) -> bool:
    """Whether a refusal says that somebody is on another unit's list."""
    return refusal.rule is ALREADY_NOMINATED and bool(refusal.details.get("elsewhere"))


def recorded_among(connection: psycopg.Connection[Any], statements: Collection[str]) -> set[str]:
    """Those of some statements that are recorded, by their ids."""
    found = connection.execute(
        "SELECT statement_id::text FROM ledger.entries WHERE statement_id = ANY(%s::uuid[])",
        (list(statements),),
    )
    return {statement for (statement,) in found.fetchall()}


def _nomination_in(submission: Submission) -> Statement | None:
    """The nomination, as it says of itself; None for anything else, and what cannot be read is decided as ever."""
    if not may_nominate(submission):
        return None
    try:
        statement = parse_statement(parse_envelope(submission.envelope).payload)
    except Refused:
        return None
    return statement if statement.type == Nominated.topic() else None


def _officer(key: str, state: State) -> str | None:
    known = state.find(Key, key)
    return None if known is None else known.officer
