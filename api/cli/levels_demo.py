"""``songnuan federation demo``: three counties and a city, told from their founding to both counties' answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.answers import AsJson, Column, Shape, answer
from api.cli.comparing import print_matches
from api.cli.demo import clear_for_demo
from api.cli.exit_codes import EXIT_DIFFERS
from api.cli.federation import print_rolled_up
from api.cli.language import say
from api.cli.output import console, errors, print_json
from api.federation.queries import summaries_taken
from api.federation.rolling_up import rolled_up
from api.gate import every_view
from api.service.settings import Settings
from ledger.domain.federation import Followed
from ledger.federation.figures import LAST_DAY
from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore
from projections.following.runner import Followers

if TYPE_CHECKING:
    from api.federation.rolling_up import RolledUp
    from api.federation.story import Told


def demo(
    folder: Annotated[
        Path | None, typer.Option(help=say("演示台账的目录", "the demonstration's folder"))
    ] = None,
    lines: Annotated[
        bool,
        typer.Option(
            "--lines/--no-lines",
            help=say(
                "两个县以独立服务在线读取；否则在本进程内读取",
                "two counties' services in processes of their own; else their logs are read in this one",
            ),
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Makes five ledgers anew on embedded PostgreSQL servers; exit code 6 where an identity was found outside."""
    # Here, so that the other commands start without the story.
    from api.federation.story import Story

    place = folder or Settings().data_dir / "demo-federation"
    clear_for_demo(place)
    story = Story(place, lambda title: None if as_json else errors.print(f"· {title}"), lines=lines)
    with story.telling() as (told, city):
        rows = _rolled_up(city, told.followed)
    if as_json:
        print_json(_plain(told, rows))
    else:
        _print(told, rows, place)
    if told.identities_found:
        raise typer.Exit(EXIT_DIFFERS)


def _rolled_up(store: OpenStore, followed: list[Followed]) -> list[RolledUp]:
    connections = datastore(store.url)
    try:
        views = Followers(connections)
        views.prepare()
        views.catch_up()
    finally:
        connections.close()
    with store.connect() as connection:
        taken = summaries_taken(every_view(connection), LAST_DAY)
    return rolled_up(store.folder, followed, taken)


def _plain(told: Told, rows: list[RolledUp]) -> dict[str, Any]:
    return {
        "followed": [each.to_json() for each in told.rounds],
        "marked": told.marked,
        "rows_marked": told.rows_marked,
        "rolled_up": [each.__dict__ for each in rows],
        "comparison": told.outcome._asdict(),
        "matches": [each.__dict__ for each in told.matches],
        "left": {
            "bytes": told.left_bytes,
            "values_searched": told.searched,
            "identities_found": told.identities_found,
            "control_found": told.control_found,
        },
    }


ROUNDS = [
    Column("followed", ("台账", "ledger")),
    Column("taken", ("新增记录", "entries taken"), right=True),
    Column("size", ("已核对至", "verified to"), right=True),
    Column("marked", ("联合标记档案", "dossiers marked"), right=True),
]


def _print(told: Told, rows: list[RolledUp], place: Path) -> None:
    rounds = [
        {
            "followed": each.followed,
            "taken": each.taken,
            "size": each.size,
            "marked": told.marked[each.followed],
        }
        for each in told.rounds
    ]
    answer(say("读取并核对（两轮）", "read and verified, two rounds"), ROUNDS, rounds, Shape())
    print_rolled_up(rows, Shape())
    print_matches(told.matches, Shape())
    mark = "✗" if told.identities_found else "✓"
    console.print(
        say(
            f"{mark} 离开各台账的 {told.left_bytes:,} 字节（含解码后的内容）中，查找 {told.searched} 项身份信息：找到"
            f" {told.identities_found} 项；对照词“送温暖”：找到 {told.control_found} 项",
            f"{mark} in the {told.left_bytes:,} bytes that left, decoded too, {told.searched} pieces of identities were"
            f" looked for: {told.identities_found} found; the control, 送温暖: {told.control_found} found",
        ),
        soft_wrap=True,
    )
    console.print(
        say(f"演示台账在 {place}，可继续查看：", f"The ledgers are in {place}; look on with:"), soft_wrap=True
    )
    for command in (
        "federation matches",
        "federation rollup --by category",
        "federation check",
        "evaluator status",
    ):
        console.print(f"  SONGNUAN_DATA_DIR={place / 'city'} songnuan {command}", soft_wrap=True)
    console.print(
        say(
            "在浏览器里打开市级台账（点一下即以其中一人的身份登录）：http://127.0.0.1:8700/app/levels  先运行：",
            "The city's ledger in the browser, with one click as one of its officers: http://127.0.0.1:8700/app/levels"
            "  First run:",
        ),
        soft_wrap=True,
    )
    console.print(f"  SONGNUAN_DATA_DIR={place / 'city'} songnuan serve", soft_wrap=True)
