"""Moving (迁移): a ledger goes to another server by dump and restore, and the old one is fenced.

The ledger's own tables go, and nothing else of the database: extensions, triggers and settings that
somebody put beside them stay behind. Views are a function of the entries and are made anew. While it
lasts the old database is read alone, under the election's lock and locks that keep every writer off
its tables; it is fenced in that same transaction, once the new one was proved. The new one has no
epoch until then, so that nothing is recorded there: a move that broke leaves the old ledger as it
was, and the same command goes on or begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import sql

from ledger.errors import Incomplete, Misconfigured, Unavailable
from ledger.log.proofs import head
from ledger.postgres.connection import Database, connect
from ledger.postgres.encoding import check_encoding
from ledger.postgres.epoch import fence, read_epoch, superseded
from ledger.postgres.failures import WriterElsewhere
from ledger.postgres.migrations import SCHEMA, applied
from ledger.postgres.unreachable import place_of, reason_of_database
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OLDEST_POSTGRESQL, not_founded
from ledger.storage.switchover import next_epoch
from ledger.writing.writer_session import WRITER_LOCK

EPOCH = "writer"
TRACKING = "views_tracking"
APART = (EPOCH, TRACKING)
"""Tables whose rows do not go: the epoch is given when the move is done, the views begin anew."""

FIRST_WITH_EPOCH = 6
"""The schema version that brought the epoch; an older database cannot be fenced."""

LOCK_SECONDS = 10
OWN_SCHEMAS = (SCHEMA, "views")
DUMP = "ledger.dump"

# Rows are compared as text, which must mean the same on both sides.
_TEXT_SETTINGS = ("TimeZone=UTC", "DateStyle=ISO", "IntervalStyle=postgres", "bytea_output=hex")

_log = structlog.get_logger(__name__)

Count = tuple[int, str]
"""How many rows a table has, and a sum over them that does not depend on their order."""


class Moved(NamedTuple):
    """What was moved: how many entries and rows, under which epoch the new one goes on; None before its time."""

    position: int
    rows: int
    epoch: int | None
    fenced: bool


def move(
    source: str,
    target: str,
    programs: EmbeddedServer,
    workspace: Path,
    prove: Callable[[str], None],
    *,
    must_fence: bool = True,
) -> Moved:
    """Move the ledger at ``source`` to the database at ``target``; done again after a break it goes on.

    ``programs`` are the newer side's, ``workspace`` a folder for the dump. ``prove`` is given the new
    database and raises where it is not whole.

    Raises:
        Misconfigured: ``not-founded``, ``target-in-use``, ``target-older``, ``programs-too-old``,
            ``database-encoding``, ``schema-older`` where ``must_fence`` and the old database cannot be, ``superseded``,
            ``postgresql-failed``.
        Unavailable: ``writer-elsewhere``, ``database-in-use``, ``database-unreachable``.
        Incomplete: ``move-differs``.
    """
    with _reached(source) as old, _reached(target) as new:
        _check_versions(old, new, programs)
        check_encoding(new)
        ledger = _ledger_of(old)
        can_fence = applied(old) >= FIRST_WITH_EPOCH
        if must_fence and not can_fence:
            raise _schema_older()
        with _held(old):
            gone = read_epoch(old).superseded_by if can_fence else None
            begun = _has_begun(new, ledger, gone) if can_fence else None
            if begun is not None:
                return Moved(head(new), sum(rows for rows, _ in counts(new).values()), begun, True)
            expected = counts(old)
            if not can_fence or _whole(new) != expected:
                _copy(source, target, new, programs, workspace)
                _check_same(expected, counts(new))
                _begin_views(new)
            prove(target)
            epoch = gone
            if can_fence and epoch is None:
                epoch = next_epoch(read_epoch(old).number)
                fence(old, epoch)
        position = head(new)
        begin(new, epoch)
    return Moved(position, sum(rows for rows, _ in expected.values()), epoch, can_fence)


def begin(new: psycopg.Connection[Any], epoch: int | None) -> None:
    """Give the new database its epoch: from then on it records."""
    if epoch is not None:
        new.execute(
            "INSERT INTO ledger.writer (epoch) VALUES (%s) ON CONFLICT (one) DO UPDATE"
            " SET epoch = greatest(writer.epoch, excluded.epoch), holder = '', seal = NULL",
            (epoch,),
        )
    else:
        new.execute("INSERT INTO ledger.writer DEFAULT VALUES ON CONFLICT DO NOTHING")


def counts(connection: psycopg.Connection[Any]) -> dict[str, Count]:
    """Every table of the ledger that goes, with its rows counted and summed; empty where there is none."""
    found: dict[str, Count] = {}
    for name in _tables(connection):
        if name in APART:
            continue
        row = connection.execute(
            sql.SQL(
                "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text"
                " FROM {}.{} AS t"
            ).format(sql.Identifier(SCHEMA), sql.Identifier(name))
        ).fetchone()
        assert row is not None
        found[name] = (row[0], row[1])
    return found


@contextmanager
def _reached(url: str) -> Iterator[psycopg.Connection[Any]]:
    settings = (*_TEXT_SETTINGS, "idle_in_transaction_session_timeout=0", "statement_timeout=0")
    try:
        connection = connect(url, *settings)
    except psycopg.OperationalError as error:
        place, (zh, en) = place_of(url), reason_of_database(error)
        _log.warning("a database cannot be reached", host=place, error=error)
        raise Unavailable(
            "database-unreachable",
            f"连不上数据库 {place}：{zh}",
            f"the database at {place} cannot be reached: {en}",
            10,
        ) from None
    with connection:
        yield connection


@contextmanager
def _held(old: psycopg.Connection[Any]) -> Iterator[None]:
    """Keep every writer off the old database; what is done within is committed at the end, or nothing."""
    row = old.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,)).fetchone()
    if row is None or not row[0]:
        raise WriterElsewhere
    try:
        # A fence that waited for a standby would wait for one that follows the old database.
        old.execute("SET synchronous_commit = local")
        old.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        with old.transaction():
            names = [each for each in _tables(old) if each != TRACKING]
            try:
                old.execute(
                    sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(
                        sql.SQL(", ").join(sql.Identifier(SCHEMA, each) for each in names)
                    )
                )
            except psycopg.errors.LockNotAvailable:
                raise Unavailable(
                    "database-in-use",
                    "另有进程正在写入此数据库：请先停止服务和其他命令",
                    "another process writes to the database: stop the service and other commands first",
                    10,
                ) from None
            yield
    finally:
        if not old.closed:
            old.execute("SELECT pg_advisory_unlock(%s)", (WRITER_LOCK,))


def _has_begun(new: psycopg.Connection[Any], ledger: str, gone: int | None) -> int | None:
    """The epoch of a new database that goes on in the old one's place already; None where it has none yet.

    Raises:
        Misconfigured: ``target-in-use``, or ``superseded`` where another one than this took the place.
    """
    if _schemas(new) and not _is_unfinished(new, ledger):
        if gone is not None and SCHEMA in _schemas(new) and _ledger_of(new) == ledger:
            epoch = read_epoch(new)
            if epoch.superseded_by is None and epoch.number >= gone:
                return gone
        raise Misconfigured(
            "target-in-use",
            "目标数据库中已有台账的表：请给一个空数据库",
            "the target database holds a ledger's tables already: give an empty one",
        )
    if gone is not None and not _schemas(new):
        raise superseded(gone)
    return None


def _is_unfinished(new: psycopg.Connection[Any], ledger: str) -> bool:
    """Whether an earlier run of the same move left it: this ledger's, and without an epoch."""
    if SCHEMA not in _schemas(new) or EPOCH not in _tables(new):
        return False
    row = new.execute("SELECT count(*) FROM ledger.writer").fetchone()
    return row == (0,) and _ledger_of(new) == ledger


