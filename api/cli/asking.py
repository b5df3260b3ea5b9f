"""The questions: ``roster``, ``balance``, ``summary``, ``timeline``, ``diff``.

Each answers as of a position or a time, as a table, JSON, CSV or an Excel file.
"""

from __future__ import annotations

from typing import Annotated, Any, cast, get_args

import typer

from api.cli import columns
from api.cli.acts.questions import CASES, SUMMARY
from api.cli.answers import AsCsv, AsJson, AsOf, Campaign, Limit, Shape, UnitName, XlsxFile, answer
from api.cli.desk import at_desk
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.output import one_of
from api.cli.question import Asked
from api.gate import LATEST, Row, ScopedViews
from api.gate.moments import position_at
from api.gate.references import check_references
from api.history import difference, timeline
from api.history.in_words import say_changes
from api.money import queries as balances
from ledger.domain.policy.campaign_policy import Recipient
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.identity.vault import Vault
from projections.views.roster_rows import STATE_TITLES


def _postings(views: ScopedViews, vault: Vault, *, account: str, as_of: int = LATEST) -> list[Row]:
    check_references(views, account=account)
    return balances.postings(views, account, as_of=as_of, limit=LATEST)


def _accounts(views: ScopedViews, vault: Vault, *, campaign: str | None, as_of: int = LATEST) -> list[Row]:
    return balances.accounts(views, as_of, campaign)


def _sums(
    views: ScopedViews, vault: Vault, *, campaign: str | None, by: balances.By, as_of: int = LATEST
) -> list[Row]:
    return balances.sums(views, as_of, campaign, by)


def _timeline(views: ScopedViews, vault: Vault, *, kind: timeline.Kind, name: str, **cut: Any) -> list[Row]:
    return timeline.timeline(views, kind, name, **cut)


def _changes(
    views: ScopedViews,
    vault: Vault,
    *,
    what: difference.What,
    since: str,
    limit: int,
    as_of: int = LATEST,
) -> list[Row]:
    earlier = position_at(views, since)
    if earlier > as_of:
        raise Misused("较早的时点在后", "the earlier moment comes after the later one")
    found = difference.difference(views, what, earlier, as_of, limit=limit).rows
    say_changes(found, what, views, vault)
    return found


POSTINGS = Asked("/postings", _postings, is_paged=True, about="{account}")
ACCOUNTS = Asked("/accounts", _accounts)
SUMS = Asked("/balances", _sums)
TIMELINE = Asked("/timeline/{kind}", _timeline, is_paged=True, about="{kind}:{name}")
CHANGES = Asked("/diff", _changes, is_paged=True, about="{what}", cursor="after_key")

After = Annotated[int, typer.Option(min=0, help=say("自此登记序号之后", "after this position"))]
BY = (*get_args(balances.By), "account")


