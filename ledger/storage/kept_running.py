"""An embedded server kept running (内置数据库看护): started again when it ends by itself.

Whoever uses the server for long keeps it running, the service first. Several may: who comes first
starts it. What a command halted stays so, since that command has the data in hand.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from ledger.clock import utc_now
from ledger.errors import Misconfigured
from ledger.storage.embedded import EmbeddedServer
from ledger.supervision import STEADY_SECONDS, Backoff, repeat
from ledger.writing.condition import Cause

ROUND_SECONDS = 0.5

ENDED = (
    "postgresql-ended",
    "内置 PostgreSQL 意外结束，正在重新启动",
    "the embedded PostgreSQL ended by itself and is being started again",
)
MISSING = (
    "data-folder-missing",
    "台账的数据目录已不存在：请停止服务，恢复目录后再启动",
    "the ledger's data folder is gone: stop the service, put the folder back, and start it again",
)
HALTED = (
    "postgresql-halted",
    "内置 PostgreSQL 已被命令停止：该命令完成后请重新启动服务",
    "the embedded PostgreSQL was halted by a command: once that is done, start the service again",
)

_log = structlog.get_logger(__name__)


class KeptRunning:
    """Looks whether a server runs, and starts it again, each time a little later."""

    def __init__(self, server: EmbeddedServer, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._monotonic = monotonic
        self._backoff = Backoff()
        self._tries_at = self._started_at = monotonic()
        self._cause: Cause | None = None

    def causes(self) -> list[Cause]:
        """What was found at the last look to keep the database from answering."""
        cause = self._cause
        return [] if cause is None else [cause]

    def keep(self, stop: threading.Event) -> None:
        """Look again and again until told to stop."""
        repeat(self.look, stop, every_seconds=ROUND_SECONDS)

    def look(self) -> None:
        """Start the server again where it ended and the pause is over."""
        if not self._server.has_ended():
            self._cause = None
        elif not self._server.data.exists():
            self._tell(MISSING)
        elif self._server.is_halted:
            self._tell(HALTED)
        else:
            self._tell(ENDED)
            if self._monotonic() >= self._tries_at:
                self._revive()

    def _tell(self, words: tuple[str, str, str]) -> None:
        if self._cause is not None and self._cause.code == words[0]:
            return
        _log.error("the embedded PostgreSQL does not run", code=words[0], folder=str(self._server.data))
        self._cause = Cause(*words, utc_now().isoformat(timespec="seconds"))
        ran_seconds = self._monotonic() - self._started_at
        self._backoff.after_run(ran_seconds)
        if ran_seconds > STEADY_SECONDS:
            self._tries_at = self._monotonic()

    def _revive(self) -> None:
        pause = self._backoff.next_seconds()
        try:
            self._server.revive()
        except (Misconfigured, OSError) as error:
            _log.warning("the embedded PostgreSQL does not start yet", seconds=pause, error=error)
        else:
            self._cause = None
            self._started_at = self._monotonic()
            _log.info("the embedded PostgreSQL runs again", folder=str(self._server.data))
        self._tries_at = self._monotonic() + pause
