"""The walks of CONTRIBUTING.md, done as they are written, in a program of their own: an event type stays known."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ALSO = """

def test_its_authority_is_shown() -> None:
    from typer.testing import CliRunner

    from api.cli import build

    shown = CliRunner().invoke(build(), ["show", "authority", "--markdown"]).stdout
    rows = [line for line in shown.splitlines() if "HomeVisited" in line]
    assert any("clerk" in row for row in rows), shown
"""


def test_an_event_is_added_by_the_class_and_passes_its_test(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    walk = [
        re.search(rf"<!-- {part} -->\n```python\n(.*?)```", text, re.DOTALL) for part in ("event", "test")
    ]
    file = tmp_path / "test_walk.py"
    file.write_text("".join(part[1] for part in walk if part) + ALSO, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("..")
