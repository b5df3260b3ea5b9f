"""Rows of tables (列表的行) that are put together for a list, and stand nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import JsonValue

from api.bank.rows import ListedDay, ListedPaymentFile, ListedStatement
from api.flags.rows import ListedFlag
from api.investigations.rows import Investigation
from api.linkage.rows import LinkedDossiers
from api.rectifications.rows import RectificationItemShown
from api.registers.rows import ListMatch
from api.registry.rows import Officer
from api.service.answers import InBoth
from api.vouchers.rows import VoucherLine
from projections.frame.column import Day, Fen, Moment, Number, Title
from projections.views.balances import PostingRow


@dataclass
class ListedPayout:
    """What was paid or given, and what came back of it; names are masked.

    ``line`` is null for goods, ``bank`` is what the bank said last, null where it has not spoken.
    """

    payout: str
    position: Annotated[int, Title("登记序号", "position")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名", "name")]
    dossier: str
    case_id: str | None
    line: Annotated[str | None, Title("资金项目", "line")]
    method: Annotated[str | None, Title("支付方式", "method")]
    paid_on: Annotated[Day, Title("发放日期", "paid on")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    returned_fen: Annotated[Fen, Title("退回（元）", "returned")]
    bank: Annotated[str | None, Title("银行结果", "bank")]


@dataclass
class TabledSlip:
    """A payout with its slip (领款凭条): at which entry it was issued last.

    ``issued_at`` is null where none was.
    """

    position: Annotated[int, Title("发放登记序号", "position")]
    payout: str
    dossier: str
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名", "name")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    paid_on: Annotated[Day, Title("发放日期", "paid on")]
    issued_at: Annotated[int | None, Title("凭条登记序号", "slip issued at")]


@dataclass
class TabledFlag(ListedFlag):
    """A flag in the table, with whom or what it is about in words (涉及对象)."""


@dataclass
class TabledPosting(PostingRow):
    """A posting (分录) with who signed its entry."""

    posting: str
    account: Annotated[str, Title("账户", "account")]
    position: Annotated[int, Title("登记序号", "position")]
    kind: Annotated[str, Title("事由", "kind")]
    campaign: Annotated[str, Title("活动", "campaign")]
    line: Annotated[str, Title("资金项目", "line")]
    unit: Annotated[str | None, Title("单位", "unit")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    balance_fen: Annotated[Fen, Title("余额（元）", "balance")]
    booked_on: Annotated[Day, Title("日期", "date")]
    officer: Annotated[str | None, Title("经办", "officer")]
    payout: str | None
    case_id: str | None


@dataclass
class TabledHolding:
    """What a unit drew of a line, handed out and still holds (单位领款), and what is approved there and unpaid."""

    owner: str
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    line: Annotated[str, Title("资金项目", "line")]
    committed_fen: Annotated[Fen, Title("已批待付（元）", "committed")]
    drawn_fen: Annotated[Fen, Title("单位领款（元）", "drawn")]
    held_fen: Annotated[Fen, Title("领款未发（元）", "held")]
    paid_fen: Annotated[Fen, Title("发放（元）", "paid")]
    returned_fen: Annotated[Fen, Title("退回（元）", "returned")]
    collective_fen: Annotated[Fen, Title("集体慰问（元）", "sites")]


@dataclass
class TabledBankLine:
    """What the bank said of a payout (银行回盘); ``differs`` says in what it is not the payout's."""

    answer: str
    position: Annotated[int, Title("登记序号", "position")]
    booked_on: Annotated[Day, Title("入账日期", "booked on")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名", "name")]
    line: Annotated[str | None, Title("资金项目", "line")]
    amount_fen: Annotated[Fen, Title("银行金额（元）", "the bank's sum")]
    ledger_fen: Annotated[Fen, Title("账面金额（元）", "the ledger's sum")]
    result: Annotated[str, Title("银行结果", "result")]
    differs: Annotated[list[str] | None, Title("不符之处", "differs in")]
    payout: str
    dossier: str


@dataclass
class TabledDay(ListedDay):
    """A day of a line (逐日对账) of whichever campaign."""

    of_day: str
    campaign: Annotated[str, Title("活动", "campaign")]


@dataclass
class TabledPaymentFile(ListedPaymentFile):
    """A payment file (代发文件) of whichever campaign and unit."""

    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]


@dataclass
class TabledStatement(ListedStatement):
    """A statement of account (银行对账单); ``last`` is the last one of its account that stands, and may be taken back."""

    campaign: Annotated[str, Title("活动", "campaign")]
    last: bool


