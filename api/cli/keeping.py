"""``songnuan backup keep``, ``status`` and ``rehearse``: backups that keep themselves, and proving them."""

from __future__ import annotations

from datetime import datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from typing import Annotated, Any

import typer

from api.cli.backups import programs_for
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import opened
from api.cli.output import AsJson, console, print_json, progress_bar
from api.cli.stopping import stop_on_signals
from api.duties import keep_server_running
from api.operating.rehearsing import end_rehearsing, rehearse
from api.operating.target_checks import said_of_half
from api.service.settings import Settings
from ledger.clock import china_time, utc_now
from ledger.errors import Misconfigured
from ledger.storage.depot import open_depot, way_out
from ledger.storage.holdings import Holdings, Rehearsal, Summary
from ledger.storage.keeper import Keeper
from ledger.storage.reading_back import read_back
from ledger.storage.receiving import received_until
from ledger.storage.retention import Retention, Schedule
from ledger.storage.slots import BACKUP_SLOT, LOST, Slot, find_slot
from ledger.storage.store import OpenStore
from ledger.supervision import Supervisor

EXIT_DIFFERS = 6
EVERY = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "never": None,
}

Target = Annotated[
    str | None,
    typer.Argument(
        help=say(
            "备份目标：目录或 s3://桶/前缀；默认取 SONGNUAN_BACKUP_TARGET",
            "a folder or s3://bucket/prefix; SONGNUAN_BACKUP_TARGET by default",
        )
    ),
]


def keep(
    target: Target = None,
    every: Annotated[
        int, typer.Option(min=1, help=say("每隔多少小时做一次全量备份", "hours between bases"))
    ] = 24,
    at: Annotated[
        str | None,
        typer.Option(help=say("改为每日此时（北京时间 HH:MM）", "daily at HH:MM in China instead")),
    ] = None,
    keep_days: Annotated[
        int,
        typer.Option(
            min=1, help=say("可恢复到最近多少天内的任一时刻", "days back to any moment of which to restore")
        ),
    ] = 35,
    keep_bases: Annotated[
        int, typer.Option(min=1, help=say("至少留几份全量备份", "bases to keep at least"))
    ] = 2,
    rehearsals: Annotated[
        str,
        typer.Option(
            "--rehearse",
            help=say("恢复演练：daily、weekly、monthly 或 never", "daily, weekly, monthly or never"),
        ),
    ] = "weekly",
) -> None:
    """Keep backups until stopped: the slot first, bases by schedule, all WAL between, rehearsed restores."""
    if rehearsals not in EVERY:
        raise Misused(
            f"--rehearse 应为 {'、'.join(EVERY)} 之一，实为 {rehearsals}",
            f"--rehearse is one of {', '.join(EVERY)}, got {rehearsals}",
        )
    schedule = Schedule(timedelta(hours=every), _time_of_day(at), EVERY[rehearsals])
    holdings, settings = holdings_at(target), Settings()
    stopped = stop_on_signals()
    with opened() as store, Supervisor() as beside:
        assert store.ledger is not None
        keep_server_running(beside, store.server)
        keeper = Keeper(
            store.url,
            store.ledger,
            programs_for(store),
            holdings,
            settings.data_dir / "backup-spool",
            schedule=schedule,
            retention=Retention(keep_days, keep_bases),
            rehearse=lambda: say_rehearsed(rehearse(holdings, settings, stop=stopped)),
            end_rehearsing=partial(end_rehearsing, settings),
        )
        console.print(say("正在保持备份，Ctrl-C 停止", "keeping backups, Ctrl-C stops"))
        keeper.run(stopped)


def _time_of_day(text: str | None) -> time_of_day | None:
    if text is None:
        return None
    try:
        return time_of_day.fromisoformat(text)
    except ValueError:
        raise Misused(f"--at 应为 HH:MM，实为 {text}", f"--at is HH:MM, got {text}") from None


def holdings_at(target: str | None) -> Holdings:
    """The backups at a target, or at the one of the settings."""
    target = target or Settings().backup_target
    if target is None:
        raise Misconfigured(
            "backup-target-missing",
            "未指定备份目标：给出参数，或设置 SONGNUAN_BACKUP_TARGET",
            "no target for the backups: give one, or set SONGNUAN_BACKUP_TARGET",
        )
    return Holdings(open_depot(target))


def status(target: Target = None, as_json: AsJson = False) -> None:
    """Say up to where nothing is lost; exit code 6 where that is not so, or the last rehearsal failed."""
    holdings = holdings_at(target)
    summary, half = holdings.summary(), holdings.half_stored()
    with opened() as store:
        slot, received, head = _primary(store)
    if as_json:
        print_json({**_status_json(summary, slot, received, head), "unfinished_bases": half})
    else:
        _say_status(summary, slot, received, head)
        for name in half:
            console.print("! " + say(*said_of_half(name)), soft_wrap=True)
    hole = summary.chain is not None and summary.chain.hole is not None
    failed = summary.rehearsal is not None and not summary.rehearsal.succeeded
    if summary.base is None or hole or failed or slot is None or slot.wal_status == LOST or received is None:
        raise typer.Exit(EXIT_DIFFERS)


def _primary(store: OpenStore) -> tuple[Slot | None, int | None, int]:
    with store.connect() as connection:
        row = connection.execute("SELECT coalesce(max(position), 0) FROM ledger.entries").fetchone()
        assert row is not None
        return find_slot(connection, BACKUP_SLOT), received_until(connection, BACKUP_SLOT), row[0]


