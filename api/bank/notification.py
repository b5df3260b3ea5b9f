"""A bank's answer as ISO 20022 has it: the transactions of camt.054 (or camt.053) as lines of an answer."""

from __future__ import annotations

from pathlib import Path

from api.bank.answer_file import BankFile, BankLine
from api.bank.camt import Detail, Entry, NoCamt, read_camt
from api.bank.statement_file import StatementFault, fen_of
from api.roster.file_notices import Notice
from ledger.errors import IdentityFault


def read_notification(path: Path) -> BankFile:
    """What the bank says of single transactions: a debit was paid, a credit that is a return came back.

    Raises:
        StatementFault: ``statement-unreadable``.
    """
    try:
        messages = read_camt(path)
    except NoCamt as fault:
        raise StatementFault("statement-unreadable", fault.zh, fault.en) from None
    lines: list[BankLine] = []
    notices: list[Notice] = []
    row = 0
    for number, entry in enumerate((each for message in messages for each in message.entries), 1):
        if entry.status != "BOOK" or not entry.details:
            why, why_en = (
                ("未入账", "is not booked") if entry.status != "BOOK" else ("没有明细", "has no transactions")
            )
            notices.append(
                Notice(
                    "entry-unused",
                    f"第 {number} 笔{why}，未采用",
                    f"entry {number} {why_en}, and is not used",
                )
            )
            continue
        for detail in entry.details:
            row += 1
            if entry.direction == "CRDT" and not detail.is_return:
                notices.append(
                    Notice(
                        "entry-unused",
                        f"第 {number} 笔是收款，不是退回，未采用",
                        f"entry {number} is money that came and no return: it is not used",
                    )
                )
                continue
            lines.append(_line(row, entry, detail))
    return BankFile(lines, notices)


def _line(row: int, entry: Entry, detail: Detail) -> BankLine:
    problem, amount = None, None
    try:
        amount = fen_of(detail.amount or entry.amount, detail.currency or entry.currency)
    except StatementFault as fault:
        problem = IdentityFault("bank-amount", fault.message("zh"), fault.message("en"))
    return BankLine(
        row=row,
        account=detail.account,
        name=detail.name,
        amount_fen=amount,
        result="bounced" if detail.is_return else "paid",
        reference=entry.reference,
        booked_on=entry.booked_on,
        note=" ".join([*detail.references, detail.note]).strip(),
        reason=detail.reason,
        problem=problem,
        cell="Amt",
        dated=entry.booked_on,
    )
