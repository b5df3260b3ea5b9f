"""The ``songnuan`` command (送暖账本命令行): its commands, and how answers, progress and errors are printed.

A command asks what a route would ask; the questions are in the topics.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from api.cli.command_declaration import Command
from api.cli.commands import COMMANDS, named
from api.cli.exit_codes import EXIT_REFUSED, EXIT_USAGE, exit_code
from api.cli.language import say, take_language
from api.cli.loading import LazyGroup
from api.cli.second_signer import take_second
from api.cli.server_option import take_server
from api.cli.stopping import Stopped, break_off_on_signals
from api.cli.terminals import open_closed, take_any_encoding, told_if_possible


def build() -> typer.Typer:
    """The command; what ``api/cli/commands.py`` declares is below it, and loaded when it is named."""
    app = typer.Typer(
        cls=LazyGroup,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help=say(
            "送暖账本：送温暖慰问的审计台账。退出码：0 成功，1 被拒绝，2 用法错误，3 暂不可用，4 配置错误，5 部分被拒绝，"
            "6 重新计算比对或验证不符，130 或 143 按要求停止。"
            "须两人签署的，加 --second 密钥文件；服务运行时，先 sign-in，再加 --server 地址。"
            "界面语言：SONGNUAN_LANG=en 或 --lang en。",
            "The audit ledger for hardship relief. Exit codes: 0 done, 1 refused, 2 usage,"
            " 3 unavailable, 4 misconfigured, 5 partly refused, 6 something differs, 130 or 143 stopped as"
            " asked. What two must sign takes --second KEYFILE; while the service runs, sign in and add"
            " --server URL. Language: SONGNUAN_LANG or --lang.",
        ),
    )
    app.callback()(_root)
    return app


def _told_version(asked: bool) -> None:
    """Prints this release's version and ends."""
    if asked:
        from importlib import metadata

        typer.echo(f"songnuan {metadata.version('songnuan')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_told_version,
            is_eager=True,
            help=say("显示版本号", "show this release's version"),
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command; errors end it with their message and exit code."""
    open_closed()
    break_off_on_signals()
    take_any_encoding()
    try:
        sys.argv = take_server(take_second(take_language(sys.argv)))
        if not _asks_for_help(sys.argv):
            _set_up_logging(named(sys.argv[1:]))
        sys.exit(build()(standalone_mode=False))
    except Stopped as stop:
        raise stop.end() from None
    except typer.Abort:
        from api.cli.output import errors

        with told_if_possible():
            errors.print(say("已中止", "stopped"))
        sys.exit(EXIT_REFUSED)
    except TyperException as error:
        from api.cli.output import print_error
        from api.cli.usage_errors import misused

        with told_if_possible():
            if type(error).__name__ == "NoArgsIsHelpError":
                typer.echo(error.format_message(), err=True)
            else:
                print_error(misused(error))
        sys.exit(EXIT_USAGE)
    except Exception as error:
        from api.cli.output import print_error
        from api.cli.usage_errors import not_text
        from api.service.failures import explained

        told = not_text(error, sys.argv) or explained(error)
        if told is None:
            raise
        with told_if_possible():
            print_error(told)
        sys.exit(exit_code(told))


def _set_up_logging(command: Command | None) -> None:
    """Read the settings, whatever the command makes of them, set up the log, and tell of variables for nothing.

    A command that works on files alone has no setting in its way, and neither has one that looks at them.
    """
    if command is not None and (command.offline or command.forbearing):
        return
    # Here, so that a command that needs none of it starts without.
    from api.cli.output import errors, set_up_logging
    from api.service.environment import unknown_variables
    from api.service.settings import Settings

    set_up_logging(Settings())
    if command is not COMMANDS["serve"]:
        # The service tells them in its log.
        for unknown in unknown_variables(os.environ):
            errors.print("! " + say(*unknown.said()), soft_wrap=True)


def _asks_for_help(arguments: list[str]) -> bool:
    """Whether help or the version is wanted, which no setting may stand in the way of."""
    return len(arguments) < 2 or "--help" in arguments or arguments[1] == "--version"
