"""Connections to the database (数据库连接): one way to open them, with every option of the URL."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

CONNECT_SECONDS = 10


def connection_options(url: str, *settings: str) -> dict[str, Any]:
    """Keyword arguments for a connection: all that the URL says, and server settings beside them.

    ``settings`` are like ``statement_timeout=30s``. They come before the URL's own ``options``, which
    so have the last word. Without ``connect_timeout`` a connection is given up after ten seconds.

    >>> connection_options("postgresql://db/x?sslmode=require&options=-c%20jit%3Doff", "jit=on")["options"]
    '-c jit=on -c jit=off'
    """
    options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, **conninfo_to_dict(url)}
    given = [f"-c {setting}" for setting in settings]
    if options.get("options"):
        given.append(str(options["options"]))
    if given:
        options["options"] = " ".join(given)
    return options


def connect(url: str, *settings: str, prepare_threshold: int | None = 5) -> psycopg.Connection[Any]:
    """Open a connection in autocommit; raise ``psycopg.OperationalError`` where there is none to be had."""
    return psycopg.connect(
        "", autocommit=True, prepare_threshold=prepare_threshold, **connection_options(url, *settings)
    )


class Database(NamedTuple):
    """A database that a program is to reach: the option that names it, and the URL.

    A password goes by the environment, as libpq's own does: a program's arguments are for every user
    of the machine to see.
    """

    url: str
    option: str = "--dbname"

    def argument(self) -> str:
        """The program's argument: all of the URL but the password."""
        parts = conninfo_to_dict(self.url)
        parts.pop("password", None)
        return f"{self.option}={make_conninfo('', **parts)}"

    def environment(self) -> dict[str, str]:
        """What the program finds in its environment."""
        password = conninfo_to_dict(self.url).get("password", os.environ.get("PGPASSWORD"))
        return {} if password is None else {"PGPASSWORD": str(password)}
