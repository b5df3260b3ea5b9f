"""The system user under which root runs the embedded server (系统用户): PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import structlog

from ledger.errors import Misconfigured

SERVER_USER = "songnuan"

_log = structlog.get_logger(__name__)


def ensure_user(name: str) -> None:
    """Make the system user, unless there is one of the name.

    Raises:
        Misconfigured: ``server-user-missing`` where the system does not make it.
    """
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = [
            "/usr/sbin/useradd", "--system", "--user-group", "--no-create-home",
            "--shell", "/usr/sbin/nologin", name,
        ]  # fmt: skip
        try:
            made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 # fixed words
        except OSError:
            raise _not_made(name, command) from None
        if made.returncode != 0:
            _log.error("the system user was not made", exit_code=made.returncode)
            raise _not_made(name, command) from None


def _not_made(name: str, command: Sequence[str]) -> Misconfigured:
    by_hand = " ".join(command)
    return Misconfigured(
        "server-user-missing",
        f"root 运行时内置 PostgreSQL 需要系统用户 {name}，而系统未能新建它：请以 {by_hand} 手工新建，或改用普通用户运行",
        f"run by root, the embedded PostgreSQL needs the system user {name}, which the system did not make: make it by"
        f" {by_hand}, or run as an ordinary user",
    )


def all_can_reach(path: Path) -> bool:
    """Whether every folder above a path lets any user through."""
    needed = stat.S_IXOTH
    return all(parent.stat().st_mode & needed for parent in path.resolve().parents)


def check_reachable(folder: Path) -> None:
    """Refuse a data folder that the system user cannot reach: ``data-folder-private``."""
    if not all_can_reach(folder / "postgresql"):
        raise Misconfigured(
            "data-folder-private",
            f"数据目录 {folder} 的上级目录不对系统用户 {SERVER_USER} 开放：请用 SONGNUAN_DATA_DIR 另选，"
            "例如 /var/lib/songnuan",
            f"the data folder {folder} lies below one that the system user {SERVER_USER} cannot "
            "enter: choose another by SONGNUAN_DATA_DIR, for example /var/lib/songnuan",
        )


def check_owner(data: Path, user: str | None) -> None:
    """Refuse a server's data that belong to another user: ``data-folder-owner``.

    PostgreSQL would not start, and could not say why: its log lies among the data. ``user`` is the
    system user; None where the server runs as whoever runs this process.
    """
    # What a break left half made has no version yet, and is made anew.
    if not (data / "PG_VERSION").exists():
        return
    owner = data.stat().st_uid
    wanted = os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
    if owner != wanted:
        name = user or str(wanted)
        raise Misconfigured(
            "data-folder-owner",
            f"数据目录 {data} 属于用户 {owner}，内置 PostgreSQL 须以用户 {name} 运行：请执行 chown -R {name}: {data}",
            f"the data folder {data} belongs to user {owner}, and the embedded PostgreSQL runs as {name}: run"
            f" chown -R {name}: {data}",
        )
