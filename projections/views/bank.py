"""The bank's side (银行往来): payment files with their lines, statements of accounts with their entries.

What the bank says of single payouts, and the days closed against it, stand with the balances.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.collective import CollectiveHelpGiven, CollectiveHelpReturned
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated
from ledger.events.payment_file import PaymentFileMade, serial_of
from ledger.events.statement_after import AccountStatementTakenBack, OutflowExplained
from projections.frame.column import Day, Fen, Number, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Table


@dataclass
class PaymentFileRow:
    """A file that was made for the bank."""

    batch: Annotated[str, Title("批次号", "batch")]
    position: Annotated[int, Title("登记序号", "position")]
    campaign: str
    unit: Annotated[str, Title("单位", "unit")]
    profile: Annotated[str, Title("格式", "profile")]
    count: Annotated[Number, Title("笔数", "lines")]
    sum_fen: Annotated[Fen, Title("金额（元）", "sum")]
    file: str
    replaces: Annotated[str | None, Title("替代批次", "replaces")]


@dataclass
class PaymentLineRow:
    """A line of a payment file: the serial by which the bank's answer refers to its payout."""

    serial: str
    position: int
    batch: str
    payout: str
    amount_fen: Fen


@dataclass
class AccountStatementRow:
    """A statement of an account, with the balances between which its entries lie."""

    position: Annotated[int, Title("登记序号", "position")]
    account_statement: str
    campaign: str
    account: Annotated[str, Title("账户", "account")]
    lines: list[str]
    from_day: Annotated[Day, Title("自", "from")]
    to_day: Annotated[Day, Title("至", "to")]
    opening_fen: Annotated[Fen, Title("期初余额（元）", "opening")]
    closing_fen: Annotated[Fen, Title("期末余额（元）", "closing")]
    file: str


@dataclass
class StatementEntryRow:
    """An entry of a statement; ``payouts`` is for how many of them it is, 0 where for none."""

    position: int
    bank_reference: str
    campaign: str
    booked_on: Day
    direction: str
    amount_fen: Fen
    payouts: Number
    moved_by: str | None


@dataclass
class StatementPayoutRow:
    """A payout that an entry of a statement is for."""

    payout: str
    position: int
    direction: str
    bank_reference: str
    booked_on: Day


@dataclass
class ExplanationRow:
    """An outflow that was explained."""

    account_statement: str
    bank_reference: str
    position: int


@dataclass
class TakenBackRow:
    """A statement of account that was taken back: from that entry on it shows nothing."""

    account_statement: str
    position: int


@dataclass
class MoveRow:
    """An entry of the ledger by which money went between an account and others than recipients, by its statement."""

    statement: str
    position: int
    campaign: str
    line: str
    direction: str
    amount_fen: Fen
    moved_on: Day


PAYMENT_FILES = Table("payment_files", PaymentFileRow, "batch")
PAYMENT_LINES = Table("payment_lines", PaymentLineRow, "serial")
ACCOUNT_STATEMENTS = Table("account_statements", AccountStatementRow, "position")
STATEMENT_ENTRIES = Table("statement_entries", StatementEntryRow, "position", "bank_reference")
STATEMENT_PAYOUTS = Table(
    "statement_payouts", StatementPayoutRow, "payout", "position", "direction", "bank_reference"
)
EXPLANATIONS = Table("explanations", ExplanationRow, "account_statement", "bank_reference")
STATEMENTS_TAKEN_BACK = Table("statements_taken_back", TakenBackRow, "account_statement")
MOVES = Table("moves", MoveRow, "statement")

_Moving = (
    FundAllocated | DrawnReturned | FundReturned | MoneyDrawn | CollectiveHelpGiven | CollectiveHelpReturned
)

MOVING: tuple[type[_Moving], ...] = (
    CollectiveHelpGiven,
    CollectiveHelpReturned,
    FundAllocated,
    DrawnReturned,
    FundReturned,
    MoneyDrawn,
)
"""What brings money to an account, and takes it away, otherwise than by payouts."""


