"""What would be signed (将签署的内容): all of it counted and summed, the first of it line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from api.cli.acts.declaration import Act
from api.cli.language import say, titled
from api.cli.output import money, print_json, print_table, print_text
from api.gate import Row

MOST_LINES = 20


class Made(NamedTuple):
    """The body of a statement, and the row that it was made of; empty where it was made of many or none."""

    row: Row
    body: Mapping[str, Any]


def show_made(act: Act, made: Sequence[Made], *, as_json: bool) -> None:
    """Print what would be signed."""
    sums = [act.fen(each.row, each.body) for each in made]
    if as_json:
        print_json(
            {
                "type": act.event.topic(),
                "count": len(made),
                "amount_fen": sum(each or 0 for each in sums),
                "bodies": [each.body for each in made],
            }
        )
        return
    title = say(act.event.TITLE_ZH, act.event.TITLE_EN)
    if act.subjects is not None and made[0].row:
        _lines(act, made, sums, title)
    else:
        for each in made[:MOST_LINES]:
            print_text(orjson.dumps(each.body, option=orjson.OPT_INDENT_2).decode())
    parts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for each, fen in zip(made, sums, strict=True):
        place = (each.body.get("campaign") or "", each.body.get("unit") or "", each.body.get("line") or "")
        parts[place].append(fen or 0)
    total = [(*place, len(found), money(sum(found))) for place, found in sorted(parts.items())]
    in_all = money(sum(each or 0 for each in sums))
    print_table(
        say(
            f"将签署：{title} {len(made)} 条，合计 {in_all} 元",
            f"To be signed: {title}, {len(made)}, {in_all} yuan in all",
        ),
        [
            (say("活动", "campaign"), "left"),
            (say("单位", "unit"), "left"),
            (say("资金项目", "line"), "left"),
            (say("条数", "count"), "right"),
            (say("金额（元）", "yuan"), "right"),
        ],
        total,
    )


def _lines(act: Act, made: Sequence[Made], sums: Sequence[int | None], title: str) -> None:
    assert act.subjects is not None
    columns = act.subjects.shown
    first = say(f"{title}（前 {MOST_LINES} 条）", f"{title} (the first {MOST_LINES})")
    print_table(
        title if len(made) <= MOST_LINES else first,
        [
            *(
                (titled(column.title), "right" if column.right or column.in_fen else "left")
                for column in columns
            ),
            (say("金额（元）", "yuan"), "right"),
        ],
        [
            [*(column.shown(each.row) for column in columns), money(fen)]
            for each, fen in zip(made[:MOST_LINES], sums, strict=False)
        ],
    )