@dataclass
class TabledStatementEntry:
    """An entry of a statement of account (对账单明细), and what in the ledger it is for."""

    entry: str
    position: Annotated[int, Title("登记序号", "position")]
    booked_on: Annotated[Day, Title("入账日期", "booked on")]
    campaign: Annotated[str, Title("活动", "campaign")]
    account: Annotated[str, Title("账户", "account")]
    debit_fen: Annotated[Fen | None, Title("支出（元）", "debit")]
    credit_fen: Annotated[Fen | None, Title("收入（元）", "credit")]
    payouts: Annotated[Number, Title("所含发放（笔）", "payouts")]
    found: Annotated[str, Title("核对结果", "found to be")]


@dataclass
class TabledHit(ListMatch):
    """A flag that rests on a list from outside (名单命中), with the list."""

    hit: str
    list_id: str
    title: Annotated[str, Title("名单", "list")]
    kind: Annotated[str, Title("种类", "kind")]


@dataclass
class TabledInvestigation(Investigation):
    """A discipline case with its state (核查状态): open, or what was found; and over how many flags it is."""

    investigation: str
    campaign: Annotated[str | None, Title("活动", "campaign")]
    opened_at: Annotated[int, Title("立项序号", "opened at")]
    state: Annotated[str, Title("状态", "state")]
    flagged: Annotated[Number, Title("疑点（条）", "flags")]


@dataclass
class TabledRectification(RectificationItemShown):
    """An item to be put right, with the rule of the flag that gave rise to it; ``settled`` once it is struck off."""

    rule: Annotated[str | None, Title("来源疑点", "flag's rule")]
    settled: bool


@dataclass
class TabledObjection:
    """An objection (异议) that an officer took down, as it stood."""

    objection: str
    lodged_at: Annotated[int, Title("登记序号", "lodged at")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名", "name")]
    state: Annotated[str, Title("状态", "state")]
    case_id: str
    dossier: str


@dataclass
class TabledPair(LinkedDossiers):
    """Two dossiers that may be one person's (疑似同一人), with the rules of the flags on the pair."""

    pair: str
    position: Annotated[int, Title("登记序号", "position")]
    rules: Annotated[list[str], Title("疑点", "flags")]


@dataclass
class TabledChange:
    """A person whose case is another than it was at an earlier moment (差异): before and after, and what changed."""

    case_id: str
    nominated_position: Annotated[int, Title("登记序号", "position")]
    change: Annotated[Literal["added", "changed", "removed"], Title("变化", "change")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名", "name")]
    state_before: Annotated[str | None, Title("原状态", "state before")]
    state_after: Annotated[str | None, Title("现状态", "state after")]
    approved_before_fen: Annotated[Fen | None, Title("原批准（元）", "approved before")]
    approved_after_fen: Annotated[Fen | None, Title("现批准（元）", "approved after")]
    approved_change_fen: Annotated[Fen, Title("批准增减（元）", "change in approved")]
    kept_change_fen: Annotated[Fen, Title("实发增减（元）", "change in paid")]
    dossier: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    before_said: Annotated[InBoth, Title("变更前", "before")]
    after_said: Annotated[InBoth, Title("变更后", "after")]


@dataclass
class TabledAccess:
    """A line of the access log (查阅日志); ``campaigns`` and ``units`` are null for all."""

    number: Annotated[int, Title("行号", "line")]
    at: Annotated[Moment, Title("时间", "when")]
    kind: Annotated[str, Title("类别", "kind")]
    officer: Annotated[str | None, Title("人员", "officer")]
    unit: Annotated[str | None, Title("所在单位", "unit")]
    what: Annotated[str, Title("事项", "what")]
    campaigns: Annotated[list[str] | None, Title("所查活动", "campaigns")]
    units: Annotated[list[str] | None, Title("所查单位", "units")]
    subject: Annotated[str | None, Title("对象", "subject")]
    shown: Annotated[Number | None, Title("行数", "rows")]
    code: Annotated[str | None, Title("拒绝代码", "code")]
    address: str | None


@dataclass
class TabledOfficer(Officer):
    """An officer with the roles held, since when the oldest key in force is held, and where they signed last."""

    officer: Annotated[str, Title("代码", "code")]
    roles: Annotated[list[str], Title("岗位", "roles")]
    key_since: Annotated[Moment | None, Title("密钥启用", "key since")]
    last_used: Annotated[int | None, Title("最后签署", "signed last")]


@dataclass
class TabledKey:
    """An officer's key (密钥) as it stood: since when, until when, and where it signed last."""

    key: Annotated[str, Title("密钥", "key")]
    officer: Annotated[str, Title("人员", "officer")]
    unit: Annotated[str | None, Title("单位", "unit")]
    state: Annotated[str, Title("状态", "state")]
    valid_from: Annotated[Moment, Title("启用", "since")]
    revoked_from: Annotated[Moment | None, Title("注销", "until")]
    last_used: Annotated[int | None, Title("最后使用", "last used")]


@dataclass
class TabledVoucher(VoucherLine):
    """A line of a month's vouchers (记账凭证分录), told from the others by its place among them."""

    place: int
