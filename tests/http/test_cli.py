"""The command as people and scripts use it: its outputs, its exit codes, a roster's whole way."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from openpyxl import load_workbook

from api.demo.people import People
from api.roster.forms import write_form
from ledger.crypto.keys import load_key, save_key
from ledger.identity.documents import PersonIdentity
from ledger.storage.embedded import EmbeddedServer
from tests.commands import COMMAND, run_command

ROOT = Path(__file__).parent.parent.parent


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


@pytest.fixture(scope="module")
def pattern(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ledger with a county, a union, a clerk, an officer for the rest, and campaign b2026."""
    folder = tmp_path_factory.mktemp("pattern")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE pattern")
    run = runner(folder, server.url.replace("/songnuan?", "/pattern?"))

    def must(*arguments: str) -> Result:
        result = run(*arguments)
        assert result.code == 0, result.err
        return result

    by_registrar = ("--key", "registrar.pem")
    people = People(97)
    who = identity_file(folder, people.person())
    must("init", "--name", "某县账本", "--identity", who, *by_registrar)
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
        connection.execute("DROP DATABASE pattern WITH (FORCE)")


@pytest.fixture
def founded(
    pattern: Path, tmp_path: Path, database_url: str, server: EmbeddedServer
) -> Callable[..., Result]:
    """The command, on a copy of the pattern."""
    name = database_url.split("?")[0].split("/")[-1]
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE pattern")
    shutil.copytree(pattern, tmp_path, dirs_exist_ok=True)
    return runner(tmp_path, database_url)


def test_the_readmes_commands_run(environment: dict[str, str], tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- run -->\n```\n(.*?)```", readme, re.S)
    assert blocks
    script = "set -eu\n" + "\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "250,000.00" in done.stdout
    # The Chinese one gives the same commands.
    chinese = (ROOT / "README.zh.md").read_text(encoding="utf-8")
    assert [block for block in blocks if block not in chinese and "songnuan form" not in block] == []


def test_money_from_allocation_to_return(founded: Callable[..., Result]) -> None:
    receipt = founded(
        "fund",
        "allocate",
        "b2026",
        "--line",
        "workers",
        "--amount",
        "25万元",
        "--document",
        "县财〔2025〕1号",
        "--key",
        "cash.pem",
        "--json",
    )
    assert receipt.json["position"] > 0
    assert (
        founded(
            "fund",
            "transfer",
            "b2026",
            "--from",
            "workers",
            "--to",
            "model-workers",
            "--amount",
            "9万",
            "--reason",
            "调剂",
            "--key",
            "cash.pem",
        ).code
        == 0
    )
    refused = founded(
        "fund",
        "return",
        "b2026",
        "--line",
        "workers",
        "--amount",
        "999999",
        "--reason",
        "结余",
        "--key",
        "cash.pem",
    )
    assert refused.code == 1
    assert "line-below-zero" in refused.err
    assert "160,000.00 元" in refused.err
    lines = {line["line"]: line["left_fen"] for line in founded("balance", "--json").json}
    assert lines == {"workers": 16_000_000, "model-workers": 9_000_000}
    earlier = founded("balance", "--as-of", str(receipt.json["position"]), "--json").json
    assert {line["line"]: line["left_fen"] for line in earlier} == {"workers": 25_000_000}
    again = founded("show", "receipt", receipt.json["id"], "--json").json
    assert again["leaf_hash"] == receipt.json["leaf_hash"]


def test_exit_codes_and_languages(founded: Callable[..., Result], tmp_path: Path) -> None:
    assert (
        founded("fund", "allocate", "b2026", "--line", "workers", "--amount", "1", "--key", "clerk.pem").code
        == 1
    )
    assert (
        founded(
            "fund", "allocate", "b2026", "--line", "workers", "--amount", "很多", "--key", "cash.pem"
        ).code
        == 2
    )
    assert founded("nonsense").code == 2
    wrong = founded(
        "fund",
        "allocate",
        "b2026",
        "--line",
        "workers",
        "--amount",
        "1",
        "--key",
        "cash.pem",
        SONGNUAN_PASSPHRASE="no",
    )
    assert wrong.code == 4
    assert "key-file" in wrong.err
    assert founded("init", "--name", "又一本", "--key", "registrar.pem").code == 4
    assert founded("balance", SONGNUAN_DATA_DIR=str(tmp_path / "elsewhere")).code == 4
    english = founded(
        "--lang",
        "en",
        "fund",
        "allocate",
        "b2026",
        "--line",
        "workers",
        "--amount",
        "1",
        "--key",
        "clerk.pem",
    )
    assert "lacks the role" in english.err
    assert (
        "List" in founded("--lang=en", "unit", "--help").out
        or "list units" in founded("--lang=en", "unit", "--help").out
    )
    assert "单位一览" in founded("unit", "--help").out
    assert founded("key", "new", "cash.pem").code == 4


def test_the_writer_of_another_process_makes_it_unavailable(
    founded: Callable[..., Result], database_url: str, tmp_path: Path
) -> None:
    from ledger.writing.writer_session import WRITER_LOCK

    roster(tmp_path / "roster.xlsx", 2, 4)

    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (WRITER_LOCK,))
        busy = founded("fund", "allocate", "b2026", "--line", "workers", "--amount", "1", "--key", "cash.pem")
        assert busy.code == 3
        assert "writer-elsewhere" in busy.err
        # Who it is, and the way out: the last who was elected.
        holder = other.execute("SELECT holder FROM ledger.writer").fetchone()
        assert holder is not None
        host, process = holder[0].split("/")
        assert f"{host} 上的进程 {process}" in busy.err
        assert "POST /statements" in busy.err
        assert founded("balance").code == 0
        # Only looking needs no writer, and leaves nothing behind.
        dry = import_(founded, "--dry-run", "--json")
        assert (dry.code, dry.json["good"]) == (0, 2), dry.err
        assert not (tmp_path / "data" / "imports").exists()


