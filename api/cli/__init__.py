"""The ``songnuan`` command (送暖账本命令行)."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated, Any

import typer

from api.cli.language import say
from ledger.errors import Misconfigured, SongnuanError, Unavailable

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3
EXIT_MISCONFIGURED = 4
EXIT_PARTLY = 5
EXIT_DIFFERS = 6


def build() -> typer.Typer:
    """The command with all its parts; each module of this package brings its own."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help=say(
            "送暖账本：送温暖慰问的审计账本。退出码：0 成功，1 被拒绝，2 用法错误，3 暂不可用，4 配置错误，5 部分被拒绝，"
            "6 重放或验证不符。"
            "须两人签署的，加 --second 密钥文件。界面语言：SONGNUAN_LANG=en 或 --lang en。",
            "The audit ledger for hardship relief. Exit codes: 0 done, 1 refused, 2 usage,"
            " 3 unavailable, 4 misconfigured, 5 partly refused, 6 something differs. What two must sign"
            " takes --second KEYFILE. Language: SONGNUAN_LANG or --lang.",
        ),
    )
    app.callback()(_root)
    for part in _parts():
        part.add(app)
    _hold_to_declarations(app)
    return app


def _hold_to_declarations(app: typer.Typer, *group: str) -> None:
    """Every command says what it shows, and prints nothing before that is recorded."""
    from api.cli.recording import recording

    for each in app.registered_commands:
        assert each.name is not None
        assert each.callback is not None
        each.callback = recording(" ".join((*group, each.name)), each.callback)
    for below in app.registered_groups:
        assert isinstance(below.name, str)
        assert below.typer_instance is not None
        _hold_to_declarations(below.typer_instance, *group, below.name)


def _told_version(asked: bool) -> None:
    """Prints this release's version and ends."""
    if asked:
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


def _parts() -> tuple[Any, ...]:
    """The modules with the commands, in the order of the help."""
    from api.cli import (
        access,
        asking,
        backups,
        clock,
        demo,
        doctoring,
        exporting,
        flagging,
        identities,
        keys,
        ledgers,
        linking,
        objections,
        plans,
        proving,
        registry,
        roster,
        serving,
        set_back,
        shows,
        signing,
        simulating,
        standbys,
        upgrading,
        verifying,
        viewing,
    )

    return (
        ledgers,
        keys,
        registry,
        plans,
        roster,
        signing,
        asking,
        access,
        clock,
        flagging,
        linking,
        identities,
        objections,
        viewing,
        proving,
        exporting,
        verifying,
        shows,
        serving,
        set_back,
        backups,
        standbys,
        doctoring,
        demo,
        simulating,
        upgrading,
    )


def main() -> None:
    """Runs the command; errors end it with their message and exit code."""
    from api.cli.language import take_language
    from api.cli.output import print_error, set_up_logging
    from api.cli.second_signer import take_second
    from api.service.failures import explained
    from api.service.settings import Settings

    sys.argv = take_second(take_language(sys.argv))
    try:
        if not _asks_for_help(sys.argv):
            set_up_logging(Settings())
        build()(standalone_mode=True)
    except Exception as error:
        told = explained(error)
        if told is None:
            raise
        print_error(told)
        sys.exit(exit_code(told))


def _asks_for_help(arguments: list[str]) -> bool:
    """Whether help or the version is wanted, which no setting may stand in the way of."""
    return len(arguments) < 2 or "--help" in arguments or arguments[1] == "--version"


def exit_code(error: SongnuanError) -> int:
    """The exit code of an error, for scripts."""
    from api.cli.output import Misused
    from ledger.storage.restoring import Incomplete

    if isinstance(error, Misused):
        return EXIT_USAGE
    if isinstance(error, Incomplete):
        return EXIT_DIFFERS
    if isinstance(error, Unavailable):
        return EXIT_UNAVAILABLE
    if isinstance(error, Misconfigured):
        return EXIT_MISCONFIGURED
    return EXIT_REFUSED
