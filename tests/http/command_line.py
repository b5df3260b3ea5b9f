"""The command on a ledger of its own, founded by commands alone, and rosters to import with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.demo.people import People
from api.roster.forms import write_form
from ledger.identity.documents import PersonIdentity
from ledger.storage.embedded import EmbeddedServer
from tests.commands import run_command


class Result:
    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment_of(folder: Path, url: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "SONGNUAN_DATABASE_URL": url,
        "SONGNUAN_DATA_DIR": str(folder / "data"),
        "SONGNUAN_PASSPHRASE": "口令 secret",
        "SONGNUAN_SECOND_PASSPHRASE": "口令 secret",
    }


def runner(folder: Path, url: str) -> Callable[..., Result]:
    def run(*arguments: str, input: str | None = None, **more: str) -> Result:
        environment = {**environment_of(folder, url), **more}
        return Result(run_command(*arguments, env=environment, cwd=folder, input=input))

    return run


def identity_file(folder: Path, person: PersonIdentity) -> str:
    """A file with an identity, as ``--identity`` takes it."""
    file = folder / f"{person.number}.json"
    file.write_text(person.model_dump_json(exclude_none=True))
    return str(file)


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    return environment_of(tmp_path, database_url)


@pytest.fixture(scope="session")
def pattern(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ledger with a county, a union, a clerk, an officer for the rest, and campaign b2026."""
    folder = tmp_path_factory.mktemp("command_pattern")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE command_pattern")
    run = runner(folder, server.url.replace("/songnuan?", "/command_pattern?"))

    def must(*arguments: str) -> Result:
        result = run(*arguments)
        assert result.code == 0, result.err
        return result

    by_registrar = ("--key", "registrar.pem")
    people = People(97)
    who = identity_file(folder, people.person())
    must("init", "--name", "某县台账", "--identity", who, *by_registrar)
    must("unit", "register", "county", "--name", "某县总工会", "--level", "county", *by_registrar)
    must(
        "unit",
        "register",
        "tea",
        "--name",
        "茶厂工会",
        "--level",
        "grass-roots",
        "--parent",
        "county",
        *by_registrar,
    )
    for officer, unit, roles in (
        ("clerk", "tea", ["clerk@tea"]),
        ("boss", "county", ["approver@county"]),
        ("cash", "county", ["finance@county"]),
        ("books", "county", ["accountant@county"]),
    ):
        code = must("key", "new", f"{officer}.pem", "--for", officer, "--json").json["enrolment_code"]
        grants = [part for role in roles for part in ("--role", role)]
        must(
            "officer",
            "enrol",
            officer,
            "--name",
            officer,
            "--unit",
            unit,
            "--code",
            code,
            "--identity",
            identity_file(folder, people.person()),
            *grants,
            *by_registrar,
        )
    (folder / "policy.json").write_text(must("campaign", "template", "b").out)
    must(
        "campaign",
        "open",
        "b2026",
        "policy.json",
        "--unit",
        "county",
        "--title",
        "心系职工情",
        "--key",
        "boss.pem",
    )
    yield folder
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE command_pattern WITH (FORCE)")


@pytest.fixture
def founded(
    pattern: Path, tmp_path: Path, database_url: str, server: EmbeddedServer
) -> Callable[..., Result]:
    """The command, on a copy of the pattern."""
    name = database_url.split("?")[0].split("/")[-1]
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE command_pattern")
    shutil.copytree(pattern, tmp_path, dirs_exist_ok=True)
    return runner(tmp_path, database_url)


def roster(path: Path, count: int, seed: int, faulty: bool = False) -> list[str]:
    people = People(seed)
    persons = [people.person() for _ in range(count)]
    rows: list[dict[str, Any]] = [
        {
            "number": p.number,
            "name": p.name,
            "category": "困难职工",
            "phone": p.phone,
            "cause": "因病",
            "amount_fen": "500元",
        }
        for p in persons
    ]
    if faulty:
        rows.append({"number": 3.50602199001011e17, "name": "王五", "category": "困难职工"})
    write_form(path, "person", rows)
    return [p.number for p in persons]


def import_(run: Callable[..., Result], *more: str, **options: Any) -> Result:
    return run(
        "import",
        "roster.xlsx",
        "--campaign",
        "b2026",
        "--unit",
        "tea",
        "--key",
        "clerk.pem",
        *more,
        **options,
    )


def entries(run: Callable[..., Result]) -> int:
    return int(run("status", "--json").json["head"])
