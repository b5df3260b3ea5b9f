"""The matters of each role's desk (待办事项): a question each, and the page with the list that answers it in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from api.gate import ScopedViews, given
from api.money import queries as balances
from api.service.access import Resource
from api.tables.asked import read_asked
from api.tables.catalogue import TABLES, TableName
from api.tables.sql import totals_of
from ledger.domain.event import ACCOUNTANTS, CASHIERS, FINANCE
from projections.frame.view import AS_OF


class Asked(NamedTuple):
    """Within what a matter is asked, and as of when; ``today`` is the day in China of the newest entry."""

    views: ScopedViews
    campaign: str | None
    as_of: int
    today: str


class Waiting(NamedTuple):
    """How many wait, their sum in fen where they have one, and the first day by which one is due."""

    rows: int
    fen: int | None = None
    due: str | None = None


Question = Callable[[Asked], Waiting]


@dataclass(frozen=True)
class Matter:
    """What waits on the desks of some roles; ``page`` and ``query`` lead to the list of it.

    ``urgent`` ones are to be done, of the others one is to know.
    """

    code: str
    title: tuple[str, str]
    roles: frozenset[str]
    resource: Resource
    ask: Question
    page: str
    query: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = True


def _listed(table: TableName, *filters: str, fen: str | None = None) -> Question:
    """How many rows of a table meet these filters, and their sum: the figures of the list that is led to."""
    of = TABLES[table]

    def ask(asked: Asked) -> Waiting:
        said = [*filters, *([] if asked.campaign is None else [f"campaign={asked.campaign}"])]
        sql = totals_of(of, read_asked(of, filters=said, search="", sort=""), (), None)
        (row,) = asked.views.rows(sql.text, **sql.parameters, as_of=asked.as_of)
        return Waiting(int(row["rows"]), None if fen is None else int(row[fen]))

    return ask


def _counted(sql: str) -> Question:
    """The figures of a query of its own: ``rows``, ``fen`` and ``due``, cut to ``{campaign}``."""

    def ask(asked: Asked) -> Waiting:
        text = sql.replace("{campaign}", given("x", campaign=asked.campaign))
        (row,) = asked.views.rows(text, campaign=asked.campaign, as_of=asked.as_of, today=asked.today)
        return Waiting(int(row["rows"]), row.get("fen"), None if row.get("due") is None else str(row["due"]))

    return ask


def _held(asked: Asked) -> Waiting:
    """How many units hold money that they drew and have not handed out, and how much."""
    held = [row["held_fen"] for row in balances.sums(asked.views, asked.as_of, asked.campaign, "unit")]
    return Waiting(sum(fen > 0 for fen in held), sum(fen for fen in held if fen > 0))


_ROSTERS_DUE = _counted(
    "SELECT count(*) AS rows, min(x.policy ->> 'roster_deadline') AS due FROM terms x"
    f" WHERE {AS_OF} AND x.closed_on IS NULL AND x.policy ->> 'roster_deadline' >= %(today)s{{campaign}}"
)
_NOTICES = _counted(
    "SELECT count(DISTINCT x.notice) AS rows, min(x.end_on) AS due FROM notices x"
    " WHERE x.position <= %(as_of)s AND x.end_on >= %(today)s::date{campaign}"
)
_OBJECTIONS = _counted(
    f"SELECT count(*) AS rows FROM objections x WHERE x.upheld IS NULL AND {AS_OF}{{campaign}}"
)
_NOTICE_OVER = _counted(
    "SELECT count(*) AS rows, coalesce(sum(coalesce(x.asked_fen, 0)), 0)::bigint AS fen FROM cases x"
    f" WHERE x.state = 'on-notice' AND x.notice_until < %(today)s::date AND {AS_OF}{{campaign}}"
)
_TO_PAY = _counted(
    "SELECT count(*) AS rows, coalesce(sum(x.approved_fen - x.paid_fen), 0)::bigint AS fen FROM cases x"
    f" WHERE x.state = 'approved' AND {AS_OF}{{campaign}}"
)
_INVESTIGATIONS = _counted(
    f"SELECT count(*) AS rows FROM investigations x WHERE x.finding IS NULL AND {AS_OF}{{campaign}}"
)
_RECTIFICATIONS = _counted(
    "SELECT count(*) AS rows, min(x.due) AS due FROM rectifications x"
    f" WHERE x.struck_off_at IS NULL AND {AS_OF}{{campaign}}"
)
_OLD_KEYS = _counted(
    "SELECT count(*) AS rows FROM keys x WHERE x.revoked_from IS NULL"
    f" AND left(x.valid_from, 10)::date < %(today)s::date - 730 AND {AS_OF}"
)
_UNITS = _counted("SELECT count(*) AS rows FROM units x WHERE x.position <= %(as_of)s")
_OFFICERS = _counted("SELECT count(*) AS rows FROM officers x WHERE x.position <= %(as_of)s")


def _matter(
    code: str,
    title: tuple[str, str],
    roles: Iterable[str],
    resource: Resource,
    ask: Question,
    page: str,
    *,
    query: Mapping[str, str] | None = None,
    urgent: bool = True,
) -> Matter:
    return Matter(code, title, frozenset(roles), resource, ask, page, query or {}, urgent)


MATTERS = (
    _matter(
        "sent-back",
        ("退回待补正", "sent back, to be put right"),
        ("clerk",),
        "roster",
        _listed("cases", "state=rejected"),
        "roster",
        query={"state": "rejected"},
    ),
    _matter(
        "rosters-due",
        ("名单上报截止", "rosters due"),
        ("clerk", "confirmer"),
        "roster",
        _ROSTERS_DUE,
        "roster",
        urgent=False,
    ),
    _matter(
        "held",
        ("领款未发", "drawn and not handed out"),
        ("clerk", *FINANCE),
        "holdings",
        _held,
        "money",
    ),
    _matter(
        "hand-out",
        ("已批待发放", "approved, to be handed out"),
        ("clerk",),
        "roster",
        _TO_PAY,
        "roster",
        query={"state": "approved"},
    ),
    _matter(
        "confirm",
        ("待确认", "to be confirmed"),
        ("confirmer",),
        "roster",
        _listed("cases", "state=nominated"),
        "roster",
        query={"state": "nominated"},
    ),
    _matter(
        "announce",
        ("已确认待公示", "confirmed, to be announced"),
        ("confirmer",),
        "roster",
        _listed("cases", "state=confirmed"),
        "roster",
        query={"state": "confirmed"},
    ),
    _matter(
        "notices",
        ("公示期内", "notices that run"),
        ("confirmer", "approver"),
        "roster",
        _NOTICES,
        "roster",
        query={"state": "on-notice"},
        urgent=False,
    ),
    _matter(
        "objections",
        ("异议待处理", "objections to be settled"),
        ("confirmer", "approver", "inspector"),
        "objections",
        _OBJECTIONS,
        "roster",
    ),
    _matter(
        "approve",
        ("公示期满待审批", "notice over, to be approved"),
        ("approver",),
        "roster",
        _NOTICE_OVER,
        "roster",
        query={"state": "on-notice", "by": "unit"},
    ),
    _matter(
        "pay",
        ("已批待付", "approved, to be paid"),
        CASHIERS,
        "roster",
        _TO_PAY,
        "roster",
        query={"state": "approved"},
    ),
    _matter(
        "unmatched",
        ("已付未对账", "paid by bank, not matched yet"),
        (*ACCOUNTANTS, "auditor"),
        "roster",
        _listed("payouts", "method=bank", "bank=", fen="amount_fen"),
        "payouts",
        query={"method": "bank", "bank": ""},
    ),
    _matter(
        "grave-flags",
        ("严重疑点待核查", "grave flags, open"),
        ("approver", *FINANCE, "auditor", "inspector"),
        "flags",
        _listed("flags", "severity=high", "disposition=open", fen="amount_fen"),
        "flags",
        query={"severity": "high", "disposition": "open"},
    ),
    _matter(
        "flags",
        ("疑点待核查", "flags, open"),
        ("auditor", "inspector"),
        "flags",
        _listed("flags", "disposition=open", fen="amount_fen"),
        "flags",
        query={"disposition": "open", "by": "rule"},
    ),
    _matter(
        "investigations",
        ("核查事项未办结", "cases under way"),
        ("auditor", "inspector"),
        "cases",
        _INVESTIGATIONS,
        "cases",
    ),
    _matter(
        "rectifications",
        ("整改未销号", "to be put right"),
        ("auditor", "inspector"),
        "cases",
        _RECTIFICATIONS,
        "cases",
    ),
    _matter(
        "entries",
        ("登记流水", "entries"),
        ("auditor",),
        "history",
        _listed("events"),
        "entries",
        urgent=False,
    ),
    _matter(
        "old-keys",
        ("使用满两年的密钥", "keys in use for two years"),
        ("registrar",),
        "registry",
        _OLD_KEYS,
        "registry",
    ),
    _matter("units", ("单位", "units"), ("registrar",), "registry", _UNITS, "registry", urgent=False),
    _matter(
        "officers", ("人员", "officers"), ("registrar",), "registry", _OFFICERS, "registry", urgent=False
    ),
)
