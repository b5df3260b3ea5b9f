"""Commands that are loaded when they are named: help lists them without importing any of their modules."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from api.cli.command_declaration import Command, Group
from api.cli.commands import COMMANDS, GROUPS
from api.cli.help import HelpfulCommand, HelpfulGroup
from api.cli.language import say
from api.cli.running import recording


class Listed(TyperCommand):
    """A name and its help, as the group above lists it; ``load`` makes the command or group itself."""

    def __init__(self, path: str, declared: Command | Group) -> None:
        super().__init__(path.rpartition(" ")[2], help=say(declared.zh, declared.en))
        self.path = path

    def load(self) -> Any:
        """Import the module and make the command, a click ``Command`` or ``Group``."""
        app = _app_of_group(self.path) if self.path in GROUPS else _app_of_command(self.path)
        return typer.main.get_command(app)


class LazyGroup(HelpfulGroup):
    """A group that lists what ``COMMANDS`` and ``GROUPS`` have below its name, and loads what is named."""

    def __init__(self, *, name: str | None = None, **attributes: Any) -> None:
        super().__init__(name=name, **attributes)
        above = f"{name} " if name else ""
        below: dict[str, Command | Group] = {**COMMANDS, **({} if above else GROUPS)}
        for path, declared in below.items():
            if path.startswith(above) and " " not in path.removeprefix(above):
                self.add_command(Listed(path, declared))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command that the arguments name, and load it.

        Raises:
            Misused: there is none.
        """
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            # Here, so that a command that is found starts without pydantic.
            from api.cli.usage_errors import no_such_command

            raise no_such_command(args[0], self.list_commands(ctx))
        name, found, rest = super().resolve_command(ctx, args)
        return name, found.load() if isinstance(found, Listed) else found, rest


def _app_of_command(path: str) -> typer.Typer:
    declared = COMMANDS[path]
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(path.rpartition(" ")[2], cls=HelpfulCommand, help=say(declared.zh, declared.en))(
        recording(path, _function(declared.function))
    )
    return app


def _app_of_group(name: str) -> typer.Typer:
    declared = GROUPS[name]
    app = typer.Typer(
        name=name,
        cls=LazyGroup,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=declared.by_itself is None,
        invoke_without_command=declared.by_itself is not None,
        help=say(declared.zh, declared.en),
    )
    app.callback()(_nothing if declared.by_itself is None else _function(declared.by_itself))
    return app


def _nothing() -> None:
    pass


def _function(named: str) -> Callable[..., Any]:
    module, _, name = named.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
