"""What stands beside the record (记录之外的行), checked as far as it can be: the tray, kept views, epoch, state's version.

No checkpoint covers it. The tray's rows and officers' kept views carry seals made with the ledger's secret; the epoch's
row is held against the clock. What a change would not show in is listed, column by column, and said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from api.kept_views.queries import all_sealed as kept_views
from api.tray.queries import Kept
from api.tray.queries import all_sealed as tray_rows
from ledger.audit.database import stage
from ledger.domain.state import Key, Officer, State
from ledger.errors import Refused, Rule
from ledger.findings import BESIDE_THE_RECORD, Finding, Report
from ledger.identity.row_seals import RowSeals
from ledger.statements.statement import SignatureChecker, parse_envelope, parse_statement
from ledger.storage.state_version import STATE_VERSION

TRAY_DIFFERS = Rule(
    "tray-differs",
    zh="待会签的签署件 {id} 与存入时不符：{problem}",
    en="the statement {id} that waits for a second signature is not as it was put there: {problem_en}",
)
KEPT_VIEW_DIFFERS = Rule(
    "kept-view-differs",
    zh="{officer} 保存的列表视图“{name}”与保存时不符：{problem}",
    en="the view {name} that {officer} keeps is not as it was kept: {problem_en}",
)
STATE_VERSION_DIFFERS = Rule(
    "state-version-differs",
    zh="账面记录的版本登记不符：应为 {expected}，实为 {found}",
    en="the version of the state's records is not this release's: {expected} expected, {found} found",
)
EPOCH_DIFFERS = Rule(
    "epoch-differs",
    zh="任期登记不符：{problem}",
    en="the row of the epoch cannot be so: {problem_en}",
)

UNCHECKED: dict[str, tuple[str, str]] = {
    "ledger.schema_versions.applied_at": ("各结构版本的启用时间", "when each schema version was applied"),
    "ledger.checkpoints.chain": (
        "最早几个检查点上的链签名（其后的链已含其内容）",
        "the signed chain of the earliest checkpoints, which the later ones cover",
    ),
    "ledger.checkpoints.published_at": ("检查点的公布时间", "when checkpoints were published"),
    "ledger.timestamps.authority": ("时间戳机构的地址", "the address of a timestamp's authority"),
    "ledger.registers.made_at": ("名单的载入时间", "when lists were loaded"),
    "ledger.writer.superseded_by": (
        "本库已被接替的标记",
        "that another database goes on in this one's place",
    ),
    "ledger.writer.beat_at": ("最近一次试提交的时间", "when a commit was last tried"),
}
"""Columns in which a change shows in nothing, and what they are called."""

REMOVED_UNSEEN: dict[str, tuple[str, str]] = {
    "tray": ("待会签事项", "statements that wait for a second signature"),
    "kept_views": ("个人保存的视图", "views that officers keep"),
    "cosignatures": ("见证签名", "cosignatures"),
    "timestamps": ("时间戳", "timestamps"),
}
"""Tables from which a row can be gone without a trace, and what lies in them."""

Problem = tuple[str, str]

_SEAL: Problem = ("封签不成立", "its seal does not hold")


def check_beside(
    connection: psycopg.Connection[Any],
    state: State,
    seals: RowSeals,
    report: Report,
    *,
    copied: bool = False,
) -> Refused:
    """Hold each row against its seal, and against what the entries say; answers what a change would not show in.

    ``copied`` says that nobody has recorded here yet: a copy may be given its epoch only afterwards.
    """
    with stage(connection, report, "待会签事项", "the tray"):
        for finding in _tray(connection, state, seals):
            report(finding)
    with stage(connection, report, "个人保存的视图", "officers' kept views"):
        for finding in _kept_views(connection, state, seals):
            report(finding)
    with stage(connection, report, "账面版本的登记", "the state's version"):
        found = [row[0] for row in connection.execute("SELECT version FROM ledger.state_version").fetchall()]
        if found != [STATE_VERSION]:
            shown = ", ".join(map(str, found)) or "—"
            report(Finding(None, STATE_VERSION_DIFFERS.refused(expected=STATE_VERSION, found=shown)))
    with stage(connection, report, "任期登记", "the epoch's row"):
        for zh, en in _epoch(connection, seals, copied=copied):
            report(Finding(None, EPOCH_DIFFERS.refused(problem=zh, problem_en=en)))
    columns, columns_en = _listed(UNCHECKED)
    tables, tables_en = _listed(REMOVED_UNSEEN)
    return BESIDE_THE_RECORD.refused(
        columns=columns, columns_en=columns_en, tables=tables, tables_en=tables_en
    )


def _listed(named: dict[str, tuple[str, str]]) -> tuple[str, str]:
    return "、".join(zh for zh, _ in named.values()), ", ".join(en for _, en in named.values())


def _tray(connection: psycopg.Connection[Any], state: State, seals: RowSeals) -> Iterator[Finding]:
    for kept, seal in tray_rows(connection):
        problem = _signed(kept, state) or (None if kept.holds(seals, seal) else _SEAL)
        if problem is not None:
            zh, en = problem
            yield Finding(None, TRAY_DIFFERS.refused(id=kept.statement, problem=zh, problem_en=en))


def _signed(kept: Kept, state: State) -> Problem | None:
    """What is wrong with what waits: it decodes, is the statement of that id, and its officer's key signed it."""
    try:
        envelope = parse_envelope(kept.envelope)
        statement = parse_statement(envelope.payload)
        [signature] = envelope.signatures
        key = state.get(Key, signature.keyid)
        public_key = bytes.fromhex(key.public_key)
        SignatureChecker().verify(envelope.payload, statement.ledger, signature, public_key)
    except Refused as refusal:
        return refusal.message("zh"), refusal.message("en")
    except ValueError:
        return "签名数不是一个", "it has not one signature"
    if statement.id != kept.statement:
        return f"所签的是 {statement.id}", f"what was signed is {statement.id}"
    if key.officer != kept.officer:
        return f"签署人是 {key.officer}", f"{key.officer} signed it"
    return None


