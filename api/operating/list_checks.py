"""The doctor looks at lists from outside (名单体检): which are kept past the day that was signed for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from api.operating.check import Check
from ledger.clock import china_today
from ledger.domain.register_kinds import KINDS, kind_title

SHOWN_LISTS = 10

_OVERDUE = """
SELECT value ->> 'id', value ->> 'kind', value ->> 'keep_until' FROM ledger.standing
WHERE key LIKE 'register/%%' AND NOT (value ->> 'erased')::boolean AND value ->> 'keep_until' < %s
ORDER BY value ->> 'keep_until', 1
"""


def check_lists(connection: psycopg.Connection[Any]) -> Iterator[Check]:
    """A line for each list that should have been erased, the first of them by name."""
    overdue = connection.execute(_OVERDUE, (china_today(),)).fetchall()
    for list_id, kind, keep_until in overdue[:SHOWN_LISTS]:
        title_en = KINDS[kind].title_en if kind in KINDS else kind
        yield Check(
            "lists",
            "warn",
            (
                f"名单 {list_id}（{kind_title(kind)}）保存期限至 {keep_until}，已过期而未删除",
                f"the list {list_id} ({title_en}) was to be kept until {keep_until} and is still here",
            ),
            (
                f"由授权管理员删除：songnuan register erase {list_id} --reason 到期 --key …",
                f"a registrar erases it: songnuan register erase {list_id} --reason … --key …",
            ),
        )
    more = len(overdue) - SHOWN_LISTS
    if more > 0:
        yield Check(
            "lists",
            "warn",
            (f"另有 {more} 份名单已过期", f"{more} more lists are past their day"),
            ("删除上列名单后再查一次", "erase those above, and look again"),
        )
