"""The simulator of faults: ``python -m tests.faults [--runs N] [--seed N] [--jobs N]``.

Run n has the seed SEED + n; a run that fails says how to repeat it alone. Exits with 1 on any loss.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tests.faults.run import Result, run
from tests.faults.world import Template


def main() -> None:
    """Runs, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="songnuan-faults-"))
    folder.chmod(0o755)
    template = Template(folder / "template")
    template.save()
    started = time.monotonic()
    results: list[Result] = []
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        seeds = range(options.seed, options.seed + options.runs)
        for done in as_completed(
            pool.submit(run, seed, template.folder, folder / f"run-{seed}") for seed in seeds
        ):
            results.append(result := done.result())
            said = "; ".join(result.problems) or "nothing lost"
            print(
                f"{len(results):4} seed {result.seed}: {', '.join(result.faults)}: {said}",
                file=sys.stderr,
                flush=True,
            )
    print_table(results, time.monotonic() - started)
    failed = [result for result in results if result.problems]
    for result in sorted(failed, key=lambda each: each.seed):
        print(f"\nseed {result.seed} ({', '.join(result.faults)}):")
        print("".join(f"  {problem}\n" for problem in result.problems), end="")
        print(f"  the service's log: {folder}/run-{result.seed}/service.log")
        print(f"  again, alone: make faults RUNS=1 SEED={result.seed}")
    if not failed:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


def print_table(results: list[Result], seconds: float) -> None:
    """A row for each fault that a run began with, and one for all."""
    by_fault: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_fault[result.faults[0]].append(result)
    print("| fault | runs | came about | statements | receipts | lost | differing rows | longest recovery |")
    print("|---|---|---|---|---|---|---|---|")
    for fault in sorted(by_fault):
        _print_row(fault, by_fault[fault])
    _print_row("all", results)
    print(f"\n{len(results)} runs in {seconds / 60:.0f} min, {sum(bool(r.problems) for r in results)} failed")


def _print_row(name: str, results: list[Result]) -> None:
    print(
        f"| {name} | {len(results)} | {sum(r.faults[0] not in r.missed for r in results)}"
        f" | {sum(r.statements for r in results):,}"
        f" | {sum(r.receipts for r in results):,} | {sum(r.lost for r in results)}"
        f" | {sum(r.differing for r in results)} | {max(r.recovery_seconds for r in results):.1f} s |"
    )


if __name__ == "__main__":
    main()
