"""Commands that take no --server say why and the way out; every other one reaches a service."""

from __future__ import annotations

import ast
from importlib import import_module
from inspect import getsource
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import build
from api.cli.beside import BESIDE, beside_table
from api.cli.commands import COMMANDS
from api.cli.exit_codes import Misused
from api.cli.server_option import take_server

ROOT = Path(__file__).parent.parent.parent
OF_THE_FOLDER = {"opened", "asked"}
OF_A_DESK = {"at_desk", "at_service", "record"}
IN_PART = {"officer exclusions"}
"""Signs at either, and shows what stands beside the ledger alone."""


def _reached(function: str) -> set[str]:
    """The names that a command's function calls, in its own module as deep as they go."""
    module, _, name = function.partition(":")
    called = {
        node.name: {
            call.func.id
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        for node in ast.walk(ast.parse(getsource(import_module(module))))
        if isinstance(node, ast.FunctionDef)
    }
    found: set[str] = set()
    todo = [name]
    while todo:
        of = todo.pop()
        fresh = called.get(of, set()) - found
        found |= fresh
        todo += fresh - OF_THE_FOLDER - OF_A_DESK
    return found


def test_every_command_that_opens_the_ledger_reaches_a_service_or_says_why_it_does_not() -> None:
    assert BESIDE.keys() <= COMMANDS.keys()
    for name, declared in COMMANDS.items():
        reached = _reached(declared.function)
        if reached & OF_THE_FOLDER and name not in IN_PART:
            assert (name in BESIDE) is not bool(reached & OF_A_DESK), name
        assert not (name in BESIDE and reached & OF_A_DESK), name


@pytest.mark.parametrize("name", sorted(BESIDE))
def test_a_command_beside_the_ledger_tells_a_service_that_was_named_from_its_own(name: str) -> None:
    from api.cli.running import recording

    take_server(["songnuan", "--server", "http://127.0.0.1:9"])
    try:
        with pytest.raises(Misused) as refused:
            recording(name, lambda: pytest.fail("it ran"))()
    finally:
        take_server(["songnuan"])
    assert name in refused.value.zh and "办法：" in refused.value.zh
    assert BESIDE[name].instead[1] in refused.value.en


def test_the_documents_table_is_the_commands_own() -> None:
    text = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    assert "\n".join(beside_table()) in text
    done = CliRunner().invoke(build(), ["show", "local"])
    assert done.exit_code == 0 and "verify ledger" in done.output
