"""What it costs to start the command: processor time against that of importing its library for commands.

``python -m tests.bench.starting [--rounds N] [--against FOLDER] [--markdown]``. ``FOLDER`` is a checkout
of another commit, whose times then are the baseline: ``git worktree add FOLDER COMMIT``. Compiled modules
are kept apart, and what each round measures is alternated with its baseline.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ledger.crypto.keys import new_key, save_key
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure

ROOT = Path(__file__).parent.parent.parent
SONGNUAN = "from api.cli import main; main()"
TYPER = "import typer"
AT_MOST = {"--help": 4.0, "key show": 6.0}
"""Times ``import typer``, whose help is written by rich and whose parameters are parsed by pydantic."""
AT_MOST_OF_BEFORE = 0.35


def main() -> None:
    """Measure, and print a line for each command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-") as folder:
        key, word = Path(folder) / "key.pem", Path(folder) / "passphrase"
        word.write_text("a passphrase")
        save_key(new_key(), key, "a passphrase")
        commands = {
            "--help": ["--help"],
            "key show": ["key", "show", str(key), "--passphrase-file", str(word)],
        }
        measures = [
            _measured(name, arguments, Path(folder), given.rounds, given.against)
            for name, arguments in commands.items()
        ]
    print_measures(measures, given.markdown)


def _measured(
    name: str, arguments: Sequence[str], folder: Path, rounds: int, against: Path | None
) -> Measure:
    ours, baseline = [], []
    for _ in range(rounds + 1):
        ours.append(_seconds(SONGNUAN, arguments, ROOT, folder))
        baseline.append(
            _seconds(TYPER, (), ROOT, folder)
            if against is None
            else _seconds(SONGNUAN, arguments, against.resolve(), folder)
        )
    # The first round compiles the modules.
    here, there = statistics.median(ours[1:]), statistics.median(baseline[1:])
    limit = AT_MOST[name] if against is None else AT_MOST_OF_BEFORE
    return Measure(
        title=f"songnuan {name} / " + ("import typer" if against is None else "the commit before"),
        ours=f"{here:.2f} s",
        baseline=f"{there:.2f} s",
        ratio=f"{here / there:.2f} ×",
        must=f"≤ {limit} ×",
        reached=here / there <= limit,
    )


def _seconds(code: str, arguments: Sequence[str], root: Path, folder: Path) -> float:
    """User and system time of a Python process and all below it."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
