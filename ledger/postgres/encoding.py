"""The encoding of a database (字符集): statements are UTF-8, and so is every database that holds them."""

from __future__ import annotations

from typing import Any

import psycopg

from ledger.errors import Misconfigured

ENCODING = "UTF8"


def encoding_of(connection: psycopg.Connection[Any]) -> str:
    """The encoding in which the database keeps text, like ``UTF8`` or ``SQL_ASCII``."""
    row = connection.execute("SELECT current_setting('server_encoding')").fetchone()
    assert row is not None
    return str(row[0])


def check_encoding(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database that keeps text otherwise, as one made under ``LANG=C`` does.

    Raises:
        Misconfigured: ``database-encoding``.
    """
    found = encoding_of(connection)
    if found != ENCODING:
        raise Misconfigured(
            "database-encoding",
            f"数据库的字符集是 {found}，存不下汉字：台账须存于字符集为 {ENCODING} 的数据库",
            f"the database's encoding is {found}, in which not every character can be kept: a ledger needs one whose"
            f" encoding is {ENCODING}",
        )
