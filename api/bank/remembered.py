"""What an officer said of the bank's files before (记住的回盘用词): used for their next file, and open to change.

One small file an officer in the ledger's data folder. It holds headings and words that the bank's profile does not
know, never what cells hold: what the profile knows means what it says, for everybody.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pydantic import ValidationError

from api.bank.answer_file import BankChoices
from api.bank.bank_words import plain_word
from api.bank.profile import AnswerLayout
from api.roster.headings import plain_heading

MOST_KEPT = 200
AT_THE_COMMAND = "at the command"
"""Who chooses where no officer signs in: whoever has the ledger's folder before them."""


class RememberedWords:
    """The choices of one officer, by the ledger's data folder."""

    def __init__(self, data_dir: Path, officer: str) -> None:
        digest = hashlib.sha256(officer.encode()).hexdigest()[:32]
        self._path = data_dir / "bank-words" / f"{digest}.json"

    def of(self, layout: AnswerLayout) -> BankChoices:
        """What they said before and this profile does not know; nothing where nothing can be read."""
        try:
            return unknown_to(layout, BankChoices.model_validate_json(self._path.read_bytes()))
        except (OSError, ValidationError):
            return BankChoices()

    def keep(self, choices: BankChoices, layout: AnswerLayout) -> None:
        """Keep headings and words for the next file; letters of columns and payouts are of one file."""
        lasting = unknown_to(layout, choices)
        headings = {name: field for name, field in lasting.columns.items() if not _is_letter(name)}
        if not headings and not lasting.words:
            return
        before = self.of(AnswerLayout())
        kept = BankChoices(
            columns=dict([*before.columns.items(), *headings.items()][-MOST_KEPT // 2 :]),
            words=dict([*before.words.items(), *lasting.words.items()][-MOST_KEPT:]),
        )
        self._path.parent.mkdir(exist_ok=True, mode=0o700)
        unfinished = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        unfinished.write_bytes(kept.model_dump_json(exclude_defaults=True).encode())
        unfinished.rename(self._path)


def unknown_to(layout: AnswerLayout, choices: BankChoices) -> BankChoices:
    """Of what was chosen, what the profile does not know by itself."""
    headings = {plain_heading(word) for words in layout.headings.values() for word in words}
    words = {plain_word(word) for word in (*layout.paid, *layout.bounced, *layout.pending)}
    return BankChoices(
        columns={
            name: field for name, field in choices.columns.items() if plain_heading(name) not in headings
        },
        words={word: said for word, said in choices.words.items() if plain_word(word) not in words},
    )


def _is_letter(name: str) -> bool:
    return len(name) <= 3 and name.isascii() and name.isalpha()
