"""A database that was set read-only (只读): how a session writes all the same, and how the setting is lifted.

``default_transaction_read_only`` can stand in the server's configuration, or be kept for a database,
a role, or both; whatever is more particular has the last word.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from ledger.storage.foreign_settings import is_kept_from_working

SETTING = "default_transaction_read_only"


class ReadOnly(NamedTuple):
    """Where the setting of a session comes from, and what takes it back: texts as (Chinese, English)."""

    where: tuple[str, str]
    way_out: tuple[str, str]


def let_write(connection: psycopg.Connection[Any]) -> None:
    """Let this session write whatever the database's defaults are; no row is read or written."""
    connection.execute(f"SET {SETTING} = off")


def lift_read_only(connection: psycopg.Connection[Any]) -> list[str]:
    """Take the setting back wherever it is kept for the server, a database or a role; name each place.

    The connection is an administrator's, in autocommit, to a primary. New sessions write at once.
    """
    let_write(connection)
    lifted = []
    row = connection.execute(
        "SELECT setting FROM pg_file_settings WHERE lower(name) = %s ORDER BY seqno DESC LIMIT 1", (SETTING,)
    ).fetchone()
    if row is not None and _is_on(row[0]):
        connection.execute(f"ALTER SYSTEM SET {SETTING} = off")
        connection.execute("SELECT pg_reload_conf()")
        lifted.append(f"{SETTING} = {row[0]}")
    lifted += [
        f"{database or '*'} / {role or '*'}: {SETTING}"
        for database, role, name, _ in take_back_kept(connection, (SETTING,))
        if name == SETTING
    ]
    return lifted


class Kept(NamedTuple):
    """A setting kept for a database, a role, or both; None is all of them."""

    database: str | None
    role: str | None
    name: str
    value: str


def take_back_kept(connection: psycopg.Connection[Any], names: Collection[str]) -> list[Kept]:
    """Take settings of these names back that keep a database's or a role's sessions from working; which were."""
    found = []
    for database, role, setting in connection.execute(
        "SELECT d.datname, r.rolname, s FROM pg_db_role_setting k CROSS JOIN LATERAL unnest(k.setconfig) AS s"
        " LEFT JOIN pg_database d ON d.oid = k.setdatabase LEFT JOIN pg_roles r ON r.oid = k.setrole"
        " WHERE lower(split_part(s, '=', 1)) = ANY(%s) ORDER BY 1, 2, 3",
        (list(names),),
    ).fetchall():
        name, _, value = setting.partition("=")
        if is_kept_from_working(name, value):
            connection.execute(_reset(database, role, name))
            found.append(Kept(database, role, name, value))
    return found


def find_read_only(connection: psycopg.Connection[Any]) -> ReadOnly | None:
    """Why a session of a primary does not write; None where it does."""
    row = connection.execute(
        "SELECT setting, source, sourcefile, current_database(), current_user"
        " FROM pg_settings WHERE name = 'default_transaction_read_only'"
    ).fetchone()
    if row is None or row[0] != "on":
        return None
    return explain(*row[1:])


def explain(source: str, file: str | None, database: str, role: str) -> ReadOnly:
    """Where the setting stands, by ``pg_settings.source``, and how it is taken back there.

    >>> explain("configuration file", None, "songnuan", "clerk").way_out[1]
    'run as an administrator: ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf()'
    """
    reload = "SELECT pg_reload_conf()"
    if source == "configuration file" and (file is None or file.endswith("postgresql.auto.conf")):
        return ReadOnly(("ALTER SYSTEM", "ALTER SYSTEM"), _run(f"ALTER SYSTEM RESET {SETTING}; {reload}"))
    if source == "configuration file":
        return ReadOnly(
            (str(file), str(file)),
            (f"从 {file} 中去掉此行，再执行 {reload}", f"take the line out of {file}, then run {reload}"),
        )
    base, user = _name(database), _name(role)
    kept = {
        "database": f"ALTER DATABASE {base} RESET {SETTING}",
        "user": f"ALTER ROLE {user} RESET {SETTING}",
        "database user": f"ALTER ROLE {user} IN DATABASE {base} RESET {SETTING}",
        "global": f"ALTER ROLE ALL RESET {SETTING}",
    }
    if source in kept:
        place = kept[source].removesuffix(f" RESET {SETTING}")
        # Unlike ALTER SYSTEM these write to the catalogue.
        return ReadOnly((place, place), _run(f"SET {SETTING} = off; {kept[source]}"))
    if source in ("client", "environment variable"):
        return ReadOnly(
            ("连接选项", "the connection's options"),
            (
                "从 SONGNUAN_DATABASE_URL 的 options（或 PGOPTIONS）中去掉它",
                "take it out of the options in SONGNUAN_DATABASE_URL (or PGOPTIONS)",
            ),
        )
    return ReadOnly(
        (source, source),
        (f"启动服务器时不要给出 {SETTING}", f"start the server without {SETTING}"),
    )


def _run(statement: str) -> tuple[str, str]:
    return f"以数据库管理员身份执行：{statement}", f"run as an administrator: {statement}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _reset(database: str | None, role: str | None, name: str) -> sql.Composed:
    setting = sql.Identifier(name)
    if role is None and database is not None:
        return sql.SQL("ALTER DATABASE {} RESET {}").format(sql.Identifier(database), setting)
    whom = sql.SQL("ALL") if role is None else sql.Identifier(role)
    where = sql.SQL("") if database is None else sql.SQL(" IN DATABASE {}").format(sql.Identifier(database))
    return sql.SQL("ALTER ROLE {}{} RESET {}").format(whom, where, setting)


def _is_on(value: str) -> bool:
    """As the server reads a boolean."""
    return value.lower() in {"on", "1", "t", "tr", "tru", "true", "y", "ye", "yes"}
