"""``songnuan replica``: a standby that answers questions, and takes over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.language import say
from api.cli.opening import opened
from api.cli.output import AsJson, console, errors, print_json
from api.cli.stopping import stop_on_signals
from api.service.settings import Settings
from ledger.errors import Misconfigured
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.rejoining import rejoin
from ledger.storage.standby import StandbyState, make_standby, state_of, supervise
from ledger.storage.switchover import switch_over

Folder = Annotated[Path, typer.Argument(help=say("副本的目录", "the replica's folder"))]

LAG_SECONDS = 10.0
"""From what age on a standby that is behind is spoken of."""


def run(folder: Folder) -> None:
    """Run a standby of the ledger's database, made anew where the folder is empty."""
    server = EmbeddedServer(folder)
    if not server.has_data:
        with opened() as store:
            console.print(say("正在复制主库…", "copying the primary…"))
            make_standby(store.url, server)
    supervise(server, stop_on_signals(), _Told(server.url).hear)


class _Told:
    """Says how a standby is whenever that changes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._last: tuple[object, ...] = ()

    def hear(self, state: StandbyState) -> None:
        """Say it, if it is not what was said last."""
        now = (state.role, state.streaming, state.superseded_by, state.lag_seconds > LAG_SECONDS)
        if now == self._last:
            return
        first, self._last = not self._last, now
        if first and state.role == "standby":
            console.print(
                say(
                    f"✓ 副本已运行：SONGNUAN_READ_DATABASE_URL='{self._url}'",
                    f"✓ the replica runs: SONGNUAN_READ_DATABASE_URL='{self._url}'",
                ),
                soft_wrap=True,
            )
        console.print(describe(state), soft_wrap=True)


def describe(state: StandbyState) -> str:
    """One sentence on how a standby is."""
    if state.role == "stopped":
        return say("✗ 数据库没有运行", "✗ the database does not run")
    if state.role == "primary":
        return say(
            f"✓ 已是主库（第 {state.position} 号）：结束本命令不会停止它",
            f"✓ it is a primary now (position {state.position}): ending this command does not stop it",
        )
    if state.superseded_by is not None:
        return say(
            f"✗ 所跟随的服务器已被另一数据库接替（任期 {state.superseded_by}），此副本停在第 {state.position} 号，不再有新记录："
            "停止 replica run，再执行 songnuan replica rejoin 此目录 --primary 新主库的地址",
            f"✗ another database took the place of the server that it follows (epoch {state.superseded_by}): it stays at"
            f" position {state.position}. End replica run, then songnuan replica rejoin FOLDER --primary URL, the new"
            " primary's",
        )
    if not state.streaming:
        return say(
            f"! 连不上主库，停在第 {state.position} 号，自动重连中。主库确已丢失的：另有副本已接替，则停止 replica run，执行"
            " songnuan replica rejoin 此目录 --primary 新主库的地址；尚无副本接替，则执行"
            " songnuan replica promote 此目录 --primary-lost",
            f"! the primary does not answer; at position {state.position}, trying again. Where it is lost for good: if"
            " another standby took its place, end replica run, then songnuan replica rejoin FOLDER --primary URL, the new"
            " primary's; if none did, songnuan replica promote FOLDER --primary-lost",
        )
    if state.lag_seconds > LAG_SECONDS:
        return say(
            f"! 落后 {state.lag_seconds:.0f} 秒（{state.lag_bytes:,} 字节），第 {state.position} 号",
            f"! {state.lag_seconds:.0f} s behind ({state.lag_bytes:,} bytes), at position {state.position}",
        )
    return say(
        f"✓ 正在跟随主库，第 {state.position} 号",
        f"✓ follows the primary, at position {state.position}",
    )


def status(folder: Folder, as_json: AsJson = False) -> None:
    """Say how the standby is; exit code 3 where it does not follow."""
    state = state_of(EmbeddedServer(folder))
    if as_json:
        print_json(state._asdict())
    else:
        console.print(describe(state), soft_wrap=True)
    if state.role != "primary" and not state.follows:
        raise typer.Exit(3)


def promoted(
    folder: Folder,
    primary_lost: Annotated[
        bool,
        typer.Option(
            "--primary-lost",
            help=say(
                "原主库已丢失或连不上：不等它停止登记",
                "the old primary is lost or does not answer: do not wait until it is fenced",
            ),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Switch over to the standby in the folder, whether or not its command runs."""
    server = EmbeddedServer(folder)
    found = switch_over(server, primary_lost=primary_lost)
    if as_json:
        print_json({"url": server.url, **found._asdict()})
        return
    console.print(
        say(
            f"✓ 已升为主库（第 {found.position} 号，任期 {found.epoch}）：SONGNUAN_DATABASE_URL='{server.url}'",
            f"✓ it is the primary now (position {found.position}, epoch {found.epoch}):"
            f" SONGNUAN_DATABASE_URL='{server.url}'",
        ),
        soft_wrap=True,
    )
    if found.fenced and found.old_position is not None and found.old_position > found.position:
        errors.print(
            say(
                f"! 原主库记到第 {found.old_position} 号，其后的记录备机没有收到：songnuan replica rejoin 会列出它们",
                f"! the old primary recorded up to {found.old_position}, which the standby did not get: songnuan replica"
                " rejoin names them",
            ),
            soft_wrap=True,
        )
    elif found.fenced:
        console.print(
            say("原主库已停止登记，无一缺失", "the old primary records no more, and nothing is missing"),
        )
    else:
        errors.print(
            say(
                "! 未能通知原主库：请确保它不再启动；设置了 SONGNUAN_PEERS 的服务一遇到新主库就停止登记",
                "! the old primary could not be told: see that it does not start again; a service with SONGNUAN_PEERS set"
                " stops recording as soon as it meets this one",
            ),
            soft_wrap=True,
        )
    if found.made_writable:
        settings = "; ".join(found.made_writable)
        errors.print(
            say(
                f"! 数据库原被设为只读，已改回可写：{settings}",
                f"! the database was set read-only, which was taken back: {settings}",
            ),
            soft_wrap=True,
        )
    if found.waited_for_standbys:
        errors.print(
            say(
                "! 原主库的回执等待备机；现在没有备机，已不再等待：让原主库重新加入后，再设置 synchronous_standby_names",
                "! the old primary's receipts waited for a standby; there is none now, so they do not: let the old one"
                " rejoin, then set synchronous_standby_names again",
            ),
            soft_wrap=True,
        )


