"""Starting ``songnuan`` from a launcher that has its modules loaded; one launcher a process of the simulator."""

from __future__ import annotations

import atexit
import functools
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson
import psutil

ROOT = Path(__file__).parent.parent.parent


class Launched:
    """A process that the launcher started. It is the launcher's child, who takes leave of it by itself."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process: psutil.Process | None = None
        with suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(pid)

    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.is_running()

    def send(self, signal: int) -> None:
        """Send a signal, unless it has ended."""
        with suppress(psutil.NoSuchProcess):
            if self._process is not None:
                self._process.send_signal(signal)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; whether it has."""
        if self._process is not None:
            with suppress(psutil.TimeoutExpired):
                self._process.wait(seconds)
        return not self.runs()

    def descendants(self) -> list[psutil.Process]:
        """The process, then those that it has started."""
        with suppress(psutil.NoSuchProcess):
            if self._process is not None and self._process.is_running():
                return [self._process, *self._process.children(recursive=True)]
        return []


class Launcher:
    """The process that forks; it ends with this one."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.served"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        atexit.register(self.close)

    def launch(self, arguments: Sequence[str], environment: dict[str, str], output: Path) -> Launched:
        """Start ``songnuan`` with these arguments; what it says is added to a file."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        asked = {
            "arguments": [*arguments],
            "environment": os.environ | environment,
            "output": str(output),
        }
        self._program.stdin.write(orjson.dumps(asked) + b"\n")
        self._program.stdin.flush()
        return Launched(int(self._program.stdout.readline()))

    def close(self) -> None:
        """End it."""
        self._program.kill()
        self._program.wait()
        for pipe in (self._program.stdin, self._program.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


@functools.cache
def launcher() -> Launcher:
    """This process's launcher."""
    return Launcher()
