"""The command at work (正在执行的命令): its name, what it shows, who signs, whether its line stands.

Nothing is printed by a command that is to be recorded before its line stands; ``recording`` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

from api.cli import server_option
from api.cli.beside import BESIDE, alone
from api.cli.command_declaration import Shown
from api.cli.commands import command
from api.cli.stopping import Stopped


@dataclass
class Running:
    """The command at work: its name, what it shows, who signs, and whether its line stands."""

    name: str
    declared: Shown
    key: str | None = None
    is_recorded: bool = False


_running: ContextVar[Running | None] = ContextVar("running", default=None)


def recording(name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    """A command's function, held to what is declared of it.

    Raises:
        RuntimeError: nothing is.
        Misused: when it is called: a service was named, and it works beside the ledger.
    """
    declared = command(name).shows
    here = name in BESIDE

    @wraps(callback)
    def held(*arguments: Any, **named: Any) -> None:
        if here and server_option.given() is not None:
            raise alone(name)
        before = _running.set(Running(name, declared))
        try:
            callback(*arguments, **named)
        except Stopped as stop:
            # Here, since click would take it for a refusal.
            raise stop.end() from None
        finally:
            _running.reset(before)

    return held


def check_recorded() -> None:
    """To be called before anything is printed.

    Raises:
        RuntimeError: the running command is to be recorded, and has no line yet.
    """
    running = _running.get()
    if running is not None and running.declared.kind is not None and not running.is_recorded:
        raise RuntimeError(f"songnuan {running.name} prints before its line in the access log stands")


def note_recorded() -> None:
    """Say that whoever answered has recorded what the running command shows."""
    running = _running.get()
    if running is not None:
        running.is_recorded = True


def note_signer(key: str) -> None:
    """Say by which key the running command signs."""
    running = _running.get()
    if running is not None:
        running.key = key


def at_work() -> Running:
    """The command at work.

    Raises:
        RuntimeError: none is.
    """
    running = _running.get()
    if running is None:
        raise RuntimeError("no command is at work")
    return running
