"""A demonstration ledger, told once a run, and the command to ask it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = str(Path(sys.executable).parent / "songnuan")


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "demo", "--folder", str(folder), *arguments], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def told(server_folder: Path) -> Any:
    done = demo(server_folder / "demo", "--json")
    assert done.returncode == 0, done.stderr
    story = json.loads(done.stdout)
    # The folder's next story writes its own.
    story["bundle_bytes"] = Path(story["proved"]["file"]).stat().st_size
    return story
