"""The bank's lines matched to payouts (回盘匹配), and never by a guess. Pure: marks and sums in, outcomes out.

A line is about a payout by the serial in its note, or by account, holder and sum together where exactly one payout
has them. Another account, holder or sum is never a match but a finding. Where several could be meant, or the line
lacks what decides, the officer is asked. A payout is matched by one line of a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ledger.events.bank import Differing

Why = Literal["ambiguous", "asked", "account-unknown", "account-masked", "name-missing", "used"]
Result = Literal["paid", "bounced"]

_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)")
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class BankPayout(NamedTuple):
    """A payout by bank as far as matching asks: the marks of its account and holder, and what was said of it.

    ``serials`` are those under which it was sent; ``said`` what the bank said last, ``said_by`` the hashes of the
    lines that said something.
    """

    payout: str
    case: str | None
    account: str | None
    holder: str | None
    amount_fen: int
    serials: tuple[str, ...] = ()
    said: str | None = None
    said_by: tuple[str, ...] = ()


class ReadLine(NamedTuple):
    """A line of the bank as it is matched: ``account`` is its mark, None where it is masked or missing.

    ``holders`` are the marks that its name may have; empty where there is none or it is masked.
    """

    row: int
    account: str | None
    holders: Collection[str]
    amount_fen: int
    result: Result
    note: str
    hash: str


@dataclass
class Outcome:
    """What a line comes to: a payout with what differs, or why there is none, with those that may be meant.

    ``after_success`` says that the bank takes back what it said was paid; ``told`` that the ledger knows it already.
    """

    payout: BankPayout | None = None
    differs: list[Differing] = field(default_factory=list)
    matched_by: Literal["serial", "account", "officer"] | None = None
    why: Why | None = None
    candidates: list[BankPayout] = field(default_factory=list)
    after_success: bool = False
    told: bool = False


def serials_in(note: str) -> list[str]:
    """What a note may say of its payout: a serial of twelve digits, or the id of a case or payout.

    >>> serials_in("慰问金261128010007"), serials_in("2611280100071")
    (['261128010007'], [])
    """
    return [*_DIGITS.findall(note), *_IDS.findall(note)]


def match_lines(
    lines: Sequence[ReadLine], payouts: Iterable[BankPayout], chosen: dict[int, str] | None = None
) -> dict[int, Outcome]:
    """Each line's outcome, by its row."""
    matching = _Matching(payouts)
    outcomes: dict[int, Outcome] = {}
    for step in (matching.known, matching.by_serial, matching.by_account):
        for line in lines:
            if line.row not in outcomes and (found := step(line)) is not None:
                outcomes[line.row] = found
    for line in lines:
        if line.row not in outcomes:
            outcomes[line.row] = matching.finding(line)
        wanted = (chosen or {}).get(line.row)
        if wanted is not None:
            outcomes[line.row] = matching.by_officer(line, outcomes[line.row], wanted)
    return outcomes


