"""The questions that commands ask of the views; each answers as of a position."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from projections.view import AS_OF

LATEST = 2**62


def roster_counts(connection: psycopg.Connection, as_of: int = LATEST) -> list[dict[str, Any]]:
    """How many cases, and their sums, by campaign, unit, category and state."""
    return _rows(
        connection,
        "SELECT campaign, unit, category, state, count(*) AS cases,"  # noqa: S608 # fixed parts
        " sum(approved_fen)::bigint AS approved_fen, sum(paid_fen - returned_fen)::bigint AS kept_fen"
        f" FROM views.cases WHERE {AS_OF} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        as_of=as_of,
    )


def roster(
    connection: psycopg.Connection,
    *,
    as_of: int = LATEST,
    campaign: str | None = None,
    unit: str | None = None,
    category: str | None = None,
    state: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Cases in the order of their nomination, after that position."""
    return _rows(
        connection,
        f"SELECT * FROM views.cases WHERE {AS_OF} AND nominated_position > %(after)s"  # noqa: S608 # fixed parts
        " AND campaign = coalesce(%(campaign)s, campaign) AND unit = coalesce(%(unit)s, unit)"
        " AND category = coalesce(%(category)s, category) AND state = coalesce(%(state)s, state)"
        " ORDER BY nominated_position LIMIT %(limit)s",
        as_of=as_of,
        campaign=campaign,
        unit=unit,
        category=category,
        state=state,
        after=after,
        limit=limit,
    )


def lines(connection: psycopg.Connection, as_of: int = LATEST) -> list[dict[str, Any]]:
    """Each fund line: what came, what went, what units hold, what is left. Sums in fen."""
    found = _rows(
        connection,
        "SELECT DISTINCT ON (campaign, line) campaign, line, totals FROM views.line_totals"
        " WHERE position <= %(as_of)s ORDER BY campaign, line, position DESC",
        as_of=as_of,
    )
    balances = {
        row["account"]: row["balance_fen"]
        for row in _rows(
            connection,
            "SELECT a.account, p.balance_fen FROM views.accounts a, LATERAL ("
            " SELECT balance_fen FROM views.postings p WHERE p.account = a.account"
            " AND p.position <= %(as_of)s ORDER BY position DESC LIMIT 1) p",
            as_of=as_of,
        )
    }
    answers = []
    for row in found:
        sums, name = row["totals"], f"{row['campaign']}/{row['line']}"
        held = sum(fen for account, fen in balances.items() if account.startswith(f"held/{name}@"))
        answers.append(
            {
                "campaign": row["campaign"],
                "line": row["line"],
                "allocated_fen": sums.get("allocated", 0) - sums.get("returned-to-source", 0),
                "transferred_fen": sums.get("transferred-in", 0) - sums.get("transferred-out", 0),
                "drawn_fen": sums.get("drawn", 0) - sums.get("drawn-returned", 0),
                "held_fen": held,
                "paid_fen": sums.get("paid", 0),
                "returned_fen": sums.get("returned", 0),
                "left_fen": balances.get(f"line/{name}", 0),
            }
        )
    return answers


def flags(
    connection: psycopg.Connection, *, as_of: int = LATEST, rule: str | None = None
) -> list[dict[str, Any]]:
    """The flags that stand, the most severe first."""
    return _rows(
        connection,
        f"SELECT * FROM views.flags WHERE {AS_OF} AND rule = coalesce(%(rule)s, rule)"  # noqa: S608 # fixed parts
        " ORDER BY array_position(array['high', 'medium', 'low'], severity), raised_at",
        as_of=as_of,
        rule=rule,
    )


def case_history(connection: psycopg.Connection, case: str) -> list[dict[str, Any]]:
    """Every version of one case."""
    return _rows(
        connection,
        "SELECT * FROM views.cases WHERE case_id = %(case)s ORDER BY from_position",
        case=case,
    )


def _rows(connection: psycopg.Connection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
