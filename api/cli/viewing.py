"""``songnuan replay`` and ``songnuan rebuild``: the views checked against the events, and made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Annotated, Any

import typer
from eventsourcing.postgres import PostgresDatastore

from api.cli.answers import AsJson
from api.cli.columns import rule_title
from api.cli.exit_codes import EXIT_DIFFERS
from api.cli.language import say, titled
from api.cli.opening import opened, views
from api.cli.output import console, one_of, print_json, print_table, progress_bar
from api.cli.recording import record_shown
from api.gate import every_view
from api.gate.moments import position_at
from ledger.postgres.connection import datastore
from projections.following.runner import Followers, standard_views
from projections.replaying.comparing import Difference
from projections.replaying.rebuild import rebuild
from projections.replaying.replay import Replayed, replay

KINDS = {
    "changed": ("被改动", "changed"),
    "missing": ("缺失", "missing"),
    "added": ("多出", "added"),
    "shape": ("表结构不同", "another shape"),
}
MOST_SHOWN = 50


def replay_views(
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            "--at",
            help=say("截至登记序号，或日期、时间，默认最新", "up to a position, a date or a time"),
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replays and compares."""
    with opened() as store, views(store) as live, store.connect() as connection:
        record_shown(store, subject=to)
        position = min(position_at(every_view(connection), to), live.position())
        connections = datastore(store.url)
        try:
            with progress_bar(say("重新计算", "replaying"), position) as progress:
                found = replay(connections, live, to=position, progress=progress)
        finally:
            connections.close()
    if as_json:
        print_json(found._asdict() | {"differences": [d._asdict() for d in found.differences]})
    else:
        _print(found)
    if found.differences:
        raise typer.Exit(EXIT_DIFFERS)


def _print(found: Replayed) -> None:
    if not found.differences:
        console.print(
            say(
                f"✓ 重新计算至登记序号 {found.position}，{found.rows} 行与现有视图逐行一致。",
                f"✓ replayed up to {found.position}: {found.rows} rows are the same, row by row.",
            )
        )
        return
    count = len(found.differences) + found.left_out
    print_differences(
        say(
            f"重新计算至登记序号 {found.position}：{count} 行不一致",
            f"replayed up to {found.position}: {count} rows differ",
        ),
        found.differences,
    )


def print_differences(title: str, differences: list[Difference]) -> None:
    """The first differences as a table."""
    print_table(
        title,
        [
            (say("视图", "view"), "left"),
            (say("表", "table"), "left"),
            (say("情形", "kind"), "left"),
            (say("行", "row"), "left"),
            (say("现有", "found"), "left"),
            (say("应为", "expected"), "left"),
        ],
        [
            (
                d.view,
                d.table,
                titled(KINDS[d.kind]),
                d.key,
                _only(d.found, d.columns),
                _only(d.expected, d.columns),
            )
            for d in differences[:MOST_SHOWN]
        ],
    )


def _only(row: Mapping[str, Any] | None, names: Sequence[str]) -> str:
    """The columns that differ, as the table has them: this is for whoever mends it."""
    return " ".join(f"{name}={row[name]}" for name in names if name in row) if row else ""


def rebuild_view(
    view: Annotated[
        str | None,
        typer.Argument(
            help=say("视图，不写则为全部旧版本：", "a view, or else all that are outdated: ")
            + ", ".join(v.name for v in standard_views())
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help=say("不再询问，直接切换", "switch without asking"))
    ] = False,
) -> None:
    """Makes a view anew and shows what changes before it takes over."""
    one_of(view, [each.name for each in standard_views()], say("视图", "the view"))
    with opened() as store, views(store) as live:
        record_shown(store, subject=view)
        names = live.outdated() if view is None else [view]
        if not names:
            console.print(say("全部视图都是当前版本。", "no view is outdated."))
        connections = datastore(store.url)
        try:
            for name in names:
                _rebuild(connections, live, name, yes)
        finally:
            connections.close()


def _rebuild(connections: PostgresDatastore, live: Followers, name: str, yes: bool) -> None:
    with ExitStack() as bar:
        progress = bar.enter_context(progress_bar(say(f"重建 {name}", f"rebuilding {name}"), live.head()))

        def agree(differences: list[Difference]) -> bool:
            bar.close()
            if not differences:
                console.print(say("新旧视图逐行一致。", "the old and the new view are the same, row by row."))
            elif name == "flags":
                _print_by_rule(differences)
            else:
                title = say(f"{len(differences)} 行不同", f"{len(differences)} rows differ")
                print_differences(title, differences)
            return yes or not differences or typer.confirm(say("切换到新的？", "switch to the new one?"))

        done = rebuild(connections, live, name, agree=agree, progress=progress)
    if not done:
        console.print(say("未切换，仍用原来的视图。", "not switched: the old view stays."))
        raise typer.Exit(1)
    console.print(say(f"✓ 视图 {name} 已切换。", f"✓ the view {name} is in place."))


def _print_by_rule(differences: list[Difference]) -> None:
    """How many flags each rule has more, fewer or otherwise than before."""
    counts: dict[str, Counter[str]] = {}
    for d in differences:
        row = d.expected or d.found or {}
        counts.setdefault(str(row.get("rule", "?")), Counter())[d.kind] += 1
    print_table(
        say("切换后的差异", "What changes"),
        [
            (say("规则", "rule"), "left"),
            (say("新增", "new"), "right"),
            (say("消失", "gone"), "right"),
            (say("变更", "changed"), "right"),
        ],
        [
            (rule_title(rule), count["missing"], count["added"], count["changed"])
            for rule, count in sorted(counts.items())
        ],
    )
