"""A program of ours under limits (受限进程): a module that is run by a process of its own, for what may grow too far.

What it does with memory and time it does to nobody else; where it meets a limit, that limit is named.
The standard library alone is imported here, so that such a program starts within hundredths of a second.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

from api.service.scratch import scratch_folder

Met = Literal["memory", "time", "size"]
NO_MEMORY = 77
"""The exit code of a program that asked for memory and got none."""


class ProcessLimits(NamedTuple):
    """What the program may have.

    ``memory_bytes`` of address space besides what it starts with, ``cpu_seconds`` of processor time,
    ``wall_seconds`` in all, and files of ``file_bytes`` at most, none where it is 0.
    """

    memory_bytes: int
    cpu_seconds: int
    wall_seconds: float
    file_bytes: int = 0


class LimitMet(Exception):
    """The program came to one of its limits."""

    def __init__(self, limit: Met) -> None:
        super().__init__(limit)
        self.limit = limit


class ProgramFailed(Exception):
    """The program ended by itself and has no answer."""


def run_limited(module: str, *arguments: str, limits: ProcessLimits, given: bytes = b"") -> bytes:
    """Run a module's ``main`` with ``given`` on its standard input; answer what it wrote.

    It has no settings, no secrets and no environment. What it writes to files is gone with it.

    Raises:
        LimitMet: ``memory``, ``time``, or ``size`` of a file.
        ProgramFailed: it ended otherwise.
        Unavailable: ``scratch-unusable`` where the machine has no room, file or process left for it.
    """
    with scratch_folder() as folder:
        try:
            done = subprocess.run(  # noqa: S603 # our own module, with its arguments
                [sys.executable, "-I", "-B", "-m", module, *arguments],
                capture_output=True,
                input=given,
                timeout=limits.wall_seconds,
                env={"LC_ALL": "C.UTF-8", "TMPDIR": str(folder)},
                cwd="/",
            )
        except subprocess.TimeoutExpired:
            raise LimitMet("time") from None
    met = _MET.get(done.returncode)
    if met is not None:
        raise LimitMet(met)
    if done.returncode != 0:
        raise ProgramFailed(done.stderr.decode(errors="replace")[-2000:])
    return done.stdout


_MET: dict[int, Met] = {
    -signal.SIGXCPU: "time",
    -signal.SIGKILL: "time",
    # How a library in another language ends where it asks for memory and gets none.
    -signal.SIGABRT: "memory",
    NO_MEMORY: "memory",
    -signal.SIGXFSZ: "size",
}


def limit_this_process(limits: ProcessLimits) -> None:
    """Take the limits on, once everything that belongs to the program itself is imported."""
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[0]) if statm.exists() else 0
    space = pages * resource.getpagesize() + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    # Python ignores the signal of a file that grew too large, which would make it an error like others.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
