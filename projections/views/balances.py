"""The balances (资金余额) of fund lines and of what units hold, as double-entry postings.

Every event that moves money makes two postings that add up to zero, each with the balance of its
account after it, so that a balance as of any position is the last posting up to it. Accounts:

* ``source/<campaign>/<line>``: where the money comes from; its balance is minus what it gave.
* ``line/<campaign>/<line>``: what the line still holds.
* ``held/<campaign>/<line>@<unit>``: what a unit drew and has not handed out.
* ``paid/<campaign>/<line>@<unit>``: what reached recipients.
* ``site/<campaign>/<line>@<unit>``: what was given to sites without named persons.
* ``committed/<campaign>/<line>``: what is approved and not yet paid; ``promised/<campaign>/<line>`` is
  its other side. It follows the cases of the roster.

Beside the postings stand the totals of each line, and of each unit on it, by what moved them, and what is
said of the bank: its lines, and the days closed against them (日终对账).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

import orjson

from ledger.domain.event import Event
from ledger.events.bank import BankLineMatched, DayReconciled
from ledger.events.carry_over import FundsCarriedOver
from ledger.events.collective import CollectiveHelpGiven, CollectiveHelpReturned
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated, FundTransferred
from ledger.events.payout import Disbursed, PayoutReturned
from projections.frame.column import Day, Fen, Number, json_of
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import (
    Cursor,
    Table,
    lines,
    named,
)


class Movement(NamedTuple):
    """Money going from one account to another; ``kind`` names the event's effect.

    ``attachments`` is how many papers its entry names (附件张数), ``method`` how it was paid, where that is said.
    """

    kind: str
    campaign: str
    line: str
    unit: str | None
    debit: str
    credit: str
    amount_fen: int
    attachments: int = 0
    method: str | None = None


MOVING: tuple[type[Event], ...] = (
    CollectiveHelpGiven,
    CollectiveHelpReturned,
    Disbursed,
    FundAllocated,
    FundReturned,
    FundTransferred,
    FundsCarriedOver,
    MoneyDrawn,
    DrawnReturned,
    PayoutReturned,
)


def movements(event: Event) -> Iterator[Movement]:
    """What an event moves."""
    match event:
        case Disbursed():
            charged = "held" if event.source == "drawn" else "line"
            yield _move(event, "paid", event.line, event.unit, charged, "paid")
        case FundAllocated():
            yield _move(event, "allocated", event.line, None, "source", "line")
        case FundReturned():
            yield _move(event, "returned-to-source", event.line, None, "line", "source")
        case FundTransferred():
            yield Movement(
                "transferred",
                event.campaign,
                event.from_line,
                None,
                f"line/{event.campaign}/{event.from_line}",
                f"line/{event.campaign}/{event.to_line}",
                event.amount_fen,
            )
        case FundsCarriedOver():
            yield Movement(
                "carried-over",
                event.campaign,
                event.from_line,
                None,
                f"line/{event.campaign}/{event.from_line}",
                f"line/{event.to_campaign}/{event.to_line}",
                event.amount_fen,
                _attachments(event),
            )
        case CollectiveHelpGiven():
            yield _move(event, "collective", event.line, event.unit, "line", "site")
        case CollectiveHelpReturned():
            yield _move(event, "collective-returned", event.line, event.unit, "site", "line")
        case MoneyDrawn():
            yield _move(event, "drawn", event.line, event.unit, "line", "held")
        case DrawnReturned():
            yield _move(event, "drawn-returned", event.line, event.unit, "held", "line")
        case PayoutReturned(line=str()):
            credited = "held" if event.to == "drawn" else "line"
            yield _move(event, "returned", str(event.line), event.unit, "paid", credited)


def _unpaid(row: str) -> str:
    return (
        f"CASE WHEN {row}.step = 'approved'"
        f" THEN greatest({row}.approved_fen - {row}.paid_fen + {row}.returned_fen, 0) ELSE 0 END"
    )


_COMMITTED = f"""
    SELECT n.from_position, n.campaign, n.line, n.unit, {_unpaid("n")} - coalesce({_unpaid("o")}, 0)
    FROM cases n
    LEFT JOIN cases o ON o.case_id = n.case_id AND o.to_position = n.from_position
    WHERE n.case_id = ANY (string_to_array(%s, E'\\n')) AND n.from_position BETWEEN %s AND %s
        AND n.line IS NOT NULL
