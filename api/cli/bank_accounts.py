"""``songnuan bank statement``, ``explain`` and ``close``: statements of account, and days closed against them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.bank import queries as bank
from api.bank.profile import GENERAL, OWN_PROFILES
from api.bank.statements import AccountStatementAnswer, WhichAccount, read_account_statement
from api.cli.bank import BankFileName, CampaignCode, DryRun, ProfileName
from api.cli.desk import at_desk, record
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, checked, signer_of
from api.cli.output import AsJson, console, money, print_json, print_table
from api.cli.passphrases import PassphraseFile
from api.cli.question import Asked, AskedOfFile
from api.cli.receipts import print_receipt
from api.gate import LATEST, Row, ScopedViews
from ledger.clock import china_today
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import DayReconciled
from ledger.events.statement_after import AccountStatementTakenBack, OutflowExplained
from ledger.identity.vault import Vault
from ledger.storage.store import OpenStore

BY = {
    "batch": ("批次", "batch"),
    "serial": ("流水", "serial"),
    "account": ("账号户名金额", "account, holder and sum"),
    "moved": ("账内划转", "moved in the ledger"),
}


def _read(
    store: OpenStore,
    views: ScopedViews,
    file: Path,
    *,
    campaign: str,
    account: str,
    lines: str,
    profile: str,
) -> AccountStatementAnswer:
    which = WhichAccount(campaign, account, lines.split(","))
    marker, own = store.marker(), store.folder / OWN_PROFILES
    return read_account_statement(file, china_today(), profile, which, views, marker, own).answer


def _days(views: ScopedViews, vault: Vault, *, campaign: str) -> list[Row]:
    return bank.day_sums(views, campaign, LATEST)


def _outflows(views: ScopedViews, vault: Vault, *, campaign: str) -> list[Row]:
    return bank.unexplained_entries(views, campaign)


STATEMENT = AskedOfFile("/bank/statement", AccountStatementAnswer, _read, lambda found: len(found.lines))
DAYS = Asked("/bank/days", _days, is_recorded=False)
OUTFLOWS = Asked("/bank/outflows", _outflows, is_recorded=False)


def statement(
    file: BankFileName,
    campaign: CampaignCode,
    account: Annotated[
        str, typer.Option(help=say("账户简称，如 icbc", "the account's short name, like icbc"))
    ],
    lines: Annotated[
        list[str], typer.Option("--line", help=say("由该账户支付的资金项目", "a line that is paid from it"))
    ],
    key: KeyFile,
    profile: ProfileName = GENERAL,
    dry_run: DryRun = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Reads a statement, finds what its entries are for, and records it whole."""
    with at_desk() as desk:
        found = desk.read(
            STATEMENT, file, campaign=campaign, account=account, lines=",".join(lines), profile=profile
        )
        if as_json:
            print_json(found.model_dump())
        else:
            _print(found)
        if dry_run:
            return
        officer = signer_of(desk.ledger, key, passphrase_file)
        receipt = desk.record(officer.sign(checked(AccountStatementRecorded, found.event)))
    if not as_json:
        print_receipt(receipt, as_json)


def _print(answer: AccountStatementAnswer) -> None:
    for notice in answer.notices:
        console.print(f"! {say(notice.zh, notice.en)}", soft_wrap=True)
    title = say(
        f"对账单 {answer.from_day} 至 {answer.to_day}：期初 {money(answer.opening_fen)}，期末 {money(answer.closing_fen)}",
        f"Statement, {answer.from_day} to {answer.to_day}: opens with {money(answer.opening_fen)}, closes with"
        f" {money(answer.closing_fen)}",
    )
    print_table(
        title,
        [
            (say("行", "row"), "right"),
            (say("日期", "date"), "left"),
            (say("支出（元）", "debit"), "right"),
            (say("收入（元）", "credit"), "right"),
            (say("用于", "what for"), "left"),
        ],
        [
            (
                line.row,
                line.booked_on,
                money(line.amount_fen) if line.direction == "debit" else "",
                money(line.amount_fen) if line.direction == "credit" else "",
                say("账外支出，将记为疑点", "for nothing in the ledger: it will be flagged")
                if line.unexplained
                else say(*BY[line.by]) + (f" {line.payouts}" if line.payouts else "")
                if line.by
                else "",
            )
            for line in answer.lines
        ],
    )


