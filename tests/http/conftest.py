"""A demonstration ledger, told once a run, the command to ask it, and officers who sign in."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.commands import run_command
from tests.founding import Founded
from tests.http.command_line import pattern
from tests.http.serving import Enter, Officer, small_service

__all__ = ["pattern"]


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command("demo", "--folder", str(folder), *arguments, env=os.environ)


@pytest.fixture(scope="session")
def told(server_folder: Path) -> Any:
    done = demo(server_folder / "demo", "--json")
    assert done.returncode == 0, done.stderr
    story = json.loads(done.stdout)
    # The folder's next story writes its own.
    story["bundle_bytes"] = Path(story["proved"]["file"]).stat().st_size
    return story


@pytest.fixture
def client(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    """The service on a small ledger: one case paid, one nominated. A module may have its own."""
    with small_service(founded, tmp_path) as client:
        yield client


@pytest.fixture
def enter(client: TestClient, founded: Founded) -> Enter:
    """Signs an officer in to the service that the tests ask, their ``client``."""
    return lambda name: Officer(client, founded, name).sign_in()
