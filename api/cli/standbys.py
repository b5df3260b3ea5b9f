"""``songnuan replica``: a standby that answers questions, and takes over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.backups import stop_on_signals
from api.cli.language import say
from api.cli.opening import opened
from api.cli.output import console
from ledger.embedded import EmbeddedServer
from ledger.storage.standby import make_standby, promote


def add(app: typer.Typer) -> None:
    """Add the commands."""
    replicas = typer.Typer(no_args_is_help=True, help=say("只读副本（流复制）", "a replica for reading"))
    replicas.command(
        "run", help=say("建立并运行只读副本，直到中断", "makes a replica and runs it until stopped")
    )(run)
    replicas.command("promote", help=say("把副本升为主库", "makes a replica the primary"))(promoted)
    app.add_typer(replicas, name="replica")


def run(
    folder: Annotated[Path, typer.Argument(help=say("副本的目录", "the replica's folder"))],
) -> None:
    """Run a standby of the ledger's database, made anew where the folder is empty."""
    server = EmbeddedServer(folder)
    if not server.has_data:
        with opened() as store:
            console.print(say("正在复制主库…", "copying the primary…"))
            make_standby(store.url, server)
    stopped = stop_on_signals()
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
    """Promote a running replica."""
    server = EmbeddedServer(folder)
    promote(server)
    console.print(
        say(
            f"[green]✓[/] 已升为主库：SONGNUAN_DATABASE_URL='{server.url}'；原主库不得再启动",
            f"[green]✓[/] it is the primary now: SONGNUAN_DATABASE_URL='{server.url}'; the old one must not start again",
        ),
        soft_wrap=True,
    )
