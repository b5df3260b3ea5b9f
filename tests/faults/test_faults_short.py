"""A few runs of the simulator of faults, with fixed seeds; ``make faults`` has them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.__main__ import add_to_table, read_table, still_due
from tests.faults.faults import FAILOVER, KINDS, drawn
from tests.faults.run import LEAST_RECEIPTS, Result, run
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
        (14, [FAILOVER, "queries cancelled"]),
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


def test_a_measure_goes_on_where_it_stopped_and_repeats_what_failed(tmp_path: Path) -> None:
    table = tmp_path / "table"
    assert read_table(table) == []
    runs = [Result(1, ["a"], receipts=3), Result(2, ["b"], problems=["lost"]), Result(4, ["c"])]
    for each in runs:
        add_to_table(table, each)
    assert read_table(table) == runs
    assert still_due(range(1, 6), {each.seed: each for each in read_table(table)}) == [2, 3, 5]
    add_to_table(table, Result(2, ["b"]))
    assert still_due(range(1, 6), {each.seed: each for each in read_table(table)}) == [3, 5]
