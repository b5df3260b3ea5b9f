"""``songnuan`` with the faults of a plan in its way, in this process and in those that it starts.

As a program it is a launcher: it has loaded what the service needs, and forks for each line that it
reads, ``{"arguments": […], "environment": {…}, "output": "FILE"}``. It answers the new process's id.
What it starts is the command itself; only the loading of its modules, two seconds of a processor, is
done once for many starts.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import orjson

from tests.faults.hooks import install

install()


def launch_for_ever() -> dict[str, Any] | None:
    """Fork for each line; None once nobody asks for more, and in a new process what it is to be."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        asked: dict[str, Any] = orjson.loads(line)
        process = os.fork()
        if process == 0:
            return asked
        print(process, flush=True)
    return None


def become(asked: dict[str, Any]) -> None:
    """Take on the environment, the arguments and the output of a command of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(there, here)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv[1:] = asked["arguments"]


if __name__ == "__main__":
    import gc

    import api.app
    import api.cli
    import api.service.server
    from tests.commands import import_all_commands

    import_all_commands()
    assert len(os.listdir("/proc/self/task")) == 1, "a process with threads cannot be forked"
    gc.freeze()
    command = launch_for_ever()
    if command is not None:
        become(command)
        api.cli.main()
