"""What goes wrong around the program, in the words of whoever runs it: files, the network, the database."""

from __future__ import annotations

import errno
import os
import sys
import tempfile

from ledger.errors import Misconfigured, SongnuanError, Unavailable
from ledger.system_words import reason_of


def explained(error: BaseException) -> SongnuanError | None:
    """An error as one with a stable code; None where it is a mistake of the program, to be traced."""
    # A driver that was not imported has raised nothing, and where only files are used it is not there.
    if "psycopg" in sys.modules:
        found = _explained_database(error)
        if found is not None:
            return found
    if isinstance(error, SongnuanError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        return _not_installed(error.name.partition(".")[0])
    if isinstance(error, OSError):
        return _unusable(error)
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return _unusable(BlockingIOError(errno.EAGAIN, "no thread"))
    if isinstance(error, MemoryError):
        return _unusable(OSError(errno.ENOMEM, "no memory"))
    return None


def _unusable(error: OSError) -> Misconfigured | None:
    zh, en = reason_of(error)
    if error.filename is not None:
        return Misconfigured(
            "file-unusable", f"不能使用 {error.filename}：{zh}", f"cannot use {error.filename}: {en}"
        )
    if error.errno in _OF_A_DISK:
        return Misconfigured("file-unusable", f"文件写不下去：{zh}", f"a file cannot be written: {en}")
    if error.errno in _OF_THE_PROCESS:
        return Misconfigured(
            "process-limited",
            f"操作系统限制了本进程：{zh}。请放宽限制（ulimit -n、ulimit -u 或容器的限制）后重新执行",
            f"the system limits this process: {en}. Widen its limits (ulimit -n, ulimit -u, or the container's) and"
            " give the command again",
        )
    if error.errno == errno.ENOENT:
        return _folder_missing()
    return None


_OF_A_DISK = (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG)
"""What is met while a file that is open is written, without its name."""

_OF_THE_PROCESS = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)
"""What is met while a process, a thread, a pipe or a socket is made."""


def _folder_missing() -> Misconfigured | None:
    """A folder that nobody named: the one that the command is given in, or that for temporary files."""
    try:
        os.getcwd()
    except OSError:
        return Misconfigured(
            "folder-gone",
            "当前目录已不存在：请进入另一目录后重新执行",
            "the current folder is not there any more: go to another and give the command again",
        )
    try:
        tempfile.gettempdir()
    except OSError:
        return Misconfigured(
            "no-temporary-folder",
            "没有可写的临时目录：请检查 /tmp 或以 TMPDIR 指定",
            "no folder for temporary files can be written: look at /tmp, or name one in TMPDIR",
        )
    return None


def _not_installed(module: str) -> Misconfigured | None:
    """A library is missing, and not a module of ours, which would be a mistake of the program."""
    if module in _OURS:
        return None
    return Misconfigured(
        "not-installed",
        f"此命令需要 {module}，尚未安装：pip install 'songnuan[service]'",
        f"this command needs {module}, which is not installed: pip install 'songnuan[service]'",
    )


_OURS = ("api", "ledger", "projections")


def _explained_database(error: BaseException) -> SongnuanError | None:
    import psycopg
    from eventsourcing.persistence import PersistenceError
    from psycopg_pool import PoolTimeout

    from ledger.postgres.server_words import reason_of_error

    # The recorder's library wraps what the driver raised.
    while isinstance(error, PersistenceError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, SongnuanError):
        return error
    if isinstance(error, PoolTimeout):
        return Unavailable("database-busy", "数据库连接均被占用", "all database connections are in use", 5)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return Unavailable(
            "database-read-only",
            "数据库处于只读状态，不能写入：songnuan doctor 说明是哪项设置、怎样改回",
            "the database is read-only and cannot be written: songnuan doctor names the setting and how to take it"
            " back",
            30,
        )
    if isinstance(error, psycopg.OperationalError):
        zh, en = reason_of_error(error)
        return Unavailable(
            "database-unavailable", f"数据库暂不可用：{zh}", f"the database cannot be used now: {en}", 5
        )
    return None
