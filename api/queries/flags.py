"""Questions about flags (疑点): those that stand, with what inspectors said of them."""

from __future__ import annotations

import psycopg

from api.queries import LATEST, Row, rows
from projections.view import AS_OF

DISPOSITIONS = {
    "open": ("待核查", "open"),
    "dismissed": ("已排除", "dismissed"),
    "confirmed": ("已确认", "confirmed"),
    "in-case": ("立案中", "in case"),
}

# An open discipline case comes first; then the latest word: a review, or a case's finding.
_WITH_DISPOSITION = """
    SELECT f.*, CASE
        WHEN i.open IS NOT NULL THEN 'in-case'
        WHEN coalesce(i.closed_at, 0) > coalesce(r.position, 0)
            THEN CASE i.finding WHEN 'unsubstantiated' THEN 'dismissed' ELSE 'confirmed' END
        ELSE coalesce(r.disposition, 'open')
    END AS disposition, coalesce(i.open, i.closed) AS investigation
    FROM ({flags}) f
    LEFT JOIN LATERAL (
        SELECT position, disposition FROM views.reviews r
        WHERE r.flag = f.flag AND r.raised_at = f.raised_at AND r.position <= %(as_of)s
        ORDER BY position DESC LIMIT 1
    ) r ON true
    LEFT JOIN LATERAL (
        SELECT min(v.investigation) FILTER (WHERE v.finding IS NULL) AS open,
            (array_agg(v.investigation ORDER BY v.from_position DESC))[1] AS closed,
            max(v.from_position) AS closed_at,
            (array_agg(v.finding ORDER BY v.from_position DESC))[1] AS finding
        FROM views.investigation_flags j
        JOIN views.investigations v ON v.investigation = j.investigation
            AND v.from_position <= %(as_of)s AND (v.to_position IS NULL OR v.to_position > %(as_of)s)
        WHERE j.flag = f.flag AND j.raised_at = f.raised_at AND j.position <= %(as_of)s
    ) i ON true
"""


def flags(
    connection: psycopg.Connection,
    *,
    as_of: int = LATEST,
    campaign: str | None = None,
    rule: str | None = None,
    unit: str | None = None,
    severity: str | None = None,
    disposition: str | None = None,
    limit: int = 1000,
) -> list[Row]:
    """The flags that stood, the most severe first; what was said of one never removes it."""
    inner = (
        f"SELECT * FROM views.flags WHERE {AS_OF} AND rule = coalesce(%(rule)s, rule)"
        " AND campaign = coalesce(%(campaign)s, campaign) AND severity = coalesce(%(severity)s, severity)"
        " AND (%(unit)s::text IS NULL OR unit = %(unit)s)"
        " ORDER BY array_position(array['high', 'medium', 'low'], severity), raised_at, flag"
    )
    if disposition is None:
        inner += " LIMIT %(limit)s"
    return rows(
        connection,
        f"SELECT * FROM ({_WITH_DISPOSITION.format(flags=inner)}) d"
        " WHERE %(disposition)s::text IS NULL OR disposition = %(disposition)s"
        " ORDER BY array_position(array['high', 'medium', 'low'], severity), raised_at, flag"
        " LIMIT %(limit)s",
        as_of=as_of,
        rule=rule,
        campaign=campaign,
        severity=severity,
        unit=unit,
        disposition=disposition,
        limit=limit,
    )


def flag_history(connection: psycopg.Connection, flag: str) -> list[Row]:
    """Every version of one flag, ``rule|subject``: raised, changed, cleared, raised again."""
    return rows(
        connection, "SELECT * FROM views.flags WHERE flag = %(flag)s ORDER BY from_position", flag=flag
    )


def one_flag(connection: psycopg.Connection, flag: str, as_of: int = LATEST) -> Row | None:
    """One flag as it stood, with its disposition; None where it did not stand."""
    inner = f"SELECT * FROM views.flags WHERE {AS_OF} AND flag = %(flag)s"
    found = rows(connection, _WITH_DISPOSITION.format(flags=inner), as_of=as_of, flag=flag)
    return found[0] if found else None


def by_rule(connection: psycopg.Connection, as_of: int = LATEST) -> list[Row]:
    """How many flags stood of each rule, and the money under them, in fen."""
    return rows(
        connection,
        "SELECT rule, severity, count(*) AS flags, count(DISTINCT unit) AS units,"
        f" sum(amount_fen)::bigint AS amount_fen FROM views.flags WHERE {AS_OF}"
        " GROUP BY rule, severity ORDER BY array_position(array['high', 'medium', 'low'], severity), rule",
        as_of=as_of,
    )