def rejoined(
    primary: Annotated[
        str,
        typer.Option(
            "--primary", help=say("新主库的地址", "the new primary's URL"), envvar="SONGNUAN_PRIMARY_URL"
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(
            help=say("原主库的目录，默认为数据目录", "the old primary's folder; the data folder by default")
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an old primary the standby of the one that took its place."""
    if folder is None and Settings().database_url is not None:
        raise Misconfigured(
            "server-not-embedded",
            "数据库不在数据目录中：请在其所在机器上用 pg_rewind 或新的全量备份重新建为备机",
            "the database is not in the data folder: make it a standby on its own machine, by pg_rewind or a new base"
            " backup",
        )
    place = folder or Settings().data_dir
    found = rejoin(EmbeddedServer(place), primary)
    if as_json:
        print_json({**found._asdict(), "folder": str(place)})
        return
    if found.lost_file is not None:
        errors.print(
            say(
                f"! 有 {found.lost} 条记录只在原主库上，已原样写入 {found.lost_file}：请签署人重新提交",
                f"! {found.lost} entries are on the old primary alone; they are in {found.lost_file} as they were"
                " recorded: let their signers submit them again",
            ),
            soft_wrap=True,
        )
    if found.aside is not None:
        console.print(
            say(
                f"已重新复制；原数据留在 {found.aside}", f"copied anew; the old data is kept in {found.aside}"
            )
        )
    console.print(
        say(
            f"✓ 已是备机：songnuan replica run {place}",
            f"✓ it is a standby: songnuan replica run {place}",
        ),
        soft_wrap=True,
    )


def stopped(folder: Folder) -> None:
    """Stop the database in the folder for everybody."""
    EmbeddedServer(folder).halt()
    console.print(say("已停止", "stopped"))
