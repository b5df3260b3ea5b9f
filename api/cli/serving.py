"""``songnuan serve``: the writer as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.language import say
from api.settings import Settings
from ledger.errors import SongnuanError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


def add(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("serve", help=say("以服务方式运行：接收陈述、给出回执", "run the writer as a service"))(serve)


def serve(
    host: Annotated[str, typer.Option(help=say("监听地址", "address"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=say("端口", "port"))] = 8700,
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
    # Here, so that the other commands start without the web framework.
    import uvicorn

    from api.app import create_app

    settings = Settings() if trusted_proxy is None else Settings(trusted_proxies=trusted_proxy)
    started = Started(create_app(settings, views_apart=True))
    try:
        uvicorn.run(
            started,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            # Forwarded headers are believed by the ledger's own settings alone (api/proxies.py).
            proxy_headers=False,
        )
    except SystemExit:
        if started.failure is None:
            raise
        raise started.failure from None


class Started:
    """The application, which keeps why it could not start: the command says so, without a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: SongnuanError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on, but for a failure that has its own words."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failed: list[Message] = []

        async def held(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                failed.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, held)
        except SongnuanError as error:
            self.failure = error
            await send({"type": "lifespan.startup.failed", "message": ""})
        except BaseException:
            for message in failed:
                await send(message)
            raise
