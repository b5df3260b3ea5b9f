"""The rules of the house that a look at the code can keep."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.test_habits import ROOT, SOURCES


def found(kind: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Every node of a kind in what production runs, with its file."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kind):
                yield path.relative_to(ROOT).as_posix(), node


def test_one_module_alone_reaches_into_an_applications_state() -> None:
    reached = {
        file
        for file, node in found(ast.Attribute)
        if isinstance(node, ast.Attribute)
        and node.attr == "state"
        and ast.unparse(node.value).endswith(("app", "['app']"))
    }
    assert reached == {"api/service/service.py"}


CONNECTS = {
    "psycopg.connect",
    "psycopg.Connection.connect",
    "psycopg.AsyncConnection.connect",
    "Connection.connect",
    "AsyncConnection.connect",
    "ConnectionPool",
    "AsyncConnectionPool",
    "psycopg_pool.ConnectionPool",
    "PostgresDatastore",
}


def test_one_module_alone_opens_connections() -> None:
    opened = {
        file
        for file, node in found(ast.Call)
        if isinstance(node, ast.Call) and ast.unparse(node.func).partition("[")[0] in CONNECTS
    }
    assert opened == {"ledger/postgres/connection.py"}
    imported = {
        file
        for file, node in found(ast.ImportFrom)
        if isinstance(node, ast.ImportFrom)
        and node.module == "psycopg"
        and any(each.name == "connect" for each in node.names)
    }
    assert imported == set()
