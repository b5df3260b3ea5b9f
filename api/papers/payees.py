"""Whom money goes to (收款人、领款人), for the papers over it: each case with its masked person, approval and payout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple, Protocol

from api.gate import Row
from api.money.queries import sums as line_sums
from api.papers import queries
from api.papers.context import PaperContext
from api.papers.paper import Paper, money
from api.wording.masked_names import MaskedPerson, masked_persons
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import Rule
from ledger.events.payout import AidDelivered

Wanted = Literal["due", "cash", "all"]
"""Whose money: what is approved and not paid, what is or will be paid in notes, all that is approved or paid."""

WANTED_TITLES: dict[Wanted, tuple[str, str]] = {
    "due": ("已批准、尚未发放的对象", "whose money is approved and not paid"),
    "cash": ("以现金领款的对象", "who is paid in cash"),
    "all": ("已批准的对象", "whose money is approved"),
}
NOBODY_TO_PAY = Rule(
    "paper-without-payees",
    zh="所选范围内没有{wanted}，不生成“{paper}”：请核对单位和审批情况",
    en="{paper_en} is not made: there is nobody {wanted_en} within what was asked for",
)

_MASKED = MaskedPerson("—", "", "")


class Payee(NamedTuple):
    """A case with whom its money goes to; ``amount_fen`` is what the paper is about, in fen."""

    case_id: str
    person: MaskedPerson
    unit: str
    category: str
    line: str | None
    amount_fen: int
    method: str | None
    paid_on: date | None
    approved_on: date | None
    approved_by: str
    goods: str
    """What was handed over in kind, with how many (米 1 袋)."""


class PaperOfPayees(Protocol):
    """A paper over whom money goes to, of a unit with all below it or of one case."""

    def __call__(
        self, context: PaperContext, campaign: str, *, unit: str | None, case: str | None, number: str | None
    ) -> Paper:
        """The paper, under its number; raises ``paper-without-payees``."""


def payees(
    context: PaperContext, campaign: str, wanted: Wanted, paper: tuple[str, str], case: str | None = None
) -> list[Payee]:
    """The payees within the context's scope, by unit in the order of nomination; of one case alone, if it is named.

    Raises:
        Refused: ``paper-without-payees``.
    """
    rows = [
        row
        for row in queries.payable(context.views, campaign, case, context.as_of)
        if _is_wanted(row, wanted)
    ]
    if not rows:
        zh, en = WANTED_TITLES[wanted]
        raise NOBODY_TO_PAY.refused(wanted=zh, wanted_en=en, paper=paper[0], paper_en=paper[1])
    persons = masked_persons(context.views, context.vault, [row["dossier"] for row in rows])
    approved = queries.approvals(context.views, [row["case_id"] for row in rows], context.as_of)
    goods = _goods(context, [row["case_id"] for row in rows])
    return [
        Payee(
            case_id=row["case_id"],
            person=persons.get(row["dossier"], _MASKED),
            unit=context.unit(row["unit"]),
            category=context.category(campaign, row["category"]),
            line=row["line"],
            amount_fen=_left(row) if wanted == "due" else row["approved_fen"],
            method=row["method"],
            paid_on=row["last_paid_on"],
            approved_on=row["approved_on"],
            approved_by="、".join(context.approver(each) for each in approved.get(row["case_id"], [])),
            goods="；".join(goods.get(row["case_id"], [])),
        )
        for row in rows
    ]


def total_of(found: Sequence[Payee]) -> int:
    """What they get together, in fen."""
    return sum(each.amount_fen for each in found)


def lines_of(context: PaperContext, terms: Row, found: Sequence[Payee]) -> tuple[str, str]:
    """The lines that the money comes from, and their sources, as the policy calls them."""
    policy = Policy.model_validate(terms["policy"])
    codes = list(dict.fromkeys(each.line for each in found if each.line is not None))
    sources = []
    for code in codes:
        source = policy.source_of(code) if policy.line(code) is not None else ""
        known = None if policy.funding is None else policy.funding.of(source)
        sources.append(source if known is None else known.title)
    titles = [context.line(terms, code) for code in codes]
    return "、".join(titles), "、".join(dict.fromkeys(each for each in sources if not each.isascii()))


def available_of(context: PaperContext, terms: Row, found: Sequence[Payee]) -> str:
    """What each of their lines has free (可用余额): its rest less what is approved and unpaid, these payees' sums too.

    Who may not see the line as a whole is not shown it: there it is written in by hand.
    """
    seen = [] if context.lines is None else line_sums(context.lines, context.as_of, terms["campaign"])
    sums = {row["line"]: row["available_fen"] for row in seen}
    codes = list(dict.fromkeys(each.line for each in found if each.line is not None))
    if any(sums.get(code) is None for code in codes):
        return "（由主办单位财务人员填写）"
    said = [(context.line(terms, code), f"¥{money(sums[code])}") for code in codes]
    each = said[0][1] if len(said) == 1 else "；".join(f"{title} {fen}" for title, fen in said)
    return f"{each}（已扣除本次付款及其他已批待付）"


def _left(row: Row) -> int:
    return int(row["approved_fen"] - row["paid_fen"] + row["returned_fen"])


def _goods(context: PaperContext, cases: Sequence[str]) -> dict[str, list[str]]:
    """What cases were given in kind and did not bring back, as its statements say it."""
    rows = queries.given_in_kind(context.views, cases, context.as_of)
    case_of = {row["position"]: row["case_id"] for row in rows}
    found: dict[str, list[str]] = {}
    for signed in context.statements_at(list(case_of)):
        if isinstance(signed.event, AidDelivered):
            said = [f"{each.name} {each.quantity:,} {each.measure}" for each in signed.event.items]
            found.setdefault(case_of[signed.position], []).extend(said)
    return found


def _is_wanted(row: Row, wanted: Wanted) -> bool:
    if wanted == "due":
        return _left(row) > 0
    if wanted == "cash":
        if not row["approved_fen"]:
            return False
        return bool(row["method"] == "cash" or (row["method"] is None and row["by_hand"]))
    return True
