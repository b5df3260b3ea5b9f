"""A statement's entries and what they are for (对账单匹配), never by a guess. Pure: marks and sums in, outcomes out.

An entry is for the payouts of a batch or serial that its note names, where they make up its sum; for the one payout
with its account, holder and sum; or it is the one entry of the ledger that moved such a sum in those days. A debit
that is none of these stays unexplained.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from api.bank.matching import serials_in
from api.bank.statement_file import Direction

MOVED_WITHIN = timedelta(days=5)
"""How far the bank's date of a sum that was drawn or allocated may lie from the ledger's."""

_BATCH = re.compile(r"(?<!\d)\d{8}(?!\d)")


class AccountPayout(NamedTuple):
    """A payout by bank from the account's lines: ``batches`` and ``serials`` under which it was sent.

    ``debited`` says that a statement has its debit already.
    """

    payout: str
    serials: tuple[str, ...]
    batches: tuple[str, ...]
    account: str | None
    holder: str | None
    amount_fen: int
    debited: bool


class Move(NamedTuple):
    """An entry of the ledger by which money went to the account or from it otherwise than to recipients."""

    statement: str
    direction: Direction
    amount_fen: int
    on: str


class Line(NamedTuple):
    """An entry of the statement as it is matched; ``account`` and ``holders`` are marks."""

    row: int
    direction: Direction
    amount_fen: int
    booked_on: str
    account: str | None
    holders: Collection[str]
    texts: Sequence[str]


class EntryOutcome(NamedTuple):
    """What an entry is for; ``choices`` are how many other readings there were, where none was taken."""

    payouts: tuple[str, ...] = ()
    moved_by: str | None = None
    by: Literal["batch", "serial", "account", "moved"] | None = None
    choices: int = 0


def match_entries(
    lines: Sequence[Line], payouts: Iterable[AccountPayout], moves: Iterable[Move]
) -> dict[int, EntryOutcome]:
    """What each entry is for, by its row; what has a serial or batch goes first."""
    matching = _Matching(payouts, moves)
    found: dict[int, EntryOutcome] = {}
    for step in (matching.by_note, matching.by_account, matching.by_move):
        for line in lines:
            outcome = step(line)
            if line.row not in found and outcome.by is not None:
                found[line.row] = outcome
                matching.take(line, outcome)
    return {line.row: found.get(line.row) or EntryOutcome(choices=matching.choices(line)) for line in lines}


class _Matching:
    """The payouts and movements, and which of them an entry was for."""

    def __init__(self, payouts: Iterable[AccountPayout], moves: Iterable[Move]) -> None:
        self._payouts = list(payouts)
        self._moves = list(moves)
        self._debited = {each.payout for each in self._payouts if each.debited}
        self._back: set[str] = set()
        self._moved: set[str] = set()

    def take(self, line: Line, outcome: EntryOutcome) -> None:
        """A payout is debited once, and comes back once; a movement is one entry's."""
        (self._debited if line.direction == "debit" else self._back).update(outcome.payouts)
        if outcome.moved_by is not None:
            self._moved.add(outcome.moved_by)

    def _open(self, line: Line) -> list[AccountPayout]:
        taken = self._debited if line.direction == "debit" else self._back
        return [each for each in self._payouts if each.payout not in taken]

    def by_note(self, line: Line) -> EntryOutcome:
        """The payouts that serials or a batch name, where they make up the sum."""
        text = " ".join(line.texts)
        serials = set(serials_in(text))
        named = [each for each in self._open(line) if serials & {*each.serials, each.payout}]
        if named and sum(each.amount_fen for each in named) == line.amount_fen:
            return EntryOutcome(tuple(each.payout for each in named), by="serial")
        batches = set(_BATCH.findall(text))
        named = [each for each in self._open(line) if batches & set(each.batches)]
        if named and sum(each.amount_fen for each in named) == line.amount_fen:
            return EntryOutcome(tuple(each.payout for each in named), by="batch")
        return EntryOutcome()

    def by_account(self, line: Line) -> EntryOutcome:
        """The one payout with this account, holder and sum."""
        found = self._agreeing(line)
        return EntryOutcome((found[0].payout,), by="account") if len(found) == 1 else EntryOutcome()

    def by_move(self, line: Line) -> EntryOutcome:
        """The one entry of the ledger that moved this sum in those days."""
        found = self._moving(line)
        return EntryOutcome(moved_by=found[0].statement, by="moved") if len(found) == 1 else EntryOutcome()

    def choices(self, line: Line) -> int:
        """How many readings there are of an entry for which none was taken."""
        return len(self._agreeing(line)) + len(self._moving(line))

    def _agreeing(self, line: Line) -> list[AccountPayout]:
        if line.account is None or not line.holders:
            return []
        return [
            each
            for each in self._open(line)
            if each.account == line.account
            and each.holder in line.holders
            and each.amount_fen == line.amount_fen
        ]

    def _moving(self, line: Line) -> list[Move]:
        day = date.fromisoformat(line.booked_on)
        return [
            each
            for each in self._moves
            if each.statement not in self._moved
            and (each.direction, each.amount_fen) == (line.direction, line.amount_fen)
            and abs(date.fromisoformat(each.on) - day) <= MOVED_WITHIN
        ]
