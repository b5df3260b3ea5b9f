"""``songnuan backup`` and ``songnuan replica``: copies of the database, and going on from one."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from api.cli.language import say
from api.cli.opening import opened, views
from api.cli.output import AsJson, console, print_json, progress_bar
from api.cli.verifying import DATABASE, Findings
from api.settings import Settings
from api.verification import verify_store
from ledger.audit import Trust
from ledger.backup import make_standby, promote, receive_wal, restore, take_backup
from ledger.embedded import EmbeddedServer
from ledger.errors import Misconfigured
from ledger.log import head
from ledger.note import parse_key
from ledger.store import OpenStore, Store


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    backups = typer.Typer(no_args_is_help=True, help=say("备份与恢复", "backups, and restoring them"))
    backups.command("take", help=say("备份数据库（运行中即可）", "copies the database while it is at work"))(
        take
    )
    backups.command("wal", help=say("持续接收 WAL，直到中断", "receives the WAL until stopped"))(wal)
    backups.command(
        "restore",
        help=say("恢复到新的数据目录，并以备份时的检查点验证", "restores, and proves it by the checkpoint"),
    )(restored)
    app.add_typer(backups, name="backup")
    replicas = typer.Typer(no_args_is_help=True, help=say("只读副本（流复制）", "a replica for reading"))
    replicas.command(
        "run", help=say("建立并运行只读副本，直到中断", "makes a replica and runs it until stopped")
    )(run)
    replicas.command("promote", help=say("把副本升为主库", "makes a replica the primary"))(promoted)
    app.add_typer(replicas, name="replica")


def take(
    folder: Annotated[Path, typer.Argument(help=say("备份写入的新目录", "a new folder for the backup"))],
    as_json: AsJson = False,
) -> None:
    """Takes a base backup with its card."""
    with opened() as store:
        assert store.ledger is not None
        card = take_backup(store.url, store.ledger, _server(store), folder.absolute())
    if as_json:
        print_json({"folder": str(folder), **card._asdict()})
        return
    console.print(
        say(
            f"[green]✓[/] 已备份到 {folder}：至少含前 {card.size} 条账目\n"
            "备份不含账本密钥（数据目录下 secrets/），请另行保存在别处：缺了它不能恢复，两者在一处则身份信息可被读出。",
            f"[green]✓[/] backed up to {folder}: at least the first {card.size} entries\n"
            "The ledger's secrets (secrets/ in the data folder) are no part of it: keep them elsewhere. Without them"
            " nothing is restored, and whoever has both can read identities.",
        )
    )


def wal(
    folder: Annotated[Path, typer.Argument(help=say("WAL 写入的目录", "the folder for the WAL"))],
) -> None:
    """Receives the WAL into a folder."""
    with opened() as store:
        console.print(
            say(f"正在接收 WAL 到 {folder}，Ctrl-C 停止", f"receiving the WAL to {folder}, Ctrl-C stops")
        )
        code = receive_wal(store.url, _server(store), folder.absolute())
    if code not in (0, -signal.SIGTERM):
        raise Misconfigured(
            "postgresql-failed", f"pg_receivewal 以 {code} 结束", f"pg_receivewal ended with {code}"
        )


def restored(
    folder: Annotated[Path, typer.Argument(help=say("备份目录", "the backup"))],
    wal_folder: Annotated[
        Path | None,
        typer.Option("--wal", help=say("此后接收的 WAL 目录", "the folder of the WAL received since")),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restores into the data folder of the settings, then verifies against the backup's checkpoint."""
    settings = Settings()
    secrets = settings.data_dir / "secrets"
    if settings.secrets == "folder" and not secrets.exists():
        raise Misconfigured(
            "secrets-missing",
            f"缺少账本密钥：先把另行保存的 secrets 目录放到 {secrets}",
            f"the ledger's secrets are missing: first put the secrets that were kept apart into {secrets}",
        )
    server = EmbeddedServer(settings.data_dir)
    card = restore(folder.absolute(), server, None if wal_folder is None else wal_folder.absolute())
    try:
        findings = Findings(as_json)
        with (
            OpenStore(Store(settings.data_dir, None, settings.secrets)) as store,
            views(store) as live,
            store.connect() as connection,
        ):
            keys = tuple(parse_key(key.text) for key in store.log_keys())
            remembered = (card.checkpoint.encode(),) if card.checkpoint else ()
            with progress_bar(say("验证", "verifying"), head(connection)) as progress:
                summary = verify_store(
                    store, live, Trust(keys, remembered=remembered), findings.hear, progress
                )
        findings.close(summary, DATABASE)
    finally:
        server.stop()


def run(
    folder: Annotated[Path, typer.Argument(help=say("副本的目录", "the replica's folder"))],
) -> None:
    """Runs a standby of the ledger's database, made anew where the folder is empty."""
    server = EmbeddedServer(folder)
    if not server.has_data:
        with opened() as store:
            console.print(say("正在复制主库…", "copying the primary…"))
            make_standby(store.url, server)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        console.print(
            say(
                f"[green]✓[/] 副本已运行：SONGNUAN_READ_DATABASE_URL='{server.url}'",
                f"[green]✓[/] the replica runs: SONGNUAN_READ_DATABASE_URL='{server.url}'",
            ),
            soft_wrap=True,
        )
        stopped.wait()


def promoted(
    folder: Annotated[Path, typer.Argument(help=say("副本的目录", "the replica's folder"))],
) -> None:
    """Promotes a running replica."""
    server = EmbeddedServer(folder)
    promote(server)
    console.print(
        say(
            f"[green]✓[/] 已升为主库：SONGNUAN_DATABASE_URL='{server.url}'；原主库不得再启动",
            f"[green]✓[/] it is the primary now: SONGNUAN_DATABASE_URL='{server.url}'; the old one must not start again",
        ),
        soft_wrap=True,
    )


def _server(store: OpenStore) -> EmbeddedServer:
    """The embedded server, or its programs alone for a database elsewhere."""
    return store.server or EmbeddedServer(Settings().data_dir)
