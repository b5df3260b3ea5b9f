"""What officers said of the bank's files before (记住的回盘用词): used for the next file, and open to change.

One small file in the ledger's data folder. It holds headings and words, never what cells hold.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from api.bank.answer_file import BankChoices

MOST_KEPT = 200


class RememberedWords:
    """The choices of one ledger, by its data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "bank-words.json"

    def joined(self, choices: BankChoices) -> BankChoices:
        """These choices with what was said before; where both say something, these count."""
        before = self._kept()
        return choices.model_copy(
            update={
                "columns": {**before.columns, **choices.columns},
                "words": {**before.words, **choices.words},
            }
        )

    def keep(self, choices: BankChoices) -> None:
        """Keep headings and words for the next file; letters of columns and payouts are of one file."""
        headings = {name: field for name, field in choices.columns.items() if not _is_letter(name)}
        if not headings and not choices.words:
            return
        before = self._kept()
        kept = BankChoices(
            columns=dict([*before.columns.items(), *headings.items()][-MOST_KEPT // 2 :]),
            words=dict([*before.words.items(), *choices.words.items()][-MOST_KEPT:]),
        )
        unfinished = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        unfinished.write_bytes(kept.model_dump_json(exclude_defaults=True).encode())
        unfinished.rename(self._path)

    def _kept(self) -> BankChoices:
        try:
            return BankChoices.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return BankChoices()


def _is_letter(name: str) -> bool:
    return len(name) <= 3 and name.isascii() and name.isalpha()
