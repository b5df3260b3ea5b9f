"""The commands in the operating guide are ones that the program has, with options that it takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from api.cli import build

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    {
        match[1]
        for block in re.findall(r"```[a-z]*\n(.*?)```", GUIDE, re.S)
        for line in block.splitlines()
        if (
            match := re.match(
                r"(?:export )?(?:[A-Z_]+=\S+ )*(?:docker compose .*? ledger )?(songnuan .*)", line
            )
        )
    }
)

SONGNUAN = typer.main.get_command(build())


def test_the_guide_has_its_commands() -> None:
    said = " ".join(COMMANDS)
    for command in ("backup keep", "backup restore", "replica promote", "replica rejoin", "doctor"):
        assert f"songnuan {command}" in said


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_guide_can_be_given_so(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = SONGNUAN
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None
        command = found
    command.make_context(command.name, words)
