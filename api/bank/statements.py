"""Statements of account read for who records them (对账单读取): each entry with what it is for, and the act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from api.bank import queries as bank
from api.bank.profile import profile
from api.bank.reading import holders_of
from api.bank.statement_file import ReadEntry, ReadStatement, StatementFault, read_statement
from api.bank.statement_matching import AccountPayout, EntryOutcome, Line, Move, match_entries
from api.gate import ScopedViews
from api.roster.answers import FileNotice
from ledger.events.account_statement import MOST_ENTRIES, AccountStatementRecorded, StatementEntry
from ledger.identity import documents
from ledger.identity.blind_index import Marker
from ledger.identity.documents import masked_name, numbers_masked


class StatementLine(BaseModel):
    """An entry of a statement with what it is for; ``choices`` are how many readings there were, none of them taken.

    ``unexplained`` is money that left for nothing in the ledger: it is flagged once it is recorded.
    """

    row: int
    booked_on: str
    direction: Literal["debit", "credit"]
    amount_fen: int
    name: str
    note: str
    payouts: int
    by: Literal["batch", "serial", "account", "moved"] | None
    choices: int
    unexplained: bool


class AccountStatementAnswer(BaseModel):
    """A statement that was read, not recorded yet; ``event`` is the body that records it."""

    from_day: str
    to_day: str
    opening_fen: int
    closing_fen: int
    lines: list[StatementLine]
    notices: list[FileNotice]
    event: dict[str, Any]


class StatementReading(NamedTuple):
    """A statement that was read and matched, with the act that records it."""

    answer: AccountStatementAnswer
    event: AccountStatementRecorded


class WhichAccount(NamedTuple):
    """Whose statement it is: the campaign, the account's short name, and the lines that are paid from it."""

    campaign: str
    account: str
    lines: Sequence[str]


def read_account_statement(
    path: Path,
    today: str,
    name: str,
    which: WhichAccount,
    views: ScopedViews,
    marker: Marker,
    own: Path | None,
) -> StatementReading:
    """Read a statement by the profile of that name, and find what its entries are for.

    Raises:
        StatementFault, ProfileUnknown, RosterUnreadable: it cannot be read whole.
    """
    statement = read_statement(path, today, profile(name, own).statement)
    if len(statement.entries) > MOST_ENTRIES:
        raise StatementFault(
            "statement-too-long",
            f"对账单超过 {MOST_ENTRIES} 笔，请分段登记",
            f"the statement has more than {MOST_ENTRIES} entries, record it in parts",
        )
    if statement.opening_fen < 0 or statement.closing_fen < 0:
        raise StatementFault(
            "statement-overdrawn", "账户余额为负，请向银行核实", "the account is overdrawn: ask the bank"
        )
    outcomes = match_entries(
        [_line(entry, marker) for entry in statement.entries],
        [_payout(row) for row in bank.account_payouts(views, which.campaign, which.lines)],
        [
            Move(**{**row, "on": str(row["on"])})
            for row in bank.account_moves(views, which.campaign, which.lines)
        ],
    )
    event = _event(statement, outcomes, which, sha256(path.read_bytes()).hexdigest())
    return StatementReading(_answer(statement, outcomes, event), event)


def _line(entry: ReadEntry, marker: Marker) -> Line:
    account = documents.folded(entry.account)
    is_whole = account.isalnum() and account.upper() == account and "X" not in account
    return Line(
        row=entry.row,
        direction=entry.direction,
        amount_fen=entry.amount_fen,
        booked_on=entry.booked_on,
        account=marker.mark("account", account) if account and is_whole else None,
        holders=holders_of(entry.name, marker),
        texts=(entry.note, *entry.parts),
    )


def _payout(row: dict[str, Any]) -> AccountPayout:
    return AccountPayout(
        payout=row["payout"],
        serials=tuple(row["serials"] or ()),
        batches=tuple(row["batches"] or ()),
        account=row["account"],
        holder=row["holder"],
        amount_fen=row["amount_fen"],
        debited=row["debited"],
    )


def _event(
    statement: ReadStatement, outcomes: dict[int, EntryOutcome], which: WhichAccount, file: str
) -> AccountStatementRecorded:
    seen: Counter[str] = Counter()
    entries = []
    for entry in statement.entries:
        said = "|".join(
            (
                which.account,
                entry.reference,
                entry.booked_on,
                entry.direction,
                str(entry.amount_fen),
                entry.account,
            )
        )
        seen[said] += 1
        outcome = outcomes[entry.row]
        entries.append(
            StatementEntry(
                bank_reference=sha256(f"{said}|{seen[said]}".encode()).hexdigest(),
                booked_on=entry.booked_on,
                direction=entry.direction,
                amount_fen=entry.amount_fen,
                payouts=list(outcome.payouts) or None,
                moved_by=outcome.moved_by,
            )
        )
    return AccountStatementRecorded(
        campaign=which.campaign,
        account=which.account,
        lines=list(which.lines),
        from_day=statement.from_day,
        to_day=statement.to_day,
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        file=file,
        entries=entries,
    )


def _answer(
    statement: ReadStatement, outcomes: dict[int, EntryOutcome], event: AccountStatementRecorded
) -> AccountStatementAnswer:
    lines = [
        StatementLine(
            row=read.row,
            booked_on=read.booked_on,
            direction=read.direction,
            amount_fen=read.amount_fen,
            name=masked_name(read.name) if read.name else "",
            note=numbers_masked(read.note[:80]),
            payouts=len(outcomes[read.row].payouts),
            by=outcomes[read.row].by,
            choices=outcomes[read.row].choices,
            unexplained=entry.is_unexplained,
        )
        for read, entry in zip(statement.entries, event.entries, strict=True)
    ]
    return AccountStatementAnswer(
        from_day=statement.from_day,
        to_day=statement.to_day,
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        lines=lines,
        notices=[FileNotice(**each._asdict()) for each in statement.notices],
        event=event.model_dump(mode="json", exclude_defaults=True),
    )
