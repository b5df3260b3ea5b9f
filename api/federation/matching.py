"""Comparing the ledgers below (跨台账比对): their mirrors' marks compared, and what is new recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psycopg

from api.federation.following import mirror_of
from ledger.domain.event import Event
from ledger.domain.federation import Followed
from ledger.domain.matches import Match, state_of
from ledger.errors import Refused
from ledger.events.matching import MATCH_STANDS, ComparedLedger, ComparisonRun, MatchFound
from ledger.federation.comparing import Compared, Engine, Hit, gathered
from projections.views.federation import LedgerMatchRow


class Outcome(NamedTuple):
    """What came of a comparison: ledgers, marks of what was paid, matches in all, and those that are new."""

    ledgers: int
    marks: int
    found: int
    new: int


def compare(
    data: Path, followed: Iterable[Followed], engine: Engine, record: Callable[[Event], object], day: str
) -> Outcome:
    """Compare the mirrors of the ledgers that give entries, and record the run and each match that is new.

    A match that stands is passed over, so that a run that was cut off is run again.
    """
    codes = {each.ledger: each.id for each in followed if each.gives_entries}
    compared, ledgers = [], []
    for each in followed:
        if each.gives_entries:
            mirror = mirror_of(data, each)
            compared.append(Compared(each.ledger, mirror.folder, mirror.parts))
            ledgers.append(ComparedLedger(followed=each.id, size=mirror.size))
    with TemporaryDirectory(prefix="songnuan-compare-") as scratch:
        work = Path(scratch) / "marks"
        marks = gathered(compared, work)
        hits = engine.hits(work) if marks else []
    new = sum(_is_new(hit, codes, record, day) for hit in hits)
    run = ComparisonRun.model_validate(
        {
            "day": day,
            "engine": engine.name,
            "ledgers": [each.model_dump() for each in ledgers],
            "marks": marks,
            "found": len(hits),
            "new": new,
        }
    )
    record(run)
    return Outcome(len(compared), marks, len(hits), new)


def _is_new(hit: Hit, codes: dict[str, str], record: Callable[[Event], object], day: str) -> bool:
    event = MatchFound(
        day=day,
        match=hit.digest(),
        rule=hit.rule,
        first=codes[hit.first_ledger],
        first_position=hit.first_position,
        second=codes[hit.second_ledger],
        second_position=hit.second_position,
        year=hit.year,
    )
    try:
        record(event)
    except Refused as refusal:
        if refusal.code != MATCH_STANDS.code:
            raise
        return False
    return True


def matches(
    connection: psycopg.Connection, *, of: str | None = None, waiting: bool = False
) -> list[LedgerMatchRow]:
    """The matches on record, the newest first; of one ledger, and only those that wait for an answer, where asked."""
    rows = connection.execute(
        "SELECT value FROM ledger.standing WHERE key >= 'match/' AND key < 'match0'"
        " AND (%(of)s::text IS NULL OR %(of)s IN (value ->> 'first', value ->> 'second'))"
        " ORDER BY value ->> 'found_on' DESC, key",
        {"of": of},
    )
    found = [_row(Match(**value)) for (value,) in rows]
    return [row for row in found if not waiting or row.state == "waiting"]


def _row(match: Match) -> LedgerMatchRow:
    def answer(code: str) -> str | None:
        return match.answers[code][1] if code in match.answers else None

    return LedgerMatchRow(
        match.id,
        match.rule,
        match.year,
        match.found_on,
        match.first,
        match.first_position,
        answer(match.first),
        match.second,
        match.second_position,
        answer(match.second),
        state_of(match.rule, answer(match.first), answer(match.second)),
    )