def _whole(new: psycopg.Connection[Any]) -> dict[str, Count]:
    return counts(new) if SCHEMA in _schemas(new) else {}


def _copy(
    source: str, target: str, new: psycopg.Connection[Any], programs: EmbeddedServer, workspace: Path
) -> None:
    """Dump and restore, in one transaction of the new database; what an earlier run left goes first."""
    for schema in OWN_SCHEMAS:
        new.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    programs.prepare_folder(workspace)
    file = workspace / DUMP
    file.unlink(missing_ok=True)
    apart = [f"--exclude-table-data={SCHEMA}.{name}" for name in APART]
    programs.command(
        "pg_dump",
        "--format=custom",
        "--no-owner",
        "--no-acl",
        "--no-password",
        f"--schema={SCHEMA}",
        *apart,
        f"--file={file}",
        database=Database(source),
    )
    programs.command(
        "pg_restore",
        "--no-owner",
        "--no-acl",
        "--no-password",
        "--single-transaction",
        "--exit-on-error",
        str(file),
        database=Database(target),
    )
    file.unlink()


def _check_same(expected: dict[str, Count], found: dict[str, Count]) -> None:
    differing = sorted(name for name in expected.keys() | found if expected.get(name) != found.get(name))
    if differing:
        said = ", ".join(
            f"{name} ({expected.get(name, (0,))[0]} → {found.get(name, (0,))[0]})" for name in differing
        )
        raise Incomplete(
            "move-differs",
            f"新库与原库的行不同：{said}。原库未动",
            f"the new database's rows are not the old one's: {said}. The old one is as it was",
        )