def test_signing_offline_and_submitting_twice(founded: Callable[..., Result], tmp_path: Path) -> None:
    ledger = founded("status", "--json").json["ledger"]
    (tmp_path / "body.json").write_text('{"campaign": "b2026", "line": "workers", "amount_fen": 100}')
    signed = founded(
        "sign",
        "FundAllocated.v1",
        "body.json",
        "--ledger",
        ledger,
        "--key",
        "cash.pem",
        SONGNUAN_DATABASE_URL="postgresql://127.0.0.1:9/none",
    )
    assert signed.code == 0, signed.err
    (tmp_path / "signed.ndjson").write_text(signed.out)
    first = founded("submit", "signed.ndjson", "--json").json[0]["receipt"]
    second = founded("submit", "signed.ndjson", "--json").json[0]["receipt"]
    assert second == {**first, "repeated": True}
    changed = signed.out.replace('"sig":"', '"sig":"A', 1)
    mixed = founded("submit", "-", "--json", input=signed.out + changed)
    assert mixed.code == 5
    assert ["receipt" in line for line in mixed.json] == [True, False]
    assert founded("submit", "-", input="not json\n").code == 2
    (tmp_path / "zero.json").write_text('{"campaign": "b2026", "line": "workers", "amount_fen": 0}')
    zero = founded("sign", "FundAllocated.v1", "zero.json", "--ledger", ledger, "--key", "cash.pem")
    assert zero.code == 1
    assert "amount-not-positive" in zero.err


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


def test_a_rosters_whole_way(founded: Callable[..., Result], tmp_path: Path) -> None:
    numbers = roster(tmp_path / "roster.xlsx", 20, 1, faulty=True)
    workbook = load_workbook(tmp_path / "roster.xlsx")
    workbook.worksheets[0].append({3: "赵六", 4: "困难职工"})
    workbook.save(tmp_path / "roster.xlsx")
    before = entries(founded)
    dry = import_(founded, "--dry-run", "--json")
    assert (dry.code, dry.json["good"], [f["code"] for f in dry.json["faults"]]) == (
        5,
        20,
        ["number-damaged", "cell-missing"],
    )
    said_no = import_(founded, input="n\n")
    assert said_no.code == 5
    assert "B25" in said_no.out
    assert entries(founded) == before
    yes = import_(founded, input="y\n")
    assert yes.code == 5, yes.err
    assert entries(founded) == before + 40
    assert "已导入" in import_(founded, "--accept").out
    assert entries(founded) == before + 40
    listed = founded("roster", "--unit", "tea", "--json").json
    assert len(listed) == 20
    assert all(row["state"] == "nominated" and "*" in row["masked_name"] for row in listed)
    assert not any(number in founded("roster", "--json").out for number in numbers)
    signatures = {
        json.loads(line)["entry"]["envelope"]["signatures"][0]["sig"]
        for line in founded("events", "--after", str(before), "--json").out.splitlines()
    }
    assert len(signatures) == 1


def test_a_longer_roster_files_only_what_is_new(founded: Callable[..., Result], tmp_path: Path) -> None:
    roster(tmp_path / "roster.xlsx", 5, 2)
    assert import_(founded, "--accept").code == 0
    before = entries(founded)
    roster(tmp_path / "roster.xlsx", 8, 2)
    # With a key that is not encrypted, too, whether or not a passphrase is given.
    save_key(load_key(tmp_path / "clerk.pem", "口令 secret"), tmp_path / "bare.pem", "")
    (tmp_path / "bare.pem").replace(tmp_path / "clerk.pem")
    dry = import_(founded, "--dry-run", "--json")
    assert dry.code == 0, dry.err
    report = dry.json
    assert (report["good"], len(report["listed"])) == (3, 5)
    assert import_(founded, "--accept").code == 0
    assert entries(founded) == before + 6


