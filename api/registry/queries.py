"""Questions about the registry (登记): units, officers with their keys, campaigns with their terms."""

from __future__ import annotations

from api.gate import LATEST, Row, ScopedViews
from projections.frame.view import AS_OF


def units(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """All units, those above first."""
    return views.rows(
        "SELECT unit, name, level, parent, ancestors, staff_count, position FROM named_units"
        " WHERE position <= %(as_of)s ORDER BY cardinality(ancestors), unit",
        as_of=as_of,
    )


def officers(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """Officers with their roles and keys, each key with when it holds and where it signed last."""
    return views.rows(
        "SELECT o.officer, o.name, o.unit, o.position, (SELECT coalesce(jsonb_agg(jsonb_build_object("
        " 'key', k.key, 'valid_from', k.valid_from, 'revoked_from', k.revoked_from,"
        " 'compromised', k.compromised,"
        " 'last_used', (SELECT max(t.position) FROM timeline t WHERE t.officer = o.officer"
        "   AND t.key = k.key AND t.position <= %(as_of)s)) ORDER BY k.valid_from), '[]')"
        f" FROM keys k WHERE k.officer = o.officer AND {AS_OF}) AS keys,"
        f" (SELECT grants FROM grants g WHERE g.officer = o.officer AND {AS_OF}) AS grants"
        " FROM officers o WHERE o.position <= %(as_of)s ORDER BY o.officer",
        as_of=as_of,
    )


def campaigns(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """Campaigns with their policies as they stood."""
    return views.rows(
        "SELECT campaign, sponsor, title, year, policy, closed_on, from_position AS position"
        f" FROM terms t WHERE {AS_OF} ORDER BY year DESC, campaign",
        as_of=as_of,
    )
