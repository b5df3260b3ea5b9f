"""Schema versions: numbered SQL files, applied in order, each once, under a lock."""

from __future__ import annotations

from importlib import resources

import psycopg
from psycopg import sql

from ledger.errors import Misconfigured

MIGRATION_LOCK = 0x736F6E67_00000001


def versions() -> dict[int, tuple[str, str]]:
    """Every version this release knows: number → (name, SQL)."""
    found = {}
    for file in resources.files(__name__).iterdir():
        if file.name.endswith(".sql"):
            number, _, name = file.name.removesuffix(".sql").partition("_")
            found[int(number)] = (name, file.read_text(encoding="utf-8"))
    return dict(sorted(found.items()))


def applied(connection: psycopg.Connection) -> int:
    """The version of a database's schema; 0 for an empty database."""
    exists = connection.execute("SELECT to_regclass('ledger.schema_versions')").fetchone()
    if exists is None or exists[0] is None:
        return 0
    row = connection.execute("SELECT max(version) FROM ledger.schema_versions").fetchone()
    return int(row[0]) if row is not None and row[0] is not None else 0


def migrate(connection: psycopg.Connection) -> int:
    """Brings the schema up to this release's version, and returns it.

    All steps happen in one transaction: a break leaves the schema as it was.

    Raises:
        Misconfigured: ``schema-newer`` where a later release has been here.
    """
    known = versions()
    newest = max(known)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        current = applied(connection)
        if current > newest:
            raise Misconfigured(
                "schema-newer",
                f"数据库结构版本为 {current}，本程序只认识到 {newest}：请升级程序",
                f"the database has schema version {current}, this release knows {newest}: upgrade",
            )
        if current == 0:
            connection.execute("CREATE SCHEMA IF NOT EXISTS ledger")
            connection.execute(
                "CREATE TABLE ledger.schema_versions (version integer PRIMARY KEY,"
                " name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
            )
        for version, (name, text) in known.items():
            if version > current:
                connection.execute(sql.SQL(text))
                connection.execute(
                    "INSERT INTO ledger.schema_versions (version, name) VALUES (%s, %s)",
                    (version, name),
                )
    return newest
