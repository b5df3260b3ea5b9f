"""By which account codes a campaign's money is booked (会计科目), as its office keeps its books.

The codes are those of the unit's own chart, under the accounting system for trade unions (工会会计制度) or whichever
governs it; none stands in code. The ledger is a register beside the books, not the books (会计核算).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from ledger.domain.fields import Code, Text
from ledger.domain.policy.part import Part
from ledger.validation_words import ValueProblem

AccountCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,20}(\.[0-9]{1,6}){0,6}$")]
"""A code of the chart of accounts (会计科目编码): digits, with the levels below set off by dots or not."""


class Account(Part):
    """An account of the chart (会计科目)."""

    code: AccountCode
    title: Text


class LineAccounts(Part):
    """The accounts by which a line's money is booked (资金项目的会计科目).

    ``bank`` is where the money lies (银行存款), ``cash`` what is paid in notes (库存现金), ``income`` what comes from
    the source (收入), ``expense`` what reaches recipients (支出), ``advance`` what a unit drew and has not handed out
    (其他应收款), ``carried`` the other side of what goes into next year's campaign (结转结余).
    """

    line: Code
    bank: Account
    cash: Account | None = None
    income: Account
    expense: Account
    advance: Account
    carried: Account


class Accounting(Part):
    """The account codes of a policy's lines, and where they stand."""

    lines: Annotated[list[LineAccounts], Field(min_length=1, max_length=40)]
    source: Text

    @model_validator(mode="after")
    def _are_told_apart(self) -> Accounting:
        codes = [each.line for each in self.lines]
        if len(set(codes)) != len(codes):
            raise ValueProblem("同一资金项目的会计科目重复设定", "a line's accounts stand twice")
        return self

    def of(self, line: str) -> LineAccounts | None:
        """The accounts of a line, or None."""
        return next((each for each in self.lines if each.line == line), None)
