"""Relation charts of a discipline case on its report (附：关系图): drawn as they were filed, with every relation as of then."""

from __future__ import annotations

from api.flags.among import among
from api.flags.edges import EdgeRow, payouts_named
from api.papers.context import PaperContext, Signed
from api.papers.paper import Block, Drawing, DrawnEdge, DrawnNode, Paragraphs, chinese_day, money, table
from api.wording.masked_names import masked_names
from api.wording.words import Words
from ledger.events.case_chart import ChartFiled

WIDTH = 150.0
TALLEST = 165.0
MARGIN = 14.0
"""Millimetres: of the drawing, and around its nodes, whose labels stand there."""
MOST_LABELLED = 40
"""A drawing of more lines names them in the table alone."""
KINDS = {
    "dossier": ("档案", "#a61b29"),
    "person": ("同一证件号", "#d9777f"),
    "account": ("银行账户", "#3d5a73"),
    "phone": ("电话", "#1d7a3d"),
    "address": ("住址", "#c8842a"),
    "household": ("户号", "#8a6bb1"),
    "unit": ("单位", "#5b7a99"),
    "officer": ("经办人员", "#444444"),
    "payout": ("发放", "#8a5a1c"),
}
EDGES = {
    "person": "同一证件号", "account": "银行账户", "phone": "电话", "address": "住址", "household": "户号",
    "unit": "所在单位", "acted": "经办", "officer": "经办", "paid": "发放", "paid-by": "由单位发放",
    "into": "转入账户", "paid-into": "转入账户",
}  # fmt: skip
"""What an edge is called; a link of linkage has its weight beside."""


def relation_charts(context: PaperContext, investigation: str) -> list[Block]:
    """The charts of a case's file in the order in which they were filed, each on its drawing and in a table."""
    found = context.views.tagged(f"investigation:{investigation}", ChartFiled.topic(), context.as_of)
    return [
        block
        for place, filed in enumerate(context.said_of(found), 1)
        for block in _chart(context, filed, place)
    ]


def _chart(context: PaperContext, filed: Signed, place: int) -> list[Block]:
    chart = filed.event
    assert isinstance(chart, ChartFiled)
    drawn_at = min(chart.drawn_at, filed.position)
    nodes = [each.node for each in chart.nodes]
    edges = [each for each in among(context.views, nodes, drawn_at) if _is_within(each, chart)]
    labels = _labels(context, nodes, drawn_at)
    days = (
        ""
        if chart.first_day is None and chart.last_day is None
        else f"，时间范围 {chart.first_day or '最早'} 至 {chart.last_day or '最近'}"
    )
    by = f"{chinese_day(filed.on)} {'、'.join(filed.officers)} 入卷（登记序号 {filed.position:,}）"
    said = f"{by}，数据截至登记序号 {drawn_at:,}{days}。"
    notes = [
        [labels[each.node], KINDS[each.node.partition(":")[0]][0], each.note]
        for each in chart.nodes
        if each.note is not None
    ]
    return [
        Paragraphs(heading=f"附：关系图{place}", texts=[said, chart.text]),
        _drawing(chart, labels, edges),
        *(
            [table([("对象", "left"), ("类别", "left"), ("旁注", "left")], notes, heading="旁注")]
            if notes
            else []
        ),
        _relations(labels, edges),
    ]


def _is_within(edge: EdgeRow, chart: ChartFiled) -> bool:
    """Whether an edge held at some time between the days that the chart shows."""
    if chart.last_day is not None and edge["on"] is not None and str(edge["on"]) > chart.last_day:
        return False
    return not (
        chart.first_day is not None and edge["until"] is not None and str(edge["until"]) < chart.first_day
    )


def _labels(context: PaperContext, nodes: list[str], as_of: int) -> dict[str, str]:
    """What each node is called: persons masked, a mark by its first letters."""
    names = masked_names(context.views, context.vault, _of_kind(nodes, "dossier"))
    payouts = {row["payout"]: row for row in payouts_named(context.views, _of_kind(nodes, "payout"), as_of)}
    labels = {}
    for node in nodes:
        kind, _, name = node.partition(":")
        if kind == "dossier":
            labels[node] = names.get(name, "（已删除或封存）")
        elif kind == "unit":
            labels[node] = context.unit(name)
        elif kind == "officer":
            labels[node] = context.officer(name)
        elif kind == "payout" and name in payouts:
            labels[node] = f"{money(payouts[name]['amount_fen'])} 元 {payouts[name]['paid_on']}"
        else:
            labels[node] = f"{KINDS[kind][0]} {name.rpartition(':')[2][:4]}"
    return labels


def _of_kind(nodes: list[str], kind: str) -> list[str]:
    return [node.partition(":")[2] for node in nodes if node.startswith(f"{kind}:")]


def _drawing(chart: ChartFiled, labels: dict[str, str], edges: list[EdgeRow]) -> Drawing:
    across, down = [each.x for each in chart.nodes], [each.y for each in chart.nodes]
    wide, high = max(max(across) - min(across), 1), max(max(down) - min(down), 1)
    scale = min((WIDTH - 2 * MARGIN) / wide, (TALLEST - 2 * MARGIN) / high, 0.3)
    left = (WIDTH - wide * scale) / 2
    places = {each.node: index for index, each in enumerate(chart.nodes)}
    most = max((each["amount_fen"] or 0 for each in edges), default=0)
    kinds = dict.fromkeys(each.node.partition(":")[0] for each in chart.nodes)
    return Drawing(
        width=WIDTH,
        height=high * scale + 2 * MARGIN,
        nodes=[
            DrawnNode(
                x=left + (each.x - min(across)) * scale,
                y=MARGIN + (each.y - min(down)) * scale,
                label=labels[each.node],
                color=KINDS[each.node.partition(":")[0]][1],
            )
            for each in chart.nodes
        ],
        edges=[
            DrawnEdge(
                source=places[each["from"]],
                target=places[each["to"]],
                label=_called(each) if len(edges) <= MOST_LABELLED else "",
                thickness=0.5 + (2.5 * (each["amount_fen"] or 0) / most if most else 0),
            )
            for each in edges
        ],
        legend=[(KINDS[kind][1], KINDS[kind][0]) for kind in KINDS if kind in kinds],
    )


def _called(edge: EdgeRow) -> str:
    if edge["what"] == "link":
        return f"疑似同一人（匹配度 {edge['said']}）"
    called = EDGES[edge["what"]]
    return called if edge["amount_fen"] is None else f"{called} {money(edge['amount_fen'])} 元"


def _relations(labels: dict[str, str], edges: list[EdgeRow]) -> Block:
    said = Words("zh")
    rows = []
    for place, each in enumerate(edges, 1):
        what = f"疑似同一人（匹配度 {each['said']}）" if each["what"] == "link" else EDGES[each["what"]]
        if each["what"] == "officer":
            what = "、".join(said.event_title(kind) for kind in each["said"].split())
        days = " 至 ".join(dict.fromkeys(str(day) for day in (each["on"], each["until"]) if day is not None))
        rows.append(
            [
                str(place),
                labels[each["from"]],
                what,
                labels[each["to"]],
                days or "—",
                money(each["amount_fen"]),
            ]
        )
    return table(
        [("序号", "center"), ("对象", "left"), ("关联", "left"), ("关联对象", "left"), ("日期", "left"), ("金额（元）", "right")],
        rows,
        heading="图上关联",
    )  # fmt: skip
