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


DOCUMENTED = {"_asdict", "_replace", "_make", "_fields", "_field_defaults", "_exit"}
"""Of named tuples and ``os``: public, whatever their names begin with."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name not in DOCUMENTED


def own_names(tree: ast.Module) -> set[str]:
    """The private names that a file gives to something itself: members, functions, classes, arguments."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
            case ast.Constant(value=str(name)):
                names.add(name)  # slots
    return {name for name in names if is_private(name)}


def test_no_private_part_of_a_library_is_used() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in SOURCES}
    named = {path: own_names(tree) for path, tree in trees.items()}
    imported = {
        path: {
            modules[node.module]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module in modules
        }
        for path, tree in trees.items()
    }
    used = []
    for path, tree in trees.items():
        near = imported[path].union(
            *(imported[each] for each in imported[path] if each.parent == path.parent)
        )
        ours = named[path].union(*(named[each] for each in near))
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(attr=name) if is_private(name) and name not in ours:
                    used.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}")
                case ast.ImportFrom(module=str(module), names=names) if module != "__future__":
                    parts = [*module.split("."), *(each.name for each in names)]
                    used += [
                        f"{path.relative_to(ROOT)}:{node.lineno} {part}" for part in parts if is_private(part)
                    ]
                case ast.Import(names=names):
                    parts = [part for each in names for part in each.name.split(".")]
                    used += [
                        f"{path.relative_to(ROOT)}:{node.lineno} {part}" for part in parts if is_private(part)
                    ]
    assert used == []
