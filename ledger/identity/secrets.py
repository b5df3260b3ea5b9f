"""The ledger's own secrets (台账密钥): where they come from, and which versions there are.

Three names, 32 raw bytes each: ``vault_key`` over the identities, ``mark_key`` over the blind
indexes, ``ledger_key`` with which the ledger itself signs. Further versions of the first and the
last are ``vault_key.2`` and so on. Whoever evaluates for other ledgers has an ``evaluator_key.2026`` for each
year. They come from files in the data folder, from the environment, or from a
command that asks a key management service; only files are ever written here.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger.errors import Misconfigured
from ledger.system_words import reason_of

SECRET_BYTES = 32
NAMES = ("vault_key", "mark_key", "ledger_key")
COMMAND_SECONDS = 30
ENVIRONMENT_PREFIX = "SONGNUAN_SECRET_"

EVALUATOR_KEY = "evaluator_key"
_VERSIONED = re.compile(r"(vault_key|ledger_key|evaluator_key)(?:\.([1-9]\d{0,5}))?").fullmatch


class SecretSource(Protocol):
    """Where secrets are kept."""

    def names(self) -> list[str]:
        """What is kept there."""

    def read(self, name: str) -> bytes:
        """One secret's bytes; none where it is not there."""


class Folder:
    """One file a secret, readable by this user alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """The files' names."""
        try:
            return sorted(each.name for each in self.path.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unreadable(self.path, error) from None

    def read(self, name: str) -> bytes:
        """A file's content."""
        path = self.path / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise _unreadable(path, error) from None

    def write(self, name: str) -> None:
        """A new secret from the system's randomness; never over another."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())

    def destroy(self, name: str) -> None:
        """Overwrites a secret, then removes its file."""
        path = self.path / name
        with path.open("r+b") as file:
            file.write(os.urandom(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


class Environment:
    """Hexadecimal values of ``SONGNUAN_SECRET_VAULT_KEY``, ``…_VAULT_KEY_2``, ``…_MARK_KEY``, ``…_LEDGER_KEY``."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._values = {
            re.sub(
                r"^(vault_key|ledger_key|evaluator_key)_(\d+)$",
                r"\1.\2",
                name.removeprefix(ENVIRONMENT_PREFIX).lower(),
            ): value
            for name, value in variables.items()
            if name.startswith(ENVIRONMENT_PREFIX)
        }

    def names(self) -> list[str]:
        """The variables, by the names of their secrets."""
        return sorted(self._values)

    def read(self, name: str) -> bytes:
        """A variable's value."""
        return _from_hex(self._values.get(name, ""), name)


class Command:
    """A key management service behind a program: ``PROGRAM list`` names the secrets, a line each;
    ``PROGRAM read NAME`` prints one in hexadecimal.
    """

    def __init__(self, program: str) -> None:
        self._program = program

    def names(self) -> list[str]:
        """What the program lists."""
        return sorted(self._asked("list").split())

    def read(self, name: str) -> bytes:
        """What the program gives."""
        return _from_hex(self._asked("read", name), name) if name in self.names() else b""

    def _asked(self, *words: str) -> str:
        try:
            return subprocess.run(  # noqa: S603 # the operator's own program, no shell
                [self._program, *words], capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True
            ).stdout
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            zh, en = _reason(error)
            raise Misconfigured(
                "secrets-unavailable",
                f"取密钥的程序 {self._program} 失败：{zh}。请改正 SONGNUAN_SECRETS，或以本服务的用户运行"
                f" {self._program} {' '.join(words)} 查看",
                f"the program for secrets, {self._program}, failed: {en}. Correct SONGNUAN_SECRETS, or run"
                f" {self._program} {' '.join(words)} as the service's user to see",
            ) from None


def _reason(error: Exception) -> tuple[str, str]:
    """Why a program gave nothing; what it said may hold a secret and is not told."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{COMMAND_SECONDS} 秒内没有结束", f"it did not end within {COMMAND_SECONDS} seconds"
    if isinstance(error, subprocess.CalledProcessError):
        if error.returncode < 0:
            return f"被信号 {-error.returncode} 终止", f"it was ended by signal {-error.returncode}"
        return f"退出码 {error.returncode}", f"its exit code was {error.returncode}"
    if isinstance(error, OSError):
        return reason_of(error)
    return "输出或名称不是文字", "its output or name is no text"


def source_of(setting: str, folder: Path) -> SecretSource:
    """The source that a setting names: ``folder``, ``environment``, or ``command:PROGRAM``."""
    if setting == "folder":
        return Folder(folder)
    if setting == "environment":
        return Environment(os.environ)
    if setting.startswith("command:"):
        return Command(setting.removeprefix("command:"))
    raise Misconfigured(
        "secrets-setting",
        f"secrets 应为 folder、environment 或 command:程序，实为 {setting}",
        f"secrets is folder, environment or command:PROGRAM, got {setting}",
    )


@dataclass(frozen=True, slots=True)
class LedgerSecrets:
    """The secrets that belong to the ledger itself, those that can be rotated by version."""

    vault_keys: Mapping[int, bytes]
    mark_key: bytes
    ledger_keys: Mapping[int, bytes]


def create_secrets(folder: Folder) -> LedgerSecrets:
    """Makes new secrets, one file each."""
    for name in NAMES:
        folder.write(name)
    return load_secrets(folder)


def load_secrets(source: SecretSource) -> LedgerSecrets:
    """Reads the secrets; raises ``secrets-missing`` where one is not there or not whole."""
    return LedgerSecrets(
        _all_versions(source, "vault_key"), _whole(source, "mark_key"), _all_versions(source, "ledger_key")
    )


def evaluator_seeds(source: SecretSource) -> dict[int, bytes]:
    """What the evaluator's keys are derived from, by year; none where this ledger evaluates for nobody."""
    return {year: _whole(source, name) for year, name in versions_of(source, EVALUATOR_KEY).items()}


def versions_of(source: SecretSource, name: str) -> dict[int, str]:
    """The versions of a secret that there are, with their names."""
    matches = [(_VERSIONED(each), each) for each in source.names()]
    return {int(match[2] or 1): each for match, each in matches if match is not None and match[1] == name}


def _all_versions(source: SecretSource, name: str) -> dict[int, bytes]:
    versions = versions_of(source, name)
    if not versions:
        raise _missing(name)
    return {version: _whole(source, each) for version, each in versions.items()}


def _whole(source: SecretSource, name: str) -> bytes:
    raw = source.read(name)
    if len(raw) != SECRET_BYTES:
        raise _missing(name)
    return raw


def _unreadable(path: Path, error: OSError) -> Misconfigured:
    zh, en = reason_of(error)
    return Misconfigured(
        "secrets-unreadable",
        f"无法读取台账密钥 {path}：{zh}。请以数据目录所属的用户运行，或把此处的属主与权限（目录 0700、文件 0600）改正",
        f"the ledger's secret {path} cannot be read: {en}. Run this as the user whose data folder it is, or put its"
        " owner and rights right (0700 for the folder, 0600 for a file)",
    )


def _missing(name: str) -> Misconfigured:
    return Misconfigured(
        "secrets-missing",
        f"台账密钥 {name} 不存在或不完整",
        f"the ledger's secret {name} is missing or not {SECRET_BYTES} bytes long",
    )


def _from_hex(text: str, name: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise _missing(name) from None
