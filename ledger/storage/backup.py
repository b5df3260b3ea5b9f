"""Backups (备份): base backups by PostgreSQL's own program, each with its card.

A backup is a base backup with the WAL that makes it whole, and a card that names the ledger and its
last checkpoint then, by which a restored ledger is proved. With the WAL received since, it is
restored up to the last entry (:mod:`ledger.storage.restoring`). Secrets are no part of it: whoever
has both can read identities.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson

from ledger.clock import utc_now
from ledger.errors import Misconfigured
from ledger.log.proofs import latest_checkpoint, size_of
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.storage.base_backup import BASE, streamed_base
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.left_behind import LOCK
from ledger.storage.slots import BACKUP_SLOT, ensure_slot
from ledger.storage.wal import Base, parse_lsn
from ledger.system_words import reason_of

CARD = "backup.json"
MANIFEST = "backup_manifest"


class Backup(NamedTuple):
    """What a backup's card says. ``checkpoint`` is the signed note, ``size`` the entries that it holds."""

    ledger: str
    taken_at: str
    checkpoint: str
    size: int
    server_version: int


def take_backup(
    url: str, ledger: str, server: EmbeddedServer, folder: Path, *, slot: str | None = BACKUP_SLOT
) -> Backup:
    """Copy the database while it is at work; the folder has its name only once all is there.

    The slot is made first, so that no WAL between this base and whoever receives is ever removed;
    without one the backup stands for itself. ``server`` lends its programs. The server at ``url``
    must let this user replicate.

    Raises:
        Misconfigured: ``backup-there``, ``slot-lost``, ``postgresql-failed``.
        Unavailable: ``folder-in-use``.
    """
    if folder.exists():
        raise Misconfigured(
            "backup-there",
            f"{folder} 已存在：每份备份须用新的目录",
            f"{folder} exists already: each backup needs a folder of its own",
        )
    with connect(url, answer_seconds=ANSWER_SECONDS) as connection:
        if slot is not None:
            ensure_slot(connection, slot)
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
    with streamed_base(url, server, unfinished, "--manifest-checksums=SHA256"):
        check_backup(unfinished)
    (unfinished / CARD).write_bytes(orjson.dumps(card._asdict(), option=orjson.OPT_INDENT_2))
    (unfinished / LOCK).unlink()
    unfinished.rename(folder)
    return card


def check_backup(folder: Path) -> None:
    """Holds every file of a backup against the manifest that PostgreSQL wrote with it.

    The WAL beside them has its own checksums, which recovery checks.

    Raises:
        Misconfigured: ``backup-malformed``.
    """
    base = folder / BASE
    with _reading(folder, MANIFEST):
        listed = [
            (str(each["Path"]), each["Size"], each["Checksum"])
            for each in orjson.loads((base / MANIFEST).read_bytes())["Files"]
        ]
    for name, size, checksum in listed:
        path = base / name
        with _reading(folder, name):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if path.stat().st_size != size or digest != checksum:
                raise ValueError


@contextmanager
def _reading(folder: Path, name: str) -> Iterator[None]:
    """Tell by its name what of a backup is not there, cannot be read or is not what it was."""
    try:
        yield
    except OSError as error:
        zh, en = reason_of(error)
        raise _malformed(folder, name, zh, en) from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise _malformed(folder, name, "内容与备份时不符", "it is not what it was") from None


def _malformed(folder: Path, name: str, zh: str, en: str) -> Misconfigured:
    return Misconfigured(
        "backup-malformed",
        f"{folder} 不是完整的备份：{name}：{zh}。请给出 songnuan backup take 所做的目录或 backup keep 的备份目标，"
        "或改用另一份备份",
        f"{folder} is no whole backup: {name}: {en}. Name a folder that songnuan backup take made or the target of"
        " backup keep, or use another backup",
    )


def read_card(folder: Path) -> Backup:
    """What a backup says of itself; raises ``backup-malformed``."""
    with _reading(folder, CARD):
        return Backup(**orjson.loads((folder / CARD).read_bytes()))


def base_of(folder: Path) -> Base:
    """Where a backup begins and from where it is consistent, as its manifest says.

    Raises:
        Misconfigured: ``backup-malformed``.
    """
    with _reading(folder, MANIFEST):
        ranges = orjson.loads((folder / BASE / MANIFEST).read_bytes())["WAL-Ranges"]
        return Base(
            int(ranges[0]["Timeline"]),
            min(parse_lsn(each["Start-LSN"]) for each in ranges),
            max(parse_lsn(each["End-LSN"]) for each in ranges),
        )
