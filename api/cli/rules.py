"""``songnuan rule``: start a flag rule in the source, try it on a simulated ledger, tell what it is."""

from __future__ import annotations

import re
import tempfile
import time
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Annotated

import typer

from api.cli.answers import AsJson
from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.opening import opened, views
from api.cli.output import console, one_of, print_json
from api.cli.rule_scaffold import files
from api.simulation.simulator import Measured, measure, share_shown, simulate, size_for
from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore, Store
from projections.flags.catalogue import all_rules
from projections.flags.engine import Flags
from projections.flags.explaining import explanation
from projections.flags.rule import SEVERITY_TITLES, FlagRule
from projections.flags.subject import SUBJECT_TITLES
from projections.flags.trigger import Trigger
from projections.following.runner import Followers, standard_views

RuleId = Annotated[str, typer.Argument(metavar="RULE", help=say("规则代码", "the rule's id"))]

NEXT = (
    "改为所需的规则后：songnuan rule explain {id}；songnuan rule test {id}；"
    "docs/precision.md 的表由 songnuan simulate --markdown 重新生成",
    "Make it the rule that you want; then: songnuan rule explain {id}; songnuan rule test {id};"
    " the table in docs/precision.md comes from songnuan simulate --markdown",
)


def new(
    rule_id: RuleId,
    title_zh: Annotated[str, typer.Option("--title-zh", help=say("中文名称", "its Chinese title"))],
    title_en: Annotated[str, typer.Option("--title-en", help=say("英文名称", "its English title"))],
    clause: Annotated[
        str, typer.Option(help=say("依据条款，如 A-8", "the clause that it stands on, as A-8"))
    ],
    severity: Annotated[str, typer.Option(help=", ".join(SEVERITY_TITLES))] = "low",
) -> None:
    """Writes a rule that runs, with its page, its test and what is planted for it, to be changed from there."""
    one_of(severity, SEVERITY_TITLES, "--severity")
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", rule_id):
        raise Misused(
            f"规则代码 {rule_id} 不合要求：用小写英文词，以连字符相连，如 shared-phone",
            f"{rule_id} is no rule's id: lower-case words with hyphens between them, as shared-phone",
        )
    for text in (title_zh, title_en, clause):
        if not text.strip() or not text.isprintable() or re.search(r'["\\]', text):
            raise Misused(
                f"名称和条款应为一行文字，不含引号和反斜杠：{text!r}",
                f"titles and clause are one line without quotes and backslashes: {text!r}",
            )
    made = files(rule_id, title_zh=title_zh, title_en=title_en, clause=clause, severity=severity)
    missing = sorted({str(path.parent) for path in made if not path.parent.is_dir()})
    if missing:
        raise Misused(
            f"当前目录不是源代码目录，没有 {'、'.join(missing)}：请先进入源代码目录",
            f"this is not the source, without {', '.join(missing)}: go to the source's folder",
        )
    there = [str(path) for path in made if path.exists()]
    if there:
        raise Misused(
            f"已有文件：{'、'.join(there)}；请换一个代码，或先移走",
            f"there already: {', '.join(there)}; take another id, or move them away",
        )
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
        console.print(say(f"已写入 {path}", f"wrote {path}"), soft_wrap=True)
    console.print(say(*(text.format(id=rule_id) for text in NEXT)), soft_wrap=True)