def explain(
    campaign: CampaignCode,
    statement_id: Annotated[str, typer.Option("--statement", help=say("对账单编号", "the statement's id"))],
    reference: Annotated[str, typer.Option(help=say("该笔的哈希", "the entry's hash"))],
    reason: Annotated[str, typer.Option(help=say("说明", "the reason"))],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by another than who recorded the statement."""
    body = {
        "campaign": campaign,
        "account_statement": statement_id,
        "bank_reference": reference,
        "reason": reason,
    }
    print_receipt(record(checked(OutflowExplained, body), key, passphrase_file), as_json)


def take_back(
    campaign: CampaignCode,
    account: Annotated[
        str, typer.Option(help=say("账户简称，如 icbc", "the account's short name, like icbc"))
    ],
    statement_id: Annotated[str, typer.Option("--statement", help=say("对账单编号", "the statement's id"))],
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """The last statement of its account alone; two of finance sign."""
    body = {"campaign": campaign, "account": account, "account_statement": statement_id, "reason": reason}
    print_receipt(record(checked(AccountStatementTakenBack, body), key, passphrase_file), as_json)


def outflows(campaign: CampaignCode, as_json: AsJson = False) -> None:
    """Lists what left accounts for nothing in the ledger and is not explained."""
    with at_desk() as desk:
        found = desk.rows(OUTFLOWS, campaign=campaign)
    if as_json:
        print_json(found)
        return
    print_table(
        say("账外支出（未说明）", "Outflows that are unexplained"),
        [
            (say("账户", "account"), "left"),
            (say("日期", "date"), "left"),
            (say("金额（元）", "sum"), "right"),
            (say("对账单", "statement"), "left"),
            (say("哈希", "hash"), "left"),
        ],
        [
            (
                row["account"],
                row["booked_on"],
                money(row["amount_fen"]),
                row["account_statement"],
                row["bank_reference"],
            )
            for row in found
        ],
    )


def close(
    campaign: CampaignCode,
    line: Annotated[str, typer.Option(help=say("资金项目代码", "the line's code"))],
    day: Annotated[str, typer.Option(help=say("对账日，如 2026-01-15", "the day, like 2026-01-15"))],
    key: KeyFile,
    explanation: Annotated[
        str | None, typer.Option(help=say("差额说明", "why the sums differ, where they do"))
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Closes a day by the statement on record, else by what the bank's answers say; no sum is typed."""
    with at_desk() as desk:
        days = {(row["line"], str(row["day"])): row for row in desk.rows(DAYS, campaign=campaign)}
    found = days.get((line, day))
    if found is None:
        raise Misused(
            f"{day} 资金项目 {line} 没有银行发放，也没有对账单",
            f"nothing was paid or debited on {day} for {line}",
        )
    by_statement = found["statement_fen"] is not None
    bank_fen = found["statement_fen"] if by_statement else found["bank_fen"]
    console_note = say("对账单", "statement") if by_statement else say("回盘", "the bank's answers")
    if (found["ledger_fen"] != bank_fen) and not explanation:
        raise Misused(
            f"{day} 资金项目 {line}：账面 {money(found['ledger_fen'])} 元，银行 {money(bank_fen)} 元（{console_note}），"
            "两者不符，须以 --explanation 说明差额",
            f"{day}, {line}: the ledger has {money(found['ledger_fen'])}, the bank {money(bank_fen)} ({console_note}):"
            " say by --explanation why they differ",
        )
    body = {
        "campaign": campaign,
        "line": line,
        "day": day,
        "ledger_fen": found["ledger_fen"],
        "bank_fen": bank_fen,
        "explanation": explanation,
    }
    receipt = record(checked(DayReconciled, body), key, passphrase_file)
    if not as_json:
        console.print(
            say(
                f"{day} {line}：账面 {money(found['ledger_fen'])} 元，银行 {money(bank_fen)} 元（{console_note}）",
                f"{day} {line}: ledger {money(found['ledger_fen'])}, bank {money(bank_fen)} ({console_note})",
            ),
            soft_wrap=True,
        )
    print_receipt(receipt, as_json)
