"""``make bench``: runs every measure and prints the table.

Usage: ``python -m tests.bench [--quick] [--rounds N] [--only GROUP]``. ``--quick`` takes a tenth of the sizes, to see that
everything runs; its figures say little.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.measures import GROUPS, Measure, Sizes, run_all


def main() -> None:
    """Runs the measures and prints them as a table, or for a document with ``--markdown``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=GROUPS, action="append", help="this group alone; repeat")
    arguments = parser.parse_args()
    sizes = Sizes.quick() if arguments.quick else Sizes()
    folder = Path(tempfile.mkdtemp(prefix="songnuan-bench-"))
    folder.chmod(0o755)
    try:
        measures = run_all(
            folder,
            sizes,
            arguments.rounds,
            lambda text: print(text, file=sys.stderr, flush=True),
            arguments.only or GROUPS,
        )
    finally:
        shutil.rmtree(folder)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, rounds: {arguments.rounds}"
    )
    print_measures(measures, arguments.markdown)


def print_measures(measures: list[Measure], markdown: bool) -> None:
    """The table: what, ours, the baseline, the ratio, what must be reached."""
    if markdown:
        print("| measure | here | baseline | ratio | must reach | reached |\n|---|---|---|---|---|---|")
        for m in measures:
            print(
                f"| {m.title} | {m.ours} | {m.baseline} | {m.ratio} | {m.must} | {'yes' if m.reached else 'no'} |"
            )
        return
    table = Table(title="Speed")
    for column in ("measure", "here", "baseline", "ratio", "must reach", "reached"):
        table.add_column(column)
    for m in measures:
        table.add_row(m.title, m.ours, m.baseline, m.ratio, m.must, "yes" if m.reached else "no")
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
