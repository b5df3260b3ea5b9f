"""Call-backs by the command: drawn by a seed, and recorded of what was drawn alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import build
from api.cli.exit_codes import Misused
from ledger.crypto.keys import save_key
from ledger.domain.entry import act_of
from ledger.events.oversight import FlagReviewed
from ledger.events.slip import SlipsIssued, read_slip_number, slip_digest
from ledger.events.voice import CallBackRecorded
from tests.founding import Founded
from tests.http.serving import Officer, service
from tests.scene import ON
from tests.waiting import wait_until

HEARS, HEARS_LATER = {"inspector", "auditor"}, {"approver", "finance"}
SEED = ("--seed", "20260110", "--size", "2")


@pytest.fixture
def payouts(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", founded.store.url)
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    save_key(founded.key("inspector"), tmp_path / "inspector.pem", "")
    with founded.store.writer() as writer:
        return [founded.paid(writer)[2] for _ in range(5)]


def run(*arguments: str) -> Any:
    return CliRunner().invoke(build(), arguments)


def drawn(*more: str) -> list[str]:
    done = run("callback", "draw", "b2026", *SEED, "--json", *more)
    assert done.exit_code == 0, done.output
    return [row["payout"] for row in json.loads(done.output)]


def test_the_same_seed_draws_the_same_as_of_the_same_moment(founded: Founded, payouts: list[str]) -> None:
    shown = run("callback", "draw", "b2026", *SEED)
    assert "抽取时点" in shown.output
    at = shown.output.split("第 ")[-1].split(" ")[0]
    first = drawn()
    assert len(first) == 2
    assert set(first) < set(payouts)
    with founded.store.writer() as writer:
        for _ in range(5):
            founded.paid(writer)
    assert drawn("--as-of", at) == first


def test_what_is_answered_is_recorded_of_a_payout_that_was_drawn(
    founded: Founded, payouts: list[str], tmp_path: Path
) -> None:
    key = ("--key", str(tmp_path / "inspector.pem"))
    done = run("callback", "order", *key, "--campaign", "b2026", "--size", "2", "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    order = json.loads(done.stdout)["id"]
    found = [
        row["payout"]
        for row in json.loads(run("callback", "draw", "b2026", "--draw", order, "--json").output)
    ]
    called, other = found[0], next(payout for payout in payouts if payout not in found)
    assert isinstance(run("callback", "draw", "b2026").exception, Misused)
    recording = ("callback", "record", "--key", str(tmp_path / "inspector.pem"), "b2026")
    drawn_so = ("--draw", order)
    assert isinstance(run(*recording, other, *drawn_so, "--answer", "never").exception, Misused)
    assert isinstance(run(*recording, called, *drawn_so, "--answer", "maybe").exception, Misused)
    assert isinstance(run(*recording, called, *SEED, "--drawn-at", "99999").exception, Misused)
    done = run(*recording, called, *drawn_so, "--answer", "less", "--received", "300")
    assert done.exit_code == 0, done.output
    with founded.store.connect() as connection:
        (tagged,) = connection.execute(
            "SELECT tags FROM ledger.entries WHERE type = %s", (CallBackRecorded.topic(),)
        ).fetchall()
    assert f"payout:{called}" in tagged[0]
    assert "少收到" in run("callback", "list", "b2026").output
    (row,) = json.loads(run("callback", "list", "b2026", "--json").output)
    assert (row["payout"], row["answer"], row["received_fen"]) == (called, "less", 30_000)


def test_slips_are_issued_by_the_command_and_issued_anew_only_when_asked(
    founded: Founded, payouts: list[str], tmp_path: Path
) -> None:
    # Not who paid: they issue no slip anew alone.
    sheet, key = tmp_path / "slips.html", ("--key", str(tmp_path / "inspector.pem"))

    def issue(file: Path, *more: str, address: str = "https://ledger.example") -> Any:
        return run("slips", *key, "b2026", "tea", str(file), "--address", address, *more)

    assert isinstance(issue(sheet, address="ledger").exception, Misused)
    done = issue(sheet)
    assert done.exit_code == 0, done.output
    written = sheet.read_text(encoding="utf-8")
    numbers = re.findall("(?:[2-9A-HJ-NP-Z]{5}-?){4}(?=</p>)", written)
    assert len(numbers) == len(payouts) == written.count("<svg")
    assert sheet.stat().st_mode & 0o077 == 0
    with founded.store.connect() as connection:
        (data,) = connection.execute(
            "SELECT data FROM ledger.entries WHERE type = %s", (SlipsIssued.topic(),)
        ).fetchall()
    event = act_of(bytes(data[0])).event
    assert isinstance(event, SlipsIssued)
    assert {each.digest for each in event.slips} == {slip_digest(read_slip_number(each)) for each in numbers}
    assert isinstance(issue(tmp_path / "none.html").exception, Misused)
    assert isinstance(issue(sheet, "--again").exception, Misused)
    assert issue(tmp_path / "again.html", "--again").exit_code == 0


def test_only_inspectors_and_auditors_hear_an_answer_until_it_is_reviewed(
    founded: Founded, tmp_path: Path
) -> None:
    with founded.store.writer() as writer:
        payout = founded.paid(writer)[2]
        said: dict[str, Any] = {
            **ON, "payout": payout, **founded.ordered(writer, "call-back", "inspector"), "reached": True,
            "answer": "never",
        }  # fmt: skip
        raised_at = founded.record(writer, "inspector", CallBackRecorded(**said)).position
    subject = f"payout:b2026/{payout}"

    def shown(officer: Officer) -> list[str]:
        rows = officer.get("/flags", limit=500)["rows"]
        return [row["subject"] for row in rows if row["rule"] == "recipient-disagrees"]

    with service(founded, tmp_path) as client:
        officers = {name: Officer(client, founded, name).sign_in() for name in HEARS_LATER | HEARS}
        assert {name: shown(officer) for name, officer in officers.items()} == {
            **{name: [subject] for name in HEARS},
            **{name: [] for name in HEARS_LATER},
        }
        flag = {"rule": "recipient-disagrees", "subject": subject, "raised_at": raised_at}
        review = FlagReviewed.model_validate(
            {**ON, "flag": flag, "disposition": "dismissed", "reason": "其子代领，已核实"}
        )
        officers["inspector"].post(review)
        wait_until(lambda: all(shown(officers[name]) == [subject] for name in HEARS_LATER))
