"""The data folder (数据目录) as such: there, and a folder."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import Misconfigured


def check_folder(folder: Path) -> None:
    """Refuse what is there and is no folder: ``data-folder-invalid``."""
    if folder.exists() and not folder.is_dir():
        raise not_a_folder(folder)


def make_folder(folder: Path) -> None:
    """Make the data folder unless it is there; refuses what is no folder, see :func:`check_folder`."""
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)


def not_a_folder(folder: Path) -> Misconfigured:
    """The error of a data folder that is something else."""
    return Misconfigured(
        "data-folder-invalid",
        f"数据目录 {folder} 是文件，不是目录：请用 SONGNUAN_DATA_DIR 指向目录",
        f"the data folder {folder} is a file and no folder: name a folder by SONGNUAN_DATA_DIR",
    )