class _Matching:
    """The payouts, and which of them a line of this file was about."""

    def __init__(self, payouts: Iterable[BankPayout]) -> None:
        self._all = list(payouts)
        self._by_name: dict[str, list[BankPayout]] = {}
        self._by_hash: dict[str, BankPayout] = {}
        for payout in self._all:
            for name in {*payout.serials, payout.payout, *([payout.case] if payout.case else [])}:
                self._by_name.setdefault(name, []).append(payout)
            for said in payout.said_by:
                self._by_hash.setdefault(said, payout)
        self._by_account: dict[str, list[BankPayout]] = {}
        self._by_holder: dict[str, list[BankPayout]] = {}
        for payout in self._all:
            if payout.account is not None:
                self._by_account.setdefault(payout.account, []).append(payout)
            if payout.holder is not None:
                self._by_holder.setdefault(payout.holder, []).append(payout)
        self._taken: dict[str, Result] = {}

    def known(self, line: ReadLine) -> Outcome | None:
        """A line that was recorded before: of the same payout, whatever else could be meant."""
        payout = self._by_hash.get(line.hash)
        if payout is None:
            return None
        if (differs := _differs(payout, line)) and payout.said != "different":
            return Outcome(payout, differs)
        told = payout.said == ("different" if differs else line.result)
        return self._take(payout, line, Outcome(payout, differs, None, told=told))

    def by_serial(self, line: ReadLine) -> Outcome | None:
        """The payout that the note names; what else the line says must be the payout's."""
        named = {each.payout: each for name in serials_in(line.note) for each in self._by_name.get(name, [])}
        found = list(named.values())
        if not found:
            return None
        if len(found) > 1:
            found = [each for each in found if not _differs(each, line) and self._is_free(each, line)]
            if len(found) != 1:
                return Outcome(why="ambiguous", candidates=found or list(named.values()))
        [payout] = found
        if differs := _differs(payout, line):
            return Outcome(payout, differs, "serial")
        if line.account is None:
            return Outcome(why="account-masked", candidates=[payout])
        if not self._is_free(payout, line):
            return Outcome(why="used", candidates=[payout])
        return self._take(payout, line, Outcome(payout, matched_by="serial"))

    def by_account(self, line: ReadLine) -> Outcome | None:
        """The one payout with this account, holder and sum."""
        if line.account is None or not line.holders:
            return None
        agreeing = [each for each in self._by_account.get(line.account, []) if not _differs(each, line)]
        free = [each for each in agreeing if self._is_free(each, line)]
        waiting = [each for each in free if each.said in (None, "different")]
        if line.result == "paid":
            free = waiting or free
        if len(free) == 1:
            [payout] = free
            return self._take(
                payout, line, Outcome(payout, matched_by="account", told=payout.said == line.result)
            )
        if free:
            return Outcome(why="ambiguous", candidates=free)
        return Outcome(why="used", candidates=agreeing) if agreeing else None

    def finding(self, line: ReadLine) -> Outcome:
        """A line that agrees with no payout: in what it differs from the one it may be about, or what it lacks."""
        near = self._by_account.get(line.account, []) if line.account is not None else []
        if line.account is None or not line.holders:
            by_holder = [each for holder in line.holders for each in self._by_holder.get(holder, [])]
            could = [each for each in near or by_holder if not _differs(each, line)]
            why: Why = "account-masked" if line.account is None else "name-missing"
            return Outcome(why=why, candidates=[each for each in could if self._is_free(each, line)])
        of_holder = [each for holder in line.holders for each in self._by_holder.get(holder, [])]
        pairs = (
            [each for each in near if each.holder in line.holders],
            [each for each in near if each.amount_fen == line.amount_fen],
            [each for each in of_holder if each.amount_fen == line.amount_fen],
        )
        for pair in pairs:
            open_ones = [
                each for each in pair if each.said in (None, "different") and self._is_free(each, line)
            ]
            if len(open_ones) == 1:
                return Outcome(open_ones[0], _differs(open_ones[0], line))
            if open_ones:
                return Outcome(why="asked", candidates=open_ones)
        return Outcome(why="account-unknown", candidates=near)

    def by_officer(self, line: ReadLine, before: Outcome, wanted: str) -> Outcome:
        """The payout that the officer chose among those that may be meant; nothing else can be chosen."""
        payout = next((each for each in before.candidates if each.payout == wanted), None)
        if payout is None or before.why is None or not self._is_free(payout, line):
            return before
        differs = _differs(payout, line)
        if differs:
            return Outcome(payout, differs, "officer")
        return self._take(
            payout, line, Outcome(payout, matched_by="officer", told=payout.said == line.result)
        )

    def _is_free(self, payout: BankPayout, line: ReadLine) -> bool:
        """One line of a file is about it; a second only takes back what the first said was paid."""
        before = self._taken.get(payout.payout)
        return before is None or (before == "paid" and line.result == "bounced")

    def _take(self, payout: BankPayout, line: ReadLine, outcome: Outcome) -> Outcome:
        if outcome.differs:
            return outcome
        was_paid = payout.said == "paid" or self._taken.get(payout.payout) == "paid"
        self._taken[payout.payout] = line.result
        outcome.after_success = line.result == "bounced" and was_paid and not outcome.told
        return outcome


def _differs(payout: BankPayout, line: ReadLine) -> list[Differing]:
    """In what a line is not the payout's, of what can be compared."""
    differs: list[Differing] = []
    if line.account is not None and line.account != payout.account:
        differs.append("account")
    if line.holders and payout.holder not in line.holders:
        differs.append("holder")
    if line.amount_fen != payout.amount_fen:
        differs.append("amount")
    return differs
