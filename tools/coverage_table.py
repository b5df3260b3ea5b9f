"""The coverage (覆盖率) that was measured, a row for each room: ``python -m tools.coverage_table``."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import coverage


def main() -> int:
    """Print the table of what ``make coverage`` measured last."""
    measured = coverage.Coverage()
    measured.load()
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        measured.json_report(outfile=file.name)
        print(table(json.loads(Path(file.name).read_text(encoding="utf-8"))["files"]))
    return 0


def table(files: Mapping[str, Mapping[str, Any]]) -> str:
    """A row for each room, and one for all: statements, those that a test came by, and its branches.

    Args:
        files: coverage.py's report of each file, by its path from the project's folder.
    """
    counts: dict[str, Counter[str]] = {}
    for path, file in files.items():
        parts = PurePosixPath(path).parent.parts
        for room in ("/".join(parts[:2]), "all"):
            counts.setdefault(room, Counter()).update(
                {name: file["summary"][name] for name in (*_STATEMENTS, *_BRANCHES)}
            )
    rows = [
        f"| `{room}` | {count['num_statements']:,} | {_share(count, *_STATEMENTS)} | {_share(count, *_BRANCHES)} |"
        for room, count in sorted(counts.items(), key=lambda each: (each[0] == "all", each[0]))
    ]
    return "\n".join(["| room | statements | come by | branches come by |", "|---|---|---|---|", *rows])


_STATEMENTS = ("covered_lines", "num_statements")
_BRANCHES = ("covered_branches", "num_branches")


def _share(count: Mapping[str, int], part: str, whole: str) -> str:
    return f"{count[part] / count[whole]:.0%}" if count[whole] else "–"


if __name__ == "__main__":
    sys.exit(main())