"""


def _commitments(cursor: Cursor, events: Sequence[Recorded]) -> list[tuple[Recorded, Movement]]:
    """By how much each event changed what is approved and unpaid, as the roster's cases say."""
    cases = named(events, "case")
    if not cases:
        return []
    at = {item.position: item for item in events}
    cursor.execute(_COMMITTED, (lines(cases), events[0].position, events[-1].position))
    return [
        (
            at[position],
            Movement(
                "committed",
                campaign,
                line,
                unit,
                f"promised/{campaign}/{line}",
                f"committed/{campaign}/{line}",
                change_fen,
            ),
        )
        for position, campaign, line, unit, change_fen in cursor.fetchall()
        if change_fen != 0
    ]


def _move(event: Any, kind: str, line: str, unit: str | None, debit: str, credit: str) -> Movement:
    def account(ledger: str) -> str:
        owner = f"@{unit}" if ledger in ("held", "paid") else ""
        return f"{ledger}/{event.campaign}/{line}{owner}"

    return Movement(
        kind,
        event.campaign,
        line,
        unit,
        account(debit),
        account(credit),
        event.amount_fen,
        _attachments(event),
        getattr(event, "method", None),
    )


def _attachments(event: Event) -> int:
    """How many papers an entry names (附件张数): one, or none where it names no document."""
    return 0 if getattr(event, "document", None) is None else 1


@dataclass
class PostingRow:
    """A posting: what went to an account, or from it, and the account's balance after it; for its voucher, the papers."""

    account: str
    position: int
    kind: str
    campaign: str
    line: str
    unit: str | None
    amount_fen: Fen
    balance_fen: Fen
    booked_on: Day
    attachments: Number
    method: str | None


@dataclass
class AccountRow:
    """An account, and the entry that first moved it."""

    account: str
    campaign: str
    line: str
    unit: str | None
    position: int


@dataclass
class OwnerRow:
    """A line, or a unit on it, of which totals are kept."""

    owner: str
    campaign: str
    line: str
    unit: str | None
    position: int


@dataclass
class TotalsRow:
    """An owner's totals after an entry, in fen, by what moved them; JSON text."""

    owner: str
    position: int
    sums: Annotated[str, json_of(dict[str, int])]


@dataclass
class BankLineRow:
    """A line of the bank's that was matched to a payout; ``differs`` says in what it is not the payout's."""

    position: int
    payout: str
    campaign: str
    amount_fen: Fen
    result: str
    booked_on: Day
    differs: list[str] | None
    bank_reference: str


@dataclass
class ClosingRow:
    """A day of a line that was closed against the bank (日终对账)."""

    position: int
    campaign: str
    line: str
    day: Day
    bank_fen: Fen


POSTINGS = Table("postings", PostingRow, "account", "position")
ACCOUNTS = Table("accounts", AccountRow, "account")
OWNERS = Table("owners", OwnerRow, "owner")
TOTALS = Table("totals", TotalsRow, "owner", "position")
BANK_LINES = Table("bank_lines", BankLineRow, "position")
CLOSINGS = Table("closings", ClosingRow, "position")


