"""Where the views say that they stand, against where they can: versions, positions, and unknown ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg

from projections.following.follower import TRACKING, tracked_as
from projections.frame.view import View
from projections.replaying.comparing import Difference


class Positions(NamedTuple):
    """The position up to which all views of this release can be compared, and what is amiss.

    ``outdated`` were made by another version, so that their tables are not what this release makes.
    """

    common: int
    outdated: frozenset[str]
    differences: list[Difference]


def check_positions(cursor: psycopg.Cursor[Any], schema: str, views: Mapping[str, View]) -> Positions:
    """Hold each view's version and position against this release and the head of the entries.

    All is read in one statement, so that it is of one moment.
    """
    cursor.execute(
        "SELECT (SELECT coalesce(max(position), 0) FROM ledger.entries),"
        f" (SELECT coalesce(jsonb_object_agg(application_name, notification_id), '{{}}') FROM ledger.{TRACKING}"
        " WHERE starts_with(application_name, %s)),"
        f" (SELECT coalesce(jsonb_object_agg(view, version), '{{}}') FROM {schema}.made)",
        (tracked_as(schema, ""),),
    )
    row = cursor.fetchone()
    assert row is not None
    head, tracked, made = row
    positions = {name: tracked.get(tracked_as(schema, name), 0) for name in views}
    outdated = frozenset(name for name, view in views.items() if made.get(name) != str(view.version))
    known = {tracked_as(schema, name) for name in views}
    differences = [
        *(
            Difference(name, "made", "outdated", str(made.get(name)), [], None, None)
            for name in sorted(outdated)
        ),
        *(
            Difference(name, TRACKING, "ahead", str(at), [], None, None)
            for name, at in sorted(positions.items())
            if at > head
        ),
        *(
            Difference(name, TRACKING, "unknown", str(tracked[name]), [], None, None)
            for name in sorted(tracked.keys() - known)
        ),
        *(
            Difference(name, "made", "unknown", made[name], [], None, None)
            for name in sorted(made.keys() - views.keys())
        ),
    ]
    current = [at for name, at in positions.items() if name not in outdated]
    return Positions(min([head, *current]), outdated, differences)
