"""Questions about money (余额): lines, what units hold, and the postings behind a figure."""

from __future__ import annotations

from typing import Literal

import psycopg

from api.queries import LATEST, Row, given, rows

By = Literal["line", "source", "unit", "campaign"]

FIGURES = ("allocated", "transferred", "committed", "drawn", "held", "paid", "returned", "left")
OF_UNITS = ("committed", "drawn", "held", "paid", "returned")
"""The figures that a unit has: nothing is allocated to one."""


def sums(
    connection: psycopg.Connection, as_of: int = LATEST, campaign: str | None = None, by: By = "line"
) -> list[Row]:
    """What came, what is committed, what went and what is left, in fen: by line, source, unit or campaign.

    A unit has no money allocated and nothing left on a line: those are null.
    """
    found = rows(
        connection,
        "SELECT o.campaign, o.line, o.unit, t.sums, s.source FROM views.owners o"
        " CROSS JOIN LATERAL (SELECT sums FROM views.totals t WHERE t.owner = o.owner"
        "   AND t.position <= %(as_of)s ORDER BY t.position DESC LIMIT 1) t"
        " LEFT JOIN LATERAL (SELECT b ->> 'source' AS source FROM views.terms t,"
        "   jsonb_array_elements(t.policy -> 'lines') AS b WHERE t.campaign = o.campaign"
        "   AND t.from_position <= %(as_of)s AND (t.to_position IS NULL OR t.to_position > %(as_of)s)"
        "   AND b ->> 'code' = o.line LIMIT 1) s ON true"
        f" WHERE o.position <= %(as_of)s{given('o', campaign=campaign)} AND o.unit IS {'NOT NULL' if by == 'unit' else 'NULL'}",
        as_of=as_of,
        campaign=campaign,
    )
    named = {"line": ("line", "source"), "source": ("source",), "unit": ("unit",), "campaign": ()}[by]
    answers: dict[tuple[str, ...], Row] = {}
    for row in found:
        names = {name: row[name] for name in ("campaign", *named)}
        answer = answers.setdefault(
            tuple(map(str, names.values())),
            {
                **names,
                **{f"{f}_fen": 0 if by != "unit" or f in OF_UNITS else None for f in FIGURES},
            },
        )
        for figure, fen in _figures(row["sums"]).items():
            if answer[f"{figure}_fen"] is not None:
                answer[f"{figure}_fen"] += fen
    return [answers[key] for key in sorted(answers)]


def _figures(sums: dict[str, int]) -> dict[str, int]:
    """The figures from what moved a line: what came back to the source or the line is taken off."""
    back = {"allocated": "returned-to-source", "drawn": "drawn-returned"}
    return {figure: sums.get(figure, 0) - sums.get(back.get(figure, ""), 0) for figure in FIGURES}


def accounts(
    connection: psycopg.Connection,
    as_of: int = LATEST,
    campaign: str | None = None,
) -> list[Row]:
    """Every account with its balance, as double entry keeps it: they add up to zero."""
    return rows(
        connection,
        "SELECT a.account, a.campaign, a.line, a.unit, p.balance_fen, p.position"
        " FROM views.accounts a CROSS JOIN LATERAL ("
        "  SELECT balance_fen, position FROM views.postings p WHERE p.account = a.account"
        "  AND p.position <= %(as_of)s ORDER BY position DESC LIMIT 1) p"
        f" WHERE a.position <= %(as_of)s{given('a', campaign=campaign)}"
        " ORDER BY a.account",
        as_of=as_of,
        campaign=campaign,
    )


def postings(
    connection: psycopg.Connection,
    account: str,
    *,
    as_of: int = LATEST,
    after: int = 0,
    limit: int = 1000,
) -> list[Row]:
    """The postings behind an account's balance, in order, each with the officer who signed it."""
    return rows(
        connection,
        "SELECT p.position, p.kind, p.amount_fen, p.balance_fen, p.booked_on, t.officer, t.case_id, t.payout"
        " FROM views.postings p LEFT JOIN views.timeline t USING (position)"
        " WHERE p.account = %(account)s AND p.position > %(after)s AND p.position <= %(as_of)s"
        " ORDER BY p.position LIMIT %(limit)s",
        account=account,
        after=after,
        as_of=as_of,
        limit=limit,
    )
