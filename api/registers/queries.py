"""Questions about lists from outside (名单): which there are, and which flags each raised."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from ledger.domain.register_kinds import COUNTYS_RULE, KINDS, rules_of
from ledger.domain.state import UNKNOWN_REFERENCE
from projections.frame.view import AS_OF

_MATCHED = f"""
SELECT r.*, t.officer, coalesce(m.matched, 0) AS matched
FROM (SELECT * FROM registers WHERE {AS_OF}) r
LEFT JOIN timeline t ON t.position = r.position
LEFT JOIN LATERAL (
  SELECT count(*) AS matched FROM (SELECT * FROM flags WHERE {AS_OF}) f
  WHERE f.rule = ANY (%(rules)s) AND r.position = ANY (f.evidence)
) m ON true
ORDER BY r.position DESC, r.list_id
"""

_STANDING = f"""
SELECT f.raised_at, f.rule, f.severity, f.unit, f.amount_fen, f.subject, f.flag, k.dossier
FROM (SELECT * FROM flags WHERE {AS_OF}) f
LEFT JOIN LATERAL (
  SELECT dossier FROM cases WHERE f.subject = 'case:' || campaign || '/' || case_id
  ORDER BY from_position DESC LIMIT 1
) k ON true
WHERE f.rule = ANY (%(rules)s) AND %(position)s = ANY (f.evidence)
ORDER BY f.raised_at, f.flag
"""


def lists(views: ScopedViews, as_of: int) -> list[Row]:
    """The lists as they stood at a position, the newest first."""
    rules = sorted({COUNTYS_RULE, *(rule for kind in KINDS for rule in rules_of(kind))})
    return views.rows(_MATCHED, as_of=as_of, rules=rules)


def the_list(views: ScopedViews, list_id: str, as_of: int) -> Row:
    """One list as it stood.

    Raises:
        Refused: ``reference-unknown``.
    """
    found = views.rows(f"SELECT * FROM registers WHERE list_id = %(id)s AND {AS_OF}", id=list_id, as_of=as_of)
    if not found:
        raise UNKNOWN_REFERENCE.refused(kind="register", id=list_id)
    return found[0]


def matches(views: ScopedViews, list_id: str, as_of: int) -> list[Row]:
    """The flags that stood and rest on a list, the oldest first, with the dossier where they are about a case."""
    found = the_list(views, list_id, as_of)
    rules, position = rules_of(found["kind"]), found["position"]
    return views.rows(_STANDING, as_of=as_of, rules=rules, position=position)


def boxes(views: ScopedViews, list_id: str, *, dossier: str | None, line: int | None) -> list[Row]:
    """The sealed rows of a list that are about a dossier's person, or on one line; none where it was erased."""
    found = views.rows(
        "SELECT person FROM dossier_marks WHERE key = 'dossier/' || %(dossier)s", dossier=dossier
    )
    return views.rows(
        "SELECT number, key_version, wrapped_key, line, box FROM register_boxes"
        " WHERE key = 'register/' || %(id)s AND (mark = %(mark)s OR line = %(line)s) ORDER BY line",
        id=list_id,
        mark=found[0]["person"] if found else None,
        line=line,
    )
