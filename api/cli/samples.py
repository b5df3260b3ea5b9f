"""``songnuan sample draw``: cases drawn by a seed, as of an entry that anybody can draw them again at."""

from __future__ import annotations

from typing import Annotated

import typer

from api.audit.rows import SampledCase
from api.cli import columns
from api.cli.acts.handing_in import METHODS
from api.cli.acts.questions import DRAW, SAMPLE
from api.cli.answers import AsCsv, AsJson, Shape, UnitName, XlsxFile, answer
from api.cli.desk import at_desk
from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.output import console, one_of

SAMPLED = [
    *columns.ROSTER[:1],
    *columns.listed(
        SampledCase, "masked_name", "unit", rules=lambda found: [columns.rule_title(rule) for rule in found]
    ),
]


def draw(
    campaign: Annotated[str, typer.Argument(help=say("活动", "the campaign"))],
    seed: Annotated[
        str | None,
        typer.Option(help=say("随机种子（试抽，不作登记依据）", "a seed, to try; nothing is recorded by it")),
    ] = None,
    ordered: Annotated[
        str | None,
        typer.Option("--draw", help=say("所登记的抽取（编号）", "the draw that was ordered, by its id")),
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=500, help=say("抽取数量", "how many"))] = 25,
    method: Annotated[
        str,
        typer.Option(
            help=say("抽样方法：", "how it is drawn: ")
            + "、".join(f"{code} {titled(title)}" for code, title in METHODS.items())
        ),
    ] = "random",
    unit: UnitName = None,
    drawn_at: Annotated[
        int | None,
        typer.Option(min=1, help=say("抽取时点（登记序号），默认现在", "as of which entry, else now")),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Draws cases; names are masked."""
    shape = Shape(as_json, as_csv, xlsx)
    one_of(method, METHODS, "--method")
    if (seed is None) == (ordered is None):
        raise Misused(
            "请以 --draw 指明所登记的抽取（songnuan sample order），或以 --seed 试抽",
            "name the draw that was ordered with --draw (songnuan sample order), or try a --seed",
        )
    with at_desk() as desk:
        at = drawn_at or desk.position()
        if ordered is not None:
            [of] = desk.rows(DRAW, draw=ordered)
            campaign, unit, method, size, seed, at = (
                of[name] for name in ("campaign", "unit", "method", "size", "seed", "drawn_at")
            )
        found = desk.rows(SAMPLE, method=method, size=size, seed=seed, campaign=campaign, unit=unit, as_of=at)
    answer(say("抽样对象", "Cases drawn"), SAMPLED, found, shape)
    if not shape.for_a_file:
        command = f"songnuan sample record --draw {ordered}" if ordered else "songnuan sample order"
        console.print(
            say(
                f"抽取时点：第 {at} 号；{'登记结论' if ordered else '正式抽取'}：{command}",
                f"drawn as of entry {at}; to {'record it' if ordered else 'order a draw'}: {command}",
            ),
            soft_wrap=True,
        )
