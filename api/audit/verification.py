"""Verifying a ledger in its database (验证): the examination, and the views against a replay.

It looks at one moment of the database, so that a ledger that is written meanwhile is verified too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from api.audit.beside import check_beside
from api.audit.bundle_totals import figures
from api.gate import every_view
from ledger.audit.audit import Summary, Trust
from ledger.audit.database import (
    UNREADABLE,
    Secrets,
    examine,
    not_checked,
    stage,
)
from ledger.audit.durability import check_durability
from ledger.audit.fingerprint import build_ledger, check_record, check_schema
from ledger.audit.history import Recorded
from ledger.audit.surroundings import check_surroundings, report_unread
from ledger.audit.whole_indexes import check_indexes
from ledger.crypto.merkle import verify_consistency
from ledger.errors import Misconfigured, Refused, Rule
from ledger.findings import (
    CHECKPOINT_MISSING,
    CHECKPOINT_PENDING,
    MEMORY_DAMAGED,
    Finding,
    Report,
)
from ledger.log.checkpoint import open_checkpoint
from ledger.log.proofs import first_checkpoint_over, head, prove_consistent, published
from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore
from projections.following.follower import ViewFailed
from projections.following.runner import Followers
from projections.replaying.expected_tables import build_standard_views
from projections.replaying.replay import replay

VIEW_DIFFERS = Rule(
    "view-differs",
    zh="视图 {view} 的表 {table} 有一行与重新计算的结果不符（{kind}）：{key} {columns}",
    en="a row of the view {view}, table {table}, is not what a replay gives ({kind}): {key} {columns}",
)
VIEW_STOPPED = Rule(
    "view-stopped",
    zh="视图 {view} 不能接受此条记录：{reason}",
    en="the view {view} cannot take this entry: {reason}",
)
VIEW_BEYOND = Rule(
    "view-beyond-head",
    zh="视图 {view} 的表 {table} 有一行自最后一条记录之后才生效或失效：{key}",
    en="a row of the view {view}, table {table}, begins or ends after the last entry: {key}",
)
VIEW_AHEAD = Rule(
    "view-ahead",
    zh="视图 {view} 自称已到第 {key} 号，记录没有这么多",
    en="the view {view} says that it stands at {key}, and there are not as many entries",
)
VIEW_OUTDATED = Rule(
    "view-outdated",
    zh="视图 {view} 的版本（{key}）不是本程序的，未比对：请重建",
    en="the view {view} was made in another version ({key}) and was not compared: rebuild it",
)
VIEW_UNKNOWN = Rule(
    "view-unknown",
    zh="视图登记表 {table} 中有本程序没有的视图 {view}（{key}）",
    en="{table} lists a view that this release does not have: {view} ({key})",
)
VIEWS_NOT_REPLAYED = Rule(
    "views-not-replayed",
    zh="有记录无法读取，未重新计算视图：共 {expected} 条，可读 {found} 条",
    en="the views were not replayed, since entries cannot be read: {expected} there are, {found} can be",
)

OF_KIND = {"beyond": VIEW_BEYOND, "ahead": VIEW_AHEAD, "outdated": VIEW_OUTDATED, "unknown": VIEW_UNKNOWN}
"""What is found where a replay names something else than a row that differs."""

SCHEMAS = ("ledger", "views")
"""The schemas that are the ledger's alone."""

CHECKPOINT_SECONDS = 5.0
"""How long to wait for the checkpoint over what was just recorded."""


