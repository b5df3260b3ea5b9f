"""Backups (备份) and standbys (备机): copies of the database by PostgreSQL's own programs.

A backup is a base backup with the WAL that makes it whole, and a card that names the ledger and its
last checkpoint then, by which a restored ledger is proved. With the WAL received since, it is
restored up to the last entry. Secrets are no part of it: whoever has both can read identities.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import orjson
import psycopg

from ledger.clock import utc_now
from ledger.embedded import EmbeddedServer
from ledger.errors import Misconfigured
from ledger.log import latest_checkpoint, size_of

CARD = "backup.json"
BASE = "base"
SLOT = "songnuan_wal"
RECOVERY_SECONDS = 3_600.0


class Backup(NamedTuple):
    """What a backup's card says. ``checkpoint`` is the signed note, ``size`` the entries that it holds."""

    ledger: str
    taken_at: str
    checkpoint: str
    size: int
    server_version: int


def take_backup(url: str, ledger: str, server: EmbeddedServer, folder: Path) -> Backup:
    """Copies the database while it is at work; the folder has its name only once all is there.

    ``server`` lends its programs. The server at ``url`` must let this user replicate.

    Raises:
        Misconfigured: ``backup-there``, ``postgresql-failed``.
    """
    if folder.exists():
        raise Misconfigured(
            "backup-there",
            f"{folder} 已存在：每份备份须用新的目录",
            f"{folder} exists already: each backup needs a folder of its own",
        )
    with psycopg.connect(url, autocommit=True) as connection:
        note = latest_checkpoint(connection)
        version = connection.info.server_version
    card = Backup(
        ledger,
        utc_now().isoformat(),
        "" if note is None else note.decode(),
        0 if note is None else size_of(note),
        version,
    )
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    server.prepare_folder(unfinished)
    base = str(unfinished / BASE)
    server.command(
        "pg_basebackup",
        "-d",
        url,
        "-D",
        base,
        "-X",
        "stream",
        "-c",
        "fast",
        "--no-password",
        "--manifest-checksums=SHA256",
    )
    check_backup(unfinished)
    (unfinished / CARD).write_bytes(orjson.dumps(card._asdict(), option=orjson.OPT_INDENT_2))
    unfinished.rename(folder)
    return card


def check_backup(folder: Path) -> None:
    """Holds every file of a backup against the manifest that PostgreSQL wrote with it.

    The WAL beside them has its own checksums, which recovery checks.

    Raises:
        Misconfigured: ``backup-malformed``.
    """
    base = folder / BASE
    try:
        listed = orjson.loads((base / "backup_manifest").read_bytes())["Files"]
        for each in listed:
            path = base / each["Path"]
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if path.stat().st_size != each["Size"] or digest != each["Checksum"]:
                raise ValueError(f"{each['Path']} is not as it was")
    except (OSError, ValueError, KeyError) as error:
        raise _malformed(folder, error) from None


def _malformed(folder: Path, error: Exception) -> Misconfigured:
    return Misconfigured(
        "backup-malformed", f"{folder} 不是完整的备份：{error}", f"{folder} is no whole backup: {error}"
    )


def read_card(folder: Path) -> Backup:
    """What a backup says of itself; raises ``backup-malformed``."""
    try:
        return Backup(**orjson.loads((folder / CARD).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise _malformed(folder, error) from None


def receive_wal(url: str, server: EmbeddedServer, folder: Path) -> int:
    """Receives the WAL as it is written, until it is stopped; answers the program's exit code.

    A replication slot keeps what was not received yet on the server.
    """
    server.prepare_folder(folder)
    common = ("-d", url, "--slot", SLOT, "--no-password")
    server.command("pg_receivewal", *common, "--create-slot", "--if-not-exists")
    program = server.spawn("pg_receivewal", *common, "-D", str(folder), "--synchronous")
    try:
        return program.wait()
    except KeyboardInterrupt:
        program.terminate()
        program.wait()
        return 0


def restore(folder: Path, server: EmbeddedServer, wal: Path | None = None) -> Backup:
    """Puts a backup into the server's folder, which must have no database, and starts it.

    With ``wal``, goes on from there with all that was received since. Returns once the server takes
    statements.

    Raises:
        Misconfigured: ``data-folder-in-use``, ``backup-malformed``, ``postgresql-failed``.
    """
    card = read_card(folder)
    check_backup(folder)
    _check_free(server)
    server.folder.mkdir(parents=True, exist_ok=True)
    made = server.folder / "postgresql.restored"
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(folder / BASE, made, symlinks=True)
    if wal is not None:
        source = str(wal.absolute()).replace("'", "''").replace("%", "%%")
        with (made / "postgresql.auto.conf").open("a") as file:
            file.write(f'restore_command = \'cp "{source}/%f" "%p" || cp "{source}/%f.partial" "%p"\'\n')
        (made / "recovery.signal").touch()
    server.adopt(made)
    server.start()
    _wait_for(server, recovering=False)
    return card


def make_standby(url: str, server: EmbeddedServer) -> None:
    """Copies the primary into the server's folder, so that it starts as its standby (streaming replication).

    Raises:
        Misconfigured: ``data-folder-in-use``, ``postgresql-failed``.
    """
    _check_free(server)
    server.prepare_folder(server.folder / "standby.new")
    made = server.folder / "standby.new" / BASE
    shutil.rmtree(made, ignore_errors=True)
    server.command(
        "pg_basebackup", "-d", url, "-D", str(made), "-X", "stream", "-c", "fast", "-R", "--no-password"
    )
    server.adopt(made)


def promote(server: EmbeddedServer) -> None:
    """Makes a running standby the primary; the old one must be stopped for good."""
    server.promote()
    _wait_for(server, recovering=False)


def _check_free(server: EmbeddedServer) -> None:
    if server.has_data:
        raise Misconfigured(
            "data-folder-in-use",
            f"{server.folder} 中已有数据库：请另选目录",
            f"there is a database in {server.folder} already: choose another folder",
        )


def _wait_for(server: EmbeddedServer, *, recovering: bool) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            with psycopg.connect(server.url, autocommit=True) as connection:
                found = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            if found == (recovering,):
                return
        except psycopg.OperationalError:
            if not server.is_running():
                raise Misconfigured(
                    "postgresql-failed",
                    f"恢复失败：{server.log_tail()}",
                    f"the recovery failed: {server.log_tail()}",
                ) from None
        if time.monotonic() > deadline:
            raise Misconfigured(
                "postgresql-failed",
                f"恢复未在 {RECOVERY_SECONDS:.0f} 秒内完成：{server.log_tail()}",
                f"the recovery did not end in {RECOVERY_SECONDS:.0f} seconds: {server.log_tail()}",
            )
        time.sleep(0.05)
