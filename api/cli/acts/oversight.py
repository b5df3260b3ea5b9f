"""What oversight signs (监督): flags reviewed, discipline cases, sanctions, conduct reported."""

from __future__ import annotations

from typing import Any

from api.cli.acts.cases import REASON
from api.cli.acts.command import command
from api.cli.acts.context import Context
from api.cli.acts.declaration import Act, Given, Option
from api.cli.acts.money import OF_CAMPAIGN, OF_UNIT
from api.cli.acts.subjects import OF_FLAGS, OF_INVESTIGATIONS
from api.gate import Row
from ledger.events.case_chart import ChartFiled
from ledger.events.oversight import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    ConductReported,
    FlagReviewed,
    SanctionImposed,
    SanctionLifted,
)

TEXT = Option("text", "情况说明", "what is known", required=True)


def _key(row: Row) -> dict[str, Any]:
    """A flag as it stands: by which rule, on what, raised and seen where."""
    return {
        "rule": row["rule"],
        "subject": row["subject"],
        "raised_at": row["raised_at"],
        "seen_at": row["from_position"],
    }


def _place(rows: list[Row]) -> dict[str, Any]:
    """Campaign and unit, as far as all rows have the same; a flag of none has neither."""
    found: dict[str, Any] = {}
    for name in ("campaign", "unit"):
        values = {row[name] for row in rows}
        if len(values) == 1 and (only := values.pop()) not in (None, "-"):
            found[name] = only
    return found


def _extended(context: Context, rows: list[Row], given: Given) -> list[dict[str, Any]]:
    return [{**_place(rows), "flags": [_key(row) for row in rows], **given}]


def _closed(context: Context, row: Row, given: Given) -> dict[str, Any]:
    """The finding, with what follows from it."""
    measures = []
    if "return_fen" in given:
        unit = {} if row["unit"] is None else {"unit": row["unit"]}
        measures.append({"kind": "return", **unit, "amount_fen": given["return_fen"], "text": "追回款项"})
    if "sanction" in given:
        measures.append({"kind": "sanction", "unit": row["unit"], "text": given["text"]})
    rest = {name: value for name, value in given.items() if name not in ("return_fen", "sanction")}
    return {
        **_place([row]),
        "investigation": row["investigation"],
        "measures": measures,
        "amount_fen": 0,
        **rest,
    }


review = command(
    Act(
        FlagReviewed,
        OF_FLAGS,
        options=(
            Option(
                "disposition",
                "核查结论",
                "what was found",
                required=True,
                choices={"confirmed": ("属实", "it holds"), "dismissed": ("不属实", "it does not hold")},
            ),
            REASON,
        ),
        body=lambda context, row, given: {**_place([row]), "flag": _key(row), **given},
        fen=lambda row, body: row["amount_fen"],
    )
)
open_case = command(
    Act(
        CaseOpened,
        OF_FLAGS,
        options=(Option("title", "事项", "what it is about", required=True), TEXT),
        bodies=_extended,
    )
)
join = command(
    Act(
        CaseExtended,
        OF_FLAGS,
        options=(Option("investigation", "核查事项编号", "the discipline case's id", required=True), TEXT),
        bodies=_extended,
    )
)
chart = command(
    Act(
        ChartFiled,
        OF_INVESTIGATIONS,
        options=(
            Option(
                "drawn_at",
                "关系图截至的登记序号",
                "the entry as of which it was drawn",
                "whole",
                required=True,
            ),
            Option(
                "nodes",
                "图上对象（JSON 文件：node、x、y、note）",
                "what it shows (a JSON file of node, x, y, note)",
                "json",
                required=True,
            ),
            Option("first_day", "时间范围起", "the first day that it shows", "day"),
            Option("last_day", "时间范围止", "the last day that it shows", "day"),
            TEXT,
        ),
        body=lambda context, row, given: {**_place([row]), "investigation": row["investigation"], **given},
    )
)
close = command(
    Act(
        CaseClosed,
        OF_INVESTIGATIONS,
        options=(
            Option(
                "finding",
                "办结结论",
                "what was found",
                required=True,
                choices={
                    "substantiated": ("属实", "substantiated"),
                    "partly": ("部分属实", "partly"),
                    "unsubstantiated": ("不属实", "not substantiated"),
                },
            ),
            Option("amount_fen", "涉及金额（元），默认 0", "the sum in yuan, else 0", "amount"),
            TEXT,
            Option(
                "officers",
                "责任人，可多次",
                "who is responsible, may be repeated",
                "several",
                name="--officer",
            ),
            Option("return_fen", "追回金额（元）", "what is to be paid back, in yuan", "amount"),
            Option("sanction", "处理措施含取消补助资格", "the unit loses its eligibility", "yes"),
        ),
        body=_closed,
        is_by_name=True,
    )
)
impose = command(
    Act(
        SanctionImposed,
        options=(
            OF_UNIT,
            Option("year", "取消资格的年度", "for which year", "whole", required=True),
            Option("investigation", "核查事项编号", "the discipline case's id"),
            REASON,
        ),
        body=lambda context, row, given: dict(given),
    )
)
lift = command(
    Act(
        SanctionLifted,
        options=(
            OF_UNIT,
            Option("sanction", "取消资格的签署件编号", "the sanction's id", required=True),
            REASON,
        ),
        body=lambda context, row, given: dict(given),
    )
)
conduct = command(
    Act(
        ConductReported,
        options=(
            OF_CAMPAIGN,
            OF_UNIT,
            Option(
                "kind",
                "问题类型",
                "what kind",
                required=True,
                choices={
                    "gift": ("收受财物", "a gift"),
                    "burden": ("增加对象负担", "a burden put on recipients"),
                    "reception": ("违规接待", "lavish reception"),
                },
            ),
            Option("officer", "所涉人员", "the officer"),
            TEXT,
        ),
        body=lambda context, row, given: dict(given),
    )
)