def _status_json(summary: Summary, slot: Slot | None, received: int | None, head: int) -> dict[str, Any]:
    hole = None if summary.chain is None else summary.chain.hole
    return {
        "position": summary.position,
        "behind": head - summary.position,
        "known_at": None if summary.last is None else summary.last.at.isoformat(),
        "bases": summary.bases,
        "damaged_bases": list(summary.damaged),
        "last_base": None if summary.base is None else summary.base.finished_at.isoformat(),
        "hole": None
        if hole is None
        else {"first": hole.first, "last": hole.last, "damaged": list(hole.damaged)},
        "slot": None if slot is None else slot._asdict(),
        "receiving": received is not None,
        "rehearsal": None if summary.rehearsal is None else summary.rehearsal.to_json(),
    }


def _say_status(summary: Summary, slot: Slot | None, received: int | None, head: int) -> None:
    behind = head - summary.position
    for name in summary.damaged:
        console.print(
            say(
                f"✗ 全量备份 {name} 已损坏或不在，不能用来恢复：运行 songnuan backup keep 取得新的",
                f"✗ the base {name} is damaged or gone and restores nothing: songnuan backup keep takes a new one",
            ),
            soft_wrap=True,
        )
    if summary.base is None:
        if not summary.damaged:
            console.print(say("✗ 还没有全量备份", "✗ there is no base yet"))
    else:
        zh = en = "✓"
        if summary.rehearsal is not None and not summary.rehearsal.succeeded:
            zh, en = (
                "✗ 最近一次恢复演练失败；按清单",
                "✗ the last rehearsal failed; by the list,",
            )
        console.print(
            say(
                f"{zh} 到第 {summary.position} 号为止无一丢失（落后 {behind} 条）；全量备份 {summary.bases} 份，"
                f"最近 {china_time(summary.base.finished_at)}",
                f"{en} nothing lost up to position {summary.position} ({behind} behind); {summary.bases} bases,"
                f" the last of {china_time(summary.base.finished_at)}",
            ),
            soft_wrap=True,
        )
    if summary.chain is not None and summary.chain.hole is not None:
        hole = summary.chain.hole
        console.print(
            say(
                f"✗ WAL 有缺口：{hole.said()[0]}，其后的不能恢复，直到下一份全量备份",
                f"✗ the WAL has a hole: {hole.said()[1]}; what is after it cannot be restored before the next base",
            ),
            soft_wrap=True,
        )
    if slot is None or slot.wal_status == LOST or received is None:
        console.print(
            say(
                f"✗ 没有在接收 WAL（复制槽：{'无' if slot is None else slot.wal_status}）：运行 songnuan backup keep",
                f"✗ no WAL is received (slot: {'none' if slot is None else slot.wal_status}): run songnuan"
                " backup keep",
            ),
            soft_wrap=True,
        )
    else:
        console.print(
            say(
                f"✓ 正在接收 WAL，主库为其保留 {slot.retained_bytes:,} 字节",
                f"✓ WAL is received; the primary keeps {slot.retained_bytes:,} bytes for it",
            )
        )
    if summary.rehearsal is None:
        console.print(say("! 尚未演练恢复", "! no restore was rehearsed yet"))
    else:
        say_rehearsed(summary.rehearsal)


def say_rehearsed(rehearsal: Rehearsal) -> None:
    """One sentence on a rehearsed restore."""
    when = china_time(datetime.fromisoformat(rehearsal.at))
    if rehearsal.succeeded:
        text = say(
            f"✓ 恢复演练成功：{when}，到第 {rehearsal.position} 号，{rehearsal.seconds:.0f} 秒",
            f"✓ a restore was rehearsed: {when}, up to position {rehearsal.position}, in"
            f" {rehearsal.seconds:.0f} s",
        )
    else:
        zh, en = rehearsal.problem()
        text = say(f"✗ 恢复演练失败：{when}，{zh}", f"✗ a rehearsed restore failed: {when}, {en}")
    console.print(text, soft_wrap=True)


def check(target: Target = None, as_json: AsJson = False) -> None:
    """Read everything back; exit code 6 where something is not what was stored."""
    holdings = holdings_at(target)
    names = holdings.stored()
    damaged = []
    with progress_bar(say("回读", "reading back"), len(names)) as progress:
        for done, name in enumerate(names, 1):
            damaged += read_back(holdings, [name])
            progress(done)
    if as_json:
        print_json({"read": len(names), "damaged": damaged})
    for name in [] if as_json else damaged:
        zh, en = way_out(name)
        console.print(
            say(f"✗ {name} 与存入时不一致：{zh}", f"✗ {name} is not what was stored: {en}"), soft_wrap=True
        )
    if damaged:
        raise typer.Exit(EXIT_DIFFERS)
    if not as_json:
        console.print(
            say(
                f"✓ 回读 {len(names)} 件，均与存入时一致",
                f"✓ {len(names)} objects were read back, each as it was stored",
            )
        )


def rehearsed(target: Target = None, as_json: AsJson = False) -> None:
    """Rehearse a restore now; exit code 6 where no whole ledger comes of it."""
    holdings, settings = holdings_at(target), Settings()
    base = holdings.summary()
    with progress_bar(say("验证", "verifying"), base.position) as progress:
        rehearsal = rehearse(holdings, settings, progress)
    if as_json:
        print_json({**rehearsal.to_json(), "succeeded": rehearsal.succeeded, "now": utc_now().isoformat()})
    else:
        say_rehearsed(rehearsal)
    if not rehearsal.succeeded:
        raise typer.Exit(EXIT_DIFFERS)
