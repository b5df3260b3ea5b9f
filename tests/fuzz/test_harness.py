"""A few seconds of fuzzing by coverage; ``make fuzz SECONDS=600`` goes on longer."""

from __future__ import annotations

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def test_bytes_from_outside_are_refused_and_never_raise(tmp_path: Path) -> None:
    if util.find_spec("atheris") is None:
        pytest.skip(f"NOT FUZZED: atheris has no wheel for Python {sys.version_info[:2]} on {sys.platform}")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.harness",
            "-max_total_time=5",
            "-max_len=4096",
            f"-artifact_prefix={tmp_path}/",
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done" in done.stderr