class Balances:
    """Keeps the postings."""

    name: ClassVar[str] = "balances"
    title: ClassVar[tuple[str, str]] = ("资金", "balances")
    needs: ClassVar[tuple[str, ...]] = ("roster",)
    version: ClassVar[int] = 11
    tables: ClassVar[str] = f"""
        {POSTINGS.create}
        CREATE INDEX postings_campaign ON postings (campaign, line, position);
        {ACCOUNTS.create}
        CREATE INDEX accounts_campaign ON accounts (campaign, line);
        {OWNERS.create}
        CREATE INDEX owners_campaign ON owners (campaign, unit);
        {TOTALS.create}
        {BANK_LINES.create}
        CREATE INDEX bank_lines_payout ON bank_lines (payout, position);
        CREATE INDEX bank_lines_reference ON bank_lines (bank_reference);
        {CLOSINGS.create}
        CREATE INDEX closings_day ON closings (campaign, line, day, position);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        self._keep_bank_lines(cursor, events)
        self._keep_closings(cursor, events)
        moved = [
            (item, movement) for event, item in of_types(events, *MOVING) for movement in movements(event)
        ]
        moved += _commitments(cursor, events)
        if not moved:
            return
        moved.sort(key=lambda pair: pair[0].position)
        balances = self._balances(cursor, {name for _, m in moved for name in (m.debit, m.credit)})
        new = {
            name: item.position
            for item, m in reversed(moved)
            for name in (m.debit, m.credit)
            if name not in balances
        }
        self._post(cursor, moved, balances)
        self._count(cursor, moved)
        ACCOUNTS.add(
            cursor, [AccountRow(name, *_owner(name), position) for name, position in sorted(new.items())]
        )

    @staticmethod
    def _post(cursor: Cursor, moved: list[tuple[Recorded, Movement]], balances: dict[str, int]) -> None:
        """Two postings a movement, each with its account's balance after it."""
        postings = []
        for item, m in moved:
            for account, amount_fen in ((m.debit, -m.amount_fen), (m.credit, m.amount_fen)):
                balances[account] = balances.get(account, 0) + amount_fen
                postings.append(
                    PostingRow(
                        account,
                        item.position,
                        m.kind,
                        _owner(account)[0],
                        _owner(account)[1],
                        m.unit,
                        amount_fen,
                        balances[account],
                        item.act.statement.on,
                        m.attachments,
                        m.method,
                    )
                )
        POSTINGS.add(cursor, postings)

    @staticmethod
    def _count(cursor: Cursor, moved: list[tuple[Recorded, Movement]]) -> None:
        """The totals of lines, and of units on them, as they run."""
        counted = [(item, *count) for item, m in moved for count in _counted(m)]
        owners = {owner for _, owner, _, _ in counted}
        cursor.execute(
            "SELECT o.owner, t.sums FROM owners o, LATERAL (SELECT sums FROM totals t"
            " WHERE t.owner = o.owner ORDER BY position DESC LIMIT 1) t"
            " WHERE o.owner = ANY (string_to_array(%s, E'\\n'))",
            (lines(owners),),
        )
        totals: dict[str, dict[str, int]] = dict(cursor.fetchall())
        new = {owner: item.position for item, owner, _, _ in reversed(counted) if owner not in totals}
        rows: dict[tuple[str, int], str] = {}
        for item, owner, kind, fen in counted:
            sums = totals.setdefault(owner, {})
            sums[kind] = sums.get(kind, 0) + fen
            rows[owner, item.position] = orjson.dumps(sums).decode()
        OWNERS.add(
            cursor,
            [OwnerRow(owner, *_owner(f"/{owner}"), position) for owner, position in sorted(new.items())],
        )
        TOTALS.add(cursor, [TotalsRow(*key, text) for key, text in rows.items()])

    @staticmethod
    def _keep_bank_lines(cursor: Cursor, events: Sequence[Recorded]) -> None:
        BANK_LINES.add(
            cursor,
            [
                BankLineRow(
                    position=item.position,
                    payout=e.payout,
                    campaign=e.campaign,
                    amount_fen=e.amount_fen,
                    result=e.result,
                    booked_on=e.booked_on,
                    differs=None if e.differs is None else list(e.differs),
                    bank_reference=e.bank_reference,
                )
                for e, item in of_types(events, BankLineMatched)
            ],
        )

    @staticmethod
    def _keep_closings(cursor: Cursor, events: Sequence[Recorded]) -> None:
        CLOSINGS.add(
            cursor,
            [
                ClosingRow(item.position, e.campaign, e.line, e.day, e.bank_fen)
                for e, item in of_types(events, DayReconciled)
            ],
        )

    @staticmethod
    def _balances(cursor: Cursor, accounts: set[str]) -> dict[str, int]:
        cursor.execute(
            "SELECT a.account, p.balance_fen FROM accounts a, LATERAL (SELECT balance_fen"
            " FROM postings p WHERE p.account = a.account ORDER BY position DESC LIMIT 1) p"
            " WHERE a.account = ANY(%s)",
            (sorted(accounts),),
        )
        return dict(cursor.fetchall())


def _counted(m: Movement) -> Iterator[tuple[str, str, int]]:
    """(owner, kind, fen) of all totals that a movement changes: of lines, and of the unit on its line."""
    line = f"{m.campaign}/{m.line}"
    if m.kind in ("transferred", "carried-over"):
        yield line, m.kind, -m.amount_fen
        yield m.credit.removeprefix("line/"), m.kind, m.amount_fen
    else:
        yield line, m.kind, m.amount_fen
    owners = [line]
    if m.unit is not None:
        owners.append(f"{line}@{m.unit}")
        yield owners[1], m.kind, m.amount_fen
    for account, fen in ((m.debit, -m.amount_fen), (m.credit, m.amount_fen)):
        ledger, _, owner = account.partition("/")
        if ledger == "held":
            yield from ((each, "held", fen) for each in owners)
        elif ledger == "line":
            yield owner, "left", fen


def _owner(account: str) -> tuple[str, str, str | None]:
    """Campaign, line and unit of an account's name."""
    _, campaign, owner = account.split("/")
    line, _, unit = owner.partition("@")
    return campaign, line, unit or None
