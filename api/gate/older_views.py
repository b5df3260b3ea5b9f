"""Questions over views that another release made (旧版本视图): answered by a code and the way out, not by a mistake's.

An outdated view stays as it is until it is rebuilt, and is read on. A question of this release may name a table or a
column that it has not.
"""

from __future__ import annotations

import psycopg

from ledger.errors import Unavailable
from projections.following.runner import Followers

RETRY_SECONDS = 60

NOT_THERE = (
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.DatatypeMismatch,
)
"""What the database says of a question that is asked of other tables than it was written for."""


def of_older_views(followers: Followers) -> Unavailable | None:
    """What to answer where such a question could not be asked; None where every view is this release's."""
    outdated = followers.outdated()
    if not outdated:
        return None
    titles = [followers.followers[name].view.title for name in outdated]
    zh, en = "、".join(each[0] for each in titles), ", ".join(each[1] for each in titles)
    return Unavailable(
        "views-outdated",
        f"视图由另一版本程序建立，此项暂时不能查询：{zh}。请由管理员运行 songnuan rebuild",
        f"views were made by another release, and this cannot be asked of them: {en}; the administrator runs"
        " songnuan rebuild",
        RETRY_SECONDS,
    )
