"""Vouchers: every one balances, whatever moved, and is booked by the policy that stood."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.vouchers.drawing_up import drawn_up
from ledger.domain.loosening import loosenings
from ledger.domain.policy.accounting import Account, Accounting, LineAccounts
from ledger.errors import Refused
from tests.scene import policy


def account(code: str, title: str) -> Account:
    return Account(code=code, title=title)


def accounts(line: str = "workers", *, bank: str = "102", cash: bool = True) -> LineAccounts:
    return LineAccounts(
        line=line,
        bank=account(bank, "银行存款"),
        cash=account("101", "库存现金") if cash else None,
        income=account("403", "上级补助收入"),
        expense=account("503.01", "困难职工帮扶费"),
        advance=account("135", "其他应收款"),
        carried=account("321", "工会资金结转"),
    )


def accounting(*lines: LineAccounts) -> Accounting:
    return Accounting(lines=list(lines) or [accounts()], source="县总工会会计科目表")


SIDES = {
    "allocated": ("source", "line"),
    "returned-to-source": ("line", "source"),
    "drawn": ("line", "held"),
    "drawn-returned": ("held", "line"),
    "paid": ("line", "paid"),
    "returned": ("paid", "line"),
    "collective": ("line", "site"),
    "collective-returned": ("site", "line"),
    "carried-over": ("line", None),
}


def postings(position: int, kind: str, fen: int, method: str | None = None) -> list[dict[str, Any]]:
    """The postings of one entry, as the view keeps them: minus where money goes from."""
    of = {
        "position": position,
        "kind": kind,
        "line": "workers",
        "line_title": "困难职工",
        "unit": None,
        "unit_name": None,
        "booked_on": "2026-01-15",
        "attachments": 1,
        "method": method,
    }
    gone, come = SIDES[kind]
    found = [{**of, "account": f"{gone}/b2026/workers", "amount_fen": -fen}]
    if come is not None:
        found.append({**of, "account": f"{come}/b2026/workers", "amount_fen": fen})
    return found


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(SIDES)), st.integers(1, 10**12), st.sampled_from([None, "bank", "cash"])
        ),
        max_size=30,
    )
)
def test_every_voucher_balances(moved: list[tuple[str, int, str | None]]) -> None:
    rows = [row for position, each in enumerate(moved, 1) for row in postings(position, *each)]
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    lines = drawn_up(rows, [(1, accounting())], "b2026", "2026-01")
    # In each voucher what is debited stands first.
    sides = [(line["number"], line["credit_fen"] > 0) for line in lines]
    assert sides == sorted(sides)
    for line in lines:
        assert (line["debit_fen"] > 0) != (line["credit_fen"] > 0)
        sums[line["number"]][0] += line["debit_fen"]
        sums[line["number"]][1] += line["credit_fen"]
    assert list(sums) == list(range(1, len(moved) + 1))
    assert [sums[number] for number in sums] == [[fen, fen] for _, fen, _ in moved]


@pytest.mark.parametrize(
    ("kind", "method", "debit", "credit"),
    [
        ("allocated", None, "102", "403"),
        ("drawn", None, "135", "102"),
        ("paid", "bank", "503.01", "102"),
        ("paid", "cash", "503.01", "101"),
        ("returned", None, "102", "503.01"),
        ("carried-over", None, "321", "102"),
    ],
)
def test_each_movement_is_booked_by_its_accounts(
    kind: str, method: str | None, debit: str, credit: str
) -> None:
    lines = drawn_up(postings(1, kind, 100, method), [(1, accounting())], "b2026", "2026-01")
    assert {line["account_code"] for line in lines if line["debit_fen"]} == {debit}
    assert {line["account_code"] for line in lines if line["credit_fen"]} == {credit}


def test_an_entry_is_booked_by_the_policy_that_stood() -> None:
    changed = [(5, accounting(accounts(bank="102.01"))), (9, accounting(accounts(bank="102.02")))]

    def bank(position: int) -> set[str]:
        lines = drawn_up(postings(position, "allocated", 100), changed, "b2026", "2026-01")
        return {line["account_code"] for line in lines if line["debit_fen"]}

    assert [bank(position) for position in (1, 5, 8, 9)] == [{"102.01"}, {"102.01"}, {"102.01"}, {"102.02"}]


@pytest.mark.parametrize("codes", [[], [(1, accounting(accounts(cash=False)))]])
def test_what_has_no_code_is_refused(codes: Any) -> None:
    with pytest.raises(Refused) as refused:
        drawn_up(postings(1, "paid", 100, "cash"), codes, "b2026", "2026-01")
    assert refused.value.code == "account-codes-missing"
    assert "困难职工" in refused.value.message("zh")


def test_codes_are_of_the_policys_lines_and_loosen_nothing() -> None:
    with pytest.raises(ValidationError, match="none"):
        policy(accounting=accounting(accounts("none")))
    with pytest.raises(ValidationError, match="twice"):
        accounting(accounts(), accounts())
    assert loosenings(policy(), policy(accounting=accounting())) == []


def test_half_an_entry_is_no_voucher() -> None:
    with pytest.raises(Refused) as refused:
        drawn_up(postings(1, "paid", 100)[:1], [(1, accounting())], "b2026", "2026-01")
    assert refused.value.code == "vouchers-need-whole-lines"