def the_roster(
    campaign: Campaign = None,
    unit: UnitName = None,
    category: Annotated[str | None, typer.Option(help=say("类别", "category"))] = None,
    state: Annotated[
        str | None, typer.Option(help=say("状态：", "state: ") + ", ".join(STATE_TITLES))
    ] = None,
    recipient: Annotated[str | None, typer.Option(help=", ".join(get_args(Recipient)))] = None,
    after: After = 0,
    limit: Limit = 50,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists cases; names are masked."""
    shape = Shape(as_json, as_csv, xlsx)
    one_of(state, STATE_TITLES, "--state")
    one_of(recipient, get_args(Recipient), "--recipient")
    narrowed = {"category": category, "state": state, "recipient": recipient, "after": after}
    with at_desk() as desk:
        found = desk.rows(CASES, as_of=as_of, most=limit, campaign=campaign, unit=unit, **narrowed)
    print_roster(found, shape, limit=limit)


def print_roster(found: list[Row], shape: Shape | None = None, limit: int | None = None) -> None:
    """The roster as a table, or in another shape."""
    title = say(f"名单（{len(found)} 行）", f"Roster ({len(found)} rows)")
    answer(title, columns.ROSTER, found, shape or Shape(), limit=limit)


def balance(
    campaign: Campaign = None,
    by: Annotated[str, typer.Option(help=say("合计方式：", "what is summed up: ") + ", ".join(BY))] = "line",
    account: Annotated[
        str | None,
        typer.Option(
            help=say(
                "账户明细，如 line/b2026/workers、held/b2026/workers@tea（账户见 --by account）",
                "an account's postings, like line/b2026/workers; --by account lists them",
            )
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Shows what each line, source, unit or campaign holds, or the postings behind one account."""
    shape = Shape(as_json, as_csv, xlsx)
    one_of(by, BY, "--by")
    with at_desk() as desk:
        if account is not None:
            found = desk.rows(POSTINGS, as_of=as_of, account=account)
            called = desk.names().account(account) or account
            title = say(f"账户 {called}（{len(found)} 笔）", f"Account {called} ({len(found)} postings)")
            answer(title, columns.POSTINGS, found, shape)
        elif by == "account":
            found = desk.rows(ACCOUNTS, as_of=as_of, campaign=campaign)
            title = say("账户余额（复式记账，合计为零）", "Accounts (double entry: they add up to zero)")
            answer(title, columns.ACCOUNTS, found, shape)
        else:
            found = desk.rows(SUMS, as_of=as_of, campaign=campaign, by=by)
            print_sums(found, cast(balances.By, by), shape)


def print_sums(found: list[Row], by: balances.By = "line", shape: Shape | None = None) -> None:
    """The balances as a table, in yuan."""
    titles: dict[balances.By, tuple[str, str]] = {
        "line": ("资金项目（元）", "Fund lines (yuan)"),
        "source": ("资金来源（元）", "Sources of funds (yuan)"),
        "unit": ("各单位（元）", "Units (yuan)"),
        "campaign": ("各活动（元）", "Campaigns (yuan)"),
    }
    answer(say(*titles[by]), columns.BALANCES[by], found, shape or Shape())


def summary(
    campaign: Annotated[str, typer.Argument(help=say("活动", "campaign"))],
    unit: UnitName = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Sums up each unit with all below it."""
    shape = Shape(as_json, as_csv, xlsx)
    with at_desk() as desk:
        found = desk.rows(SUMMARY, as_of=as_of, campaign=campaign, unit=unit)
        called = desk.names().name("campaign", campaign) or campaign
    answer(say(f"{called} 汇总", f"{called}, summed up"), columns.SUMMARY, found, shape)


def the_timeline(
    subject: Annotated[
        str,
        typer.Argument(
            help=say("种类:名称，如 unit:tea、case:…、line:b2026/workers；种类：", "kind:name; kinds: ")
            + ", ".join(timeline.KINDS)
        ),
    ],
    after: After = 0,
    limit: Limit = 200,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Shows everything that touched a thing, in order, each with who signed it."""
    shape = Shape(as_json, as_csv, xlsx)
    kind, _, name = subject.partition(":")
    if not name:
        raise Misused(f"应如 unit:tea，实为 {subject}", f"expected something like unit:tea, got {subject}")
    one_of(kind, timeline.KINDS, say("种类", "the kind"))
    with at_desk() as desk:
        found = desk.rows(TIMELINE, as_of=as_of, most=limit, kind=kind, name=name, after=after)
        if not found and not desk.rows(TIMELINE, most=1, kind=kind, name=name):
            raise UNKNOWN_REFERENCE.refused(kind=kind, id=name)
        called = desk.names().subject(kind, name)
    title = say(f"{called}的时间线（{len(found)} 条）", f"Timeline of {called} ({len(found)} entries)")
    answer(title, columns.TIMELINE, found, shape, limit=limit)


def diff(
    earlier: Annotated[
        str, typer.Argument(help=say("较早的时点：登记序号、日期或时间", "the earlier moment"))
    ],
    later: Annotated[
        str | None, typer.Argument(help=say("较晚的时点，默认现在", "the later moment, now by default"))
    ] = None,
    what: Annotated[str, typer.Option(help=", ".join(get_args(difference.What)))] = "roster",
    limit: Limit = 10_000,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Says what was added, changed and removed between two moments."""
    shape = Shape(as_json, as_csv, xlsx)
    one_of(what, get_args(difference.What), "--what")
    with at_desk() as desk:
        found = desk.rows(CHANGES, as_of=later, most=limit, what=what, since=earlier)
    title = say(f"差异（{len(found)} 项）", f"Changes ({len(found)})")
    answer(title, columns.DIFFERENCE, found, shape, limit=limit)
