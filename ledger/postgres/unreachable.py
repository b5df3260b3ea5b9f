"""Why there is no connection (连不上的原因), in words: from what libpq and the server say, which is English.

What they say may be in the server's language, and then it is only known that there is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ledger.errors import Misconfigured

Words = tuple[str, str]

_TOO_LATE: Words = ("没有及时应答", "there was no answer in time")

_REASONS: Sequence[tuple[str, Words]] = (
    (
        r"password authentication failed|no password supplied|fe_sendauth",
        ("用户名或口令错误", "the user or the password is wrong"),
    ),
    (
        r"no pg_hba\.conf entry",
        ("服务器不许从此地址连接（pg_hba.conf）", "the server lets nobody in from here (pg_hba.conf)"),
    ),
    (r"database \"[^\"]*\" does not exist", ("没有这个数据库", "there is no such database")),
    (r"role \"[^\"]*\" does not exist", ("没有这个用户", "there is no such user")),
    (
        r"Ident authentication failed|Peer authentication failed",
        ("系统用户与数据库用户不符", "the system's user is not the database's"),
    ),
    (
        r"could not translate host name|Name or service not known",
        ("找不到主机", "the host cannot be resolved"),
    ),
    (
        r"Connection refused",
        ("连接被拒绝，那里没有 PostgreSQL 在运行", "the connection was refused: no PostgreSQL runs there"),
    ),
    (r"No such file or directory", ("本机没有 PostgreSQL 在运行", "no PostgreSQL runs on this machine")),
    (r"timeout expired|timed out", _TOO_LATE),
    (r"No route to host|Network is unreachable", ("网络不通", "there is no way through the network")),
    (
        r"certificate|SSL|TLS",
        ("TLS 未能建立：看证书与 sslmode", "there is no TLS: see to the certificate and sslmode"),
    ),
    (
        r"starting up|shutting down|recovery mode",
        ("服务器正在启动、停止或恢复", "the server is starting, stopping or recovering"),
    ),
    (r"too many clients|too many connections|connection slots", ("连接数已满", "all connections are taken")),
    (r"Permission denied", ("没有权限", "permission is denied")),
    (
        r"server closed the connection|terminating connection|connection to server was lost|connection is (closed|lost)",
        ("连接中断", "the connection broke"),
    ),
)


def reason_of_database(error: psycopg.Error) -> Words:
    """Why there is no connection, or none any more.

    >>> reason_of_database(psycopg.OperationalError('FATAL:  password authentication failed for user "u"'))
    ('用户名或口令错误', 'the user or the password is wrong')
    """
    said = str(error)
    for pattern, words in _REASONS:
        if re.search(pattern, said):
            return words
    return "没有应答", "there is no answer"


def is_too_late(error: psycopg.Error) -> bool:
    """Whether there was nothing but silence, as of a machine that is away or a server that is stopped."""
    return reason_of_database(error) == _TOO_LATE


def place_of(url: str) -> str:
    """Host and port of a database's URL, and nothing else of it."""
    told = conninfo_to_dict(url)
    return f"{told.get('host') or 'localhost'}:{told.get('port') or 5432}"


def not_reached(url: str, error: psycopg.Error) -> Misconfigured:
    """The error of a database that the settings name and that is not to be had: ``database-unreachable``."""
    zh, en = reason_of_database(error)
    place = place_of(url)
    return Misconfigured(
        "database-unreachable",
        f"连不上数据库 {place}：{zh}。检查 SONGNUAN_DATABASE_URL、网络，以及数据库是否在运行",
        f"the database at {place} cannot be reached: {en}. See to SONGNUAN_DATABASE_URL, the network, and that it runs",
    )
