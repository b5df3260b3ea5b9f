"""``songnuan flag decide``, ``rectification``, ``handover`` and ``outside-case``, from a flag to what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import build
from api.cli.exit_codes import Misused
from ledger.crypto.keys import save_key
from ledger.errors import Refused
from tests.database.projections.flags.steps import days_ago
from tests.founding import Founded

Run = Callable[..., str]


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    with founded.store.writer() as writer:
        founded.nominated(writer, group="farmer")
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    for officer in ("inspector", "auditor"):
        save_key(founded.key(officer), Path(f"{officer}.pem"), "")

    def invoke(*arguments: str, by: str = "") -> str:
        key = ["--key", f"{by}.pem"] if by else []
        done = CliRunner().invoke(build(), [*arguments, *key])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout

    return invoke


def the_flag(run: Run) -> dict[str, Any]:
    [row] = [row for row in json.loads(run("flags", "--json")) if row["rule"] == "out-of-category"]
    return dict(row)


def test_what_becomes_of_a_flag(run: Run) -> None:
    flag = the_flag(run)["flag"]
    of = ("--campaign", "b2026", "--unit", "tea", "--reason", "待材料补齐")
    run("flag", "decide", flag, "--outcome", "kept", "--kept-until", days_ago(-9), *of, by="inspector")
    assert the_flag(run)["disposition"] == "kept"
    assert "暂存待查" in run("flags", "--campaign", "b2026", "--status", "kept")
    with pytest.raises(Refused, match="unknown reference: flag"):
        run("flag", "decide", "none|unit:b2026/tea", "--outcome", "settled", *of, by="inspector")


def test_a_list_from_its_order_to_its_striking_off(run: Run) -> None:
    Path("items.json").write_text(
        json.dumps([{"what": "补齐签收单", "unit": "tea", "due": days_ago(-9)}]), encoding="utf-8"
    )
    order = ("rectification", "order", "--campaign", "b2026", "--document", "整改1号", "--json")
    made = json.loads(run(*order, "--file", "items.json", by="inspector"))["id"]
    assert "整改中" in run("rectification", "list")
    strike = ("rectification", "strike-off", made, "1", "--evidence", "佐证1", "--text", "已补齐")
    run(*strike, by="auditor")
    [row] = json.loads(run("rectification", "list", "--state", "struck-off", "--json"))
    assert (row["document"], row["evidence"], row["state"]) == ("整改1号", "佐证1", "struck-off")
    with pytest.raises(Refused, match="closed"):
        run(*strike, by="auditor")
    with pytest.raises(Refused):
        run("rectification", "strike-off", "019bf000-0000-7000-8000-000000000000", *strike[3:], by="auditor")
    assert "整改事项" in run("rectification", "list", "--csv")
    Path("items.json").write_text("(", encoding="utf-8")
    with pytest.raises(Misused, match="holds no items"):
        run(*order, "--file", "items.json", by="inspector")


def test_a_matter_handed_over_and_the_case_that_came_of_it(run: Run) -> None:
    of = ("--campaign", "b2026", "--unit", "tea", "--organ", "县监委", "--what", "疑似利益关联", "--date")
    flag = ("--flag", the_flag(run)["flag"])
    letter = ("handover", "record", *of, days_ago(2), "--letter", "移送1号", *flag, "--json")
    matter = json.loads(run(*letter, by="inspector"))["id"]
    filed = (
        "outside-case", "record", *of, days_ago(1), "--file-number", "立案1号", "--handover", matter,
    )  # fmt: skip
    run(*filed, by="inspector")
    [row] = json.loads(run("handover", "list", "--campaign", "b2026", "--json"))
    assert (row["letter"], row["flags"], row["file_numbers"]) == ("移送1号", 1, ["立案1号"])
    assert "立案1号" in run("outside-case", "list")
