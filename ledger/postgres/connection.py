"""Connections to the database (数据库连接): the one module that opens them, with every option of the URL.

Single ones, pools, and the pool that the eventsourcing library reads by. What runs beside as a program
of PostgreSQL's own gets its connection by :class:`Database`.

Every one of them is given up when it is not made in time, and when the network swallows what is sent.
A server that is there and says nothing looks like one that works for long: who asks what is answered
at once says by ``answer_seconds`` how long that may take (:class:`Bounded`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import Any, NamedTuple, TypeVar

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from ledger.postgres.encoding import ENCODING

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30.0
"""For a question whose answer needs no work to speak of."""
OF_A_BROKEN_LINE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""libpq's settings by which a line is given up after a minute on which nothing arrives, not even that it is alive."""
FORMS = (
    "DateStyle=ISO",
    "IntervalStyle=postgres",
    "bytea_output=hex",
    "extra_float_digits=1",
    "array_nulls=on",
    "standard_conforming_strings=on",
)
"""How values are written and read, whatever the server, the database or the role has as its own."""
APPLICATION_NAME = "songnuan"
"""How the database's own lists name our sessions, where neither the URL nor the environment does."""

Pool = ConnectionPool[psycopg.Connection[Any]]
Result = TypeVar("Result")


class Bounded(psycopg.Connection[Any]):
    """A connection on which each statement is answered within so many seconds, or it is closed.

    A server's own limits help nothing where it is the server that stands still, or is none: one that
    drips a byte at a time has no limit of its own.
    """

    answer_seconds = ANSWER_SECONDS

    def wait(
        self, gen: Generator[Any, Any, Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        """Wait for an answer as every connection does.

        Raises:
            psycopg.errors.ConnectionTimeout: and the connection is closed.
        """
        try:
            return super().wait(_within(gen, self.answer_seconds), interval, timeout)
        except psycopg.errors.ConnectionTimeout:
            self.pgconn.finish()
            raise


def _within(gen: Generator[Any, Any, Result], seconds: float) -> Generator[Any, Any, Result]:
    deadline = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if time.monotonic() > deadline:
                gen.close()
                raise psycopg.errors.ConnectionTimeout(f"timed out: no answer within {seconds:g} s")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: Result = end.value
        return result


def _kind(answer_seconds: float | None) -> type[psycopg.Connection[Any]]:
    if answer_seconds is None:
        return psycopg.Connection
    return type("Bounded", (Bounded,), {"answer_seconds": answer_seconds})


def connection_options(url: str, *settings: str, connect_seconds: int | None = None) -> dict[str, Any]:
    """Keyword arguments for a connection: all that the URL says, and server settings beside them.

    ``settings`` are like ``statement_timeout=30s``. They come before the URL's own ``options``, which
    so have the last word; only the client's encoding is ours alone. A connection is given up after
    ``connect_seconds``; without them after the URL's ``connect_timeout``, or ten seconds.

    >>> connection_options("postgresql://db/x?options=-c%20jit%3Doff", "jit=on")["options"][-20:]
    '-c jit=on -c jit=off'
    """
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "fallback_application_name": APPLICATION_NAME,
        **OF_A_BROKEN_LINE,
        **conninfo_to_dict(url),
    }
    options["client_encoding"] = ENCODING
    if connect_seconds is not None:
        options["connect_timeout"] = connect_seconds
    given = [f"-c {setting}" for setting in (*FORMS, *settings)]
    if options.get("options"):
        given.append(str(options["options"]))
    options["options"] = " ".join(given)
    return options


def connect(
    url: str,
    *settings: str,
    prepare_threshold: int | None = 5,
    connect_seconds: int | None = None,
    answer_seconds: float | None = None,
) -> psycopg.Connection[Any]:
    """Open a connection in autocommit; raise ``psycopg.OperationalError`` where there is none to be had.

    With ``answer_seconds`` it raises that for a statement, too, that is not answered in time.
    """
    options = connection_options(url, *settings, connect_seconds=connect_seconds)
    return _kind(answer_seconds).connect("", autocommit=True, prepare_threshold=prepare_threshold, **options)


async def connect_async(url: str) -> psycopg.AsyncConnection[Any]:
    """The same for an event loop."""
    return await psycopg.AsyncConnection.connect("", autocommit=True, **connection_options(url))


def pool(url: str, *settings: str, most: int, wait_seconds: float, answer_seconds: float) -> Pool:
    """At most so many connections in autocommit, each waited for so long; a context manager, which opens it."""
    return ConnectionPool(
        "",
        connection_class=_kind(answer_seconds),
        min_size=1,
        max_size=most,
        timeout=wait_seconds,
        kwargs={"autocommit": True, **connection_options(url, *settings)},
        open=False,
    )


def datastore(url: str, *settings: str, schema: str = "ledger", pool_size: int = 2) -> PostgresDatastore:
    """The eventsourcing library's connection pool, by which views are followed."""
    options = connection_options(url, *settings)
    made = PostgresDatastore(
        str(options.get("dbname", "")),
        str(options.get("host", "")),
        str(options.get("port", "")),
        str(options.get("user", "")),
        str(options.get("password", "")),
        pool_size=pool_size,
        max_overflow=4,
        schema=schema,
    )
    # The library takes these five alone; its pool passes on whatever it is given.
    made.pool.kwargs = {"row_factory": dict_row, **options}
    return made


class Database(NamedTuple):
    """A database that a program is to reach: the option that names it, and the URL.

    A password goes by the environment, as libpq's own does: a program's arguments are for every user
    of the machine to see.
    """

    url: str
    option: str = "--dbname"

    def argument(self) -> str:
        """The program's argument: all of the URL but the password, and how long a line may say nothing."""
        parts: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            **OF_A_BROKEN_LINE,
            **conninfo_to_dict(self.url),
        }
        parts.pop("password", None)
        return f"{self.option}={make_conninfo('', **parts)}"

    def environment(self) -> dict[str, str]:
        """What the program finds in its environment."""
        password = conninfo_to_dict(self.url).get("password", os.environ.get("PGPASSWORD"))
        return {} if password is None else {"PGPASSWORD": str(password)}
