"""Figures out of mirrors (镜像数字): what the entries of followed ledgers add up to, as of a day or a position.

Helped is who has kept money or had goods delivered; the amount is the money kept and the goods delivered, in fen.
A day is China's day of recording by the county's own clock, so that clocks that differ move nothing between days.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ledger.federation.columns import Part, bounded, source_of
from ledger.federation.kept_files import Folder

Row = dict[str, Any]

CUTS: tuple[str, ...] = ("campaign", "unit", "category", "line")
"""By what a ledger's figures may be cut."""

LAST_VERSIONS = """
    SELECT case_id, any_value(campaign) AS campaign, any_value(unit) AS unit, max(category) AS category,
        arg_max(line, position) AS line, arg_max(state, position) AS state,
        max(position) AS last_position, arg_max(day, position) AS last_day,
        arg_max(approved_fen, position) AS approved_fen, arg_max(paid_fen, position) AS paid_fen,
        arg_max(delivered_fen, position) AS delivered_fen
    FROM {cases} WHERE position <= $position AND day <= $day GROUP BY case_id
"""
"""Each case as it stood as of a position and a day."""


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
    """Cases, those that stand, helped, and sums in fen, a row for each of what they are cut by; ``units`` are all where None."""
    cases = [part for part in parts if part.relation == "cases" and part.month <= day[:7]]
    if not cases:
        return []
    if not set(by) <= set(CUTS):
        raise ValueError(f"figures are cut by {', '.join(CUTS)}, not by {', '.join(by)}")
    keys = "".join(f"{each}, " for each in by)
    grouped = f"GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""
    query = f"""
        WITH last AS ({LAST_VERSIONS.format(cases=source_of(folder, cases))})
        SELECT {keys} count(*) AS cases,
            count(*) FILTER (WHERE state NOT IN ('rejected', 'revoked')) AS listed,
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
    with bounded() as engine:
        found = engine.execute(query, named)
        names = [each[0] for each in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def answers(folder: Folder, parts: Iterable[Part], *, after: int = 0) -> list[Row]:
    """What the ledger answered of matches after a position, in the order of its log."""
    given = [part for part in parts if part.relation == "answers"]
    if not given:
        return []
    with bounded() as engine:
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
    with bounded() as engine:
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
    with bounded() as engine:
        return dict(
            engine.execute(
                f"SELECT unit, ancestors FROM {source_of(folder, units)} ORDER BY position"
            ).fetchall()
        )


def units_below(above: Mapping[str, Sequence[str]], unit: str) -> list[str]:
    """A unit with all below it."""
    return [each for each, those in above.items() if each == unit or unit in those]


PARTS: tuple[str, ...] = ("category", "line", "unit")
"""By what a summary's figures tell what they are of."""


def held_against(summary: Summary, found: Sequence[Row]) -> tuple[int, int]:
    """What entries come to, persons and fen, as the summary counts; ``found`` may be cut in any way.

    With figures, it counts who was helped, with money and goods. One without does not say whether it counts who is
    listed or who was helped, nor whether goods are in its amount: whichever of these it is holds.
    """
    helped, listed = sum(row["helped"] for row in found), sum(row["listed"] for row in found)
    paid = sum(row["paid_fen"] for row in found)
    fen = paid + sum(row["goods_fen"] for row in found)
    if not summary.figures:
        helped = listed if summary.persons == listed else helped
        fen = paid if summary.amount_fen == paid else fen
    return helped, fen


def differences(summary: Summary, found: Sequence[Row]) -> list[Row]:
    """Where a summary's figures are not those of the entries, by category, line and unit; ``found`` is cut so.

    A summary without figures of its own is held against the whole; units are told apart where it does.
    """
    if not summary.figures:
        whole = held_against(summary, found)
        declared_whole = summary.persons, summary.amount_fen
        return [] if whole == declared_whole else [_difference((None,) * 3, declared_whole, whole)]
    parts = PARTS if any(row.get("unit") for row in summary.figures) else PARTS[:2]
    declared = _added(summary.figures, parts, lambda row: (row["persons"], row["amount_fen"]))
    computed = _added(
        [row for row in found if row["helped"]],
        parts,
        lambda row: (row["helped"], row["paid_fen"] + row["goods_fen"]),
    )
    nothing = (0, 0)
    keys = sorted(declared.keys() | computed.keys(), key=lambda key: [each or "" for each in key])
    return [
        _difference(key, declared.get(key, nothing), computed.get(key, nothing))
        for key in keys
        if declared.get(key, nothing) != computed.get(key, nothing)
    ]


Key = tuple[str | None, ...]


def _added(
    rows: Iterable[Row], parts: Sequence[str], of: Callable[[Row], tuple[int, int]]
) -> dict[Key, tuple[int, int]]:
    """Persons and fen by category and line, and by unit where that is a part."""
    sums: dict[Key, tuple[int, int]] = {}
    for row in rows:
        key = (*(row.get(part) for part in parts), None)[: len(PARTS)]
        persons, fen = sums.get(key, (0, 0))
        more, more_fen = of(row)
        sums[key] = persons + more, fen + more_fen
    return sums


def _difference(key: Key, declared: tuple[int, int], found: tuple[int, int]) -> Row:
    return {
        **dict(zip(PARTS, key, strict=True)),
        "declared_persons": declared[0],
        "declared_fen": declared[1],
        "recomputed_persons": found[0],
        "recomputed_fen": found[1],
    }
