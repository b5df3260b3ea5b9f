"""Questions about money (余额): lines, what units hold, and the postings behind a figure."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from api.queries import LATEST, Row, rows


def lines(connection: psycopg.Connection, as_of: int = LATEST, campaign: str | None = None) -> list[Row]:
    """Each fund line with its source: what came, what is committed, what went, what is left. In fen."""
    found = rows(
        connection,
        "SELECT l.campaign, l.line, x.totals, s.source FROM"
        " (SELECT campaign, line FROM views.accounts WHERE account LIKE 'line/%%'"
        "   AND position <= %(as_of)s AND campaign = coalesce(%(campaign)s, campaign)) l"
        " CROSS JOIN LATERAL (SELECT totals FROM views.line_totals t WHERE t.campaign = l.campaign"
        "   AND t.line = l.line AND t.position <= %(as_of)s ORDER BY t.position DESC LIMIT 1) x"
        " LEFT JOIN LATERAL (SELECT b ->> 'source' AS source FROM views.terms t,"
        "   jsonb_array_elements(t.policy -> 'lines') AS b WHERE t.campaign = l.campaign"
        "   AND t.from_position <= %(as_of)s AND (t.to_position IS NULL OR t.to_position > %(as_of)s)"
        "   AND b ->> 'code' = l.line LIMIT 1) s ON true"
        " ORDER BY l.campaign, l.line",
        as_of=as_of,
        campaign=campaign,
    )
    shown = accounts(connection, as_of, campaign, ("line", "held", "committed"))
    balances = {row["account"]: row["balance_fen"] for row in shown}
    answers = []
    for row in found:
        sums, name = row["totals"], f"{row['campaign']}/{row['line']}"
        held = sum(fen for account, fen in balances.items() if account.startswith(f"held/{name}@"))
        answers.append(
            {
                "campaign": row["campaign"],
                "line": row["line"],
                "source": row["source"],
                "allocated_fen": sums.get("allocated", 0) - sums.get("returned-to-source", 0),
                "transferred_fen": sums.get("transferred-in", 0) - sums.get("transferred-out", 0),
                "committed_fen": balances.get(f"committed/{name}", 0),
                "drawn_fen": sums.get("drawn", 0) - sums.get("drawn-returned", 0),
                "held_fen": held,
                "paid_fen": sums.get("paid", 0),
                "returned_fen": sums.get("returned", 0),
                "left_fen": balances.get(f"line/{name}", 0),
            }
        )
    return answers


def accounts(
    connection: psycopg.Connection,
    as_of: int = LATEST,
    campaign: str | None = None,
    kinds: Sequence[str] = ("source", "line", "held", "paid", "promised", "committed"),
) -> list[Row]:
    """Accounts of these kinds, each with its balance; as double entry keeps it, all add up to zero."""
    return rows(
        connection,
        "SELECT a.account, a.campaign, a.line, a.unit, p.balance_fen, p.position"
        " FROM views.accounts a CROSS JOIN LATERAL ("
        "  SELECT balance_fen, position FROM views.postings p WHERE p.account = a.account"
        "  AND p.position <= %(as_of)s ORDER BY position DESC LIMIT 1) p"
        " WHERE a.position <= %(as_of)s AND a.campaign = coalesce(%(campaign)s, a.campaign)"
        " AND split_part(a.account, '/', 1) = ANY(%(kinds)s) ORDER BY a.account",
        as_of=as_of,
        kinds=list(kinds),
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
