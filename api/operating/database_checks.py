"""The doctor looks at the database (数据库体检): reachable, of a version that serves, durable, whole in its schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from api.operating.check import Check, Level
from api.operating.hindrances import check_hindrances
from api.operating.list_checks import check_lists
from api.service.settings import Settings
from ledger.audit.durability import check_durability
from ledger.audit.fingerprint import (
    Build,
    build_ledger,
    check_record,
    check_schema,
)
from ledger.clock import utc_now
from ledger.findings import Finding
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.encoding import check_encoding
from ledger.postgres.epoch import read_epoch
from ledger.postgres.migrations import applied, versions
from ledger.postgres.session_check import check_session
from ledger.postgres.unreachable import is_too_late, place_of, reason_of_database
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.foreign_settings import hindering
from ledger.storage.peers import Peers
from ledger.storage.read_only import SETTING, find_read_only
from ledger.storage.restoring import settings_in
from ledger.storage.slots import LOST, list_slots
from ledger.storage.store import OLDEST_POSTGRESQL
from projections.replaying.expected_tables import build_standard_views

CLOCK_SECONDS, STEP_SECONDS = 5, 60
RETAINED_BYTES = 4 * 2**30


def check_database(settings: Settings) -> Iterator[Check]:
    """The database: reachable, of a version that serves, its clock, schema, slots and epoch."""
    url = settings.database_url
    if url is None:
        server = EmbeddedServer(settings.data_dir)
        if not server.has_data:
            yield Check(
                "database",
                "fail",
                ("数据目录中没有数据库", "there is no database in the data folder"),
                ("运行 songnuan init，或从备份恢复", "run songnuan init, or restore a backup"),
            )
            return
        server.check_major()
        if not server.is_running():
            yield from _check_stopped(server, settings)
            return
        url = server.url
    yield from _check_reached(url, settings)


def _check_stopped(server: EmbeddedServer, settings: Settings) -> Iterator[Check]:
    """A server that does not run: looked into where a start and a stop leave it as it is."""
    hindered = list(_examine_stopped(server))
    looked_into = not hindered and not server.is_halted and server.was_shut_down()
    yield Check(
        "database",
        "warn",
        (
            "内置 PostgreSQL 没有运行" + ("；为检查其内容启动片刻" if looked_into else "，未检查其内容"),
            "the embedded PostgreSQL does not run"
            + ("; it is started for this look alone" if looked_into else ": not looked into"),
        ),
        ("台账若应在运行：songnuan serve", "where the ledger should be at work: songnuan serve"),
    )
    yield from hindered
    if looked_into:
        with server:
            yield from _check_reached(server.url, settings)


def _check_reached(url: str, settings: Settings) -> Iterator[Check]:
    try:
        connection = connect(url, prepare_threshold=None, answer_seconds=ANSWER_SECONDS)
    except psycopg.OperationalError as error:
        yield _unreachable(url, error, is_embedded=settings.database_url is None)
        return
    try:
        with connection:
            check_encoding(connection)
            check_session(url, connection)
            yield from _examine_server(connection)
            if applied(connection):
                yield from _examine_schema(connection, settings)
            if applied(connection) == max(versions()):
                yield from check_hindrances(connection, url, settings)
                yield from check_lists(connection)
    except psycopg.OperationalError as error:
        # It let us in, and then broke off or said nothing.
        yield _unreachable(url, error, is_embedded=settings.database_url is None)


_NOT_REACHED = (
    "改正 SONGNUAN_DATABASE_URL 的地址、端口、用户与口令，检查网络与数据库是否在运行",
    "correct address, port, user and password in SONGNUAN_DATABASE_URL, see to the network, and that it runs",
)
_NOT_IN_TIME = (
    "检查 SONGNUAN_DATABASE_URL 的地址、防火墙，以及数据库所在机器的负载与磁盘；其进程若被暂停（状态 T），用 kill -CONT 继续",
    "see to the address in SONGNUAN_DATABASE_URL, to firewalls, and to load and disk of the database's machine; where"
    " its process was stopped (state T), go on by kill -CONT",
)


def _unreachable(url: str, error: psycopg.OperationalError, *, is_embedded: bool) -> Check:
    zh, en = reason_of_database(error)
    place = place_of(url)
    if is_embedded:
        return Check(
            "database",
            "fail",
            (
                f"内置 PostgreSQL 在运行而不应答：{zh}",
                f"the embedded PostgreSQL runs and does not answer: {en}",
            ),
            (
                "看服务日志与机器负载；其进程若被暂停（状态 T），用 kill -CONT 继续；仍不应答则重启服务，已确认的记录不会丢失",
                "see the service's log and the machine's load; where its process was stopped (state T), go on by kill"
                " -CONT; if it still does not answer, start the service anew: nothing that was confirmed is lost",
            ),
        )
    return Check(
        "database",
        "fail",
        (f"连不上数据库 {place}：{zh}", f"the database at {place} cannot be reached: {en}"),
        _NOT_IN_TIME if is_too_late(error) else _NOT_REACHED,
    )


def _examine_server(connection: psycopg.Connection[Any]) -> Iterator[Check]:
    version = connection.info.server_version
    good = version >= OLDEST_POSTGRESQL
    yield Check(
        "database",
        "ok" if good else "fail",
        (f"PostgreSQL {version // 10000}", f"PostgreSQL {version // 10000}"),
        ("", "")
        if good
        else (
            "需要 15 或更新：停止服务后执行 songnuan upgrade server --to，迁到较新的空数据库",
            "15 or later is needed: stop the service and run songnuan upgrade server --to an empty database of such"
            " a server",
        ),
    )
    before = utc_now()
    row = connection.execute("SELECT clock_timestamp(), pg_is_in_recovery()").fetchone()
    assert row is not None
    off = abs((row[0] - before).total_seconds())
    level: Level = "fail" if off > STEP_SECONDS else "warn" if off > CLOCK_SECONDS else "ok"
    yield Check(
        "clock",
        level,
        (f"本机与数据库时钟相差 {off:.1f} 秒", f"the clock and the database's are {off:.1f} s apart"),
        ("", "") if level == "ok" else ("两台机器都用 NTP 校时", "set both machines' clocks by NTP"),
    )
    if row[1]:
        yield Check(
            "database",
            "warn",
            ("数据库是备机，不能登记", "the database is a standby and takes no statements"),
            (
                "让 SONGNUAN_DATABASE_URL 指向主库；要由它接替，运行 songnuan replica promote",
                "let SONGNUAN_DATABASE_URL lead to the primary; to let it take over, run songnuan replica promote",
            ),
        )
    else:
        yield from _examine_read_only(connection)
    yield from _examine_durability(connection)
    for slot in list_slots(connection):
        bad: Level = "fail" if slot.wal_status == LOST else "ok"
        if bad == "ok" and (not slot.active or slot.retained_bytes > RETAINED_BYTES):
            bad = "warn"
        yield Check(
            "slots",
            bad,
            (
                f"复制槽 {slot.name}：{slot.wal_status}，保留 {slot.retained_bytes:,} 字节",
                f"slot {slot.name}: {slot.wal_status}, {slot.retained_bytes:,} bytes retained",
            ),
            ("", "")
            if bad == "ok"
            else (
                f"让其接收方运行（songnuan backup keep、replica run）；不再需要就执行：{_dropping(slot.name)}",
                f"run what receives it (songnuan backup keep, replica run); if it is not needed any more, run:"
                f" {_dropping(slot.name)}",
            ),
        )


def _dropping(slot: str) -> str:
    """The statement that drops a slot; its name is of lower case, digits and underscores (PostgreSQL's rule)."""
    return f"SELECT pg_drop_replication_slot('{slot}')"


def _examine_read_only(connection: psycopg.Connection[Any]) -> Iterator[Check]:
    found = find_read_only(connection)
    if found is not None:
        yield Check(
            "database",
            "fail",
            (
                f"数据库被设为只读（default_transaction_read_only = on，见 {found.where[0]}），不能登记",
                f"the database is set read-only (default_transaction_read_only = on, {found.where[1]}) and takes no"
                " statements",
            ),
            found.way_out,
        )


def _examine_stopped(server: EmbeddedServer) -> Iterator[Check]:
    """What its configuration says of read-only; kept for a database or role it shows once the server runs."""
    if SETTING in hindering(settings_in(server.data)):
        files = "postgresql.auto.conf, postgresql.conf"
        yield Check(
            "database",
            "fail",
            (
                f"数据库被设为只读（{SETTING}），不能登记",
                f"the database is set read-only ({SETTING}) and takes no statements",
            ),
            (
                f"从 {server.data} 的 {files} 中去掉 {SETTING} 一行，再启动",
                f"take the line {SETTING} out of {files} in {server.data}, then start it",
            ),
        )


def _examine_durability(connection: psycopg.Connection[Any]) -> Iterator[Check]:
    findings: list[Finding] = []
    for each in check_durability(connection, findings.append):
        yield Check(
            "durability",
            "warn",
            (each.message("zh"), each.message("en")),
            ("以数据库管理员的身份再查一次", "look again as the database's administrator"),
        )
    for finding in findings:
        yield Check(
            "durability",
            "fail",
            (finding.fault.message("zh"), finding.fault.message("en")),
            (
                "改正此设置并重新加载；此前的回执核对检查点",
                "correct the setting and reload; hold receipts given meanwhile against the entries",
            ),
        )
    if not findings:
        yield Check(
            "durability",
            "ok",
            ("现行设置不会丢失已确认的记录", "no setting in force loses what was confirmed"),
        )


def _examine_schema(connection: psycopg.Connection[Any], settings: Settings) -> Iterator[Check]:
    found, newest = applied(connection), max(versions())
    level: Level = "ok" if found == newest else "fail" if found > newest else "warn"
    yield Check(
        "schema",
        level,
        (
            f"数据库结构第 {found} 版，本程序第 {newest} 版",
            f"schema version {found}, this release's is {newest}",
        ),
        ("", "")
        if level == "ok"
        else (
            "安装不早于它的本程序" if found > newest else "启动服务即自动升级",
            "install the release of this program that made it, or a later one"
            if found > newest
            else "start the service, which brings it up to date",
        ),
    )
    if found != newest:
        return
    yield from _examine_epoch(connection, settings)
    findings: list[Finding] = []
    check_record(connection, findings.append)
    builds: dict[str, Build] = {"ledger": build_ledger}
    if connection.execute("SELECT to_regclass('views.payouts') IS NOT NULL").fetchone() == (True,):
        # A ledger that nothing was asked of yet has no views.
        builds["views"] = build_standard_views
    check_schema(connection, builds, findings.append)
    for finding in findings:
        said = (finding.fault.message("zh"), finding.fault.message("en"))
        yield Check(
            "schema", "fail", said, ("运行 songnuan verify ledger 查明", "run songnuan verify ledger")
        )
    if not findings:
        yield Check("schema", "ok", ("数据库结构与本程序所建一致", "the schema is what this release makes"))


def _examine_epoch(connection: psycopg.Connection[Any], settings: Settings) -> Iterator[Check]:
    """Whether another database took this one's place, as it says itself or as its peers do."""
    epoch = read_epoch(connection)
    newer = epoch.superseded_by
    if newer is None and settings.peers:
        newer = _newer_at_peers(connection, epoch.number, settings)
    if newer is not None:
        yield Check(
            "epoch",
            "fail",
            (
                f"已被另一数据库接替（任期 {newer}），不得再登记",
                f"superseded by epoch {newer}: nothing is recorded here",
            ),
            (
                "连接新的主库；此库可用 songnuan replica rejoin 作备机",
                "use the new primary; songnuan replica rejoin makes this one its standby",
            ),
        )


def _newer_at_peers(connection: psycopg.Connection[Any], own: int, settings: Settings) -> int | None:
    row = connection.execute(
        "SELECT value ->> 'ledger' FROM ledger.standing WHERE key = 'book/ledger'"
    ).fetchone()
    if row is None:
        return None
    peers = Peers("", row[0], settings.peers)
    try:
        found = peers.newest_epoch()
    finally:
        peers.close()
    return found if found is not None and found > own else None
