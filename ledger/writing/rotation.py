"""Rotating the vault's key (密钥轮换) while the ledger is at work, and destroying the old ones.

A row's data key is wrapped anew; its box stays. Until the old key is destroyed, a row that was
deleted can still be opened from an old backup or from what the database has not overwritten yet;
afterwards it cannot, by anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from ledger.errors import Misconfigured, Unavailable
from ledger.identity.secrets import Folder, load_secrets, versions_of
from ledger.identity.vault import Sealed, Vault
from ledger.writing.registers import rewrapped
from ledger.writing.writer_session import WRITER_LOCK

ROWS_AT_ONCE = 500


def rotate(
    connection: psycopg.Connection[Any], folder: Folder, progress: Callable[[int], None] = lambda done: None
) -> int:
    """Makes a new version of the key, wraps every row with it, and returns it.

    A break leaves some rows under the old key, which both open; run again, it makes no further key
    but goes on.
    """
    newest = max(load_secrets(folder).vault_keys)
    if not _rows_below(connection, newest):
        newest += 1
        folder.write(f"vault_key.{newest}")
    vault = Vault(load_secrets(folder).vault_keys)
    done = 0
    while rows := connection.execute(
        "SELECT id, dossier, key_version, wrapped_key, box FROM ledger.vault WHERE key_version < %s LIMIT %s",
        (newest, ROWS_AT_ONCE),
    ).fetchall():
        again = [
            vault.rewrap(Sealed(row_id, dossier, version, bytes(key), bytes(box)))
            for row_id, dossier, version, key, box in rows
        ]
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE ledger.vault SET key_version = %s, wrapped_key = %s WHERE id = %s",
                [(row.key_version, row.wrapped_key, row.id) for row in again],
            )
        done += len(rows)
        progress(done)
    rewrapped(connection, vault)
    return newest


def retire(connection: psycopg.Connection[Any], folder: Folder) -> list[int]:
    """Destroys every version of the key but the newest; returns the versions destroyed.

    Raises:
        Misconfigured: ``vault-key-in-use`` where a row is still under an older one.
        Unavailable: ``writer-elsewhere`` while a writer runs, which may still seal with an older one.
    """
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone()
    if row is None or not row[0]:
        raise Unavailable(
            "writer-elsewhere",
            "另一进程正在登记，可能仍用旧密钥：请先停止服务",
            "a writer is at work and may still seal with the old key: stop the service first",
            5,
        )
    try:
        versions = versions_of(folder, "vault_key")
        newest = max(versions)
        left = _rows_below(connection, newest)
        if left:
            raise Misconfigured(
                "vault-key-in-use",
                f"还有 {left} 条记录由旧密钥封装：请先运行 songnuan vault rotate",
                f"{left} rows are still under an older key: run songnuan vault rotate first",
            )
        old = sorted(version for version in versions if version < newest)
        for version in old:
            folder.destroy(versions[version])
        return old
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (WRITER_LOCK,))


def _rows_below(connection: psycopg.Connection[Any], version: int) -> int:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM ledger.vault WHERE key_version < %(version)s)"
        " + (SELECT count(*) FROM ledger.registers WHERE key_version < %(version)s)",
        {"version": version},
    ).fetchone()
    return 0 if row is None else int(row[0])