def _kept_views(connection: psycopg.Connection[Any], state: State, seals: RowSeals) -> Iterator[Finding]:
    for row, seal in kept_views(connection):
        problem: Problem | None = None
        if state.find(Officer, row.officer) is None:
            problem = "没有该人员", "there is no such officer"
        elif not row.holds(seals, seal):
            problem = _SEAL
        if problem is not None:
            zh, en = problem
            yield Finding(
                None, KEPT_VIEW_DIFFERS.refused(officer=row.officer, name=row.name, problem=zh, problem_en=en)
            )


def _epoch(connection: psycopg.Connection[Any], seals: RowSeals, *, copied: bool) -> Iterator[Problem]:
    rows = connection.execute(
        "SELECT epoch, superseded_by, greatest(since, beat_at) > clock_timestamp() + interval '1 minute', holder, since,"
        " seal FROM ledger.writer"
    ).fetchall()
    if len(rows) != 1 and not (copied and not rows):
        yield f"应有一行，实有 {len(rows)} 行", f"there is one row, found {len(rows)}"
    for epoch, superseded_by, ahead, holder, since, seal in rows:
        # Nobody holds it in a new database and in one that has just taken over: the next writer seals it.
        if not (seal is None if holder == "" else seals.holds(seal, "writer", epoch, holder, since)):
            yield _SEAL
        if superseded_by is not None and superseded_by <= epoch:
            yield (
                f"接替的任期 {superseded_by} 不晚于任期 {epoch}",
                f"the epoch {superseded_by} that goes on elsewhere is not after {epoch}",
            )
        if ahead:
            yield "所记时间在数据库当前时间之后", "its times lie after the database's own"
