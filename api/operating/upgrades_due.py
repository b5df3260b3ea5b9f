"""What is due (待升级): PostgreSQL, the schema, the rules, each found version beside the newest; nothing is changed."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from api.service.settings import Settings
from ledger.domain.rules_version import NEWEST
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.migrations import applied, versions
from ledger.postgres.unreachable import not_reached
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.major_upgrade import upgrade_is_unfinished
from ledger.storage.store import not_founded

Text = tuple[str, str]


class Due(NamedTuple):
    """One thing that may be upgraded; ``found`` is None where it could not be looked at yet."""

    what: str
    found: int | None
    newest: int
    due: bool
    way_out: Text


_BY_SERVER = ("运行 songnuan upgrade server", "run songnuan upgrade server")
_BY_OPENING = ("下一条命令会自动升级", "the next command upgrades it by itself")
_BY_RULES = ("运行 songnuan upgrade rules", "run songnuan upgrade rules")
_AFTER = ("PostgreSQL 升级之后才能查看", "to be looked at once PostgreSQL is upgraded")
_NOTHING = ("", "")


def look_for_due(settings: Settings) -> list[Due]:
    """Look at the database of the settings as it is.

    Raises:
        Misconfigured: ``not-founded``, ``database-unreachable``.
    """
    own = EmbeddedServer(settings.data_dir)
    if settings.database_url is not None:
        return _look(settings.database_url, own.major())
    unfinished = upgrade_is_unfinished(own)
    if not own.has_data and not unfinished:
        raise not_founded()
    if unfinished or own.data_major != own.major():
        return [
            Due("postgresql", own.data_major, own.major(), True, _BY_SERVER),
            Due("schema", None, max(versions()), False, _AFTER),
            Due("rules", None, NEWEST, False, _AFTER),
        ]
    with own:
        return _look(own.url, own.major())


def _look(url: str, packaged: int) -> list[Due]:
    try:
        connection = connect(url, answer_seconds=ANSWER_SECONDS)
    except psycopg.OperationalError as error:
        raise not_reached(url, error) from None
    with connection:
        server = connection.info.server_version // 10_000
        schema, rules = applied(connection), _rules(connection)
    newest = max(versions())
    return [
        # A later one than the package's is the operator's choice, and so is an older one that is supported.
        Due("postgresql", server, max(server, packaged), False, _NOTHING),
        Due("schema", schema, newest, schema < newest, _BY_OPENING if schema < newest else _NOTHING),
        Due("rules", rules, NEWEST, rules < NEWEST, _BY_RULES if rules < NEWEST else _NOTHING),
    ]


def _rules(connection: psycopg.Connection[Any]) -> int:
    """The version of the rules in force; 1 in an older form of the stored state."""
    row = None
    if applied(connection):
        row = connection.execute(
            "SELECT coalesce((value ->> 'rules')::int, 1) FROM ledger.standing WHERE key = 'book/ledger'"
        ).fetchone()
    if row is None:
        raise not_founded()
    return int(row[0])
