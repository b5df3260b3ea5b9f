"""Money as it is answered (资金应答): what came, is committed, went and is left, and postings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Day, Fen, Title
from projections.frame.view import Version
from projections.views.collective import CollectiveRow


@dataclass
class Balance:
    """The figures of a campaign. Those of a line are null for who sees but some of its units.

    Available (可用余额) is what is left less what is approved and unpaid (已批待付); what a unit has drawn and
    not handed out pays its own cases first.

    A unit has no money allocated and nothing left on a line: those are null too.
    """

    campaign: Annotated[str, Title("活动", "campaign", only="command")]
    allocated_fen: Annotated[Fen | None, Title("拨入", "allocated")]
    transferred_fen: Annotated[Fen | None, Title("调剂", "transferred")]
    carried_fen: Annotated[Fen | None, Title("结转", "carried over")]
    committed_fen: Annotated[Fen, Title("已批待付", "committed")]
    drawn_fen: Annotated[Fen, Title("单位领款", "drawn")]
    held_fen: Annotated[Fen, Title("领款未发", "held")]
    paid_fen: Annotated[Fen, Title("发放", "paid")]
    returned_fen: Annotated[Fen, Title("退回", "returned")]
    collective_fen: Annotated[Fen, Title("集体慰问", "sites")]
    left_fen: Annotated[Fen | None, Title("结余", "left")]
    available_fen: Annotated[Fen | None, Title("可用余额", "available")]


@dataclass
class LineBalance(Balance):
    """The figures of a line, and where its money comes from; null where the policy names the line no more."""

    line: Annotated[str, Title("资金项目", "line")]
    source: Annotated[str | None, Title("来源", "source")]
    source_title: Annotated[str | None, Title("资金来源", "source's title")]
    source_kind: Annotated[str | None, Title("来源类型", "kind of source")]


@dataclass
class SourceBalance(Balance):
    """The figures of all lines of a source, with its title and kind where the policy types it."""

    source: Annotated[str | None, Title("来源", "source")]
    source_title: Annotated[str | None, Title("资金来源", "source's title")]
    source_kind: Annotated[str | None, Title("来源类型", "kind of source")]


@dataclass
class UnitBalance(Balance):
    """The figures of a unit, to which nothing is allocated."""

    allocated_fen: Fen | None
    transferred_fen: Fen | None
    carried_fen: Fen | None
    returned_fen: Annotated[Fen, Title("退回", "returned", only="command")]
    left_fen: Fen | None
    available_fen: Fen | None
    unit: Annotated[str, Title("单位", "unit")]


@dataclass
class ListedHelp(Version, CollectiveRow):
    """A help to a site as it stood."""


@dataclass
class AccountBalance:
    """An account with its balance, and the entry that moved it last."""

    account: Annotated[str, Title("账户", "account")]
    campaign: str
    line: str
    unit: str | None
    balance_fen: Annotated[Fen, Title("余额（元）", "balance")]
    position: Annotated[int, Title("最近登记序号", "last position")]


@dataclass
class ShownPosting:
    """A posting behind an account's balance, with the officer who signed it."""

    position: Annotated[int, Title("登记序号", "position")]
    kind: Annotated[str, Title("事由", "kind")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    balance_fen: Annotated[Fen, Title("余额（元）", "balance")]
    booked_on: Annotated[Day, Title("日期", "date")]
    officer: Annotated[str | None, Title("经办", "officer")]
    case_id: str | None
    payout: str | None
