"""The commands that the guides and the READMEs give are ones that the program has, with options that it takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli import build

ROOT = Path(__file__).parent.parent.parent
TEXTS = [
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("docs/operating.md", "docs/commands.md", "README.md", "README.zh.md")
]
IN_BLOCKS = re.compile(
    r"(?:for .* do )?(?:export )?(?:[A-Z_]+=\S+ )*(?:docker compose .*? ledger )?(songnuan .*?)(?: >|; done|$)"
)
COMMANDS = sorted(
    {
        match[1]
        for text in TEXTS
        for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.S)
        for line in block.splitlines()
        if (match := IN_BLOCKS.match(line))
    }
)
"""Those that can be given as they stand."""
NAMED = sorted({named for text in TEXTS for named in re.findall(r"`(songnuan [a-z][^`]*)`", text)})
"""Those that a sentence names, perhaps without all that they take."""

SONGNUAN = typer.main.get_command(build())


def test_the_guide_has_its_commands() -> None:
    said = " ".join(COMMANDS)
    for command in ("backup keep", "backup restore", "replica promote", "replica rejoin", "doctor"):
        assert f"songnuan {command}" in said
    # By the newest rules an officer without an identity may do nothing.
    assert all("--identity" in line for line in COMMANDS if re.match("songnuan (init|officer enrol)", line))


ANYWHERE = {"--server", "--second", "--lang"}
"""Options that every command takes."""


def found(words: list[str]) -> tuple[Any, list[str]]:
    """The command that some words name, and the words that are left for it."""
    command: Any = SONGNUAN
    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, words
        command, words = command.commands[words[0]].load(), words[1:]
    return command, words


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_guide_can_be_given_so(line: str) -> None:
    given = re.sub(r"\$\(.*?\)(?= --|$)", "SUBSTITUTED", line)
    command, words = found(shlex.split(given, comments=True)[1:])
    assert not hasattr(command, "commands") or command.invoke_without_command
    command.make_context(command.name, words)


@pytest.mark.parametrize("line", NAMED)
def test_a_command_that_is_named_has_what_is_named_of_it(line: str) -> None:
    command, words = found(shlex.split(line)[1:])
    dispatch = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= dispatch | ANYWHERE


@pytest.mark.parametrize(
    ("line", "option", "variable"),
    [
        ("songnuan upgrade server", "--to", "SONGNUAN_TARGET_URL"),
        ("songnuan replica rejoin", "--primary", "SONGNUAN_PRIMARY_URL"),
    ],
)
def test_a_database_can_be_named_where_no_other_user_sees_its_password(
    line: str, option: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert variable in TEXTS[0]
    monkeypatch.setenv(variable, "postgresql://me:not-to-be-shown@db.example/ledger")
    command, words = found(line.split()[1:])
    taken = command.make_context(command.name, words).params
    assert taken[option.strip("-")] == "postgresql://me:not-to-be-shown@db.example/ledger"
