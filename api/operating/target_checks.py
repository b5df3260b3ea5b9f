"""The doctor looks at the backups' target (备份目标体检): there, to be written, and on another disk than the data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from api.operating.check import Check
from api.service.settings import Settings
from ledger.storage.depot import folder_of, open_depot

TOPIC = "backup target"


def check_target(settings: Settings) -> Iterator[Check]:
    """The target of the settings; nothing stays of what a bucket is tried with."""
    target = settings.backup_target
    if target is None:
        yield Check(
            TOPIC,
            "warn",
            ("没有设置备份目标", "no target for backups is set"),
            (
                "用 SONGNUAN_BACKUP_TARGET 设置目录或 s3://桶/前缀，运行 songnuan backup keep",
                "set SONGNUAN_BACKUP_TARGET to a folder or s3://bucket/prefix, and run songnuan backup keep",
            ),
        )
        return
    folder = folder_of(target)
    if folder is None:
        open_depot(target).try_out()
        yield Check(
            TOPIC,
            "ok",
            ("备份目标可存、可取、可删", "the backups' target takes, gives back and removes"),
        )
    else:
        yield from _check_folder(folder, settings)


def _check_folder(folder: Path, settings: Settings) -> Iterator[Check]:
    if folder.exists() and not folder.is_dir():
        yield Check(
            TOPIC,
            "fail",
            (f"备份目标 {folder} 是文件，不是目录", f"the backups' target {folder} is a file and no folder"),
            ("改正 SONGNUAN_BACKUP_TARGET", "correct SONGNUAN_BACKUP_TARGET"),
        )
        return
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        yield Check(
            TOPIC,
            "fail",
            (
                f"备份目标 {folder} 不可用：{there} 不可写",
                f"the backups' target {folder} cannot be used: {there} cannot be written",
            ),
            (
                "改正其属主或权限（chown、chmod），或改正 SONGNUAN_BACKUP_TARGET",
                "give it the right owner or mode (chown, chmod), or correct SONGNUAN_BACKUP_TARGET",
            ),
        )
        return
    if there == folder:
        yield Check(TOPIC, "ok", (f"备份目标 {folder} 可写", f"the backups' target {folder} can be written"))
    else:
        yield Check(
            TOPIC,
            "warn",
            (f"备份目标 {folder} 不存在", f"the backups' target {folder} is not there"),
            (
                "若它是另一块盘，请先挂载；否则 songnuan backup keep 会新建它",
                "mount it, where it is another disk; songnuan backup keep makes it otherwise",
            ),
        )
    if (
        settings.database_url is None
        and settings.data_dir.exists()
        and _disk(there) == _disk(settings.data_dir)
    ):
        yield Check(
            TOPIC,
            "warn",
            (
                f"备份目标 {folder} 与数据目录在同一磁盘：盘坏则两者俱失",
                f"the backups' target {folder} is on the disk of the data folder: both are lost with it",
            ),
            ("改用另一台机器、另一块盘或 s3://桶/前缀", "use another machine or disk, or s3://bucket/prefix"),
        )


def _disk(folder: Path) -> int:
    return folder.stat().st_dev
