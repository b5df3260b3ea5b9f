"""Restoring (恢复): a base backup and the WAL after it, up to a known position, with no silent loss.

Recovery ends without a word where a segment is missing. So the chain of segments is computed before
anything is touched, only what belongs to it is handed to the server, and afterwards the server must
have come as far as the chain goes and as the waypoints say.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
import structlog
from psycopg.pq import PGconn, Ping

from ledger.domain.entry import read_entry
from ledger.errors import Explained, Incomplete, Misconfigured
from ledger.postgres.connection import connect
from ledger.postgres.server_words import reason_of_error, reason_of_log
from ledger.storage.backup import (
    Backup,
    base_of,
    check_backup,
    read_card,
)
from ledger.storage.base_backup import BASE
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.foreign_settings import HARMLESS, KEPT, freed, hindering, read_settings
from ledger.storage.read_only import lift_read_only, take_back_kept
from ledger.storage.receiving import archive_of
from ledger.storage.wal import (
    DEFAULT_SEGMENT_BYTES,
    PARTIAL,
    Base,
    Chain,
    Hole,
    follow,
    format_lsn,
    parse_segment,
)
from ledger.storage.waypoints import Waypoint, last_within, newest_position, read_waypoints

_log = structlog.get_logger(__name__)

RECOVERY_SECONDS = 3_600.0
MOST_REFUSALS = 20
"""So often in a row a server that takes connections may refuse ours; it is asked every twentieth of a second."""
STAGED = "wal.restored"
MADE = "postgresql.restored"

_UNTIL_RESTORED = (
    "restore_command",
    "recovery_target_timeline",
    "recovery_target_action",
    "recovery_target_xid",
    "recovery_target_time",
)
_ALWAYS = ("synchronous_standby_names", "primary_conninfo", "primary_slot_name", "listen_addresses")
_NOT_REACHED = "recovery ended before configured recovery target was reached"


class RestoreTarget(NamedTuple):
    """How far to restore: to the transaction that recorded a position, or to a moment; else to the end."""

    position: int | None = None
    moment: datetime | None = None


class Restored(NamedTuple):
    """What was restored: its newest position, and what is known to be missing after it.

    ``known`` is the position that the primary is known to have held in the WAL given; ``hole`` the
    gap that was accepted; ``taken_back`` the settings of the copied server that would keep this one
    from working, each as ``name = value`` (:mod:`ledger.storage.foreign_settings`).
    """

    card: Backup
    position: int
    known: int
    hole: Hole | None
    taken_back: tuple[str, ...]


def restore(
    folder: Path,
    server: EmbeddedServer,
    wal: Path | None = None,
    *,
    target: RestoreTarget | None = None,
    accept_loss: bool = False,
) -> Restored:
    """Put a backup into the server's folder, which must have no database, and start it as a primary.

    With ``wal``, go on from there with all that was received since. Return once the server takes
    statements.

    Raises:
        Incomplete: ``wal-hole``, ``restore-short``, ``target-not-reached``; unless ``accept_loss``,
            with which the first two are only reported.
        Misconfigured: ``data-folder-in-use``, ``backup-malformed``, ``base-too-new``, ``postgresql-version``,
            ``postgresql-failed``, ``server-refuses``, ``restored-unusable`` where what was restored is no ledger any more.
    """
    card = read_card(folder)
    check_backup(folder)
    check_free(server)
    _check_version(folder, server)
    target = target or RestoreTarget()
    chain, known = plan_restore(folder, wal)
    known = max(known, card.size)
    if chain.hole is not None and target == RestoreTarget() and not accept_loss:
        raise wal_hole(chain.hole, known)
    if target.position is not None and target.position < card.size:
        raise _before_the_base(target.position, card)
    if target.moment is not None and target.moment < datetime.fromisoformat(card.taken_at):
        raise _moment_before_the_base(target.moment, card)
    recovery = _Recovery(folder, server, wal, chain)
    try:
        recovery.run(target)
        position = recovery.position()
        if target.position is not None:
            position = recovery.go_back_to(target.position)
        elif target.moment is not None and recovery.recorded_after(target.moment):
            # The base was still being copied then: it is whole only with what came after.
            raise _moment_before_the_base(target.moment, card)
        elif target.moment is None and not accept_loss:
            recovery.check_reached(position, known)
    except Explained:
        server.halt()
        shutil.rmtree(server.data, ignore_errors=True)
        raise
    except psycopg.Error as error:
        server.halt()
        shutil.rmtree(server.data, ignore_errors=True)
        raise _unusable(error) from error
    return Restored(card, position, known, chain.hole, tuple(recovery.taken_back))


def plan_restore(folder: Path, wal: Path | None) -> tuple[Chain, int]:
    """The WAL that a restore would go through, and the position up to which it is known to be whole."""
    own = folder / BASE / "pg_wal"
    size = segment_bytes_in(own)
    archive = archive_of(own, size)
    waypoints: Sequence[Waypoint] = ()
    if wal is not None:
        archive |= archive_of(wal, size)
        waypoints = read_waypoints(wal)
    base = base_of(folder)
    chain = follow(base, archive)
    last = last_within(chain, waypoints)
    return chain, 0 if last is None or last.lsn < base.start else last.position


def wal_hole(hole: Hole, known: int) -> Incomplete:
    """The error of a gap, which names it."""
    return Incomplete(
        "wal-hole",
        f"WAL 有缺口：{hole.said()[0]}，只到 {format_lsn(hole.whole_until)} 为止完整"
        f"（至少含前 {known} 条记录）。找回缺失的文件再恢复；确认放弃其后的记录才用 --accept-loss",
        f"the WAL has a hole: {hole.said()[1]}; up to {format_lsn(hole.whole_until)} it is whole (at least the first"
        f" {known} entries). Find the files and restore again; --accept-loss only to give up what came after",
    )


def check_free(server: EmbeddedServer) -> None:
    """Refuse a data folder that has a database; raises ``data-folder-in-use``."""
    if server.has_data:
        raise Misconfigured(
            "data-folder-in-use",
            f"{server.folder} 中已有数据库：请另选目录",
            f"there is a database in {server.folder} already: choose another folder",
        )


def wait_until(server: EmbeddedServer, *, recovering: bool | None) -> None:
    """Wait until a server answers, as a primary, as a standby, or (None) as either.

    Raises:
        Incomplete: ``target-not-reached``.
        Misconfigured: ``postgresql-failed`` where it ended, or did not come so far in an hour;
            ``server-refuses`` where it answers, and lets the user in no more.
    """
    deadline = time.monotonic() + RECOVERY_SECONDS
    url, refusals = freed(server.url), 0
    while True:
        answers = PGconn.ping(url.encode()) == Ping.OK
        try:
            with connect(url) as connection:
                found = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            if recovering is None or found == (recovering,):
                return
        except psycopg.OperationalError as error:
            if not server.is_running():
                raise _recovery_failed(server.log_tail()) from None
            # One that takes connections and not ours will not take it later either.
            refusals = refusals + 1 if answers else 0
            if refusals >= MOST_REFUSALS:
                raise _not_ours(error) from error
        if time.monotonic() > deadline:
            _log.error("the recovery took too long", folder=str(server.data))
            raise Misconfigured(
                "postgresql-failed",
                f"恢复未在 {RECOVERY_SECONDS:.0f} 秒内完成，进度见 {server.data}/server.log",
                f"the recovery did not end in {RECOVERY_SECONDS:.0f} seconds, see {server.data}/server.log",
            )
        time.sleep(0.05)


def _not_ours(error: psycopg.Error) -> Misconfigured:
    zh, en = reason_of_error(error)
    return Misconfigured(
        "server-refuses",
        f"数据库在运行，但不让用户 songnuan 连接库 songnuan：{zh}。原服务器须有超级用户 songnuan、同名数据库，"
        "pg_hba.conf 中有一行 local all songnuan trust，再重新备份",
        f"the server runs and does not let the user songnuan into the database songnuan: {en}. The server that was"
        " copied needs a superuser and a database of that name and a line 'local all songnuan trust' in pg_hba.conf;"
        " back it up again then",
    )


def _recovery_failed(log: str) -> Explained:
    if _NOT_REACHED in log:
        return Incomplete(
            "target-not-reached",
            "备份与 WAL 到不了所要求的时间：先于它就结束了",
            "backup and WAL end before the moment that was asked for",
        )
    _log.error("the recovery failed")
    zh, en = reason_of_log(log)
    return Misconfigured("postgresql-failed", f"恢复失败：{zh}", f"the recovery failed: {en}")


def _unusable(error: psycopg.Error) -> Misconfigured:
    _log.error("what was restored cannot be used", error=error)
    zh, en = reason_of_error(error)
    return Misconfigured(
        "restored-unusable",
        f"恢复出的数据库不能使用：{zh}。若台账的表在备份之后被删改，用 --to 恢复到那之前；若是权限，用建立该库的用户所做的备份",
        f"the restored database cannot be used: {en}. If the ledger's tables were dropped after the backup, go back"
        " to before that by --to; if a right is missing, restore a backup of the server as songnuan made it",
    )


def _before_the_base(position: int, card: Backup) -> Misconfigured:
    return Misconfigured(
        "base-too-new",
        f"此备份已含前 {card.size} 条记录，不能恢复到第 {position} 号：请用更早的备份",
        f"this backup holds the first {card.size} entries already and cannot go back to {position}: use an"
        " older one",
    )


def _moment_before_the_base(moment: datetime, card: Backup) -> Misconfigured:
    return Misconfigured(
        "base-too-new",
        f"此备份做于 {card.taken_at}，不能恢复到 {moment.isoformat()}：其中已有更晚的记录，请用更早的备份",
        f"this backup was taken at {card.taken_at} and cannot go back to {moment.isoformat()}, since it holds what came"
        " later: use an older one",
    )


class _Recovery:
    """PostgreSQL's recovery of a copy of the base, with the segments of one chain."""

    def __init__(self, folder: Path, server: EmbeddedServer, wal: Path | None, chain: Chain) -> None:
        self._folder = folder
        self._server = server
        self._wal = wal
        self._chain = chain
        self._staged = server.folder / STAGED
        self._hindering = hindering(settings_in(folder / BASE))
        self.taken_back: list[str] = []

    def run(self, target: RestoreTarget, xid: str | None = None) -> None:
        """Start the server and wait until it takes statements."""
        server = self._server
        server.folder.mkdir(parents=True, exist_ok=True)
        made = server.folder / MADE
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(self._folder / BASE, made, symlinks=True)
        (made / "server.log").unlink(missing_ok=True)
        (made / "standby.signal").unlink(missing_ok=True)
        (made / "recovery.signal").touch()
        self._stage()
        with (made / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{line}\n" for line in self._settings(target, xid))
        server.adopt(made)
        try:
            server.start()
        except Misconfigured:
            if not server.is_running():
                raise _recovery_failed(server.log_tail()) from None
        wait_until(server, recovering=False)
        with connect(freed(server.url)) as connection:
            for setting in _UNTIL_RESTORED:
                connection.execute(f"ALTER SYSTEM RESET {setting}")
            lifted = lift_read_only(connection)
            kept = take_back_kept(connection, KEPT)
        self.taken_back = [
            *(f"{name} = {value}" for name, value in self._hindering.items()),
            *lifted,
            *(f"{each.database or '*'} / {each.role or '*'}: {each.name} = {each.value}" for each in kept),
        ]
        shutil.rmtree(self._staged)

    def go_back_to(self, position: int) -> int:
        """Recover once more, up to the transaction that recorded the position; it is found in the whole."""
        server = self._server
        with connect(server.url) as connection:
            found = newest_position(connection)
            if found == position:
                return position
            row = None
            if found > position:
                row = connection.execute(
                    "SELECT xmin::text FROM ledger.entries WHERE position = %s", (position,)
                ).fetchone()
        if row is None:
            raise Incomplete(
                "target-not-reached",
                f"备份与 WAL 只到第 {found} 号，到不了第 {position} 号",
                f"backup and WAL end at position {found}, before {position}",
            )
        server.halt()
        shutil.rmtree(server.data)
        self.run(RestoreTarget(), row[0])
        return self.position()

    def position(self) -> int:
        """The newest position that was restored."""
        with connect(self._server.url) as connection:
            return newest_position(connection)

    def recorded_after(self, moment: datetime) -> bool:
        """Whether an entry was recorded after a moment."""
        with connect(self._server.url) as connection:
            row = connection.execute(
                "SELECT data FROM ledger.entries WHERE statement_id IS NOT NULL ORDER BY position DESC LIMIT 1"
            ).fetchone()
        return row is not None and datetime.fromisoformat(read_entry(row[0])["recorded_at"]) > moment

    def check_reached(self, position: int, known: int) -> None:
        """Refuse a recovery that ended before the last segment, or before what is known to be in it.

        Recovery ends at the first record that does not hold.
        """
        histories = archive_of(self._server.data / "pg_wal").histories
        reached = histories[max(histories)][-1].until
        chain = self._chain
        if position >= known and reached >= chain.end - chain.segment_bytes:
            return
        raise Incomplete(
            "restore-short",
            f"恢复在 {format_lsn(reached)} 处停下（第 {position} 号），而 WAL 应到 {format_lsn(chain.end)}"
            f"（至少第 {known} 号）：其间有损坏的 WAL 文件；确认放弃其后的记录才用 --accept-loss",
            f"recovery ended at {format_lsn(reached)} (position {position}), though the WAL goes on to"
            f" {format_lsn(chain.end)} (at least position {known}): a file between is spoiled; --accept-loss only"
            " to give up what came after",
        )

    def _stage(self) -> None:
        """Copy what belongs to the chain to where the server's user can read it, and nothing else."""
        shutil.rmtree(self._staged, ignore_errors=True)
        self._server.prepare_folder(self._staged)
        if self._wal is None:
            return
        for link in self._chain.links:
            name = link.segment.name(self._chain.segment_bytes)
            source = self._wal / (name + PARTIAL if link.partial else name)
            if source.exists():
                self._server.copy_in(source, self._staged / name)
        for each in self._wal.glob("*.history"):
            self._server.copy_in(each, self._staged / each.name)

    def _settings(self, target: RestoreTarget, xid: str | None) -> list[str]:
        timeline = self._chain.timeline
        source = shlex.quote(str(self._staged)).replace("%", "%%")
        settings = {
            **{name: HARMLESS[name] for name in (*self._hindering, *_ALWAYS)},
            "restore_command": f'cp {source}/%f "%p"',
            "recovery_target_timeline": "current" if timeline == self._base.timeline else str(timeline),
            "recovery_target_action": "promote",
        }
        if xid is not None:
            settings["recovery_target_xid"] = xid
        if target.moment is not None:
            settings["recovery_target_time"] = target.moment.isoformat()
        return [f"{name} = {_quoted(value)}" for name, value in settings.items()]

    @property
    def _base(self) -> Base:
        return base_of(self._folder)


def segment_bytes_in(folder: Path) -> int:
    """How large the segments in a folder are."""
    sizes = (each.stat().st_size for each in folder.iterdir() if parse_segment(each.name) is not None)
    return next(sizes, DEFAULT_SEGMENT_BYTES)


def settings_in(data: Path) -> dict[str, str]:
    """What a server is set to, as far as its files are in its data folder."""
    paths = (data / name for name in ("postgresql.conf", "postgresql.auto.conf"))
    return read_settings(path.read_text(errors="replace") for path in paths if path.exists())


def _check_version(folder: Path, server: EmbeddedServer) -> None:
    found = int((folder / BASE / "PG_VERSION").read_text().strip())
    wanted = server.major()
    if found != wanted:
        raise Misconfigured(
            "postgresql-version",
            f"此备份由 PostgreSQL {found} 所做，现有程序为 {wanted}：须用同一大版本恢复。安装后用"
            f" SONGNUAN_POSTGRESQL_PROGRAMS 指明其程序目录，例如 /usr/lib/postgresql/{found}/bin",
            f"the backup was taken by PostgreSQL {found}, the programs here are {wanted}: restore it with the"
            " same major version. Install it, and name the folder of its programs by SONGNUAN_POSTGRESQL_PROGRAMS,"
            f" for example /usr/lib/postgresql/{found}/bin",
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
