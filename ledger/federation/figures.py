"""Figures out of mirrors (镜像数字): what the entries of followed ledgers add up to, as of a day or a position.

Helped is who has kept money or had goods delivered; the amount is the money kept and the goods delivered, in fen.
A day is China's day of recording by the county's own clock, so that clocks that differ move nothing between days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import orjson

from ledger.federation.columns import Part, bounded, source_of
from ledger.federation.kept_files import Folder

Row = dict[str, Any]

CUTS: tuple[str, ...] = ("campaign", "unit", "category", "line")
"""By what a ledger's figures may be cut."""

_LAST = """
    SELECT case_id, any_value(campaign) AS campaign, any_value(unit) AS unit, max(category) AS category,
        arg_max(line, position) AS line, arg_max(state, position) AS state,
        arg_max(approved_fen, position) AS approved_fen, arg_max(paid_fen, position) AS paid_fen,
        arg_max(delivered_fen, position) AS delivered_fen
    FROM {cases} WHERE position <= $position AND day <= $day GROUP BY case_id
"""


class Summary(NamedTuple):
    """A summary that a followed ledger's unit filed (总结): what it declares, as of which position."""

    position: int
    day: str
    campaign: str
    unit: str
    as_of: int
    persons: int
    amount_fen: int
    figures: Sequence[Row]


LAST_DAY = "9999-12-31"
LAST_POSITION = 2**62


def recomputed(
    folder: Folder,
    parts: Sequence[Part],
    by: Sequence[str] = (),
    *,
    day: str = LAST_DAY,
    position: int = LAST_POSITION,
    campaign: str | None = None,
    units: Collection[str] | None = None,
) -> list[Row]:
    """Cases, helped, and sums in fen, a row for each of what they are cut by; ``units`` are all where None."""
    cases = [part for part in parts if part.relation == "cases" and part.month <= day[:7]]
    if not cases:
        return []
    if not set(by) <= set(CUTS):
        raise ValueError(f"figures are cut by {', '.join(CUTS)}, not by {', '.join(by)}")
    keys = "".join(f"{each}, " for each in by)
    grouped = f"GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""
    query = f"""
        WITH last AS ({_LAST.format(cases=source_of(folder, cases))})
        SELECT {keys} count(*) AS cases,
            count(*) FILTER (WHERE paid_fen > 0 OR delivered_fen > 0) AS helped,
            coalesce(sum(approved_fen) FILTER (WHERE state IN ('approved', 'approved-after-the-fact')), 0)::BIGINT
                AS approved_fen,
            coalesce(sum(paid_fen), 0)::BIGINT AS paid_fen,
            coalesce(sum(delivered_fen), 0)::BIGINT AS goods_fen
        FROM last WHERE ($campaign IS NULL OR campaign = $campaign)
            AND ($units IS NULL OR list_contains($units, unit)) {grouped}
    """
    named = {
        "position": position,
        "day": day,
        "campaign": campaign,
        "units": None if units is None else list(units),
    }
    with duckdb.connect() as engine:
        bounded(engine)
        found = engine.execute(query, named)
        names = [each[0] for each in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def answers(folder: Folder, parts: Iterable[Part], *, after: int = 0) -> list[Row]:
    """What the ledger answered of matches after a position, in the order of its log."""
    given = [part for part in parts if part.relation == "answers"]
    if not given:
        return []
    with duckdb.connect() as engine:
        bounded(engine)
        found = engine.execute(
            f"SELECT position, match, answer FROM {source_of(folder, given)} WHERE position > ? ORDER BY position",
            [after],
        ).fetchall()
    return [{"position": position, "match": match, "answer": answer} for position, match, answer in found]


def summaries(folder: Folder, parts: Sequence[Part], *, after: int = 0, day: str = LAST_DAY) -> list[Summary]:
    """The summaries filed after a position and up to a day, in order."""
    filed = [part for part in parts if part.relation == "summaries" and part.month <= day[:7]]
    if not filed:
        return []
    with duckdb.connect() as engine:
        bounded(engine)
        found = engine.execute(
            "SELECT position, day, campaign, unit, as_of, persons, amount_fen, figures"
            f" FROM {source_of(folder, filed)} WHERE position > ? AND day <= ? ORDER BY position",
            [after, day],
        ).fetchall()
    return [Summary._make([*row[:7], orjson.loads(row[7])]) for row in found]


def ancestors(folder: Folder, parts: Sequence[Part]) -> dict[str, list[str]]:
    """The units of a ledger, each with those above it."""
    units = [part for part in parts if part.relation == "units"]
    if not units:
        return {}
    with duckdb.connect() as engine:
        bounded(engine)
        return dict(
            engine.execute(
                f"SELECT unit, ancestors FROM {source_of(folder, units)} ORDER BY position"
            ).fetchall()
        )


def units_below(above: Mapping[str, Sequence[str]], unit: str) -> list[str]:
    """A unit with all below it."""
    return [each for each, those in above.items() if each == unit or unit in those]


def differences(summary: Summary, found: Sequence[Row]) -> list[Row]:
    """Where a summary's figures are not those of the entries, by category and line; ``found`` is cut so.

    A summary without figures of its own is held against the whole.
    """
    if not summary.figures:
        helped = sum(row["helped"] for row in found)
        fen = sum(row["paid_fen"] + row["goods_fen"] for row in found)
        if (helped, fen) == (summary.persons, summary.amount_fen):
            return []
        return [_difference(None, None, (summary.persons, summary.amount_fen), (helped, fen))]
    declared = {
        (row["category"], row["line"]): (row["persons"], row["amount_fen"]) for row in summary.figures
    }
    computed = {
        (row["category"], row["line"]): (row["helped"], row["paid_fen"] + row["goods_fen"])
        for row in found
        if row["helped"]
    }
    nothing = (0, 0)
    keys = sorted(declared.keys() | computed.keys(), key=lambda key: (key[0] or "", key[1] or ""))
    return [
        _difference(*key, declared.get(key, nothing), computed.get(key, nothing))
        for key in keys
        if declared.get(key, nothing) != computed.get(key, nothing)
    ]


def _difference(
    category: str | None, line: str | None, declared: tuple[int, int], found: tuple[int, int]
) -> Row:
    return {
        "category": category,
        "line": line,
        "declared_persons": declared[0],
        "declared_fen": declared[1],
        "recomputed_persons": found[0],
        "recomputed_fen": found[1],
    }