def _begin_views(new: psycopg.Connection[Any]) -> None:
    """Let the views begin at the first entry."""
    if TRACKING in _tables(new):
        new.execute("INSERT INTO ledger.views_tracking VALUES ('__migration__', 1) ON CONFLICT DO NOTHING")


def _check_versions(
    old: psycopg.Connection[Any], new: psycopg.Connection[Any], programs: EmbeddedServer
) -> None:
    before, after = (each.info.server_version // 10_000 for each in (old, new))
    if after < before or new.info.server_version < OLDEST_POSTGRESQL:
        raise Misconfigured(
            "target-older",
            f"目标是 PostgreSQL {after}，原库是 {before}：只能迁移到同一或更新的大版本",
            f"the target is PostgreSQL {after}, the ledger's database {before}: it can be moved to the same major"
            " version or a later one",
        )
    if programs.major() < before:
        raise Misconfigured(
            "programs-too-old",
            f"原库是 PostgreSQL {before}，本程序带的 pg_dump 为 {programs.major()}，不能导出更新版本的库",
            f"the database is PostgreSQL {before}; the pg_dump that comes with this release is {programs.major()} and"
            " dumps no later one",
        )


def _schema_older() -> Misconfigured:
    return Misconfigured(
        "schema-older",
        "原库的结构版本早于登记任期，无法使其停止登记：先用本程序的任一命令打开一次以升级结构；内置数据库为旧大版本的，先不带"
        " --to 运行 songnuan upgrade server",
        "the database's schema is older than the epoch, so that it cannot be fenced: open it once by any command of"
        " this release; where the embedded one is of an older major version, run songnuan upgrade server without --to"
        " first",
    )


def _ledger_of(connection: psycopg.Connection[Any]) -> str:
    row = None
    if SCHEMA in _schemas(connection):
        row = connection.execute(
            "SELECT value ->> 'ledger' FROM ledger.standing WHERE key = 'book/ledger'"
        ).fetchone()
    if row is None:
        raise not_founded()
    return str(row[0])


def _schemas(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) ORDER BY 1", (list(OWN_SCHEMAS),)
    )
    return [name for (name,) in rows]


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", (SCHEMA,))
    return [name for (name,) in rows]
