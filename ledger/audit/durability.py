"""Settings of the server with which what it confirmed can be lost (持久性设置): in force, kept, or waiting.

A receipt says that an entry stands. With these the server forgets it in a crash, or answers with
zeros where a page is damaged; and what a configuration file holds comes into force unasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from ledger.errors import Refused, Rule
from ledger.findings import Finding, Report

SERVER_UNSAFE = Rule(
    "server-unsafe",
    zh="数据库服务器的设置 {setting}（{place}）会丢失已确认的记录",
    en="with the server's setting {setting} ({place_en}) what was confirmed can be lost",
)
SERVER_FILES_UNREAD = Rule(
    "server-files-unread",
    zh="无权读取数据库服务器的配置文件：未核对是否有不安全的设置等待生效",
    en="this role may not read the server's configuration files: whether an unsafe setting waits in them"
    " was not checked",
)

UNSAFE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "zero_damaged_pages": "on",
    "ignore_checksum_failure": "on",
    "wal_level": "minimal",
}
"""The value of each setting with which something confirmed can be lost."""

# As the server reads a boolean: any beginning of the word that is no beginning of another.
_SPELLINGS = {
    "on": {"on", "1", "t", "tr", "tru", "true", "y", "ye", "yes"},
    "off": {"of", "off", "0", "f", "fa", "fal", "fals", "false", "n", "no"},
}


def check_durability(connection: psycopg.Connection[Any], report: Report) -> tuple[Refused, ...]:
    """Report each unsafe setting, and where it stands; give back what could not be looked into."""
    for finding in (*_in_force(connection), *_kept(connection)):
        report(finding)
    row = connection.execute(
        "SELECT has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')"
        " AND has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')"
    ).fetchone()
    if row != (True,):
        return (SERVER_FILES_UNREAD.refused(),)
    for finding in _waiting(connection):
        report(finding)
    return ()


def is_unsafe(name: str, value: str) -> bool:
    """Whether a setting is one of these, however its value is spelt.

    >>> is_unsafe("fsync", "No"), is_unsafe("fsync", "on"), is_unsafe("wal_level", "minimal")
    (True, False, True)
    """
    unsafe = UNSAFE.get(name.lower())
    return unsafe is not None and value.lower() in _SPELLINGS.get(unsafe, {unsafe})


def _in_force(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """What the server gives a new session that asks for nothing."""
    for name, value in connection.execute(
        "SELECT name, reset_val FROM pg_catalog.pg_settings WHERE name = ANY(%s) ORDER BY 1", (list(UNSAFE),)
    ).fetchall():
        if is_unsafe(name, value):
            yield _finding(name, value, "现行", "in force")


def _kept(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """What is kept for this database or any role that comes to it: the service's may be another's."""
    for database, role, setting in connection.execute(
        "SELECT coalesce(d.datname, '*'), coalesce(r.rolname, '*'), s"
        " FROM pg_catalog.pg_db_role_setting k CROSS JOIN LATERAL unnest(k.setconfig) AS s"
        " LEFT JOIN pg_catalog.pg_database d ON d.oid = k.setdatabase"
        " LEFT JOIN pg_catalog.pg_roles r ON r.oid = k.setrole"
        " WHERE k.setdatabase = 0 OR d.datname = current_database() ORDER BY 1, 2, 3"
    ).fetchall():
        name, _, value = setting.partition("=")
        if is_unsafe(name, value):
            place = f"{database} / {role}"
            yield _finding(name, value, f"保存于 {place}", f"kept for {place}")


def _waiting(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """What the configuration files hold and the next reload or restart brings; the last line counts."""
    for name, value, file, force in connection.execute(
        "SELECT DISTINCT ON (lower(f.name)) lower(f.name), coalesce(f.setting, ''),"
        " f.sourcefile || ':' || f.sourceline, s.reset_val"
        " FROM pg_catalog.pg_file_settings f JOIN pg_catalog.pg_settings s ON s.name = lower(f.name)"
        " WHERE s.name = ANY(%s) AND s.source <> 'command line' ORDER BY lower(f.name), f.seqno DESC",
        (list(UNSAFE),),
    ).fetchall():
        if is_unsafe(name, value) and not is_unsafe(name, force):
            yield _finding(name, value, f"{file}，等待生效", f"{file}, waiting to come into force")


def _finding(name: str, value: str, place: str, place_en: str) -> Finding:
    return Finding(None, SERVER_UNSAFE.refused(setting=f"{name}={value}", place=place, place_en=place_en))
