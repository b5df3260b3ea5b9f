"""Lists held against what their entries commit to (名单核验): every row, and what is left of those erased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from ledger.domain.entry import act_of
from ledger.domain.register_kinds import EARLIER_PAYOUTS, KINDS
from ledger.domain.state import State
from ledger.errors import Misconfigured, Refused, Rule
from ledger.events.register import LISTINGS, ListedRoot, ReferenceListed, Register
from ledger.findings import REGISTERS_UNSIGNED, Finding, Report
from ledger.identity.blind_index import Marker
from ledger.identity.register_rows import Boxes, Node, RegisterRow, root_of
from ledger.identity.vault import Vault
from ledger.writing.registers import key_of_list, stored_rows

REGISTER_DIFFERS = Rule(
    "register-differs",
    zh="名单 {list} 的行与签署的承诺值不符：应为 {expected}，实为 {found}",
    en="the rows of the list {list} are not those that were signed: expected {expected}, found {found}",
)
REGISTER_ROW_DIFFERS = Rule(
    "register-row-differs",
    zh="名单 {list} 第 {line} 行与其盲索引不符：{problem}",
    en="line {line} of the list {list} is not what its mark says: {problem}",
)
REGISTER_READABLE = Rule(
    "register-readable",
    zh="名单 {list} 已删除，其密钥仍在",
    en="the list {list} was erased, and its key is still there",
)
REGISTER_KEY_MISSING = Rule(
    "register-key-missing",
    zh="名单 {list} 未删除，而其密钥已不在",
    en="the key of the list {list} is gone, and the list was not erased",
)
REGISTER_KEY_DIFFERS = Rule(
    "register-key-differs",
    zh="名单 {list} 的密钥不能打开：{problem}",
    en="the key of the list {list} does not open: {problem}",
)
REGISTER_UNEXPECTED = Rule(
    "register-unexpected",
    zh="名单表 {table} 中有不属于任何名单的行",
    en="{table} has rows that are of no list",
)

STRAYS = {
    "register_rows": "SELECT EXISTS (SELECT FROM (SELECT DISTINCT register FROM ledger.register_rows) r"
    " WHERE NOT EXISTS (SELECT FROM ledger.registers g WHERE g.number = r.register))",
    "register_nodes": "SELECT EXISTS (SELECT FROM ledger.register_nodes r"
    " WHERE NOT EXISTS (SELECT FROM ledger.registers g WHERE g.number = r.register))",
}

KEY_COLUMNS = 2
"""A list's key is two columns: its version and the wrapped key; an erased list has neither."""

_AMOUNT = KINDS[EARLIER_PAYOUTS].amount or ""
"""What the sum beside a mark is called within the row's box."""

Secrets = tuple[Vault, Marker]


def check_registers(
    connection: psycopg.Connection[Any], state: State, size: int, secrets: Secrets | None, report: Report
) -> Refused | None:
    """Hold the rows of every list against its root, and with the secrets each row against its mark.

    Gives back that lists wait here for a signature, where some do.
    """
    listed = _listed(connection, size)
    for entry in state.records(ListedRoot):
        found = state.find(Register, entry.list)
        event = listed.get(entry.list)
        if found is not None and event is not None:
            _check_list(connection, found, event, secrets, report)
    for table, strays in STRAYS.items():
        stray = connection.execute(strays).fetchone()
        if stray is not None and stray[0]:
            report(Finding(None, REGISTER_UNEXPECTED.refused(table=table)))
    waiting = connection.execute(
        "SELECT count(*) FROM ledger.registers WHERE root IS NULL OR NOT root = ANY(%s)",
        ([event.root for event in listed.values()],),
    ).fetchone()
    return REGISTERS_UNSIGNED.refused(count=waiting[0]) if waiting is not None and waiting[0] else None


def _listed(connection: psycopg.Connection[Any], size: int) -> dict[str, ReferenceListed]:
    """The entries that registered lists, by the list."""
    rows = connection.execute(
        "SELECT data FROM ledger.entries WHERE type = ANY(%s) AND position <= %s",
        ([kind.topic() for kind in LISTINGS], size),
    ).fetchall()
    acts = [act_of(bytes(data)) for (data,) in rows]
    return {act.id: act.event for act in acts if isinstance(act.event, ReferenceListed)}


def _check_list(
    connection: psycopg.Connection[Any],
    found: Register,
    event: ReferenceListed,
    secrets: Secrets | None,
    report: Report,
) -> None:
    row = connection.execute(
        "SELECT number, num_nonnulls(key_version, wrapped_key) FROM ledger.registers WHERE root = %s",
        (event.root,),
    ).fetchone()
    if row is None:
        report(_differs(found.id, event, "—", 0))
        return
    register, parts = row
    has_key = parts == KEY_COLUMNS
    if parts != (0 if found.erased else KEY_COLUMNS):
        rule = REGISTER_READABLE if found.erased else REGISTER_KEY_MISSING
        report(Finding(None, rule.refused(list=found.id)))
    nodes = [
        Node(first, count, bytes(node))
        for first, count, node in connection.execute(
            "SELECT first, size, hash FROM ledger.register_nodes WHERE register = %s ORDER BY first",
            (register,),
        ).fetchall()
    ]
    opened = None
    if secrets is not None and has_key:
        try:
            opened = key_of_list(connection, event.root, secrets[0])
        except Misconfigured as error:
            report(Finding(None, REGISTER_KEY_DIFFERS.refused(list=found.id, problem=error.code)))
    rows: Iterable[RegisterRow] = stored_rows(connection, register)
    if opened is not None and secrets is not None:
        rows = _opened(rows, found.id, opened[1], secrets[1], report)
    try:
        root, count = root_of((row.leaf() for row in rows), nodes)
    except ValueError as error:
        report(_differs(found.id, event, str(error), 0))
        return
    if (root.hex(), count) != (event.root, event.rows):
        report(_differs(found.id, event, root.hex(), count))


def _differs(list_id: str, event: ReferenceListed, root: str, count: int) -> Finding:
    expected, found = f"{event.root}, {event.rows}", f"{root}, {count}"
    return Finding(None, REGISTER_DIFFERS.refused(list=list_id, expected=expected, found=found))


def _opened(
    rows: Iterable[RegisterRow], list_id: str, boxes: Boxes, marker: Marker, report: Report
) -> Iterable[RegisterRow]:
    """The same rows, each opened on the way and held against its mark."""
    for row in rows:
        try:
            said = boxes.open(row.line, row.box)
            marks = {marker.mark(field, str(said["number"])) for field in ("person", "enterprise")}
            problem = None if row.mark in marks else "mark"
            if row.fen is not None and row.fen != said.get(_AMOUNT):
                problem = "amount"
        except Misconfigured as error:
            problem = error.code
        if problem is not None:
            report(Finding(None, REGISTER_ROW_DIFFERS.refused(list=list_id, line=row.line, problem=problem)))
        yield row
