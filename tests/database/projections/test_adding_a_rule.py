"""The walk that CONTRIBUTING.md shows for a new flag rule, gone command by command in a copy of the source."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[3]
SONGNUAN = (sys.executable, "-c", "from api.cli import main; main()")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def commands() -> list[list[str]]:
    """The commands of the walk, as they stand in the document."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## Adding a flag rule", 1)[1]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return [shlex.split(line) for line in block[1].splitlines()]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The source, without the pages and without what is made from it."""
    left_out = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "src")
    for folder in ("api", "ledger", "projections", "tests", "docs/flags"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(copy), "SONGNUAN_LANG": "en"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def test_the_walk_leads_to_a_rule_that_finds_what_was_planted(copy: Path) -> None:
    new, explain, tests, measure = commands()
    done = run(copy, *SONGNUAN, *new[1:])
    assert done.returncode == 0, done.stderr
    made = re.findall(r"wrote (\S+)", done.stdout)
    assert len(made) == 4
    again = run(copy, *SONGNUAN, *new[1:])
    assert again.returncode == 2
    assert "there already" in again.stderr

    told = run(copy, *SONGNUAN, *explain[1:])
    assert "Nominated" in told.stdout
    assert "cases_at(a.as_of)" in told.stdout
    assert tests[0] == "pytest"
    passed = run(copy, *PYTEST, *tests[1:])
    assert passed.returncode == 0, passed.stdout
    measured = orjson.loads(run(copy, *SONGNUAN, *measure[1:], "--json").stdout)
    assert measured["due"] > 0
    assert (measured["precision"], measured["recall"]) == (1.0, 1.0)
    assert measured["seconds"] > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Shared_Phone",), "no rule's id"),
        (("shared-phone",), "this is not the source"),
        (("shared-phone", "--title-en", 'a "b"'), "without quotes"),
    ],
)
def test_what_is_no_rule_is_refused(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    titles = ("--title-zh", "某", "--title-en", "Some", "--clause", "A-8")
    command = (*SONGNUAN, "rule", "new", arguments[0], *titles, *arguments[1:])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SONGNUAN_LANG": "en"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
