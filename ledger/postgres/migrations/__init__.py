"""Schema versions (结构版本): numbered SQL files, applied in order, each once, under a lock.

The tables of views are no migrations: they are made from the declared rows in :mod:`projections.views`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib import resources
from typing import Any

import psycopg
from psycopg import sql

from ledger.errors import Misconfigured

MIGRATION_LOCK = 0x736F6E67_00000001
SCHEMA = "ledger"


def versions() -> dict[int, tuple[str, str]]:
    """Every version this release knows: number → (name, SQL)."""
    found = {}
    for file in resources.files(__name__).iterdir():
        if file.name.endswith(".sql"):
            number, _, name = file.name.removesuffix(".sql").partition("_")
            found[int(number)] = (name, file.read_text(encoding="utf-8"))
    return dict(sorted(found.items()))


def applied(connection: psycopg.Connection[Any]) -> int:
    """The version of a database's schema; 0 for an empty database."""
    return max(recorded(connection), default=0)


def recorded(connection: psycopg.Connection[Any]) -> dict[int, str]:
    """The versions that the database says were applied to it, with their names."""
    exists = connection.execute("SELECT to_regclass('ledger.schema_versions')").fetchone()
    if exists is None or exists[0] is None:
        return {}
    return dict(connection.execute("SELECT version, name FROM ledger.schema_versions").fetchall())


def migrate(connection: psycopg.Connection[Any]) -> int:
    """Brings the schema up to this release's version, and returns it.

    All steps happen in one transaction: a break leaves the schema as it was.

    Raises:
        Misconfigured: ``schema-newer`` where a later release has been here, ``schema-record-differs``
            where the record of versions is not that of the tables.
    """
    newest = max(versions())
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        there = recorded(connection)
        if max(there, default=0) > newest:
            raise Misconfigured(
                "schema-newer",
                f"数据库结构版本为 {max(there)}，本程序只认识到 {newest}：请升级程序",
                f"the database has schema version {max(there)}, this release knows {newest}: upgrade",
            )
        try:
            make(connection, there)
        except psycopg.ProgrammingError as error:
            raise _record_differs(there, str(error).splitlines()[0]) from error
    return newest


def make(connection: psycopg.Connection[Any], there: Collection[int] = (), schema: str = SCHEMA) -> None:
    """Apply every version that is not there yet, in the caller's transaction.

    Another ``schema`` gets the same tables beside the ledger's own.
    """
    if not there:
        connection.execute(_named("CREATE SCHEMA IF NOT EXISTS ledger", schema))
        connection.execute(
            _named(
                "CREATE TABLE IF NOT EXISTS ledger.schema_versions (version integer PRIMARY KEY,"
                " name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
                schema,
            )
        )
    for version, (name, text) in versions().items():
        if version not in there:
            connection.execute(_named(text, schema))
            connection.execute(
                _named("INSERT INTO ledger.schema_versions (version, name) VALUES (%s, %s)", schema),
                (version, name),
            )


def _named(text: str, schema: str) -> sql.SQL:
    """The statements with the ledger's schema under another name."""
    return sql.SQL(text if schema == SCHEMA else re.sub(rf"\b{SCHEMA}\b", schema, text))


def _record_differs(there: Collection[int], problem: str) -> Misconfigured:
    found = ", ".join(map(str, sorted(there))) or "—"
    return Misconfigured(
        "schema-record-differs",
        f"数据库的结构版本记录（{found}）与其中的表不符：记录可能被删改，请从备份恢复，或核对后补全 ledger.schema_versions",
        f"the record of schema versions ({found}) does not fit the database's tables: {problem}; rows of"
        " ledger.schema_versions were removed or changed: restore a backup, or put them back",
    )
