"""Every column of every table of the ledger is changed, and a row of each removed: it gives a finding, or is listed.

The tables are those that the database itself names, so that a new one without a check fails here. What is listed as
unchecked must be so: a column that is checked after all stands in no list.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import LiteralString, NamedTuple

import orjson
import psycopg
import pytest

from api.audit.beside import REMOVED_UNSEEN, UNCHECKED, check_beside
from api.audit.bundle_totals import figures
from api.gate import every_view
from api.kept_views.queries import KeptState, keep
from api.log.certificates import load_roots
from api.log.timestamping import stamp
from api.objections.receiving import receive
from api.tray import queries as tray
from ledger.audit.database import Secrets, examine
from ledger.audit.fingerprint import check_record
from ledger.audit.history import Recorded
from ledger.clock import utc_now
from ledger.events.access import AccessLogSealed
from ledger.events.campaign import PolicyAmended
from ledger.events.nomination import NoticePosted
from ledger.findings import Finding
from ledger.log.high_water import FILE
from ledger.log.proofs import head
from ledger.statements.statement import parse_envelope
from ledger.storage.store import OpenStore, Store
from ledger.writing.access_log import append_lines, read_head
from ledger.writing.signing import Signer
from tests.audit.conftest import Original, codes, follow, url_of
from tests.http.test_timestamps import Authority
from tests.scene import policy

CHANGED = {
    "bigint": "{} + 1000",
    "integer": "{} + 100",
    "smallint": "{} + 5",
    "text": "{} || 'x'",
    "uuid": "gen_random_uuid()",
    "bytea": "set_byte({0}, 12, get_byte({0}, 12) # 1)",
    "timestamp with time zone": "{} - interval '1 second'",
    "boolean": "NOT {}",
    "jsonb": "{} || '{{\"planted\": 1}}'",
    "date": "{} + 1",
    "ARRAY": "array_append({}, 'planted')",
}
"""A change of what stands in a column, by its type."""

PLANTED = {
    "bigint": "1000000",
    "integer": "1",
    "text": "'x'",
    "uuid": "gen_random_uuid()",
    "bytea": "'\\x00'",
    "date": "'2026-01-01'",
}
"""Something where there was nothing."""

NAMED = {
    "ledger.tray.": "tray-differs",
    "ledger.kept_views.": "kept-view-differs",
    "ledger.state_version.": "state-version-differs",
    "ledger.writer.epoch": "epoch-differs",
    "ledger.writer.holder": "epoch-differs",
    "ledger.writer.since": "epoch-differs",
    "ledger.cosignatures.witness": "cosignature-differs",
    "ledger.cosignatures.size": "cosignature-unexpected",
}
"""By which finding a change of some columns is named, in every row."""

FOLLOWED = "views_tracking"
"""The one table that a replay checks and not the examination (tests/audit/test_answers.py)."""


class Column(NamedTuple):
    table: str
    name: str
    kind: str
    nullable: bool

    @property
    def full(self) -> str:
        return f"ledger.{self.table}.{self.name}"


class Full(NamedTuple):
    """A ledger with a row in every table, which can be spoiled and put back."""

    store: OpenStore
    connection: psycopg.Connection
    find: Callable[[], set[str]]

    def columns(self) -> list[Column]:
        """The columns that can be changed; generated ones follow from others."""
        rows = self.connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
            " WHERE table_schema = 'ledger' AND is_generated = 'NEVER' AND table_name <> %s"
            " ORDER BY table_name, ordinal_position",
            (FOLLOWED,),
        ).fetchall()
        return [Column(*row) for row in rows]

    def changes(self, column: Column) -> list[LiteralString]:
        """What can be done to the first and the last row in which a column holds something, and where it holds nothing."""
        update = f"UPDATE ledger.{column.table} SET {column.name} ="
        where = f"WHERE ctid = (SELECT {{}}(ctid) FROM ledger.{column.table} WHERE {column.name} IS {{}}NULL)"
        values = [CHANGED[column.kind].format(column.name), *(["NULL"] if column.nullable else [])]
        changes = [
            f"{update} {value} {where.format(which, 'NOT ')}" for which in ("min", "max") for value in values
        ]
        if column.nullable:
            changes.append(f"{update} {PLANTED[column.kind]} {where.format('min', '')}")
        return changes

    def after(self, change: LiteralString) -> set[str] | None:
        """What is found after a change; None where no row is changed, or the database refuses it."""
        try:
            with self.connection.transaction(force_rollback=True):
                done = self.connection.execute(change)
                return self.find() if done.rowcount else None
        except (psycopg.errors.IntegrityError, psycopg.errors.GeneratedAlways):
            return None


@pytest.fixture(scope="module")
def full(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    folder = tmp_path_factory.mktemp("full")
    # The true data folder must not remember what is recorded in a copy alone.
    shutil.copytree(original.folder / "data", folder / "data", ignore=shutil.ignore_patterns(FILE))
    with (
        original.copy(original.now) as database,
        OpenStore(Store(folder / "data", url_of(original.server, database))) as store,
        store.connect() as connection,
    ):
        filled(original, store, connection, folder)
        connection.execute("SET session_replication_role = replica")
        yield Full(store, connection, lambda: found(original, store, connection))


def found(original: Original, store: OpenStore, connection: psycopg.Connection) -> set[str]:
    findings: list[Finding] = []
    secrets = Secrets(store.vault(), store.marker())
    size = head(connection)
    recorded = Recorded(connection, size, figures(every_view(connection), size), whole=True)
    check_record(connection, findings.append)
    examine(
        connection,
        recorded,
        original.trust._replace(witnesses=original.trust.witnesses._replace(needed=0)),
        findings.append,
        secrets=secrets,
        beside=lambda state: [check_beside(connection, state, secrets.marker.row_seals(), findings.append)],
    )
    return codes(findings)


def filled(original: Original, store: OpenStore, connection: psycopg.Connection, folder: Path) -> None:
    """Puts a row into each table that the original has none in."""
    founded = original.founded
    store.ledger = founded.ledger
    append_lines(connection, read_head(connection), [{"at": "2026-01-01", "kind": "sign-in"}] * 2)
    with store.writer(clock=founded.clock) as writer:
        case, _ = founded.nominated(writer)
        posted = NoticePosted(
            campaign="b2026", unit="tea", cases=[case], start=founded.day(), end=founded.day(), place="门口"
        )
        notice = founded.record(writer, "tea-confirmer", posted).id
        row = {"case_id": case, "campaign": "b2026", "unit": "tea"}
        receive(connection, store, writer, notice, row, "此人并不困难")
        lines = read_head(connection)
        by_the_ledger = Signer(store.ledger_key(), founded.ledger, founded.clock)
        writer.record(by_the_ledger.sign(AccessLogSealed(lines=lines.number, head=lines.link.hex())))
    follow(store)
    seals = store.marker().row_seals()
    keep(connection, seals, "tea-clerk", "cases", "我的", KeptState(dense=True))
    waiting = founded.sign("approver", PolicyAmended(campaign="b2026", policy=policy(), reason="增加物资"))
    statement = orjson.loads(parse_envelope(waiting.envelope).payload)["id"]
    now = utc_now()
    kept = tray.Kept(
        statement, "approver", now, now + timedelta(days=14), waiting.envelope, "approver2", "有误"
    )
    tray.keep(connection, seals, [kept])
    authority = Authority(folder / "tsa")
    try:
        stamp(connection, authority.url, load_roots(authority.root))
    finally:
        authority.close()


def test_every_table_has_a_row_to_be_changed(full: Full) -> None:
    empty = {
        table
        for table in {column.table for column in full.columns()}
        if full.connection.execute(f"SELECT FROM ledger.{table} LIMIT 1".encode()).rowcount == 0
    }
    assert empty == set()
    assert full.find() == set()


def test_a_change_of_any_column_is_found_or_listed(full: Full) -> None:
    columns = full.columns()
    found = {
        column.full: [after for change in full.changes(column) if (after := full.after(change)) is not None]
        for column in columns
    }
    for name, code in NAMED.items():
        codes_of = [
            after for column, changes in found.items() if column.startswith(name) for after in changes
        ]
        assert all(code in after for after in codes_of), name
    assert {name for name, changes in found.items() if set() in changes} == set(UNCHECKED)
    assert {name for name, changes in found.items() if not changes} == {
        "ledger.registers.number",
        "ledger.state_version.one",
        "ledger.writer.one",
    }


def test_a_row_removed_is_found_or_listed(full: Full) -> None:
    tables = {column.table for column in full.columns()}
    unseen = {
        table
        for table in tables
        if not full.after(f"DELETE FROM ledger.{table} WHERE ctid = (SELECT max(ctid) FROM ledger.{table})")
    }
    assert unseen == set(REMOVED_UNSEEN)
