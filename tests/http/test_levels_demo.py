"""The demonstration of several levels: one person paid by two ledgers is found, answered, and nowhere outside."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.commands import COMMAND


def test_a_person_paid_twice_is_found_and_no_identity_leaves(server_folder: Path) -> None:
    command = [
        COMMAND,
        "federation",
        "demo",
        "--folder",
        str(server_folder / "levels"),
        "--no-lines",
        "--json",
    ]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
    assert told["comparison"]["found"] == told["comparison"]["new"] == 2
    listed, match = sorted(told["matches"], key=lambda each: each["rule"])
    assert (listed["rule"], listed["first"], listed["second"]) == ("on-register", "south", "bureau")
    assert (listed["first_answer"], listed["second_answer"], listed["state"]) == (
        "returned",
        None,
        "confirmed",
    )
    assert {match["first"], match["second"]} == {"north", "bureau"}
    assert match["rule"] == "person-paid-twice"
    assert {match["first_answer"], match["second_answer"]} == {"returned", "both-due"}
    assert [row["difference_fen"] for row in told["rolled_up"]] == [0, 0, 0]
    assert sum(row["paid_fen"] for row in told["rolled_up"]) == 39 * 50_000
    left = told["left"]
    assert left["bytes"] > 100_000 and left["values_searched"] > 150
    assert (left["identities_found"], left["control_found"]) == (0, 1)
    # The city's pages, and each county's, can be opened as one of their officers.
    for code, officer in (("city", "auditor"), ("north", "inspector")):
        assert (server_folder / "levels" / code / "keys" / f"{officer}.pem").exists()