class Bank:
    """Keeps what was sent to the bank, and what its statements say."""

    name: ClassVar[str] = "bank"
    title: ClassVar[tuple[str, str]] = ("银行往来", "bank")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 3
    tables: ClassVar[str] = f"""
        {PAYMENT_FILES.create}
        CREATE INDEX payment_files_campaign ON payment_files (campaign, position);
        {PAYMENT_LINES.create}
        CREATE INDEX payment_lines_payout ON payment_lines (payout, position);
        {ACCOUNT_STATEMENTS.create}
        CREATE INDEX account_statements_campaign ON account_statements (campaign, account, position);
        CREATE INDEX account_statements_id ON account_statements (account_statement);
        {STATEMENT_ENTRIES.create}
        CREATE INDEX statement_entries_moved_by ON statement_entries (moved_by) WHERE moved_by IS NOT NULL;
        {STATEMENT_PAYOUTS.create}
        {EXPLANATIONS.create}
        CREATE INDEX explanations_position ON explanations (position);
        {STATEMENTS_TAKEN_BACK.create}
        {MOVES.create}
        CREATE INDEX moves_campaign ON moves (campaign, line, position);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        files = list(of_types(events, PaymentFileMade))
        PAYMENT_FILES.add(cursor, [_file(event, item) for event, item in files])
        PAYMENT_LINES.add(cursor, [row for event, item in files for row in _lines(event, item)])
        statements = list(of_types(events, AccountStatementRecorded))
        ACCOUNT_STATEMENTS.add(cursor, [_statement(event, item) for event, item in statements])
        STATEMENT_ENTRIES.add(cursor, [row for event, item in statements for row in _entries(event, item)])
        STATEMENT_PAYOUTS.add(cursor, [row for event, item in statements for row in _payouts(event, item)])
        MOVES.add(cursor, [_move(event, item) for event, item in of_types(events, *MOVING)])
        EXPLANATIONS.add(
            cursor,
            [
                ExplanationRow(event.account_statement, event.bank_reference, item.position)
                for event, item in of_types(events, OutflowExplained)
            ],
        )
        taken_back = of_types(events, AccountStatementTakenBack)
        STATEMENTS_TAKEN_BACK.add(
            cursor, [TakenBackRow(event.account_statement, item.position) for event, item in taken_back]
        )


def _move(event: _Moving, item: Recorded) -> MoveRow:
    return MoveRow(
        statement=item.act.id,
        position=item.position,
        campaign=event.campaign,
        line=event.line,
        direction="credit"
        if isinstance(event, FundAllocated | DrawnReturned | CollectiveHelpReturned)
        else "debit",
        amount_fen=event.amount_fen,
        moved_on=item.act.statement.on,
    )


def _file(event: PaymentFileMade, item: Recorded) -> PaymentFileRow:
    return PaymentFileRow(
        batch=event.batch,
        position=item.position,
        campaign=event.campaign,
        unit=event.unit,
        profile=event.profile,
        count=event.count,
        sum_fen=event.sum_fen,
        file=event.file,
        replaces=event.replaces,
    )


def _lines(event: PaymentFileMade, item: Recorded) -> Iterator[PaymentLineRow]:
    for number, line in enumerate(event.lines, 1):
        serial = serial_of(event.batch, number)
        yield PaymentLineRow(serial, item.position, event.batch, line.payout, line.amount_fen)


def _statement(event: AccountStatementRecorded, item: Recorded) -> AccountStatementRow:
    return AccountStatementRow(
        position=item.position,
        account_statement=item.act.id,
        campaign=event.campaign,
        account=event.account,
        lines=event.lines,
        from_day=event.from_day,
        to_day=event.to_day,
        opening_fen=event.opening_fen,
        closing_fen=event.closing_fen,
        file=event.file,
    )


def _entries(event: AccountStatementRecorded, item: Recorded) -> Iterator[StatementEntryRow]:
    for entry in event.entries:
        yield StatementEntryRow(
            position=item.position,
            bank_reference=entry.bank_reference,
            campaign=event.campaign,
            booked_on=entry.booked_on,
            direction=entry.direction,
            amount_fen=entry.amount_fen,
            payouts=len(entry.payouts or ()),
            moved_by=entry.moved_by,
        )


def _payouts(event: AccountStatementRecorded, item: Recorded) -> Iterator[StatementPayoutRow]:
    for entry in event.entries:
        for payout in dict.fromkeys(entry.payouts or ()):
            yield StatementPayoutRow(
                payout, item.position, entry.direction, entry.bank_reference, entry.booked_on
            )
