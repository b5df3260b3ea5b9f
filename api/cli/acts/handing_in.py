"""What is handed in and examined (报送与抽样): rosters, summaries, samples."""

from __future__ import annotations

from typing import Any

from api.cli.acts.command import command
from api.cli.acts.context import Context
from api.cli.acts.declaration import Act, Given, Option
from api.cli.acts.money import OF_CAMPAIGN, OF_UNIT
from api.cli.acts.questions import ANNEXES, DRAW, SAMPLE, SUMMARY
from api.cli.exit_codes import Misused
from api.gate import Row
from ledger.events.campaign import RosterFiled, SummaryFiled
from ledger.events.draws import DrawOrdered
from ledger.events.oversight import SampleExamined

METHODS = {
    "random": ("随机", "at random"),
    "sum": ("按金额", "by sum"),
    "flag": ("疑点优先", "those under flags first"),
}


def _roster(context: Context, row: Row, given: Given) -> dict[str, Any]:
    """The annex with as many lines as it has now."""
    lines = context.rows(ANNEXES[given["annex"]], campaign=given["campaign"], unit=given["unit"])
    return {**given, "count": len(lines)}


def _summary(context: Context, row: Row, given: Given) -> dict[str, Any]:
    """The unit's sums with all below it, as they stand."""
    sums = context.rows(SUMMARY, campaign=given["campaign"], unit=given["unit"])
    own = next((each for each in sums if each["unit"] == given["unit"]), None)
    if own is None:
        raise Misused(
            f"单位 {given['unit']} 在活动 {given['campaign']} 中没有对象",
            f"unit {given['unit']} has no case in campaign {given['campaign']}",
        )
    return {
        **given,
        "persons": own["persons"],
        "enterprises": own["enterprises"],
        "amount_fen": own["paid_fen"],
    }


def _ordered(context: Context, given: Given) -> dict[str, Any]:
    """How the draw that is named is drawn; nothing where none is."""
    if "draw" not in given:
        return {}
    [draw] = context.rows(DRAW, draw=given["draw"])
    names = ("campaign", "unit", "method", "size", "seed", "drawn_at")
    return {name: draw[name] for name in names if draw[name] is not None}


def _examined(context: Context, row: Row, given: Given) -> dict[str, Any]:
    """The same cases drawn again as was ordered, with what was found amiss."""
    given = {**given, **_ordered(context, given)}
    missing = [name for name in ("campaign", "seed", "size", "drawn_at") if name not in given]
    if missing:
        raise Misused(
            "请以 --draw 指明所登记的抽取（songnuan sample order）",
            "name the draw that was ordered with --draw (songnuan sample order)",
        )
    method = given.get("method", "random")
    drawn = context.rows(
        SAMPLE, method=method, size=given["size"], seed=given["seed"], campaign=given["campaign"],
        unit=given.get("unit"), as_of=given["drawn_at"],
    )  # fmt: skip
    names = {name for each in drawn for name in (each["case_id"], str(each["nominated_position"]))}
    by_name = {str(each["nominated_position"]): each["case_id"] for each in drawn}
    exceptions = []
    for text in given.get("exceptions", []):
        name, equals, finding = text.partition("=")
        if not equals or name not in names:
            raise Misused(
                f"--exception 应写作 抽中的对象=问题：{text}",
                f"--exception is a case that was drawn, then = and what was found: {text}",
            )
        exceptions.append({"case": by_name.get(name, name), "finding": finding})
    if not drawn:
        raise Misused("没有可抽取的对象", "there is no case to draw")
    return {**given, "method": method, "examined": len(drawn), "exceptions": exceptions}


annex = command(
    Act(
        RosterFiled,
        options=(
            OF_CAMPAIGN,
            OF_UNIT,
            Option(
                "annex",
                "附件",
                "which annex",
                required=True,
                choices={
                    "1": ("企业名单", "enterprises"),
                    "2": ("人员名单", "persons"),
                    "3": ("汇总表", "sums"),
                },
            ),
        ),
        body=_roster,
    )
)
summary = command(
    Act(
        SummaryFiled,
        options=(OF_CAMPAIGN, OF_UNIT, Option("text", "总结正文", "the summary's text", required=True)),
        body=_summary,
    )
)
examined = command(
    Act(
        SampleExamined,
        options=(
            Option(
                "draw",
                "所登记的抽取（编号）：其余各项由其得出",
                "the draw that was ordered, from which all else is known",
            ),
            Option("campaign", "活动", "the campaign"),
            Option("unit", "单位（含下级）", "the unit, with all below it"),
            Option("method", "抽样方法，默认 random", "how it is drawn, else random", choices=METHODS),
            Option("seed", "随机种子", "the seed"),
            Option("size", "抽取数量", "how many", "whole"),
            Option("drawn_at", "抽取时点（登记序号）", "as of which entry", "whole"),
            Option(
                "exceptions",
                "问题：对象=情况，可多次",
                "what was found: case=finding, may be repeated",
                "several",
                name="--exception",
            ),
            Option("conclusion", "核查结论", "the conclusion", required=True),
        ),
        body=_examined,
    )
)
_OF_DRAW = (
    OF_CAMPAIGN,
    Option("unit", "单位（含下级），默认为整个活动", "the unit with all below it, else the whole campaign"),
    Option("size", "抽取数量", "how many", "whole", required=True),
)
sample_ordered = command(
    Act(
        DrawOrdered,
        options=(
            *_OF_DRAW,
            Option("method", "抽样方法，默认 random", "how it is drawn, else random", choices=METHODS),
        ),
        body=lambda context, row, given: {**given, "of": "sample"},
    )
)
call_backs_ordered = command(
    Act(DrawOrdered, options=_OF_DRAW, body=lambda context, row, given: {**given, "of": "call-back"})
)