def verify_store(
    store: OpenStore,
    live: Followers,
    trust: Trust,
    report: Report,
    progress: Callable[[int], None] = lambda position: None,
    *,
    copied: bool = False,
) -> Summary:
    """Goes over everything that the database holds; findings are reported as they are made.

    ``copied`` says that nobody has recorded here yet: a copy ends wherever its last transaction was, also
    between entries and the checkpoint over them, which the ledger's next writer signs. That informs.
    """
    missing: list[Finding] = []

    def hear(finding: Finding) -> None:
        if finding.fault.rule is CHECKPOINT_MISSING:
            missing.append(finding)
        else:
            report(finding)

    unread = check_database(store, report)
    with _one_moment(store) as connection:
        size = head(connection)
        try:
            live.catch_up(to=size)
        except ViewFailed as failure:
            report(_stopped(failure))
        stated: dict[str, int] = {}
        with store.connect() as now, stage(now, report, "视图的数字", "the views' figures"):
            stated = figures(every_view(now), size)
        secrets = Secrets(store.vault(), store.marker())
        recorded = Recorded(connection, size, stated, whole=True)
        seals = secrets.marker.row_seals()
        summary = examine(
            connection,
            recorded,
            trust,
            hear,
            secrets=secrets,
            progress=progress,
            beside=lambda state: [check_beside(connection, state, seals, report, copied=copied)],
        )
        with stage(connection, report, "索引", "the indexes"):
            check_indexes(connection, SCHEMAS, report)
    if missing and copied and summary.checkpoints:
        with store.connect() as connection:
            after = published(connection, summary.size)
        report(Finding(after + 1, CHECKPOINT_PENDING.refused(after=after, size=summary.size)))
    elif missing and not _covered_by_now(store, summary, trust):
        for finding in missing:
            report(finding)
    if summary.read < size:
        report(Finding(None, VIEWS_NOT_REPLAYED.refused(expected=size, found=summary.read)))
    else:
        _replay(store, live, size, report)
    return summary._replace(unchecked=(*summary.unchecked, *unread))


def verify_opened(
    store: OpenStore,
    trust: Trust,
    report: Report,
    progress: Callable[[int], None] = lambda position: None,
) -> Summary:
    """Verify a store whose tables may not even be there: what keeps it from being read is a finding."""
    connections = datastore(store.url)
    try:
        live = Followers(connections)
        live.prepare()
        beside = _remembered(store, report)
        return verify_store(store, live, trust._replace(beside=beside), report, progress)
    except UNREADABLE as error:
        check_database(store, report)
        report(not_checked(error, "台账", "the ledger"))
        return Summary(0, 0, 0, "", ())
    finally:
        connections.close()


def _remembered(store: OpenStore, report: Report) -> tuple[bytes, ...]:
    """The checkpoint that the data folder remembers, to be held against the log; a damaged one is a finding."""
    try:
        store.checkpoint_memory.read()
    except Misconfigured as damaged:
        report(
            Finding(
                None, MEMORY_DAMAGED.refused(problem=damaged.message("zh"), problem_en=damaged.message("en"))
            )
        )
        return ()
    note = store.checkpoint_memory.note()
    return () if note is None else (note,)


def check_database(store: OpenStore, report: Report) -> tuple[Refused, ...]:
    """Hold the schemas and what surrounds them against what this release makes; say what was not read."""
    with store.connect() as connection:
        check_record(connection, report)
        check_schema(connection, {"ledger": build_ledger, "views": build_standard_views}, report)
        check_surroundings(connection, SCHEMAS, report)
        try:
            return check_durability(connection, report)
        except psycopg.Error as error:
            report_unread(error, report)
            return ()


def entries_listed(store: OpenStore) -> int:
    """How many entries to expect; 0 where their table cannot be asked, which the verification names."""
    try:
        with store.connect() as connection:
            return head(connection)
    except psycopg.ProgrammingError:
        return 0


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


def _replay(store: OpenStore, live: Followers, size: int, report: Report) -> None:
    connections = datastore(store.url)
    try:
        found = replay(connections, live, to=size)
    except ViewFailed as failure:
        report(_stopped(failure))
        return
    finally:
        connections.close()
    for each in found.differences:
        fault = OF_KIND.get(each.kind, VIEW_DIFFERS).refused(
            view=each.view, table=each.table, kind=each.kind, key=each.key, columns=", ".join(each.columns)
        )
        report(Finding(None, fault))
