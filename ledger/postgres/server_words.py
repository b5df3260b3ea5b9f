"""What PostgreSQL says, in the reader's words (服务器所说): its log's end, and the errors of questions.

PostgreSQL speaks English, or the language of its machine. What is known is said in words of ours; what is not is
left to the log, which keeps it as it came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import psycopg

from ledger.postgres.unreachable import Words, reason_of_database

_OF_LOG: Sequence[tuple[str, Words]] = (
    (
        r"Address already in use|could not bind",
        ("端口或套接字已被占用", "its port or socket is taken already"),
    ),
    (
        r"shared memory .*No space left on device",
        ("共享内存（/dev/shm）空间不足", "there is not enough shared memory (/dev/shm)"),
    ),
    (
        r"File too large|File size limit exceeded",
        ("单个文件的大小受限（ulimit -f）", "the size of a file is limited (ulimit -f)"),
    ),
    (r"No space left on device|could not extend file", ("磁盘已满", "the disk is full")),
    (
        r"lock file .* already exists|Is another postmaster",
        ("已有服务器在使用此数据目录", "another server runs on this data folder"),
    ),
    (
        r"has wrong ownership|has group or world access|invalid permissions|Permission denied",
        ("数据目录的属主或权限不对", "the data folder has the wrong owner or mode"),
    ),
    (
        r"Cannot allocate memory|shared memory|out of memory",
        ("内存不足", "there is not enough memory"),
    ),
    (r"PG_CONTROL_VERSION 0 ", ("数据文件损坏或不全", "files of the data are damaged or missing")),
    (
        r"Too many open files|too many open files|insufficient file descriptors",
        ("可打开的文件数不足（ulimit -n）", "too few files may be open (ulimit -n)"),
    ),
    (
        r"could not fork|Resource temporarily unavailable",
        ("可创建的进程数不足（ulimit -u）", "too few processes may be started (ulimit -u)"),
    ),
    (
        r"incompatible with server|was initialized by PostgreSQL version",
        ("数据由另一版本的 PostgreSQL 建立", "the data are another version's of PostgreSQL"),
    ),
    (
        r"valid checkpoint record|invalid page|checksum|PANIC|incorrect .* control file|could not open file \"global",
        ("数据文件损坏或不全", "files of the data are damaged or missing"),
    ),
    (
        r"configuration file .* contains errors|unrecognized configuration parameter|invalid value for parameter",
        ("服务器的配置有误", "the server's configuration is wrong"),
    ),
    (
        r"WAL segment .* has already been removed|requested starting point .* is ahead",
        ("所需的 WAL 已不在", "WAL that is needed is gone"),
    ),
    (r"could not create .* locale|invalid locale", ("系统没有所需的区域设置", "the system lacks the locale")),
)


def reason_of_log(said: str) -> Words:
    """Why a server or one of its programs failed, by the end of what it wrote.

    >>> reason_of_log('FATAL:  could not create lock file "x": No space left on device')
    ('磁盘已满', 'the disk is full')
    >>> reason_of_log("something new")
    ('原因见服务器日志', "the server's log says why")
    """
    for pattern, words in _OF_LOG:
        if re.search(pattern, said):
            return words
    return "原因见服务器日志", "the server's log says why"


_OF_STATE: Sequence[tuple[str, Words]] = (
    ("42P01", ("有表不存在", "a table is not there")),
    ("42703", ("有列不存在", "a column is not there")),
    ("42883", ("有函数不存在", "a function is not there")),
    ("3F000", ("有模式不存在", "a schema is not there")),
    ("42501", ("没有权限", "a right is missing")),
    ("57014", ("未能及时完成", "it was not done in time")),
    ("53100", ("磁盘已满", "the disk is full")),
    ("53200", ("内存不足", "there is not enough memory")),
    ("XX001", ("数据文件损坏", "a file of the data is damaged")),
    ("XX002", ("索引损坏", "an index is damaged")),
    ("25006", ("数据库只读", "the database is read-only")),
    ("22", ("其中有不合格式的值", "a value in it is malformed")),
    ("42", ("结构与本程序所建不同", "its structure is not what this release makes")),
)


def reason_of_error(error: psycopg.Error) -> Words:
    """What went wrong with a question or a connection.

    >>> reason_of_error(psycopg.errors.UndefinedTable())
    ('有表不存在', 'a table is not there')
    """
    state = error.sqlstate or ""
    for begins, words in _OF_STATE:
        if state.startswith(begins):
            return words
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return reason_of_database(error)
    return "数据库报错，详情见日志", "the database reports an error, the log says more"


def reason_of_unreadable(error: BaseException) -> Words:
    """What keeps something stored from being read: the driver's error, also within another library's."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, psycopg.Error):
            return reason_of_error(found)
        found = found.__cause__
    return "所存内容无法识读，详情见日志", "what is stored cannot be read, the log says more"
