"""``songnuan demo``: one real campaign, from its founding to a revocation."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.audit.exporting import export_bundle
from api.campaigns.plans import TEMPLATES, template
from api.cli.answers import Column, Shape, answer
from api.cli.asking import print_roster, print_sums
from api.cli.columns import rule_title
from api.cli.desk import FolderDesk
from api.cli.flagging import print_flags
from api.cli.language import language, say, titled
from api.cli.naming import CodeNames
from api.cli.output import AsJson, console, errors, money, print_json, print_table
from api.cli.recording import record_shown
from api.cli.references import number_references
from api.demo.officer_keys import keep_keys
from api.flags import queries as flags
from api.gate import Row, every_view
from api.money import queries as balances
from api.roster import queries as roster
from api.service.settings import DEMO_MARK, Settings
from api.wording.masked_names import named
from api.wording.subjects import name_subjects
from ledger.audit.audit import Trust, audit
from ledger.audit.bundle import opened_bundle
from ledger.domain.event import Event
from ledger.errors import Misconfigured
from ledger.findings import Finding
from ledger.log.proofs import head
from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore, Store
from projections.flags.rule import SEVERITY_TITLES
from projections.following.runner import Followers

if TYPE_CHECKING:
    from api.demo.telling import Told


def demo(
    folder: Annotated[Path | None, typer.Option(help=say("演示台账的目录", "the demo's folder"))] = None,
    as_json: AsJson = False,
) -> None:
    """Founds a demonstration ledger anew on the embedded PostgreSQL, and tells the story."""
    # Here, so that the other commands start without the story.
    from api.demo.story import Story
    from api.demo.telling import StoryClock

    place = folder or Settings().data_dir / "demo"
    clear_for_demo(place)
    with OpenStore(Store(place)) as store:
        connections = datastore(store.url)
        try:
            follower = Followers(connections)
            follower.prepare()
            story = Story(store, follower, StoryClock())
            told = story.tell(lambda title: None if as_json else errors.print(f"· {title}"))
            keep_keys(place, told.keys)
            follower.catch_up()
            record_shown(store, kind="export")
            proved = _prove(store, place)
            if as_json:
                _print_json(store, told, proved)
            else:
                _print(store, told, place)
                _print_proved(proved)
        finally:
            connections.close()


RULES = [
    Column("severity", ("严重程度", "severity"), said=lambda severity: titled(SEVERITY_TITLES[severity])),
    Column("rule", ("规则", "rule"), said=rule_title),
    Column("flags", ("条数", "flags"), right=True),
    Column("units", ("涉及单位", "units"), right=True),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True),
]


def clear_for_demo(place: Path) -> None:
    """Removes an earlier demonstration; never a folder that is none."""
    if place.exists():
        if any(place.iterdir()) and not (place / DEMO_MARK).exists():
            raise Misconfigured(
                "not-a-demo", f"{place} 不是演示目录，不清空", f"{place} is not a demo's folder"
            )
        shutil.rmtree(place)
    place.mkdir(parents=True)
    (place / DEMO_MARK).write_text("a demonstration ledger: songnuan demo removes and remakes it\n")


def _prove(store: OpenStore, place: Path) -> dict[str, Any]:
    """Writes the auditor's bundle and verifies it with the log's key alone."""
    findings: list[Finding] = []
    with store.connect() as connection:
        size = head(connection)
        written = export_bundle(store, connection, place / "audit.zip", size)
    with opened_bundle(place / "audit.zip") as bundle:
        summary, _ = audit(bundle, Trust((store.verifier_key(),)), findings.append)
    return {**written, "checkpoints": summary.checkpoints, "findings": len(findings)}


def _print_proved(proved: dict[str, Any]) -> None:
    mark = "✗" if proved["findings"] else "✓"
    console.print(
        say(
            f"\n{mark} 审计包 {proved['file']}：{proved['size']} 条记录，{proved['checkpoints']} 个检查点，"
            f"签名、日志、准入与数字已离线验证，{proved['findings']} 处不符。自行验证：",
            f"\n{mark} the auditor's bundle {proved['file']}: {proved['size']} entries,"
            f" {proved['checkpoints']} checkpoints; signatures, log, verdicts and figures verified offline,"
            f" {proved['findings']} findings. Verify it yourself:",
        ),
        soft_wrap=True,
    )
    console.print(
        f"  {sys.argv[0]} verify bundle {proved['file']} --verifier-key '{proved['verifier_key']}'",
        soft_wrap=True,
    )


def _print(store: OpenStore, told: Told, place: Path) -> None:
    with store.connect() as connection:
        views = every_view(connection)
        counts = roster.counts(views)
        first = roster.cases(views, roster.RosterFilter(campaign="b2026", unit="tea"), limit=6)
        named(first, views, store.vault())
        lines = balances.sums(views)
        rules, worst = flags.by_rule(views), flags.flags(views, flags.FlagFilter(severity="high"))
        name_subjects(worst, views, store.vault())
        names = FolderDesk(store).names()
        names.add_to([*first, *lines, *worst])
    record_shown(store, rows=len(first) + len(worst))
    console.print()
    titles = {
        category.code: category.title
        for name in TEMPLATES
        for category in template(name, 2026).policy.categories
    }
    print_table(
        say("名单汇总", "The roster, summed up"),
        [
            (say("活动", "campaign"), "left"),
            (say("类别", "category"), "left"),
            (say("状态", "state"), "left"),
            (say("人（户）数", "cases"), "right"),
            (say("批准（元）", "approved"), "right"),
            (say("实发（元）", "paid"), "right"),
        ],
        _summed(counts, titles, names),
    )
    print_roster(first)
    print_sums(lines)
    _print_roster_faults(told)
    number_references(store, [each.refusal for each in told.refusals])
    print_table(
        say(
            f"被拒绝的签署件（{len(told.refusals)} 份，均未登记）",
            f"Refused ({len(told.refusals)}, none recorded)",
        ),
        [
            (say("所作尝试", "attempt"), "left"),
            (say("代码", "code"), "left"),
            (say("答复", "answer"), "left"),
        ],
        [(r.attempt, r.refusal.code, r.refusal.message(language())) for r in told.refusals],
    )
    answer(say("疑点汇总", "The flags, by rule"), RULES, rules, Shape())
    print_flags(worst)
    console.print(
        say(
            f"\n已登记 {told.recorded} 份签署件，每份由有权的人员签名；{len(Event.types)} 种事件。"
            f"演示台账在 {place}，可继续查看：",
            f"\n{told.recorded} statements recorded, each signed; {len(Event.types)} event types."
            f" The demo ledger is in {place}; look on with:",
        ),
        soft_wrap=True,
    )
    _print_commands(place)


def _print_commands(place: Path) -> None:
    """What to ask of the ledger that was told, and how to open it in the pages."""
    for command in (
        "roster --unit tea",
        "balance --as-of 2026-01-12",
        "timeline unit:cannery",
        "flags --as-of 2026-01-31",
        "diff 2026-01-12",
    ):
        console.print(f"  SONGNUAN_DATA_DIR={place} {sys.argv[0]} {command}", soft_wrap=True)
    console.print(
        say(
            "在浏览器里打开（点一下即以其中一人的身份登录）：http://127.0.0.1:8700/  先运行：",
            "In the browser (one click signs in as any of them): http://127.0.0.1:8700/  after:",
        ),
        soft_wrap=True,
    )
    console.print(f"  SONGNUAN_DATA_DIR={place} {sys.argv[0]} serve", soft_wrap=True)


def _summed(counts: list[Row], titles: dict[str, str], names: CodeNames) -> list[tuple[object, ...]]:
    from projections.views.roster_rows import STATE_TITLES

    sums: dict[tuple[str, str, str], list[int]] = {}
    for row in counts:
        key = (str(row["campaign"]), str(row["category"]), str(row["state"]))
        total = sums.setdefault(key, [0, 0, 0])
        for index, name in enumerate(("cases", "approved_fen", "kept_fen")):
            total[index] += row[name]
    return [
        (
            names.said("campaign", campaign),
            titles.get(category, category),
            titled(STATE_TITLES[state]),
            cases,
            money(approved),
            money(kept),
        )
        for (campaign, category, state), (cases, approved, kept) in sorted(sums.items())
    ]


def _print_roster_faults(told: Told) -> None:
    assert told.roster is not None
    roster = told.roster
    print_table(
        say(
            f"Excel 名单：{len(roster.rows)} 行，导入 {len(roster.good)} 行，{len(roster.bad)} 行有错留下",
            f"The Excel roster: {len(roster.rows)} rows, {len(roster.good)} filed, {len(roster.bad)} left",
        ),
        [
            (say("单元格", "cell"), "left"),
            (say("栏目", "column"), "left"),
            (say("所填", "found"), "left"),
            (say("问题", "problem"), "left"),
        ],
        [(f.cell, f.heading, f.found, say(f.zh, f.en)) for row in roster.bad for f in row.faults],
    )


def _print_json(store: OpenStore, told: Told, proved: dict[str, Any]) -> None:
    with store.connect() as connection:
        views = every_view(connection)
        found = flags.flags(views)
        record_shown(store, rows=len(found))
        print_json(
            {
                "ledger": told.ledger,
                "recorded": told.recorded,
                "roster": roster.counts(views),
                "lines": balances.sums(views),
                "refused": [{"attempt": r.attempt, **r.refusal.to_json()} for r in told.refusals],
                "flags": found,
                "proved": proved,
            }
        )
