"""What would be signed (将签署的内容): all of it counted and summed, the first of it line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from api.cli.acts.declaration import Act
from api.cli.language import say, titled, words_now
from api.cli.naming import CodeNames
from api.cli.output import money, print_json, print_table
from api.gate import Row
from api.wording.event_fields import fields_of
from api.wording.in_words import CODES

MOST_LINES = 20
MOST_NAMED = 3
SHOWN_ELSEWHERE = ("campaign", "unit", "line", "case", "dossier", "dossier_version", "basis", "flag")


class Made(NamedTuple):
    """The body of a statement, and the row that it was made of; empty where it was made of many or none."""

    row: Row
    body: Mapping[str, Any]


def show_made(
    act: Act, made: Sequence[Made], rows: Sequence[Row], names: CodeNames, *, as_json: bool
) -> None:
    """Print what would be signed, and of which rows."""
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
    if act.bodies is not None:
        _lines(act, rows, [], title)
    elif act.subjects is not None:
        _lines(act, [each.row for each in made], sums, title)
        if said_of_all := _shared([each.body for each in made]):
            _fields(act, said_of_all, say("各条相同的内容", "said of each of them"), names)
    if act.bodies is not None or act.subjects is None:
        for each in made[:MOST_LINES]:
            _fields(act, each.body, title, names)
    parts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for each, fen in zip(made, sums, strict=True):
        place = (each.body.get("campaign") or "", each.body.get("unit") or "", each.body.get("line") or "")
        parts[place].append(fen or 0)
    total = [
        (
            names.said("campaign", campaign),
            names.said("unit", unit),
            names.said("line", line, campaign),
            len(found),
            money(sum(found)),
        )
        for (campaign, unit, line), found in sorted(parts.items())
    ]
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


def _lines(act: Act, rows: Sequence[Row], sums: Sequence[int | None], title: str) -> None:
    """The first of the rows, each with the sum that would be signed of it, where there is one for each."""
    assert act.subjects is not None
    columns = act.subjects.shown
    first = say(f"{title}（前 {MOST_LINES} 条）", f"{title} (the first {MOST_LINES})")
    headings = [
        (titled(column.title), "right" if column.right or column.in_fen else "left") for column in columns
    ]
    lines = [[column.shown(row) for column in columns] for row in rows[:MOST_LINES]]
    if sums:
        headings.append((say("金额（元）", "yuan"), "right"))
        lines = [[*line, money(fen)] for line, fen in zip(lines, sums, strict=False)]
    print_table(title if len(rows) <= MOST_LINES else first, headings, lines)


def _shared(bodies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all the statements say alike, beside what the table of lines and the sums show."""
    return {
        name: value
        for name, value in bodies[0].items()
        if name not in SHOWN_ELSEWHERE and all(body.get(name) == value for body in bodies)
    }


def _fields(act: Act, body: Mapping[str, Any], title: str, names: CodeNames) -> None:
    """A statement's fields by their titles."""
    titles = {field.name: say(field.zh, field.en) for field in fields_of(act.event)}
    print_table(
        title,
        [(say("字段", "field"), "left"), (say("内容", "value"), "left")],
        [(titles.get(name, name), _said(name, value, body, names)) for name, value in body.items()],
    )


def _said(name: str, value: Any, body: Mapping[str, Any], names: CodeNames) -> str:
    """A field's value: a code by its name, a document by its number, many things by how many they are."""
    kind = CODES.get(name)
    if kind is not None and isinstance(value, str):
        return names.said(kind, value, body.get("campaign"))
    if isinstance(value, Mapping) and value.keys() == {"number"}:
        return str(value["number"])
    if isinstance(value, list) and len(value) > MOST_NAMED:
        return say(f"{len(value)} 项", f"{len(value)} of them")
    return words_now().value(name, value)
