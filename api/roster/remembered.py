"""What a unit chose for its files before (记住的对应): proposed for the next, shown, and open to change.

One small file a unit in the ledger's data folder. It holds headings and words, never what cells hold.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from pydantic import ValidationError

from api.roster.choices import EVERYTHING, Choices

_LETTERS = re.compile(r"[A-Za-z]{1,3}")
MOST_KEPT = 150
"""So many headings are kept of each kind, the newest."""


class Remembered:
    """The choices of units, by the data folder of their ledger."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "roster-headings"

    def of(self, unit: str) -> Choices:
        """What this unit chose before; nothing where there is nothing, or nothing that can be read."""
        try:
            return Choices.model_validate_json(self._path(unit).read_bytes())
        except (OSError, ValidationError):
            return Choices()

    def keep(self, unit: str, choices: Choices) -> None:
        """Keep headings, units and words for the next file; sheets, rows and columns' letters are of one file."""
        lasting = Choices(
            columns={name: field for name, field in choices.columns.items() if not _is_letters(name)},
            units={name: unit for name, unit in choices.units.items() if not _is_letters(name)},
            words=choices.words,
            ignored=[name for name in choices.ignored if name != EVERYTHING and not _is_letters(name)],
        )
        if lasting == Choices():
            return
        both = self.of(unit).joined(lasting)
        kept = Choices(
            columns=dict(list(both.columns.items())[-MOST_KEPT:]),
            units=dict(list(both.units.items())[-MOST_KEPT:]),
            words={field: dict(list(words.items())[-MOST_KEPT:]) for field, words in both.words.items()},
            ignored=[name for name in both.ignored if name not in both.columns][-MOST_KEPT:],
        )
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._folder / f"{self._path(unit).name}.{os.getpid()}.new"
        unfinished.write_bytes(kept.model_dump_json(exclude_defaults=True).encode())
        unfinished.rename(self._path(unit))

    def _path(self, unit: str) -> Path:
        return self._folder / f"{hashlib.sha256(unit.encode()).hexdigest()[:32]}.json"


def _is_letters(name: str) -> bool:
    """Whether a column is named by its letters, which are another column in the next file."""
    return _LETTERS.fullmatch(name.strip()) is not None
