"""The questions: ``roster``, ``balance``, ``summary``, ``timeline``, ``flags``, ``flag show``, ``diff``.

Each answers as of a position or a time, as a table, JSON, CSV or an Excel file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, cast

import psycopg
import typer

from api.cli.answers import AsCsv, AsJson, AsOf, Column, Shape, XlsxFile, answer
from api.cli.language import language, say, titled
from api.cli.opening import opened, views
from api.cli.output import console, print_json
from api.queries import Row, balances, difference, flags, roster, timeline
from api.queries.moments import position_at
from ledger.event import Event
from ledger.identity import masked_name
from ledger.store import OpenStore
from ledger.vault import Sealed, Vault
from projections.flags.rule import SEVERITY_TITLES, all_rules
from projections.flags.subject import SUBJECT_TITLES
from projections.roster import STATE_TITLES

Campaign = Annotated[str | None, typer.Option(help=say("活动", "campaign"))]
UnitName = Annotated[str | None, typer.Option(help=say("单位", "unit"))]


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("roster", help=say("名单：按活动、单位（含下属）、类别、状态", "the roster"))(the_roster)
    app.command("balance", help=say("资金科目余额；--account 查明细", "the fund lines, or an account"))(
        balance
    )
    app.command("summary", help=say("汇总：县 → 市 → 省", "sums per unit, rolled up"))(summary)
    app.command("timeline", help=say("时间线：对象、单位、人员、科目等的经过", "what touched a thing"))(
        the_timeline
    )
    app.command("flags", help=say("疑点一览", "the flags"))(the_flags)
    one = typer.Typer(no_args_is_help=True, help=say("一条疑点", "one flag"))
    one.command("show", help=say("一条疑点的规则、证据、经过", "a flag with its evidence"))(show_flag)
    app.add_typer(one, name="flag")
    app.command("diff", help=say("两个时点之间的差异", "what changed between two moments"))(diff)


@contextmanager
def _asked() -> Iterator[tuple[OpenStore, psycopg.Connection]]:
    with opened() as store, views(store), store.connect() as connection:
        yield store, connection


def _said(title: tuple[str, str]) -> str:
    return titled(title)


ROSTER = [
    Column("nominated_position", ("第几号", "position"), right=True),
    Column("campaign", ("活动", "campaign")),
    Column("unit", ("单位", "unit")),
    Column("masked_name", ("姓名", "name")),
    Column("category", ("类别", "category")),
    Column("state", ("状态", "state"), said=lambda state: _said(STATE_TITLES[state])),
    Column("approved_fen", ("批准（元）", "approved"), in_fen=True),
    Column("kept_fen", ("实发（元）", "paid"), in_fen=True),
]
LINES = [
    Column("campaign", ("活动", "campaign")),
    Column("line", ("科目", "line")),
    Column("source", ("来源", "source")),
    Column("allocated_fen", ("拨入", "allocated"), in_fen=True),
    Column("transferred_fen", ("调剂", "transferred"), in_fen=True),
    Column("committed_fen", ("已批未付", "committed"), in_fen=True),
    Column("drawn_fen", ("单位领取", "drawn"), in_fen=True),
    Column("held_fen", ("领而未发", "held"), in_fen=True),
    Column("paid_fen", ("发放", "paid"), in_fen=True),
    Column("returned_fen", ("退回", "returned"), in_fen=True),
    Column("left_fen", ("结余", "left"), in_fen=True),
]
POSTINGS = [
    Column("position", ("第几号", "position"), right=True),
    Column("booked_on", ("日期", "date")),
    Column("kind", ("事由", "kind")),
    Column("officer", ("经办", "officer")),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True),
    Column("balance_fen", ("余额（元）", "balance"), in_fen=True),
]
SUMMARY = [
    Column("unit", ("单位", "unit")),
    Column("name", ("名称", "name")),
    Column("level", ("级别", "level")),
    Column("persons", ("人数", "persons"), right=True),
    Column("enterprises", ("企业", "enterprises"), right=True),
    Column("helped", ("已慰问", "helped"), right=True),
    Column("approved_fen", ("批准（元）", "approved"), in_fen=True),
    Column("paid_fen", ("实发（元）", "paid"), in_fen=True),
    Column("aid_fen", ("物资（元）", "goods"), in_fen=True),
]
TIMELINE = [
    Column("position", ("第几号", "position"), right=True),
    Column("happened_on", ("业务日期", "date")),
    Column("recorded_at", ("记账时间", "recorded"), said=lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S")),
    Column("type", ("事件", "event"), said=lambda name: event_title(name)),
    Column("officer", ("签署人", "signed by")),
    Column("campaign", ("活动", "campaign")),
    Column("unit", ("单位", "unit")),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True),
]
FLAGS = [
    Column("severity", ("严重程度", "severity"), said=lambda severity: _said(SEVERITY_TITLES[severity])),
    Column("rule", ("规则", "rule"), said=lambda rule: rule_title(rule)),
    Column("campaign", ("活动", "campaign")),
    Column("unit", ("单位", "unit")),
    Column("subject", ("对象", "subject"), short=lambda subject: short_subject(subject)),
    Column("raised_at", ("起于", "raised at"), right=True),
    Column("evidence", ("证据（第几号）", "evidence"), short=lambda evidence: short_evidence(evidence)),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True),
    Column("disposition", ("处置", "status"), said=lambda said: _said(flags.DISPOSITIONS[said])),
]
CHANGES = {"added": ("增加", "added"), "changed": ("变更", "changed"), "removed": ("减少", "removed")}
DIFFERENCE = [
    Column("change", ("变化", "change"), said=lambda change: _said(CHANGES[change])),
    Column("key", ("对象", "key")),
    Column("before", ("之前", "before"), said=lambda members: short_members(members)),
    Column("after", ("之后", "after"), said=lambda members: short_members(members)),
]
MOST_EVIDENCE = 5


def the_roster(
    campaign: Campaign = None,
    unit: UnitName = None,
    category: Annotated[str | None, typer.Option(help=say("类别", "category"))] = None,
    state: Annotated[
        str | None, typer.Option(help=say("状态：", "state: ") + ", ".join(STATE_TITLES))
    ] = None,
    recipient: Annotated[str | None, typer.Option(help="person, enterprise")] = None,
    after: Annotated[int, typer.Option(min=0, help=say("自第几号之后", "after this position"))] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000)] = 50,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists cases; names are masked."""
    shape = Shape(as_json, as_csv, xlsx)
    with _asked() as (store, connection):
        found = roster.cases(
            connection,
            as_of=position_at(connection, as_of),
            campaign=campaign,
            unit=unit,
            category=category,
            state=state,
            recipient=recipient,
            after=after,
            limit=limit,
        )
        named(found, connection, store.vault())
    print_roster(found, shape)


