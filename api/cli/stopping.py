"""A stop asked for (停止): what SIGTERM, Ctrl-C and a terminal that is gone (SIGHUP) do to a command.

A command that has work to finish is broken off: what it began is taken back on the way out, and it ends
with 128 and the signal's number, as shells tell it. One that runs until it is stopped ends with 0. Either
way the process is gone within ten seconds, whatever still holds it. Where the terminal is gone, nobody may
be there to be told; a command under ``nohup`` goes on. Signals that mean something to other servers alone
(SIGUSR1 to open their logs anew) end nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType

from api.cli.language import say

STOP_SECONDS = 8.0
"""After which time a stop ends the process, whatever still holds it."""
EXIT_ENDED = 70
BY_SIGNAL = 128
"""What shells add to a signal's number in the exit code of who was ended by it."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MEANT_FOR_OTHERS = (signal.SIGUSR1, signal.SIGUSR2)


class Stopped(KeyboardInterrupt):
    """The command is told to stop; libraries take it for Ctrl-C, and cancel what they wait for."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = BY_SIGNAL + number

    def end(self) -> SystemExit:
        """Say so on stderr, and answer what ends the process."""
        _tell(
            say(
                "! 已按要求停止：未完成的部分没有留下，重新执行本命令即可继续",
                "! stopped as asked: nothing half done is left, give the command again to go on",
            )
        )
        return SystemExit(self.exit_code)


def break_off_on_signals() -> None:
    """From now on SIGTERM, Ctrl-C and a terminal that goes away break the command off."""
    for number in heeded():
        signal.signal(number, _break_off)
    for number in MEANT_FOR_OTHERS:
        signal.signal(number, signal.SIG_IGN)


def heeded() -> list[signal.Signals]:
    """The signals that stop this process: all but a hangup that it was started to outlive, as ``nohup`` does."""
    return [each for each in SIGNALS if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN]


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM, Ctrl-C and a hangup set, for commands that run until they are stopped."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if not stopped.is_set():
            _see_to_the_end()
        stopped.set()

    for number in heeded():
        signal.signal(number, stop)
    return stopped


def _break_off(number: int, frame: FrameType | None) -> None:
    # What is taken back on the way out is not broken off by the next signal.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    _see_to_the_end()
    raise Stopped(number)


def _see_to_the_end() -> None:
    watch = threading.Timer(STOP_SECONDS, _end_now)
    watch.daemon = True
    watch.start()


def _end_now() -> None:
    try:
        _tell(
            say(
                f"✗ stop-overdue  {STOP_SECONDS:.0f} 秒内未能停止，进程已强制结束",
                f"✗ stop-overdue  it did not stop within {STOP_SECONDS:.0f} s, and the process is ended",
            )
        )
    finally:
        os._exit(EXIT_ENDED)


def _tell(line: str) -> None:
    """A line on stderr, which may lead to a terminal that is gone."""
    with suppress(OSError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
