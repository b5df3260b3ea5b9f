"""Where the log is written (日志输出): a stream that never fails, since a log ends nothing.

A full disk or a pipe that nobody reads any more raises on every line. What writes to the log is often
about to mend just that, so that the line is lost and counted instead; the next one that arrives says
how many were.
"""

from __future__ import annotations

from typing import TextIO

_FAILURES = (OSError, ValueError)
"""A closed stream raises ``ValueError``."""


class LogStream:
    """A text stream for lines, each of which is written and then flushed. ``lost`` lines never arrived."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._failed = False
        self.lost = 0

    def write(self, text: str) -> int:
        """Write, or note that it failed. What follows on a lost line begins a line of its own."""
        if not self._failed:
            try:
                self._stream.write(text)
            except _FAILURES:
                self._failed = True
        return len(text)

    def flush(self) -> None:
        """Bring a line to its end; it is lost where any part of it failed."""
        try:
            if not self._failed:
                self._stream.flush()
                self.lost = 0
                return
        except _FAILURES:
            pass
        self.lost += 1
        self._failed = False
        try:
            self._stream.write("\n")
        except _FAILURES:
            return