def print_roster(found: list[Row], shape: Shape | None = None) -> None:
    """The roster as a table, or in another shape."""
    answer(say(f"名单（{len(found)} 行）", f"Roster ({len(found)} rows)"), ROSTER, found, shape or Shape())


def named(found: list[Row], connection: psycopg.Connection, vault: Vault) -> None:
    """Adds the masked name, and what stays paid, to each case."""
    names = masked_names(connection, vault, [row["dossier"] for row in found])
    for row in found:
        row["masked_name"] = names.get(row["dossier"], "—")
        row["kept_fen"] = row["paid_fen"] - row["returned_fen"]


def masked_names(connection: psycopg.Connection, vault: Vault, dossiers: list[str]) -> dict[str, str]:
    """Masked names of dossiers; one whose identity was erased has none."""
    rows = connection.execute(
        "SELECT DISTINCT ON (dossier) id, dossier, key_version, wrapped_key, box FROM ledger.vault"
        " WHERE dossier = ANY(%s) ORDER BY dossier, id DESC",
        (dossiers,),
    ).fetchall()
    return {row[1]: masked_name(vault.open(Sealed(*row)).identity.name) for row in rows}


def balance(
    campaign: Campaign = None,
    account: Annotated[
        str | None,
        typer.Option(
            help=say(
                "账户明细，如 line/b2026/workers、held/b2026/workers@tea",
                "an account's postings, like line/b2026/workers",
            )
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Shows what each line holds, or the postings behind one account."""
    shape = Shape(as_json, as_csv, xlsx)
    with _asked() as (_, connection):
        position = position_at(connection, as_of)
        if account is None:
            found = balances.sums(connection, position, campaign)
        else:
            found = balances.postings(connection, account, as_of=position)
    if account is None:
        print_lines(found, shape)
    else:
        answer(say(f"账户 {account}（{len(found)} 笔）", f"Account {account}"), POSTINGS, found, shape)


def print_lines(found: list[Row], shape: Shape | None = None) -> None:
    """The lines as a table, in yuan."""
    answer(say("资金科目（元）", "Fund lines (yuan)"), LINES, found, shape or Shape())


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
    with _asked() as (_, connection):
        found = roster.summary(connection, campaign=campaign, unit=unit, as_of=position_at(connection, as_of))
    answer(say(f"{campaign} 汇总", f"{campaign}, summed up"), SUMMARY, found, shape)


def the_timeline(
    subject: Annotated[
        str,
        typer.Argument(
            help=say("种类:名称，如 unit:tea、case:…、line:b2026/workers；种类：", "kind:name; kinds: ")
            + ", ".join(timeline.KINDS)
        ),
    ],
    after: Annotated[int, typer.Option(min=0, help=say("自第几号之后", "after this position"))] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000)] = 200,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Shows everything that touched a thing, in order, each with who signed it."""
    shape = Shape(as_json, as_csv, xlsx)
    kind, _, name = subject.partition(":")
    if kind not in timeline.KINDS or not name:
        raise typer.BadParameter(
            say(f"应如 unit:tea，实为 {subject}", f"expected something like unit:tea, got {subject}")
        )
    with _asked() as (_, connection):
        found = timeline.timeline(
            connection,
            kind,
            name,
            as_of=position_at(connection, as_of),
            after=after,
            limit=limit,
        )
    answer(say(f"{subject} 的时间线（{len(found)} 条）", f"Timeline of {subject}"), TIMELINE, found, shape)


def the_flags(
    campaign: Campaign = None,
    rule: Annotated[str | None, typer.Option(help=say("规则", "rule"))] = None,
    unit: UnitName = None,
    severity: Annotated[str | None, typer.Option(help="high, medium, low")] = None,
    disposition: Annotated[
        str | None, typer.Option("--status", help=say("处置：", "status: ") + ", ".join(flags.DISPOSITIONS))
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000)] = 1000,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists the flags that stand."""
    shape = Shape(as_json, as_csv, xlsx)
    with _asked() as (_, connection):
        found = flags.flags(
            connection,
            as_of=position_at(connection, as_of),
            campaign=campaign,
            rule=rule,
            unit=unit,
            severity=severity,
            disposition=disposition,
            limit=limit,
        )
    print_flags(found, shape)


def print_flags(found: list[Row], shape: Shape | None = None) -> None:
    """The flags as a table."""
    title = say(f"疑点（{len(found)} 条；是线索，不是结论）", f"Flags ({len(found)}; leads, not findings)")
    answer(title, FLAGS, found, shape or Shape())


def show_flag(
    flag: Annotated[
        str,
        typer.Argument(help=say("规则|对象（flags --json 中的 flag）", "rule|subject, from flags --json")),
    ],
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Shows a flag: its rule, what it is about, and its evidence as events, in order."""
    with _asked() as (_, connection):
        found = flags.one_flag(connection, flag, position_at(connection, as_of))
        if found is None:
            raise typer.BadParameter(say(f"没有疑点 {flag}", f"there is no flag {flag}"))
        evidence = timeline.events_at(connection, found["evidence"])
        history = flags.flag_history(connection, flag)
    if as_json:
        print_json({**found, "events": evidence, "history": history})
        return
    rule = next(rule for rule in all_rules() if rule.id == found["rule"])
    console.print(f"[bold]{_said((rule.title_zh, rule.title_en))}[/]  {rule.id} v{found['rule_version']}")
    for title, value in (
        (say("条款", "clause"), rule.clause),
        (say("严重程度", "severity"), _said(SEVERITY_TITLES[found["severity"]])),
        (say("对象", "subject"), found["subject"]),
        (say("单位", "unit"), found["unit"] or "—"),
        (say("金额（元）", "amount"), f"{found['amount_fen'] / 100:,.2f}"),
        (say("处置", "status"), _said(flags.DISPOSITIONS[found["disposition"]])),
        (say("参数", "parameters"), short_members(found["parameters"]) or "—"),
        (say("说明", "details"), short_members(found["details"])),
    ):
        console.print(f"  {title}：{value}", markup=False, soft_wrap=True)
    answer(say("证据", "Evidence"), TIMELINE, evidence, Shape())
    console.print(
        say("  经过：", "  history: ")
        + "；".join(
            say(
                f"第 {row['from_position']} 号起 {row['amount_fen'] / 100:,.2f} 元",
                f"from {row['from_position']}: {row['amount_fen'] / 100:,.2f}",
            )
            for row in history
        ),
        soft_wrap=True,
    )


def diff(
    earlier: Annotated[str, typer.Argument(help=say("较早的时点：第几号、日期或时间", "the earlier moment"))],
    later: Annotated[
        str | None, typer.Argument(help=say("较晚的时点，默认现在", "the later moment, now by default"))
    ] = None,
    what: Annotated[str, typer.Option(help="roster, balance, flags")] = "roster",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000)] = 10_000,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Says what was added, changed and removed between two moments."""
    shape = Shape(as_json, as_csv, xlsx)
    if what not in ("roster", "balance", "flags"):
        raise typer.BadParameter(say(f"没有 {what}", f"there is no {what}: roster, balance or flags"))
    with _asked() as (_, connection):
        positions = position_at(connection, earlier), position_at(connection, later)
        if positions[0] > positions[1]:
            raise typer.BadParameter(say("较早的时点在后", "the earlier moment comes after the later one"))
        found = difference.difference(connection, cast(difference.What, what), *positions, limit=limit)
    answer(say(f"差异（{len(found)} 项）", f"Changes ({len(found)})"), DIFFERENCE, found, shape)


def event_title(name: str) -> str:
    """An event type's title in the user's language."""
    kind = next(kind for kind in Event.types.values() if name == kind.NAME)
    return kind.TITLE_EN if language() == "en" else kind.TITLE_ZH


def rule_title(rule_id: str) -> str:
    """A rule's title in the user's language; its id where the rule is no longer there."""
    for rule in all_rules():
        if rule.id == rule_id:
            return _said((rule.title_zh, rule.title_en))
    return rule_id


def short_subject(text: str) -> str:
    """A flag's subject, short: its kind and the end of its name."""
    kind, _, name = text.partition(":")
    return f"{_said(SUBJECT_TITLES[kind])} …{name[-12:]}"


def short_evidence(positions: list[int]) -> str:
    """The first few positions, and how many there are."""
    said = ", ".join(map(str, positions[:MOST_EVIDENCE]))
    if len(positions) > MOST_EVIDENCE:
        said += say(f" … 共 {len(positions)}", f" … {len(positions)} in all")
    return said


def short_members(members: Row | None) -> str:
    """A JSON object on one line; long members are left out."""
    if not members:
        return ""
    return "  ".join(
        f"{name}={value}" for name, value in members.items() if value is not None and len(str(value)) < 120
    )
