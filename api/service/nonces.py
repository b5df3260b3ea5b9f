"""Nonces that were heard (已用随机数): kept in a file beside the ledger, so that no restart lets one be heard twice."""

from __future__ import annotations

import os
import threading
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from ledger.errors import Unavailable

MOST_NONCES = 100_000
FILE = "nonces"
_LEAST_REWRITTEN = 1_000


class Nonces:
    """The nonces that were heard, as long as a request with one of them could be good.

    A line of the file is the moment (Unix seconds) until which one counts, and its SHA-256. Each begins with its own
    end of line, so that one that was cut off, and never answered, spoils no other.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._until: dict[str, float] = _read(path)
        self._lines = len(self._until)
        self._most_lines = _LEAST_REWRITTEN
        self._file: TextIO | None = None

    def is_new(self, nonce: str, until: float, now: float) -> bool:
        """Whether it was not heard yet; from then on it was, also once the service was started again.

        Raises:
            Unavailable: ``nonce-not-kept`` where it cannot be written down.
        """
        digest = sha256(nonce.encode()).hexdigest()
        with self._lock:
            if self._until.get(digest, 0.0) > now:
                return False
            if len(self._until) >= MOST_NONCES or self._lines >= self._most_lines:
                self._forget(now)
            if len(self._until) >= MOST_NONCES:
                return False  # rather than to let one be heard twice
            self._keep(digest, until)
            self._until[digest] = until
            return True

    def _keep(self, digest: str, until: float) -> None:
        try:
            if self._file is None:
                self._file = self._path.open("a", encoding="ascii")
                os.chmod(self._path, 0o600)
            self._file.write(f"\n{until} {digest}")
            self._file.flush()
            os.fdatasync(self._file.fileno())
        except OSError:
            self._file = None
            raise Unavailable(
                "nonce-not-kept",
                "签名请求的随机数无法写入数据目录，暂不应答：请检查磁盘",
                "the nonce of a signed request cannot be written to the data folder, so that it is not answered: look at"
                " the disk",
                30,
            ) from None
        self._lines += 1

    def _forget(self, now: float) -> None:
        """Write the file anew, without what counts no more."""
        self._until = {each: ends for each, ends in self._until.items() if ends > now}
        beside = self._path.with_suffix(".new")
        try:
            beside.write_text(
                "".join(f"\n{ends} {each}" for each, ends in self._until.items()), encoding="ascii"
            )
            beside.chmod(0o600)
            beside.replace(self._path)
        except OSError:
            return  # the longer file says the same
        if self._file is not None:
            self._file.close()
        self._file, self._lines = None, len(self._until)
        self._most_lines = max(_LEAST_REWRITTEN, 2 * self._lines)


def _read(path: Path) -> dict[str, float]:
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="ascii").splitlines():
        until, _, digest = line.partition(" ")
        if len(digest) == 64:
            found[digest] = float(until)
    return found
