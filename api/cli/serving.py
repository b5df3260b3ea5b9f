"""``songnuan serve``: the writer as a service."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.language import say
from api.settings import Settings


def add(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("serve", help=say("以服务方式运行：接收陈述、给出回执", "run the writer as a service"))(serve)


def serve(
    host: Annotated[str, typer.Option(help=say("监听地址", "address"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=say("端口", "port"))] = 8700,
) -> None:
    """Serves until stopped; a stop finishes what is queued first."""
    # Here, so that the other commands start without the web framework.
    import uvicorn

    from api.app import create_app

    uvicorn.run(
        create_app(Settings(), views_apart=True),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
