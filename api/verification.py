"""Verifying a ledger in its database (验证): the examination, and the views against a replay."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from api.queries.stated import figures
from ledger.audit import Summary, Trust
from ledger.errors import Rule
from ledger.examination import Secrets, examine
from ledger.findings import Finding, Report
from ledger.history import Recorded
from ledger.log import head
from ledger.recorder import datastore
from ledger.store import OpenStore
from projections.replay import replay
from projections.runner import Followers

VIEW_DIFFERS = Rule(
    "view-differs",
    zh="视图 {view} 的表 {table} 有一行与重放不符（{kind}）：{key} {columns}",
    en="a row of the view {view}, table {table}, is not what a replay gives ({kind}): {key} {columns}",
)
VIEWS_NOT_REPLAYED = Rule(
    "views-not-replayed",
    zh="有账目无法读取，未重放视图：共 {expected} 条，可读 {found} 条",
    en="the views were not replayed, since entries cannot be read: {expected} there are, {found} can be",
)


def verify_store(
    store: OpenStore,
    live: Followers,
    connection: psycopg.Connection,
    trust: Trust,
    report: Report,
    progress: Callable[[int], None] = lambda position: None,
) -> Summary:
    """Goes over everything that the database holds; findings are reported as they are made."""
    size = head(connection)
    recorded = Recorded(connection, size, figures(connection, min(size, live.position())))
    secrets = Secrets(store.vault(), store.marker())
    summary = examine(connection, recorded, trust, report, secrets=secrets, progress=progress)
    if summary.read < size:
        report(Finding(None, VIEWS_NOT_REPLAYED.refused(expected=size, found=summary.read)))
        return summary
    connections = datastore(store.url)
    try:
        found = replay(connections, live)
    finally:
        connections.close()
    for each in found.differences:
        fault = VIEW_DIFFERS.refused(
            view=each.view, table=each.table, kind=each.kind, key=each.key, columns=", ".join(each.columns)
        )
        report(Finding(None, fault))
    return summary
