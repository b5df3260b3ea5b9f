"""Lists of money (资金列表): postings, what units hold, what banks said, statements of account, vouchers."""

from __future__ import annotations

from api.gate import Row, ScopedViews
from api.money.rows import ListedHelp
from api.tables.finishing import name_dossiers
from api.tables.listed import (
    TabledBankLine,
    TabledHolding,
    TabledPosting,
    TabledStatementEntry,
    TabledVoucher,
)
from api.tables.table import Order, Span, Table
from api.vouchers.queries import vouchers
from projections.frame.view import AS_OF


def _figure(name: str, moved: str, back: str | None = None) -> str:
    less = "" if back is None else f" - coalesce((t.sums ->> '{back}')::bigint, 0)"
    return f"coalesce((t.sums ->> '{moved}')::bigint, 0){less} AS {name}_fen"


_HELD = ", ".join(
    (
        _figure("committed", "committed"),
        _figure("drawn", "drawn", "drawn-returned"),
        _figure("held", "held"),
        _figure("paid", "paid"),
        _figure("returned", "returned"),
        _figure("collective", "collective", "collective-returned"),
    )
)


def _vouchers(views: ScopedViews, span: Span, as_of: int) -> list[Row]:
    found = vouchers(views, span.campaign or "", span.month or "", as_of)
    return [{**row, "place": place} for place, row in enumerate(found, 1)]


MONEY = (
    Table(
        name="postings",
        title=("资金分录", "Postings"),
        row=TabledPosting,
        resource="lines",
        source=(
            "SELECT p.*, p.position || '/' || p.account AS posting, t.officer, t.payout, t.case_id FROM postings p"
            " LEFT JOIN timeline t ON t.position = p.position WHERE p.position <= %(as_of)s"
        ),
        key="posting",
        order=(Order("position", descending=True),),
        shown=(
            "position",
            "booked_on",
            "kind",
            "account",
            "line",
            "unit",
            "amount_fen",
            "balance_fen",
            "officer",
            "campaign",
        ),
        more=("posting", "payout", "case_id"),
        sums=("amount_fen",),
        groups=("kind", "account", "line", "unit", "officer", "campaign", "booked_on"),
        families={
            "kind": "posting",
            "line": "line",
            "unit": "unit",
            "officer": "officer",
            "campaign": "campaign",
        },
        recorded_as="search",
    ),
    Table(
        name="holdings",
        title=("单位领款", "Held by units"),
        row=TabledHolding,
        resource="holdings",
        source=(
            f"SELECT o.owner, o.campaign, o.unit, o.line, {_HELD} FROM owners o CROSS JOIN LATERAL"
            " (SELECT sums FROM totals t WHERE t.owner = o.owner AND t.position <= %(as_of)s"
            "  ORDER BY t.position DESC LIMIT 1) t WHERE o.position <= %(as_of)s AND o.unit IS NOT NULL"
        ),
        key="owner",
        order=(Order("held_fen", descending=True), Order("unit")),
        shown=(
            "unit",
            "line",
            "held_fen",
            "committed_fen",
            "drawn_fen",
            "paid_fen",
            "returned_fen",
            "collective_fen",
            "campaign",
        ),
        more=("owner",),
        sums=("held_fen", "committed_fen", "drawn_fen", "paid_fen", "returned_fen", "collective_fen"),
        groups=("unit", "line", "campaign"),
        families={"unit": "unit", "line": "line", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="bank-lines",
        title=("银行回盘明细", "What the bank said"),
        row=TabledBankLine,
        resource="lines",
        source=(
            "SELECT b.position || '/' || b.payout AS answer, b.position, b.booked_on, p.campaign, p.unit, p.line,"
            " b.amount_fen, p.amount_fen AS ledger_fen, b.result, b.differs, p.payout, p.dossier"
            " FROM bank_lines b JOIN payouts p ON p.payout = b.payout WHERE b.position <= %(as_of)s"
        ),
        key="answer",
        order=(Order("position", descending=True),),
        shown=(
            "position",
            "booked_on",
            "masked_name",
            "unit",
            "line",
            "amount_fen",
            "ledger_fen",
            "result",
            "differs",
            "campaign",
        ),
        more=("answer", "payout"),
        sums=("amount_fen", "ledger_fen"),
        groups=("result", "unit", "line", "booked_on", "campaign"),
        families={
            "unit": "unit",
            "line": "line",
            "result": "bank-result",
            "differs": "differing",
            "campaign": "campaign",
        },
        named_by="dossier",
        finish=name_dossiers,
    ),
    Table(
        name="statement-entries",
        title=("对账单明细", "Entries of statements of account"),
        row=TabledStatementEntry,
        resource="lines",
        source=(
            "SELECT e.position || '/' || e.bank_reference AS entry, e.position, e.booked_on, e.campaign, s.account,"
            " CASE e.direction WHEN 'debit' THEN e.amount_fen END AS debit_fen,"
            " CASE e.direction WHEN 'credit' THEN e.amount_fen END AS credit_fen, e.payouts,"
            " CASE WHEN e.payouts > 0 THEN 'payouts' WHEN e.moved_by IS NOT NULL THEN 'moved'"
            "  WHEN n.position IS NOT NULL THEN 'explained' WHEN e.direction = 'debit' THEN 'unexplained'"
            "  ELSE 'other' END AS found"
            " FROM statement_entries e JOIN account_statements s ON s.position = e.position"
            " LEFT JOIN explanations n ON n.account_statement = s.account_statement"
            "  AND n.bank_reference = e.bank_reference AND n.position <= %(as_of)s"
            " WHERE e.position <= %(as_of)s AND NOT EXISTS (SELECT FROM statements_taken_back b"
            "  WHERE b.account_statement = s.account_statement AND b.position <= %(as_of)s)"
        ),
        key="entry",
        order=(Order("booked_on", descending=True),),
        shown=(
            "position",
            "booked_on",
            "account",
            "debit_fen",
            "credit_fen",
            "found",
            "payouts",
            "campaign",
        ),
        more=("entry",),
        sums=("debit_fen", "credit_fen"),
        groups=("account", "found", "booked_on", "campaign"),
        families={"found": "found", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="collective-help",
        title=("集体慰问", "Help to sites"),
        row=ListedHelp,
        resource="holdings",
        source=f"SELECT h.* FROM collective_help h WHERE {AS_OF}",
        key="help_id",
        order=(Order("position", descending=True),),
        shown=(
            "unit",
            "line",
            "site",
            "headcount",
            "reason",
            "approved_fen",
            "given_fen",
            "returned_fen",
            "approved_on",
            "given_on",
            "position",
            "campaign",
        ),
        more=("help_id",),
        sums=("approved_fen", "given_fen", "returned_fen"),
        groups=("unit", "line", "site", "approved_on", "given_on", "campaign"),
        families={"unit": "unit", "line": "line", "campaign": "campaign"},
        recorded_as="search",
    ),
    Table(
        name="vouchers",
        title=("记账凭证", "Vouchers"),
        row=TabledVoucher,
        resource="lines",
        drawn_up=_vouchers,
        monthly=True,
        key="place",
        order=(Order("place"),),
        shown=(
            "number",
            "booked_on",
            "abstract",
            "account_code",
            "account_title",
            "debit_fen",
            "credit_fen",
            "line",
            "attachments",
            "position",
        ),
        more=("place",),
        sums=("debit_fen", "credit_fen"),
        groups=("account_code", "account_title", "line", "booked_on", "number"),
        families={"line": "line"},
        recorded_as="export",
    ),
)
"""The tables of money."""
