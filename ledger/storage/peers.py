"""Peers (对端): the databases that may go on in this one's place, asked whether one of them does.

A primary that was cut off while its standby took over must stop recording as soon as it meets the
newer epoch. It is fenced in its own database, so that no batch passes whatever the service does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog

from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.epoch import fence, read_epoch
from ledger.supervision import Supervisor, repeat

ROUND_SECONDS = 1.0
CONNECT_SECONDS = 3

_log = structlog.get_logger(__name__)


class Peers:
    """The peers of one database, each over a connection that is kept."""

    def __init__(self, url: str, ledger: str, peers: Sequence[str]) -> None:
        self._url = url
        self._ledger = ledger
        self._peers = tuple(peers)
        self._connections: dict[int, psycopg.Connection[Any]] = {}

    def check(self) -> int | None:
        """Fence this database where a peer records under a newer epoch, and return that epoch.

        A peer that does not answer says nothing: it cannot be known whether it goes on.
        """
        own: int | None = None
        for index in range(len(self._peers)):
            found = self._epoch_at(index)
            if found is None:
                continue
            with connect(
                self._url, connect_seconds=CONNECT_SECONDS, answer_seconds=ANSWER_SECONDS
            ) as connection:
                epoch = read_epoch(connection)
                own = epoch.superseded_by
                if own is None and found > epoch.number and not _in_recovery(connection):
                    _log.critical("another database goes on in this one's place", epoch=found)
                    fence(connection, found)
                    own = found
            if own is not None:
                return own
        return None

    def newest_epoch(self) -> int | None:
        """The newest epoch that a peer records this ledger under; None where none that answers does."""
        return max(
            (each for each in map(self._epoch_at, range(len(self._peers))) if each is not None), default=None
        )

    def watch(self, stop: threading.Event) -> None:
        """Ask every second, until told to stop."""
        try:
            repeat(
                self.check,
                stop,
                every_seconds=ROUND_SECONDS,
                tolerate=(psycopg.Error,),
                failure="the peers were not asked",
            )
        finally:
            self.close()

    def close(self) -> None:
        """Leave the peers."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _epoch_at(self, index: int) -> int | None:
        """The epoch of a peer that is a primary of this ledger; None otherwise."""
        try:
            connection = self._connections.get(index)
            if connection is None:
                connection = connect(
                    self._peers[index], connect_seconds=CONNECT_SECONDS, answer_seconds=CONNECT_SECONDS
                )
                self._connections[index] = connection
            if _in_recovery(connection):
                return None
            row = connection.execute(
                "SELECT value ->> 'ledger' FROM ledger.standing WHERE key = 'book/ledger'"
            ).fetchone()
            if row != (self._ledger,):
                _log.warning("a peer is of another ledger", peer=index)
                return None
            epoch = read_epoch(connection)
        except psycopg.Error:
            lost = self._connections.pop(index, None)
            if lost is not None:
                lost.close()
            return None
        return None if epoch.superseded_by is not None else epoch.number


def _in_recovery(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)


@contextmanager
def watch_peers(url: str, ledger: str, peers: Sequence[str]) -> Iterator[None]:
    """Ask the peers before anything is recorded, and every second from then on."""
    if not peers:
        yield
        return
    watched = Peers(url, ledger, peers)
    watched.check()
    with Supervisor() as supervisor:
        supervisor.run_thread("peers", watched.watch)
        yield
