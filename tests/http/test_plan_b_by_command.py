"""Plan B whole, by commands alone: each role in turn, from the campaign's opening to its summary."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import build
from api.cli.commands import COMMANDS
from api.cli.second_signer import take_second
from ledger.clock import china_today
from ledger.crypto.keys import save_key
from tests.founding import Founded
from tests.http.command_line import roster
from tests.http.test_access import lines as access_lines

Sign = Callable[..., Any]


@pytest.fixture
def sign(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sign:
    """The command by an officer's key; what it prints as JSON."""
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.chdir(tmp_path)

    def invoke(officer: str | None, *arguments: str, input: str | None = None) -> Any:
        key = []
        if officer is not None:
            file = Path(f"{officer}.pem")
            if not file.exists():
                save_key(founded.key(officer), file, "")
            key = ["--key", str(file)]
        words = take_second(["songnuan", *arguments, "--json", *key])[1:]
        done: Result = CliRunner().invoke(build(), words, input=input)
        assert done.exit_code == 0, (arguments, done.output, done.exception)
        return json.loads(done.stdout)

    return invoke


def test_from_the_campaign_to_its_summary(sign: Sign, founded: Founded, tmp_path: Path) -> None:
    policy = sign(None, "campaign", "template", "b", "--year", "2027")
    Path("policy.json").write_text(json.dumps(policy))
    sign("approver", "campaign", "open", "b2027", "policy.json", "--unit", "county", "--title", "温暖进万家")
    lines = [line["code"] for line in policy["lines"]]
    for line, amount in zip(lines, ("250000", "90000"), strict=True):
        sign(
            "finance",
            "fund",
            "allocate",
            "b2027",
            "--line",
            line,
            "--amount",
            amount,
            "--document",
            "县财社 88 号",
        )
    of = ("--campaign", "b2027")
    tea = (*of, "--unit", "tea")

    # The union files its roster and hands it in; confirmed but for one, which is sent back.
    roster(tmp_path / "roster.xlsx", 8, seed=3)
    sign("tea-clerk", "import", "roster.xlsx", *tea, "--accept")
    assert sign("tea-clerk", "hand-in", "annex", *tea, "--annex", "2")["position"] > 0
    cases = [row["case_id"] for row in sign(None, "roster", *tea)]
    planned = sign("tea-confirmer", "confirm", *tea, "--except", cases[7], "--dry-run")
    assert (planned["type"], planned["count"], planned["amount_fen"]) == ("Confirmed.v1", 7, 350_000)
    confirmed = sign("tea-confirmer", "confirm", *tea, "--except", cases[7], "--accept")
    assert len(confirmed) == 7
    sign("tea-confirmer", "reject", cases[7], *of, "--reason", "材料不全，退回补正")

    # On public notice; somebody objects, an inspector upholds it.
    today = date.fromisoformat(china_today())
    end = (today + timedelta(days=10)).isoformat()
    sign(
        "tea-confirmer",
        "notice",
        *tea,
        "--start",
        str(today),
        "--end",
        end,
        "--place",
        "厂门口公示栏",
        "--accept",
    )
    objection = sign("approver", "object", cases[1], *of, "--text", "此人已不在本厂工作")["id"]
    sign("inspector", "settle", objection, "--outcome", "upheld", "--reason", "经查属实")

    # The county approves: one rejected, one above the standard, the others as it lays down, from a list.
    sign("approver", "reject", cases[1], *of, "--reason", "异议成立")
    sign("approver", "approve", cases[0], *of, "--amount", "900")
    listed = "\n".join(f"{case} # 第 {number} 例" for number, case in enumerate(cases[2:7]))
    assert len(sign("approver", "approve", *of, "--list", "-", "--accept", input=listed)) == 5

    # The union draws and hands out; the county pays the others by bank.
    workers = sign(None, "roster", *tea)[2]["line"]
    sign("tea-clerk2", "draw", *tea, "--line", workers, "--amount", "2000", "--document", "领字 1 号")
    assert len(sign("tea-clerk2", "hand-out", *cases[2:4], *of)) == 2
    sign("tea-clerk2", "absent", cases[4], *of, "--note", "外出务工")
    sign(
        "finance", "give-back", *tea, "--line", workers, "--amount", "1000", "--reason", "发放完毕，余款退回"
    )
    assert len(sign("finance", "pay", cases[0], *cases[4:6], *of, "--document", "代发 1 号")) == 3
    sign("finance2", "return", cases[5], *of, "--kind", "refused", "--reason", "本人自愿放弃")

    # What is left unpaid is revoked; what is wrong shows by itself, and ends in a sanction.
    sign("approver", "revoke", cases[6], *of, "--reason", "本人已去世")
    [flag] = [row["flag"] for row in sign(None, "flags", *of) if row["rule"] == "over-standard"]
    sign("inspector", "review", flag, "--disposition", "confirmed", "--reason", "超出每人 500 元的标准")
    case = sign(
        "inspector", "case", "open", flag, "--title", "超标准发放", "--text", "超出每人 500 元的标准"
    )["id"]
    sign(
        "inspector", "case", "close", case, "--finding", "substantiated", "--amount", "400", "--text", "责令退回",
        "--return", "400", "--sanction",
    )  # fmt: skip
    sign(
        "inspector",
        "sanction",
        "impose",
        "--unit",
        "tea",
        "--year",
        "2028",
        "--investigation",
        case,
        "--reason",
        "超标准发放",
    )

    # The rest of a line goes where it is needed and back; the union sums up; the county closes.
    sign(
        "finance",
        "fund",
        "transfer",
        "b2027",
        "--from",
        lines[1],
        "--to",
        lines[0],
        "--amount",
        "1000",
        "--reason",
        "劳模名额未用完",
        "--second",
        "finance2.pem",
    )
    back = ("fund", "return", "b2027", "--line", lines[0], "--amount", "200000", "--reason", "结余交回")
    sign("finance", *back, "--second", "finance2.pem")
    sign("tea-clerk", "hand-in", "summary", *tea, "--text", "按期完成，发放到人。")
    sign("approver", "campaign", "close", "b2027")

    states = [row["state"] for row in sign(None, "roster", *tea)]
    assert states == ["paid", "rejected", "paid", "paid", "paid", "returned", "on-notice", "rejected"]
    summed = sign(None, "summary", "b2027", "--unit", "tea")[0]
    assert (summed["approved_fen"], summed["paid_fen"]) == (290_000, 240_000)
    shown = {line["what"].removeprefix("songnuan "): line["kind"] for line in access_lines(founded.store)}
    assert {"confirm", "notice", "approve", "pay", "review", "case open", "case close"} <= shown.keys()
    assert all(kind == COMMANDS[name].shows.kind for name, kind in shown.items())
