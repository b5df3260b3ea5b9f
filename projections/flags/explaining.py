"""How the database goes about a rule (执行计划): the plan of its query, as the flags ask it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row

from projections.flags.asking import Candidates, Policies, arguments, asking
from projections.flags.rule import FlagRule
from projections.flags.subject import NO_CAMPAIGN, Subject

NOBODY = "0"
"""A subject for which nothing is found; its name reads as a position, too."""


def explanation(connection: psycopg.Connection[Any], rule: FlagRule, schema: str = "views") -> list[str]:
    """The plan's lines, in the caller's transaction, with what the follower sets there."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            f"SET LOCAL search_path TO {schema}; SET LOCAL enable_seqscan = off; SET LOCAL jit = off"
        )
        subject = Subject(NO_CAMPAIGN, rule.subject, NOBODY)
        asked = Candidates({(subject.text, 1): subject})
        values = arguments(rule, asked, Policies(cursor))
        cursor.execute(f"EXPLAIN (COSTS off) {asking(rule)}", values)
        return [line for (line,) in cursor.fetchall()]
