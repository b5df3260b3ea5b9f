"""The tables that the views should have, made anew in a schema where nothing else is."""

from __future__ import annotations

from typing import Any

import psycopg

from projections.following.follower import make_schema, make_tables
from projections.following.runner import standard_views
from projections.views.functions import make_functions


def build_standard_views(connection: psycopg.Connection[Any], schema: str) -> None:
    """Make every view's tables, empty, and the functions over them, as a new ledger has them, in the caller's transaction."""
    with connection.cursor() as cursor:
        make_schema(cursor, schema)
        for view in standard_views():
            make_tables(cursor, schema, view)
        make_functions(cursor, schema)
