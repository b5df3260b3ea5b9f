"""Mutation testing (变异测试) of what must not be wrong: proofs, admission, who may read, references.

    python -m tools.mutation                          # all of it
    python -m tools.mutation 'ledger.crypto.merkle.*' # some, again
    python -m tools.mutation --show MUTANT            # what one changes

mutmut changes the code in one place at a time, and runs the unit tests that come by there. A mutant that no
test fails for survives: either it is the same for everybody, or a test is missing. One that runs for ever is
noticed too. It works on a copy in build/mutation of the files as they are now, so that nothing is left in the
working folder.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPY = ROOT / "build" / "mutation"
MUTMUT = str(Path(sys.executable).parent / "mutmut")
NOTICED = frozenset({"killed", "timeout"})


def main(arguments: list[str]) -> int:
    """Mutate and print the figures, or show one mutant; the exit code."""
    if arguments[:1] == ["--show"]:
        return subprocess.run([MUTMUT, "show", *arguments[1:]], cwd=COPY).returncode
    copy_project(COPY)
    done = subprocess.run([MUTMUT, "run", *arguments], cwd=COPY)
    if done.returncode:
        return done.returncode
    found = subprocess.run(
        [MUTMUT, "results", "--all", "true"], cwd=COPY, check=True, text=True, stdout=subprocess.PIPE
    )
    outcomes = parsed(found.stdout)
    print(table(outcomes))
    left = [mutant for mutant, outcome in outcomes.items() if outcome not in NOTICED]
    print("\n".join(f"{outcomes[mutant]}: {mutant}" for mutant in left))
    return 0


def copy_project(to: Path) -> None:
    """The files that git knows or would take, as they are; an earlier copy's results stay beside them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, place = ROOT / name, to / name
        if source.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place)


def parsed(results: str) -> dict[str, str]:
    """What became of each mutant, by its name, from what mutmut prints."""
    pairs = (line.strip().rpartition(": ") for line in results.splitlines() if "__mutmut_" in line)
    return {mutant: outcome for mutant, _, outcome in pairs}


def table(outcomes: Mapping[str, str]) -> str:
    """A row for each module: its mutants, how many a test noticed, and their share."""
    made: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    for mutant, outcome in outcomes.items():
        module = mutant.partition(".x")[0]
        made[module] += 1
        noticed[module] += outcome in NOTICED
    rows = [
        f"| `{module}` | {count} | {noticed[module]} | {noticed[module] / count:.0%} |"
        for module, count in sorted(made.items())
    ]
    return "\n".join(["| module | mutants | noticed | share |", "|---|---|---|---|", *rows])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
