"""The ``songnuan`` command in a process of its own, forked from one that has imported what it needs.

A command's process takes a second of the processor to import its libraries. A server process pays
that once for each worker of the tests; every command is a fork of it, with its own environment,
folder and streams, and runs the same ``main`` as the installed command. What the command's own
modules do when they are imported (they take the language from the environment) is not shared.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import IO

COMMAND = str(Path(sys.executable).parent / "songnuan")
"""The installed command."""


def import_all_commands() -> None:
    """Import the command and all its parts, each of which is otherwise imported when it is named."""
    from api.cli.commands import COMMANDS

    for module in [
        "api.service.failures",
        "api.service.settings",
        *(each.function for each in COMMANDS.values()),
    ]:
        import_module(module.partition(":")[0])


def run_command(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    input: str | None = None,
    timeout: float = 300.0,
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, as :func:`subprocess.run` with text does."""
    with ExitStack() as stack:
        streams = [stack.enter_context(tempfile.NamedTemporaryFile("w+", encoding="utf-8")) for _ in range(3)]
        given, said, error = streams
        given.write(input or "")
        given.flush()
        process = processes().Process(
            target=_run, args=(arguments, dict(env), cwd, [stream.name for stream in streams])
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, timeout)
        return subprocess.CompletedProcess(arguments, process.exitcode, _all(said), _all(error))


def _all(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


@cache
def processes() -> ForkServerContext:
    """What makes processes that have imported all that the command needs; a test's own, too."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.imported"])
    return context


def _run(
    arguments: tuple[str, ...], environment: dict[str, str], cwd: Path | None, streams: list[str]
) -> None:
    for number, (path, flags) in enumerate(
        zip(streams, (os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND), strict=True)
    ):
        os.dup2(os.open(path, flags), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    os.environ.clear()
    os.environ.update(environment)
    if cwd is not None:
        os.chdir(cwd)
    sys.argv = [COMMAND, *arguments]
    from api.cli import main

    main()
