"""Questions about the registry (登记): units, officers with their keys, campaigns with their terms."""

from __future__ import annotations

import psycopg

from api.queries import EVERYTHING, LATEST, Row, Within, rows
from projections.view import AS_OF


def units(connection: psycopg.Connection, as_of: int = LATEST) -> list[Row]:
    """All units, those above first."""
    return rows(
        connection,
        "SELECT unit, name, level, parent, ancestors, staff_count, position FROM views.units"
        " WHERE position <= %(as_of)s ORDER BY cardinality(ancestors), unit",
        as_of=as_of,
    )


def officers(connection: psycopg.Connection, as_of: int = LATEST, within: Within = EVERYTHING) -> list[Row]:
    """Officers with their roles and keys, each key with when it holds and where it signed last."""
    return rows(
        connection,
        "SELECT o.officer, o.name, o.unit, o.position, (SELECT coalesce(jsonb_agg(jsonb_build_object("
        " 'key', k.key, 'valid_from', k.valid_from, 'revoked_from', k.revoked_from,"
        " 'compromised', k.compromised,"
        " 'last_used', (SELECT max(t.position) FROM views.timeline t WHERE t.officer = o.officer"
        "   AND t.key = k.key AND t.position <= %(as_of)s)) ORDER BY k.valid_from), '[]')"
        f" FROM views.keys k WHERE k.officer = o.officer AND {AS_OF}) AS keys,"
        f" (SELECT grants FROM views.grants g WHERE g.officer = o.officer AND {AS_OF}) AS grants"
        f" FROM views.officers o WHERE o.position <= %(as_of)s{within.unit_in('o.unit')} ORDER BY o.officer",
        as_of=as_of,
        **within.parameters(),
    )


def campaigns(connection: psycopg.Connection, as_of: int = LATEST) -> list[Row]:
    """Campaigns with their policies as they stood."""
    return rows(
        connection,
        "SELECT campaign, sponsor, title, year, policy, closed_on, from_position AS position"
        f" FROM views.terms t WHERE {AS_OF} ORDER BY year DESC, campaign",
        as_of=as_of,
    )


def below(connection: psycopg.Connection, named: tuple[str, ...]) -> set[str]:
    """These units and all below them."""
    found = rows(
        connection,
        "SELECT unit FROM views.units WHERE unit = ANY(%(units)s) OR ancestors && %(units)s",
        units=list(named),
    )
    return {row["unit"] for row in found}


def outside(connection: psycopg.Connection, named: tuple[str, ...]) -> bool:
    """Whether there is a unit that is neither one of these nor below one."""
    found = rows(
        connection,
        "SELECT FROM views.units WHERE NOT (unit = ANY(%(units)s) OR ancestors && %(units)s) LIMIT 1",
        units=list(named),
    )
    return bool(found)
