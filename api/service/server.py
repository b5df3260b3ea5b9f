"""The HTTP server around the application: its socket, its log, and a stop that always comes to an end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import structlog
import uvicorn

from api.service.connections import Connections
from api.service.protocol import guarded
from ledger.errors import Misconfigured
from ledger.system_words import reason_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWERS_SECONDS = 3
"""How long a stop waits for answers that are under way."""
STOP_SECONDS = 8.0
"""After which time a stop ends the process, whatever still holds it."""
BACKLOG = 2048

_log = structlog.get_logger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address, which does not listen yet.

    Raises:
        Misconfigured: ``host-unknown``, ``address-in-use`` or ``address-not-here``.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError, OverflowError):
        raise Misconfigured(
            "host-unknown", f"找不到主机 {host}", f"the host {host} cannot be resolved"
        ) from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # So that two services never share an address by SO_REUSEADDR's leniency.
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise _unusable(host, port, error) from None
    bound.setblocking(False)
    return bound


def _unusable(host: str, port: int, error: OSError) -> Misconfigured:
    if error.errno == 98:
        return Misconfigured(
            "address-in-use",
            f"{host} 的端口 {port} 已被占用：请用 --port 另选",
            f"port {port} of {host} is in use: choose another by --port",
        )
    zh, en = reason_of(error)
    return Misconfigured(
        "address-not-here",
        f"不能在 {host} 端口 {port} 上监听：{zh}",
        f"cannot listen on {host} port {port}: {en}",
    )


class Server(uvicorn.Server):
    """uvicorn's server, whose stop ends within ``STOP_SECONDS`` whatever has died before."""

    def __init__(self, config: uvicorn.Config, begin_to_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._begin_to_stop = begin_to_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then answer."""
        await super().startup(sockets)
        for each in sockets or []:
            host, port = each.getsockname()[:2]
            _log.info("the service answers", host=host, port=port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Heed a terminal that goes away, too, unless the service was started to outlive it (``nohup``)."""
        before = signal.getsignal(signal.SIGHUP)
        heeds = before != signal.SIG_IGN and threading.current_thread() is threading.main_thread()
        if heeds:
            signal.signal(signal.SIGHUP, self.handle_exit)
        try:
            with super().capture_signals():
                yield
        finally:
            if heeds:
                signal.signal(signal.SIGHUP, before)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, and see to it that the stop comes to an end."""
        if not self.should_exit:
            _log.info("the service stops", signal=_SIGNALS.get(sig, str(sig)))
            watch = threading.Timer(STOP_SECONDS, _end_now)
            watch.daemon = True
            watch.start()
            self._begin_to_stop()
        super().handle_exit(sig, frame)


_SIGNALS = {1: "SIGHUP", 2: "SIGINT", 15: "SIGTERM"}


def _end_now() -> None:
    """End the process: what was told recorded is durable, what was not was never promised."""
    _log.error("the service did not stop in time and is ended", seconds=STOP_SECONDS)
    os._exit(EXIT_ENDED)


EXIT_ENDED = 70


def configured(app: ASGIApp, connections: Connections) -> uvicorn.Config:
    """How the server speaks HTTP, wherever it runs."""
    return uvicorn.Config(
        app,
        http=guarded(connections),
        log_config=None,
        access_log=False,
        server_header=False,
        # Forwarded headers are believed by the ledger's own settings alone (api/service/proxies.py).
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=ANSWERS_SECONDS,
    )


def run(
    app: ASGIApp,
    bound: socket.socket,
    connections: Connections,
    begin_to_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serve until stopped; raises what kept the application from starting.

    ``begin_to_stop`` is called as soon as a signal says so, while answers are still under way.
    """
    started = Started(app)
    logging.getLogger("uvicorn.error").addFilter(_is_not_told_otherwise)
    try:
        Server(configured(started, connections), begin_to_stop).run(sockets=[bound])
    except SystemExit:
        if started.failure is None:
            raise
        raise started.failure from None
    except KeyboardInterrupt:
        # uvicorn repeats the signal that ended it, after all is closed: the stop was asked for, and is done.
        pass
    finally:
        bound.close()


def _is_not_told_otherwise(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's is news: that the start failed the command tells itself, with the reason."""
    return not str(record.msg).startswith("Application startup failed")


class Started:
    """The application, which keeps why it could not start: the command says so, without a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: BaseException | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, but for what keeps the application from starting."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        begun = False

        async def held(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "lifespan.startup.complete"
            if not message["type"].endswith(".failed"):
                await send(message)

        try:
            await self._app(scope, receive, held)
        except BaseException as error:
            if begun:
                _log.error("the service did not close cleanly", error=error)
                await send({"type": "lifespan.shutdown.failed", "message": ""})
                return
            self.failure = error
            await send({"type": "lifespan.startup.failed", "message": ""})