def try_out(
    rule_id: RuleId,
    events: Annotated[
        int,
        typer.Option(
            min=1_000,
            max=5_000_000,
            help=say("约多少条记录，如 1000000", "about how many entries, as 1000000"),
        ),
    ] = 5_000,
    as_json: AsJson = False,
) -> None:
    """Simulates a ledger with planted frauds in a folder of its own, and asks this rule of all of it."""
    rule = _rule(rule_id)
    with tempfile.TemporaryDirectory(prefix="songnuan-rule-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded server's own user goes through it
        with OpenStore(Store(folder / "ledger")) as store:
            truth = simulate(store, size_for(events))
            seconds, position = _follow(store, rule)
            with store.connect() as connection:
                found = next(each for each in measure(connection, truth) if each.rule == rule.id)
    if as_json:
        measured = {"precision": found.precision, "recall": found.recall}
        print_json({**found._asdict(), **measured, "events": position, "seconds": seconds})
        return
    _print_measured(found, seconds, position)


def _follow(store: OpenStore, rule: FlagRule) -> tuple[float, int]:
    """How long the flags take once the other views are there, in seconds, and over how many entries.

    A rule about the other rules' flags is asked with all of them, any other alone.
    """
    others = [view for view in standard_views() if view.name != Flags.name]
    with closing(datastore(store.url)) as connections:
        flags = Flags() if rule.of_flags else Flags([rule])
        followers = Followers(connections, [*others, flags])
        followers.prepare()
        head = followers.head()
        for name, follower in followers.followers.items():
            started = time.perf_counter()
            while follower.position() < head:
                follower.step(head)
            if name == Flags.name:
                return time.perf_counter() - started, head
    raise RuntimeError("the flags are no view")


def _print_measured(found: Measured, seconds: float, position: int) -> None:
    told = [
        (say("植入", "planted"), str(found.due)),
        (say("查出", "found"), str(found.found)),
        (say("查准率", "precision"), share_shown(found.precision)),
        (say("查全率", "recall"), share_shown(found.recall)),
        (
            say("耗时", "cost"),
            say(
                f"{position} 条记录 {seconds:.2f} 秒，每条 {seconds / position * 1e6:.0f} 微秒",
                f"{position} entries in {seconds:.2f} s, {seconds / position * 1e6:.0f} µs each",
            ),
        ),
    ]
    for title, text in told:
        console.print(f"{title}{say('：', ': ')}{text}", soft_wrap=True)


def explain(
    rule_id: RuleId,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan/--no-plan", help=say("是否给出本台账上的执行计划", "with the plan on this ledger")
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Tells what a rule stands on, what raises it, its parameters and its SQL, and how the database goes about it."""
    rule = _rule(rule_id)
    plans: list[str] = []
    if plan:
        with opened() as store, views(store), store.connect() as connection, connection.transaction():
            plans = explanation(connection, rule)
    if as_json:
        print_json(_members(rule) | {"plan": plans})
        return
    console.print(f"{say(rule.title_zh, rule.title_en)}  {rule.id} v{rule.version}")
    for title, text in _told(rule):
        console.print(f"  {title}{say('：', ': ')}{text}", soft_wrap=True, highlight=False)
    for title, sql in (*_queries(rule), (say("执行计划", "plan"), "\n".join(plans))):
        if sql:
            console.print(
                f"{title}{say('：', ':')}\n{dedent(sql).strip()}",
                soft_wrap=True,
                highlight=False,
                markup=False,
            )


def _rule(rule_id: str) -> FlagRule:
    rules = {rule.id: rule for rule in all_rules()}
    if rule_id not in rules:
        raise Misused(
            f"没有规则 {rule_id}；现有：{'、'.join(rules)}",
            f"there is no rule {rule_id}; there are: {', '.join(rules)}",
        )
    return rules[rule_id]


def _told(rule: FlagRule) -> list[tuple[str, str]]:
    return [
        (say("条款", "clause"), rule.clause),
        (say("严重程度", "severity"), titled(SEVERITY_TITLES[rule.severity])),
        (say("对象", "subject"), titled(SUBJECT_TITLES[rule.subject])),
        (say("参数", "parameters"), ", ".join(f"{k} {v}" for k, v in rule.parameters.items()) or "—"),
        *((say("引起", "raised by"), _types(each)) for each in rule.raised_by),
        *((say("改变或消除", "changed or cleared by"), _types(each)) for each in rule.affected_by),
    ]


def _types(trigger: Trigger) -> str:
    return ", ".join(kind.NAME for kind in trigger.events)


def _queries(rule: FlagRule) -> list[tuple[str, str]]:
    """The rule's SQL: of its triggers, of what it waits for, and its own."""
    triggers = [
        (say(f"由 {_types(each)} 查找对象", f"from {_types(each)} to subjects"), each.query)
        for each in (*rule.raised_by, *rule.affected_by)
        if each.query is not None
    ]
    scheduled = [(say("日终或活动结束时", "as a day ends, or the campaign closes"), rule.on_schedule or "")]
    return [*triggers, *scheduled, (say("查询", "query"), rule.query)]


def _members(rule: FlagRule) -> dict[str, object]:
    return {
        "rule": rule.id,
        "version": rule.version,
        "title_zh": rule.title_zh,
        "title_en": rule.title_en,
        "clause": rule.clause,
        "severity": rule.severity,
        "subject": rule.subject,
        "parameters": rule.parameters,
        "raised_by": [{"events": _types(each), "query": each.query} for each in rule.raised_by],
        "affected_by": [{"events": _types(each), "query": each.query} for each in rule.affected_by],
        "on_schedule": rule.on_schedule,
        "query": rule.query,
    }
