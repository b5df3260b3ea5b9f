"""Reading backups back (备份回读): whether what lies in the depot is still what was stored there, byte for byte.

A listing tells sizes; that bytes changed at the same size only reading tells. What is found changed is noted in
its card, so that from then on it counts as not there: a segment is a hole, a base is none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from ledger.storage.holdings import Holdings

PASS = timedelta(days=30)
"""Within that, the keeper reads everything back once."""


def read_back(holdings: Holdings, names: Sequence[str]) -> list[str]:
    """Read objects back; the names of those that are not what was stored.

    Raises:
        Unavailable: ``backup-target-unreachable``.
    """
    return [name for name in names if not holdings.read_back(name)]


class Rounds:
    """Goes through all that is stored, some at a time; where it is stands in a file, and outlives the process.

    ``every`` is how often it is asked for the next ones, so that a pass takes :data:`PASS`.
    """

    def __init__(self, place: Path, every: timedelta) -> None:
        self._place = place
        self._passes = PASS / every

    def next_of(self, stored: Sequence[str]) -> list[str]:
        """The next names to read back, after those of the time before; around again at the end."""
        names = sorted(stored)
        if not names:
            return []
        count = -(-len(names) // max(1, int(self._passes)))
        after = self._read()
        begin = next((place for place, name in enumerate(names) if name > after), 0)
        return names[begin : begin + count]

    def done(self, names: Sequence[str]) -> None:
        """Notes that these were read back."""
        if names:
            self._place.write_text(json.dumps({"after": names[-1]}), encoding="utf-8")

    def _read(self) -> str:
        # Damaged or gone, it is begun anew: nothing is lost by reading something twice.
        with suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads(self._place.read_text(encoding="utf-8"))["after"])
        return ""
