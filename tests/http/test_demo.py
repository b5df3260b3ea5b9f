"""The demonstration: the main job on the embedded PostgreSQL, from founding to revocation."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.commands import COMMAND
from tests.http.conftest import demo


def test_plan_b_keeps_to_its_budget(told: Any) -> None:
    lines = {(line["campaign"], line["line"]): line for line in told["lines"]}
    workers, models = lines["b2026", "workers"], lines["b2026", "model-workers"]
    assert workers["allocated_fen"] + models["allocated_fen"] == 34_000_000
    for line in lines.values():
        came = line["allocated_fen"] + line["transferred_fen"] + line["carried_fen"]
        given = line["held_fen"] + line["paid_fen"] - line["returned_fen"] + line["collective_fen"]
        assert came == given + line["left_fen"] or line["line"] == "workers"
    assert workers["held_fen"] == 150_000
    assert models["paid_fen"] == 8_100_000


def test_the_federation_of_today_has_two_sources_carries_over_and_visits_sites(told: Any) -> None:
    lines = {(line["campaign"], line["line"]): line for line in told["lines"]}
    today = {code: line for (campaign, code), line in lines.items() if campaign == "c2026"}
    assert {line["source_kind"] for line in today.values()} == {"财政专项", "本级经费"}
    sites, last_year = today["sites"], lines["c2025", "sites"]
    assert sites["carried_fen"] == -last_year["carried_fen"] == 50_000
    assert (sites["collective_fen"], sites["left_fen"], last_year["left_fen"]) == (120_000, 30_000, 0)


def test_what_is_verified_has_its_outcome(told: Any) -> None:
    of_today = {flag["subject"]: flag for flag in told["flags"] if flag["campaign"] == "c2026"}
    assert of_today["unit:c2026/machinery"]["disposition"] == "settled"
    kept = of_today["unit:c2026/school"]
    assert (kept["disposition"], kept["kept_until"]) == ("kept", "2026-06-30")
    assert [flag["rule"] for flag in told["flags"] if flag["campaign"] == "c2025"] == []


def test_ten_unions_and_all_plans_are_on_the_roster(told: Any) -> None:
    units = {row["unit"] for row in told["roster"] if row["campaign"] == "b2026"}
    assert len(units) == 10
    states = {row["state"] for row in told["roster"]}
    assert states == {"approved", "paid", "rejected", "revoked", "suspended"}
    assert [row["unit"] for row in told["roster"] if row["state"] == "suspended"] == ["bus"]
    assert {row["category"] for row in told["roster"] if row["campaign"] == "a2026"} == {
        "stopped-enterprise",
        "special-hardship-worker",
    }
    of_today = [row for row in told["roster"] if row["campaign"] == "c2026"]
    assert {(row["category"], row["state"]) for row in of_today} == {
        (category, "paid") for category in ("on-file-deep", "on-file-relative", "on-file-accident")
    }


def test_every_attempt_was_refused_with_its_own_reason(told: Any) -> None:
    codes = [refused["code"] for refused in told["refused"]]
    assert codes == [
        "already-nominated",
        "role-not-held",
        "payout-above-approval",
        "duties-not-separated",
        "case-revoked",
        "case-suspended",
        "line-below-zero",
        "second-signature-missing",
        "signature-invalid",
        "envelope-malformed",
        "key-unknown",
        "wrong-ledger",
        "second-registrar-missing",
        "key-revoked",
    ]


def test_the_first_flags_stand_with_their_evidence(told: Any) -> None:
    flags = {flag["rule"]: flag for flag in told["flags"]}
    assert [flag["rule"] for flag in told["flags"] if flag["severity"] == "high"] == [
        "out-of-category",
        "class-differs",
        "over-standard",
        "unit-share-spike",
        "drawn-not-handed-out",
        "duplicate-across-units",
        "duplicate-identity",
        "paid-before-approval",
    ]
    assert flags["duplicate-identity"]["disposition"] == "confirmed"
    assert flags["over-standard"]["disposition"] == "open"
    assert flags["duplicate-identity"]["amount_fen"] == 100_000
    assert len(flags["duplicate-identity"]["evidence"]) == 2
    assert flags["over-standard"]["amount_fen"] == 30_000
    # Whoever founds a ledger enrols the second registrar alone, and nothing else that takes two.
    assert len(flags["lone-registrar"]["evidence"]) == 1


def test_it_is_told_again_from_the_beginning_for_people(folder: Path) -> None:
    done = demo(folder / "demo")
    assert done.returncode == 0, done.stderr
    for text in ("名单汇总", "资金项目", "被拒绝的签署件", "疑点", "250,000.00", "号码被 Excel 存成数值"):
        assert text in done.stdout
    english = subprocess.run(
        [COMMAND, "--lang", "en", "demo", "--folder", str(folder / "demo")],
        capture_output=True,
        text=True,
    )
    assert "Fund lines (yuan)" in english.stdout


def test_a_folder_that_is_no_demo_is_not_cleared(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    done = demo(tmp_path)
    assert done.returncode == 4
    assert "not-a-demo" in done.stderr
    assert (tmp_path / "precious").exists()


def test_the_whole_story_is_proved(told: Any) -> None:
    proved = told["proved"]
    assert proved["findings"] == 0
    assert proved["size"] == told["recorded"]
    assert told["bundle_bytes"] == proved["bytes"]