def test_an_import_killed_in_the_middle_is_resumed_and_doubles_nothing(
    founded: Callable[..., Result], environment: dict[str, str], tmp_path: Path, database_url: str
) -> None:
    roster(tmp_path / "roster.xlsx", 1500, 3)
    before = entries(founded)
    process = subprocess.Popen(
        [
            COMMAND,
            "import",
            "roster.xlsx",
            "--campaign",
            "b2026",
            "--unit",
            "tea",
            "--key",
            "clerk.pem",
            "--accept",
        ],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with psycopg.connect(database_url, autocommit=True) as watch:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            row = watch.execute("SELECT coalesce(max(position), 0) FROM ledger.entries").fetchone()
            if row is not None and row[0] > before:
                break
            time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.5)
    halfway = entries(founded)
    assert before < halfway
    (journal,) = (tmp_path / "data" / "imports").glob("*.jsonl")
    assert journal.stat().st_mode & 0o077 == 0
    assert b'"number"' not in journal.read_bytes()
    resumed = import_(founded)
    assert resumed.code == 0, resumed.err
    assert entries(founded) == before + 3000
    assert not journal.exists()
    listed = founded("roster", "--limit", "5000", "--json").json
    assert len({row["person"] for row in listed}) == len(listed) == 1500


def test_what_is_no_roster(founded: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "roster.xlsx").write_text("no")
    result = import_(founded, "--accept")
    assert result.code == 1
    assert "roster-file" in result.err


def test_keys_are_encrypted_shown_rotated_and_revoked(founded: Callable[..., Result], tmp_path: Path) -> None:
    assert "ENCRYPTED" in (tmp_path / "cash.pem").read_text()
    assert (tmp_path / "cash.pem").stat().st_mode & 0o077 == 0
    old = founded("key", "show", "cash.pem", "--json").json
    new = founded("key", "new", "cash2.pem", "--algorithm", "sm2", "--for", "cash", "--json").json
    assert new["algorithm"] == "sm2"
    shown = founded("key", "show", "cash2.pem", "--json").json
    assert {**new, **shown} == new
    assert (
        founded(
            "key",
            "rotate",
            "--officer",
            "cash",
            "--code",
            new["enrolment_code"],
            "--replaces",
            old["key"],
            "--key",
            "cash.pem",
        ).code
        == 0
    )
    stale = founded("fund", "allocate", "b2026", "--line", "workers", "--amount", "1", "--key", "cash.pem")
    assert "key-revoked" in stale.err
    time.sleep(1)
    assert (
        founded("fund", "allocate", "b2026", "--line", "workers", "--amount", "1", "--key", "cash2.pem").code
        == 0
    )
    assert (
        founded(
            "key", "revoke", new["key"], "--reason", "遗失", "--compromised", "--key", "registrar.pem"
        ).code
        == 0
    )
    assert (
        founded("fund", "allocate", "b2026", "--line", "workers", "--amount", "1", "--key", "cash2.pem").code
        == 1
    )
    assert "clerk" in founded("officer", "list").out
    assert (
        founded(
            "officer",
            "roles",
            "clerk",
            "--role",
            "clerk@tea@b2026",
            "--reason",
            "专管",
            "--key",
            "registrar.pem",
        ).code
        == 0
    )


def test_listings(founded: Callable[..., Result]) -> None:
    assert [u["id"] for u in founded("unit", "list", "--json").json] == ["county", "tea"]
    assert "茶厂工会" in founded("unit", "list").out
    assert founded("campaign", "show", "b2026").json["title"] == "心系职工情"
    assert founded("campaign", "show", "none").code == 2
    assert founded("timeline", "case").code == 2
    assert "活动启动" in founded("events").out
    assert len(founded("events", "--type", "UnitRegistered.v1", "--json").out.splitlines()) == 2
    assert len(founded("events", "--tag", "unit:tea", "--limit", "1", "--json").out.splitlines()) == 1
    assert "Disbursed.v1" in founded("show", "types").out
    assert [flag["rule"] for flag in founded("flags", "--json").json] == ["lone-registrar"]
    assert "账本" in founded("status").out
    assert founded("campaign", "close", "b2026", "--key", "boss.pem").code == 0
    assert (
        founded("campaign", "amend", "b2026", "policy.json", "--reason", "晚", "--key", "boss.pem").code == 1
    )
