"""Vouchers for the bookkeeping (记账凭证): a month's movements of a campaign's money by account codes.

A register beside the books: who keeps them takes the file over. Every entry of the ledger that moved money is one
voucher; its lines are the entry's postings, which add up to zero, so that debit and credit are equal by construction.
What is approved and not yet paid moved nothing and is no voucher.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from api.gate import Row
from api.vouchers.rows import VoucherLine
from api.wording import words
from ledger.domain.policy.accounting import Account, Accounting, LineAccounts
from ledger.errors import Rule

ACCOUNT_CODES_MISSING = Rule(
    "account-codes-missing",
    zh="方案未设定资金项目“{line}”的会计科目（{account}），不能生成记账凭证：请由审批人在“活动”页修订方案，填写“会计科目”一项",
    en="the policy sets no account code of the line {line} ({account_en}), and no vouchers are made: an approver sets it"
    " under account codes on the page of the campaign, by amending the policy",
)
VOUCHERS_NEED_WHOLE_LINES = Rule(
    "vouchers-need-whole-lines",
    zh="记账凭证按整个活动生成，须能查看活动 {campaign} 的全部资金项目与单位：请由主办单位导出",
    en="vouchers are of a whole campaign, for who sees all lines and units of {campaign}: the sponsor exports them",
)

_ACCOUNTS: Mapping[str, tuple[str, str, str]] = {
    "source": ("income", "收入", "income"),
    "held": ("advance", "暂付", "advance"),
    "paid": ("expense", "支出", "expense"),
    "site": ("expense", "支出", "expense"),
}
_BANK = ("bank", "银行存款", "bank")
_CASH = ("cash", "库存现金", "cash")
_CARRIED = ("carried", "结转", "carried over")
"""The account by which each side of a movement is booked: its member, and what it is called."""

Codes = Sequence[tuple[int, Accounting]]
"""The account codes that a campaign's policies set, each from an entry on, in order."""


def drawn_up(moved: Iterable[Row], codes: Codes, campaign: str, month: str) -> list[Row]:
    """The lines of the vouchers over a month's postings, which come in the order of their entries.

    An entry that is recorded late has the next number of its month: a number that was exported stays.

    Raises:
        Refused: ``account-codes-missing``; ``vouchers-need-whole-lines`` where one side of an entry is not seen.
    """
    lines: list[Row] = []
    for number, (_, entry) in enumerate(groupby(moved, itemgetter("position")), 1):
        postings = list(entry)
        if sum(each["amount_fen"] for each in postings if each["kind"] != "carried-over"):
            raise VOUCHERS_NEED_WHOLE_LINES.refused(campaign=campaign)
        of = {"month": month, "number": number}
        voucher = [line for posting in postings for line in _lines(posting, codes, of)]
        # As vouchers are written: what is debited stands first.
        lines += sorted(voucher, key=lambda line: bool(line["credit_fen"]))
    return lines


def _lines(posting: Row, codes: Codes, of: Row) -> list[Row]:
    """The lines of one posting: money that comes is a debit, money that goes a credit.

    What is carried over leaves one campaign and comes to another, each with vouchers of its own: there the account
    for carrying over is the other side.
    """
    ledger = posting["account"].partition("/")[0]
    side = _ACCOUNTS.get(ledger, _CASH if posting["method"] == "cash" else _BANK)
    found = [_line(posting, _account(posting, codes, side), posting["amount_fen"], of)]
    if posting["kind"] == "carried-over":
        found.append(_line(posting, _account(posting, codes, _CARRIED), -posting["amount_fen"], of))
    return found


def _account(posting: Row, codes: Codes, side: tuple[str, str, str]) -> Account:
    member, zh, en = side
    accounts = _accounts_of(posting["line"], posting["position"], codes)
    account: Account | None = getattr(accounts, member, None)
    if account is None:
        raise ACCOUNT_CODES_MISSING.refused(
            line=posting["line_title"] or posting["line"], account=zh, account_en=en
        )
    return account


def _accounts_of(line: str, position: int, codes: Codes) -> LineAccounts | None:
    """The accounts of the policy that stood at an entry; of the first later one, where none was set by then."""
    chosen: LineAccounts | None = None
    for since, accounting in codes:
        accounts = accounting.of(line)
        if accounts is not None and (chosen is None or since <= position):
            chosen = accounts
    return chosen


def _line(posting: Row, account: Account, amount_fen: int, of: Row) -> Row:
    what = words.POSTINGS[posting["kind"]][0]
    line, unit = posting["line_title"] or posting["line"], posting["unit_name"]
    return VoucherLine(
        **of,
        booked_on=posting["booked_on"],
        abstract=f"{what}：{line}" if unit is None else f"{what}：{line}（{unit}）",
        account_code=account.code,
        account_title=account.title,
        debit_fen=max(amount_fen, 0),
        credit_fen=max(-amount_fen, 0),
        line=posting["line"],
        position=posting["position"],
        attachments=posting["attachments"],
    ).__dict__
