"""Interrupting (中断等待): ending, from another thread, what a connection waits for.

A commit may wait without end: for a lock, for a standby, for a server that has stopped answering. Who
must come to an end asks the server to cancel; a server that does not hear it is left by cutting the line.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

CANCEL_SECONDS = 2.0
AGAIN_SECONDS = 1.0


class Interrupt:
    """Interrupts one connection; to be made where the connection is, and closed with it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        # Its own descriptor of the same line: the connection's may be closed meanwhile, and another's by then.
        self._line = socket.socket(fileno=os.dup(connection.fileno()))
        self._asked = False

    def __call__(self) -> None:
        """Ask the server to cancel; from the second time on cut the line. Any thread may call it."""
        if self._asked:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
            return
        self._asked = True
        with suppress(psycopg.Error, OSError):
            self._connection.cancel_safe(timeout=CANCEL_SECONDS)

    def close(self) -> None:
        """Leave the connection alone from now on."""
        self._line.close()


def join(thread: threading.Thread, patience_seconds: float, interrupt: Callable[[], None]) -> None:
    """Wait for a thread that was told to end, and after a while interrupt what it waits for."""
    thread.join(patience_seconds)
    while thread.is_alive():
        interrupt()
        thread.join(AGAIN_SECONDS)
