"""The system user under which root runs the embedded server (系统用户): PostgreSQL refuses to run as root."""

from __future__ import annotations

import pwd
import stat
import subprocess
from pathlib import Path

from ledger.errors import Misconfigured

SERVER_USER = "songnuan"


def ensure_user(name: str) -> None:
    """Make the system user, unless there is one of the name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(  # noqa: S603 # a fixed command and our own user name
            [
                "/usr/sbin/useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                name,
            ],
            check=True,
            capture_output=True,
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
