"""The command as people and scripts use it: its outputs and its exit codes."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.http.command_line import Result, environment, founded, import_, roster

__all__ = ["environment", "founded"]

ROOT = Path(__file__).parent.parent.parent


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
            "--second",
            "books.pem",
        ).code
        == 0
    )
    refused = founded(
        "fund",
        "transfer",
        "b2026",
        "--from",
        "workers",
        "--to",
        "model-workers",
        "--amount",
        "999999",
        "--reason",
        "结余",
        "--key",
        "cash.pem",
        "--second",
        "books.pem",
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
        assert "--server" in busy.err
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
    assert "台账" in founded("status").out
    assert founded("campaign", "close", "b2026", "--key", "boss.pem").code == 0
    assert (
        founded("campaign", "amend", "b2026", "policy.json", "--reason", "晚", "--key", "boss.pem").code == 1
    )
