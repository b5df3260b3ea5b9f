"""``songnuan serve``: the writer as a service."""

from __future__ import annotations

import os
import threading
from typing import Annotated

import structlog
import typer

from api.cli.language import say
from api.cli.output import set_up_logging
from api.service.environment import unknown_variables
from api.service.settings import Settings

_log = structlog.get_logger(__name__)


def serve(
    host: Annotated[str, typer.Option(help=say("监听地址", "address"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("端口", "port"))] = 8700,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            help=say(
                "可信代理的地址或网段，其转发头才算数；可多次给出",
                "address or network of a proxy whose forwarded headers are believed; may be repeated",
            )
        ),
    ] = None,
) -> None:
    """Serves until stopped; a stop finishes what is queued first."""
    settings = Settings() if trusted_proxy is None else Settings(trusted_proxies=trusted_proxy)
    set_up_logging(settings, otherwise="info")
    stopping = threading.Event()
    for unknown in unknown_variables(os.environ):
        _log.warning("an environment variable is no setting", variable=unknown.name, nearest=unknown.meant)
    # Here, so that the other commands start without the web framework.
    from api.app import create_app
    from api.service.connections import Connections, most_connections
    from api.service.memory import give_back_freed_memory
    from api.service.server import listen, run

    give_back_freed_memory()
    bound = listen(host, port)
    connections = Connections(most_connections())
    app = create_app(settings, views_apart=True, connections=connections, stopping=stopping)
    run(app, bound, connections, stopping.set)
