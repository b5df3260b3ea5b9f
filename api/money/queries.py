"""Questions about money (余额): lines, what units hold, and the postings behind a figure."""

from __future__ import annotations

from typing import Literal

from api.gate import (
    LATEST,
    Row,
    ScopedViews,
    given,
)
from projections.frame.view import AS_OF

By = Literal["line", "source", "unit", "campaign"]

FIGURES = (
    "allocated",
    "transferred",
    "carried",
    "committed",
    "drawn",
    "held",
    "paid",
    "returned",
    "collective",
    "left",
)
SUMMED = (*FIGURES, "available")
"""The figures with what is free (可用余额): what is left and not claimed by what is approved and unpaid."""
_OF_SOURCE = ("source", "source_title", "source_kind")
OF_UNITS = ("committed", "drawn", "held", "paid", "returned", "collective")
"""The figures that a unit has: nothing is allocated to one."""

# A line where it is seen as a whole; else what the units that are seen hold of it.
_OWN = """(o.unit IS NULL OR NOT EXISTS (
    SELECT FROM owners w WHERE w.campaign = o.campaign AND w.line = o.line AND w.unit IS NULL
))"""


def sums(views: ScopedViews, as_of: int = LATEST, campaign: str | None = None, by: By = "line") -> list[Row]:
    """What came, what is committed, what went and what is left, in fen: by line, source, unit or campaign.

    A unit has no money allocated and nothing left on a line: those are null; so they are of a line for
    who sees but some of its units, and the rest are these units' figures.
    """
    owned = {"unit": "o.unit IS NOT NULL"}.get(by, "o.unit IS NULL" if views.scope.has_all_units else _OWN)
    found = views.rows(
        "SELECT o.campaign, o.line, o.unit, t.sums, s.source, s.source_title, s.source_kind FROM owners o"
        " CROSS JOIN LATERAL (SELECT sums FROM totals t WHERE t.owner = o.owner"
        "   AND t.position <= %(as_of)s ORDER BY t.position DESC LIMIT 1) t"
        " LEFT JOIN LATERAL (SELECT b ->> 'source' AS source, f ->> 'title' AS source_title,"
        "   f ->> 'kind' AS source_kind FROM terms t CROSS JOIN LATERAL jsonb_array_elements(t.policy -> 'lines') AS b"
        "   LEFT JOIN LATERAL jsonb_path_query(t.policy, '$.funding.sources[*]') AS f ON f ->> 'code' = b ->> 'source'"
        "   WHERE t.campaign = o.campaign"
        f"   AND {AS_OF}"
        "   AND b ->> 'code' = o.line LIMIT 1) s ON true"
        f" WHERE o.position <= %(as_of)s{given('o', campaign=campaign)} AND {owned}",
        as_of=as_of,
        campaign=campaign,
    )
    claimed = _claimed(views, as_of, campaign)
    named = {"line": ("line", *_OF_SOURCE), "source": _OF_SOURCE, "unit": ("unit",), "campaign": ()}[by]
    answers: dict[tuple[str, ...], Row] = {}
    for row in found:
        names = {name: row[name] for name in ("campaign", *named)}
        answer = answers.setdefault(
            tuple(map(str, names.values())), {**names, **dict.fromkeys((f"{f}_fen" for f in SUMMED), 0)}
        )
        figures = _figures(row["sums"])
        figures["available"] = figures["left"] - claimed.get((row["campaign"], row["line"]), 0)
        for figure, fen in figures.items():
            if row["unit"] is not None and figure not in OF_UNITS:
                answer[f"{figure}_fen"] = None
            elif answer[f"{figure}_fen"] is not None:
                answer[f"{figure}_fen"] += fen
    return [answers[key] for key in sorted(answers)]


def summed(rows: list[Row]) -> dict[str, int | None]:
    """What each figure comes to over balances, in fen; None where it is not known of all of them."""
    found: dict[str, int | None] = {}
    for figure in (f"{name}_fen" for name in SUMMED):
        values = [row[figure] for row in rows]
        found[figure] = None if None in values else sum(values)
    return found


def _claimed(views: ScopedViews, as_of: int, campaign: str | None) -> dict[tuple[str, str], int]:
    """What each line still owes: by unit, what is approved and unpaid above what the unit has drawn and holds."""
    found = views.rows(
        "SELECT o.campaign, o.line, sum(greatest(coalesce((t.sums ->> 'committed')::bigint, 0)"
        " - coalesce((t.sums ->> 'held')::bigint, 0), 0))::bigint AS fen FROM owners o"
        " CROSS JOIN LATERAL (SELECT sums FROM totals t WHERE t.owner = o.owner"
        "   AND t.position <= %(as_of)s ORDER BY t.position DESC LIMIT 1) t"
        f" WHERE o.position <= %(as_of)s AND o.unit IS NOT NULL{given('o', campaign=campaign)}"
        " GROUP BY o.campaign, o.line",
        as_of=as_of,
        campaign=campaign,
    )
    return {(row["campaign"], row["line"]): row["fen"] for row in found}


def _figures(sums: dict[str, int]) -> dict[str, int]:
    """The figures from what moved a line: what came back to the source or the line is taken off."""
    named = {"carried": "carried-over"}
    back = {"allocated": "returned-to-source", "drawn": "drawn-returned", "collective": "collective-returned"}
    return {
        figure: sums.get(named.get(figure, figure), 0) - sums.get(back.get(figure, ""), 0)
        for figure in FIGURES
    }


def collective(views: ScopedViews, as_of: int = LATEST, campaign: str | None = None) -> list[Row]:
    """Help to units and sites as it stood, the newest first."""
    return views.rows(
        f"SELECT h.* FROM collective_help h WHERE {AS_OF}{given('h', campaign=campaign)}"
        " ORDER BY h.position DESC",
        as_of=as_of,
        campaign=campaign,
    )


def accounts(
    views: ScopedViews,
    as_of: int = LATEST,
    campaign: str | None = None,
) -> list[Row]:
    """Every account with its balance, as double entry keeps it: they add up to zero."""
    return views.rows(
        "SELECT a.account, a.campaign, a.line, a.unit, p.balance_fen, p.position"
        " FROM accounts a CROSS JOIN LATERAL ("
        "  SELECT balance_fen, position FROM postings p WHERE p.account = a.account"
        "  AND p.position <= %(as_of)s ORDER BY position DESC LIMIT 1) p"
        f" WHERE a.position <= %(as_of)s{given('a', campaign=campaign)}"
        " ORDER BY a.account",
        as_of=as_of,
        campaign=campaign,
    )


def postings(
    views: ScopedViews,
    account: str,
    *,
    as_of: int = LATEST,
    after: int = 0,
    limit: int = 1000,
) -> list[Row]:
    """The postings behind an account's balance, in order, each with the officer who signed it."""
    return views.rows(
        "SELECT p.position, p.kind, p.amount_fen, p.balance_fen, p.booked_on, t.officer, t.case_id, t.payout"
        " FROM postings p LEFT JOIN timeline t USING (position)"
        " WHERE p.account = %(account)s AND p.position > %(after)s AND p.position <= %(as_of)s"
        " ORDER BY p.position LIMIT %(limit)s",
        account=account,
        after=after,
        as_of=as_of,
        limit=limit,
    )
