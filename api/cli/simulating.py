"""``songnuan simulate``: a made-up ledger of any size with planted frauds, and how well the flags find them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer

from api.cli.answers import AsJson
from api.cli.columns import rule_title
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import views
from api.cli.output import console, print_json, print_table
from api.demo.officer_keys import keep_keys
from api.service.settings import DEMO_MARK
from api.simulation.simulator import Measured, Size, measure, share_shown, simulate
from ledger.crypto.keys import OfficerKey
from ledger.errors import Misconfigured
from ledger.storage.store import OpenStore, Store

TRUTH = "ground-truth.json"
MOST_SHARE = 2.5
LEAST_RECIPIENTS = 40
"""So many recipients carry one of each fraud; the share allows as much for every further one."""


def run(
    folder: Annotated[Path, typer.Argument(help=say("新建的数据目录", "a new data folder"))],
    years: Annotated[int, typer.Option(min=1, max=20, help=say("年数", "years"))] = 3,
    units: Annotated[int, typer.Option(min=2, max=2000, help=say("单位数", "units"))] = 12,
    recipients: Annotated[
        int, typer.Option(min=5, max=10_000, help=say("每单位每年对象数", "recipients a unit and year"))
    ] = 20,
    share: Annotated[
        float,
        typer.Option(
            min=0,
            max=MOST_SHARE,
            help=say(
                "每种违规所占当年对象的百分比，每年至少一次",
                "the per cent of a year's recipients on whom each fraud is planted; at least once a year",
            ),
        ),
    ] = 1.0,
    seed: Annotated[int, typer.Option(help=say("随机种子", "seed"))] = 1,
    keys: Annotated[
        bool,
        typer.Option(
            "--keys",
            help=say(
                "保留模拟人员的密钥（不加密），可在网页中一键登录",
                "keep the made-up officers' keys, unencrypted: the pages sign in as any of them",
            ),
        ),
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help=say("输出 Markdown 表", "as Markdown"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Simulates, follows, and compares every flag that ever stood with what was planted."""
    size = Size(years, units, recipients, share / 100, seed)
    if units * recipients < LEAST_RECIPIENTS:
        raise Misused(
            f"对象太少：每年 {units * recipients} 名，植入全部违规至少需要 {LEAST_RECIPIENTS} 名",
            f"{units * recipients} recipients a year are too few for every fraud: {LEAST_RECIPIENTS} are needed",
        )
    if folder.exists() and any(folder.iterdir()):
        raise Misconfigured(
            "folder-not-empty", f"目录 {folder} 不是空的", f"the folder {folder} is not empty"
        )
    quiet = as_json or markdown
    with OpenStore(Store(folder)) as store:
        keep = partial(_keep, folder) if keys else lambda keys: None
        truth = simulate(store, size, lambda step, recorded: None if quiet else _say(step, recorded), keep)
        (folder / TRUTH).write_bytes(orjson.dumps(sorted(truth), option=orjson.OPT_INDENT_2))
        started = time.perf_counter()
        with views(store) as followers, store.connect() as connection:
            seconds = time.perf_counter() - started
            found = measure(connection, truth)
            position = followers.position()
    if as_json:
        print_json([m._asdict() | {"precision": m.precision, "recall": m.recall} for m in found])
    elif markdown:
        _print_markdown(found)
    else:
        _print(found)
        console.print(
            say(
                f"{position} 条记录，视图和疑点用时 {seconds:.1f} 秒；真值在 {folder / TRUTH}",
                f"{position} entries, views and flags in {seconds:.1f} s; the truth is in {folder / TRUTH}",
            )
        )


def _keep(folder: Path, keys: Mapping[str, OfficerKey]) -> None:
    """Keep the officers' keys, and the mark by which the pages know a demonstration."""
    keep_keys(folder, keys)
    (folder / DEMO_MARK).write_text("a simulated ledger: its officers do not exist\n")


def _say(step: str, recorded: int) -> None:
    console.print(say(f"· {step}：{recorded} 条", f"· {step}: {recorded} entries"))


def _print(found: list[Measured]) -> None:
    print_table(
        say("查准率与查全率", "Precision and recall"),
        [
            (say("规则", "rule"), "left"),
            (say("植入", "planted"), "right"),
            (say("查出", "found"), "right"),
            (say("查准率", "precision"), "right"),
            (say("查全率", "recall"), "right"),
        ],
        [
            (rule_title(m.rule), m.due, m.found, share_shown(m.precision), share_shown(m.recall))
            for m in found
        ],
    )


def _print_markdown(found: list[Measured]) -> None:
    print("| rule | planted | found | precision | recall |\n|---|---|---|---|---|")  # a document's table
    for m in found:
        print(f"| {m.rule} | {m.due} | {m.found} | {share_shown(m.precision)} | {share_shown(m.recall)} |")
