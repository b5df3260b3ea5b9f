"""The doctor looks at the backups' target (备份目标体检): there, to be written, and on another disk than the data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from api.operating.check import Check
from api.service.settings import Settings
from ledger.storage.depot import folder_of, open_depot
from ledger.storage.holdings import Holdings

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
        yield from _half_stored(target)
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
        yield from _half_stored(str(folder))
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


def _half_stored(target: str) -> Iterator[Check]:
    for name in Holdings(open_depot(target)).half_stored():
        zh, en = said_of_half(name)
        yield Check(
            TOPIC,
            "warn",
            (zh, en),
            (
                "若 songnuan backup keep 正在运行，等它存完；否则重新运行它，即清除并重做",
                "where songnuan backup keep runs, wait for it; else run it again, which removes it and makes one anew",
            ),
        )


def said_of_half(name: str) -> tuple[str, str]:
    """What is said of a base whose copy is not whole, in Chinese and English."""
    return (
        f"全量备份 {name} 未存完（正在存入，或曾中断），不用于恢复",
        f"the base {name} is unfinished (it is being stored, or was broken off), and no restore uses it",
    )


def _disk(folder: Path) -> int:
    return folder.stat().st_dev
