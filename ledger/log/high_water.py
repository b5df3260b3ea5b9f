"""The highest checkpoint seen (最高检查点): what the data folder remembers of the log, apart from the database.

A database that was set back to an old copy contradicts nothing inside itself; only what is kept
elsewhere shows it. The folder keeps the last checkpoint that was published, on disk before anybody
is told of it twice, and a database that holds less, or another history, is refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psycopg

from ledger.crypto.merkle import leaf_hash
from ledger.errors import Misconfigured, Refused
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.note import parse_note
from ledger.log.tiles import Edge

FILE = "highest.checkpoint"
READ_ENTRIES = 2_000


def set_back(zh: str, en: str) -> Misconfigured:
    """The error of a database that holds less than was published, or another history."""
    return Misconfigured(
        "set-back",
        f"数据库被回退或替换：{zh}。请恢复到更新的备份；若其后的记录确已无法找回，请停止服务，"
        "由授权管理员执行 songnuan set-back accept",
        f"the database was set back or replaced: {en}. Restore a later copy; if what came after is lost for good,"
        " stop the service and let a registrar run songnuan set-back accept",
    )


class CheckpointMemory:
    """One file in the data folder, replaced whole and flushed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE

    def read(self) -> Checkpoint | None:
        """The checkpoint remembered; None where there is none yet.

        Raises:
            Misconfigured: ``set-back-memory`` where the file is no checkpoint.
        """
        try:
            return parse_checkpoint(parse_note(self._path.read_bytes()).text)
        except FileNotFoundError:
            return None
        except Refused as refusal:
            raise Misconfigured(
                "set-back-memory",
                f"{self._path} 不是检查点：{refusal.message('zh')}",
                f"{self._path} is no checkpoint: {refusal.message('en')}",
            ) from None

    def note(self) -> bytes | None:
        """The checkpoint remembered as it was signed; None where there is none yet."""
        return self._path.read_bytes() if self._path.exists() else None

    def keep(self, note: bytes) -> None:
        """Remember a checkpoint instead of the one before."""
        unfinished = self._path.with_suffix(".new")
        with unfinished.open("wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._path)
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def forget(self) -> None:
        """Remember nothing: what the database holds next is taken as it is."""
        self._path.unlink(missing_ok=True)


def check_not_set_back(connection: psycopg.Connection[Any], remembered: Checkpoint | None, head: int) -> None:
    """Refuse a database whose log does not go on from the checkpoint remembered.

    Raises:
        Misconfigured: ``set-back``.
    """
    if remembered is None:
        return
    if head < remembered.size:
        raise set_back(
            f"已公布到第 {remembered.size} 号，现只有 {head} 号",
            f"{remembered.size} entries were published, here are {head}",
        )
    row = connection.execute(
        "SELECT note FROM ledger.checkpoints WHERE size = %s", (remembered.size,)
    ).fetchone()
    root = (
        _root_at(connection, remembered.size)
        if row is None
        else parse_checkpoint(parse_note(row[0].encode()).text).root
    )
    if root != remembered.root:
        raise set_back(
            f"第 {remembered.size} 号检查点与已公布的不同",
            f"the log at {remembered.size} is not the one that was published",
        )


def _root_at(connection: psycopg.Connection[Any], size: int) -> bytes:
    """The root over the first entries, computed from them: the database lost the checkpoint, or never had it."""
    edge = Edge()
    while edge.size < size:
        rows = connection.execute(
            "SELECT data FROM ledger.entries WHERE position > %s AND position <= %s ORDER BY position LIMIT %s",
            (edge.size, size, READ_ENTRIES),
        ).fetchall()
        if not rows:
            return b""
        edge.append([leaf_hash(data) for (data,) in rows])
    return edge.root()
