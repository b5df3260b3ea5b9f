"""Verifying a ledger in its database (验证): the examination, and the views against a replay.

It looks at one moment of the database, so that a ledger that is written meanwhile is verified too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from api.queries.stated import figures
from ledger.audit import Summary, Trust
from ledger.checkpoint import open_checkpoint
from ledger.errors import Refused, Rule
from ledger.examination import Secrets, examine
from ledger.findings import CHECKPOINT_MISSING, Finding, Report
from ledger.history import Recorded
from ledger.log import first_checkpoint_over, head, prove_consistent
from ledger.merkle import verify_consistency
from ledger.recorder import datastore
from ledger.store import OpenStore
from projections.follower import ViewFailed
from projections.replay import replay
from projections.runner import Followers

VIEW_DIFFERS = Rule(
    "view-differs",
    zh="视图 {view} 的表 {table} 有一行与重放不符（{kind}）：{key} {columns}",
    en="a row of the view {view}, table {table}, is not what a replay gives ({kind}): {key} {columns}",
)
VIEW_STOPPED = Rule(
    "view-stopped",
    zh="视图 {view} 不能接受此条账目：{reason}",
    en="the view {view} cannot take this entry: {reason}",
)
VIEWS_NOT_REPLAYED = Rule(
    "views-not-replayed",
    zh="有账目无法读取，未重放视图：共 {expected} 条，可读 {found} 条",
    en="the views were not replayed, since entries cannot be read: {expected} there are, {found} can be",
)

CHECKPOINT_SECONDS = 5.0
"""How long to wait for the checkpoint over what was just recorded."""


def verify_store(
    store: OpenStore,
    live: Followers,
    trust: Trust,
    report: Report,
    progress: Callable[[int], None] = lambda position: None,
) -> Summary:
    """Goes over everything that the database holds; findings are reported as they are made."""
    missing: list[Finding] = []

    def hear(finding: Finding) -> None:
        if finding.fault.rule is CHECKPOINT_MISSING:
            missing.append(finding)
        else:
            report(finding)

    with _one_moment(store) as connection:
        size = head(connection)
        try:
            live.catch_up(to=size)
        except ViewFailed as failure:
            report(_stopped(failure))
        with store.connect() as now:
            stated = figures(now, size)
        secrets = Secrets(store.vault(), store.marker())
        recorded = Recorded(connection, size, stated)
        summary = examine(connection, recorded, trust, hear, secrets=secrets, progress=progress)
    if missing and not _covered_by_now(store, summary, trust):
        for finding in missing:
            report(finding)
    if summary.read < size:
        report(Finding(None, VIEWS_NOT_REPLAYED.refused(expected=size, found=summary.read)))
    else:
        _replay(store, live, report)
    return summary


@contextmanager
def _one_moment(store: OpenStore) -> Iterator[psycopg.Connection]:
    """A connection that sees the database as it is now, whatever is recorded meanwhile."""
    with store.connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection
        connection.execute("ROLLBACK")


def _covered_by_now(store: OpenStore, summary: Summary, trust: Trust) -> bool:
    """Whether a checkpoint that came since holds all that was gone over, and only appends to it."""
    deadline = time.monotonic() + CHECKPOINT_SECONDS
    with store.connect() as connection:
        while (note := first_checkpoint_over(connection, summary.size)) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        try:
            checkpoint, _ = open_checkpoint(note, trust.log_keys)
            proof = prove_consistent(connection, summary.size, checkpoint.size)
            root = bytes.fromhex(summary.root)
            verify_consistency(summary.size, checkpoint.size, proof, root, checkpoint.root)
        except (Refused, KeyError):
            return False
    return True


def _stopped(failure: ViewFailed) -> Finding:
    return Finding(failure.position, VIEW_STOPPED.refused(view=failure.view, reason=failure.reason))


def _replay(store: OpenStore, live: Followers, report: Report) -> None:
    connections = datastore(store.url)
    try:
        found = replay(connections, live)
    except ViewFailed as failure:
        report(_stopped(failure))
        return
    finally:
        connections.close()
    for each in found.differences:
        fault = VIEW_DIFFERS.refused(
            view=each.view, table=each.table, kind=each.kind, key=each.key, columns=", ".join(each.columns)
        )
        report(Finding(None, fault))
