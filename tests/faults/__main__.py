"""The simulator of faults: ``python -m tests.faults [--runs N] [--seed N] [--jobs N] [--table FILE]``.

Run n has the seed SEED + n; a run that fails says how to repeat it alone. Exits with 1 on any loss. With
``--table`` each run that is over is a line of that file: given again, the command goes on where it
stopped, and repeats the runs that failed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import orjson

from tests.faults.run import Result, run
from tests.faults.world import Template


def main() -> None:
    """Runs, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.runs)
    results = {each.seed: each for each in read_table(options.table) if each.seed in seeds}
    due = still_due(seeds, results)
    folder = Path(tempfile.mkdtemp(prefix="songnuan-faults-"))
    folder.chmod(0o755)
    for result in run_all(due, options.jobs, folder):
        results[result.seed] = result
        add_to_table(options.table, result)
        said = "; ".join(result.problems) or "nothing lost"
        print(
            f"{len(results):4} seed {result.seed}: {', '.join(result.faults)}: {said}",
            file=sys.stderr,
            flush=True,
        )
    print_table([results[seed] for seed in sorted(results)])
    failed = [result for result in results.values() if result.problems]
    for result in sorted(failed, key=lambda each: each.seed):
        print(f"\nseed {result.seed} ({', '.join(result.faults)}):")
        print("".join(f"  {problem}\n" for problem in result.problems), end="")
        print(f"  the service's log: {folder}/run-{result.seed}/service.log")
        print(f"  again, alone: make faults RUNS=1 SEED={result.seed}")
    if not failed:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


def still_due(seeds: Iterable[int], results: Mapping[int, Result]) -> list[int]:
    """The runs that have not been, or that failed."""
    return [seed for seed in seeds if seed not in results or results[seed].problems]


def run_all(seeds: list[int], jobs: int, folder: Path) -> Iterable[Result]:
    """The runs of these seeds, each as soon as it is over."""
    if not seeds:
        return
    template = Template(folder / "template")
    template.save()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for done in as_completed(
            pool.submit(run, seed, template.folder, folder / f"run-{seed}") for seed in seeds
        ):
            yield done.result()


def read_table(path: Path | None) -> list[Result]:
    """The runs of a table, in the order in which they ended; none where there is no file."""
    if path is None or not path.exists():
        return []
    return [Result(**orjson.loads(line)) for line in path.read_bytes().splitlines()]


def add_to_table(path: Path | None, result: Result) -> None:
    """One line more, if there is a table."""
    if path is not None:
        with path.open("ab") as file:
            file.write(orjson.dumps(asdict(result)) + b"\n")


def print_table(results: list[Result]) -> None:
    """A row for each fault that a run began with, and one for all."""
    by_fault: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_fault[result.faults[0]].append(result)
    print(
        "| fault | runs | came about | statements | receipts | objections | lost | differing rows"
        " | longest recovery |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for fault in sorted(by_fault):
        _print_row(fault, by_fault[fault])
    _print_row("all", results)
    seconds = sum(result.seconds for result in results) / len(results)
    print(f"\n{len(results)} runs of {seconds:.0f} s, {sum(bool(r.problems) for r in results)} failed")


def _print_row(name: str, results: list[Result]) -> None:
    print(
        f"| {name} | {len(results)} | {sum(r.faults[0] not in r.missed for r in results)}"
        f" | {sum(r.statements for r in results):,}"
        f" | {sum(r.receipts for r in results):,} | {sum(r.objections for r in results):,}"
        f" | {sum(r.lost for r in results)} | {sum(r.differing for r in results)}"
        f" | {max(r.recovery_seconds for r in results):.1f} s |"
    )


if __name__ == "__main__":
    main()
