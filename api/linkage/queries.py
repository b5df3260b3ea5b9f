"""Questions about linkage (人员比对): the pairs that stand, the heaviest first."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from api.gate import Row, ScopedViews
from projections.frame.view import AS_OF
from projections.linkage.kinds import Kind, kind_of

_STANDING = f"""
SELECT l.pair, l.position, l.first, l.second, l.weight_milli, l.guarded, l.one_edit, l.levels, l.filed_in,
  d.unit AS first_unit, e.unit AS second_unit,
  array(SELECT f.flag FROM (SELECT * FROM flags WHERE {AS_OF}) f
    WHERE f.subject = 'pair:-/' || l.pair ORDER BY f.flag) AS flags
FROM (
  SELECT DISTINCT ON (pair) * FROM links WHERE position <= %(as_of)s ORDER BY pair, position DESC
) l
JOIN (SELECT * FROM dossiers WHERE {AS_OF}) d ON d.dossier = l.first AND NOT d.erased
JOIN (SELECT * FROM dossiers WHERE {AS_OF}) e ON e.dossier = l.second AND NOT e.erased
WHERE l.found
ORDER BY l.weight_milli DESC, l.pair
"""


def pairs(views: ScopedViews, as_of: int, kinds: Sequence[Kind]) -> list[Row]:
    """Pairs of the kinds asked for, all where none is, as they stood; both dossiers lie within the scope."""
    found = []
    for row in views.rows(_STANDING, as_of=as_of):
        levels = row.pop("levels")
        levels = orjson.loads(levels) if isinstance(levels, str) else levels
        guarded, one_edit = row.pop("guarded"), row.pop("one_edit")
        kind = kind_of(row["weight_milli"] / 1000, levels, guarded=guarded, one_edit=one_edit)
        if kinds and kind not in kinds:
            continue
        levels.pop("unit")
        found.append({**row, "kind": kind, **levels})
    return found
