"""A few runs of the simulator of faults, with fixed seeds; ``make faults`` has them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.faults import KINDS, drawn
from tests.faults.run import LEAST_RECEIPTS, run
from tests.faults.world import Template


@pytest.fixture(scope="module")
def template(server_folder: Path) -> Path:
    template = Template(server_folder / "template")
    template.save()
    return template.folder


@pytest.mark.parametrize(
    ("seed", "faults"),
    [
        (11, ["kill: writer after a commit", "kill postgres: views after a commit"]),
        (12, ["kill: writer between two parts", "read-only for a while"]),
        (1, ["views' process killed", "kill: views before a commit"]),
        (13, ["cut: writer before a commit", "one backend crashed", "cut: views before a commit"]),
    ],
)
def test_nothing_is_lost(template: Path, server_folder: Path, seed: int, faults: list[str]) -> None:
    result = run(seed, template, server_folder / f"run-{seed}", faults)
    assert (result.problems, result.missed) == ([], [])
    assert result.receipts >= LEAST_RECEIPTS
    assert (result.lost, result.differing) == (0, 0)


def test_every_fault_comes_and_a_seed_always_draws_the_same() -> None:
    draws = [drawn(seed) for seed in range(200)]
    assert {faults[0] for faults in draws} == set(KINDS)
    assert draws == [drawn(seed) for seed in range(200)]
