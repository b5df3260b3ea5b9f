"""Reports as papers (附件与总结): Annexes 1 to 3 and the written summary, as the units hand them in."""

from __future__ import annotations

import re

from api.papers.paper import (
    Align,
    Block,
    Fields,
    Paper,
    Paragraphs,
    Seal,
    Signatures,
    Together,
    chinese_day,
    money,
    table,
)
from api.reports.report import Cell, Column, Report
from ledger.clock import china_today

ALIGNS: dict[str, Align] = {"text": "left", "count": "right", "fen": "right"}
_FIGURE = re.compile(r"[\d,.]*")
WIDE = 8
"""A table of more columns lies across."""


def annex_paper(
    report: Report,
    *,
    campaign: str,
    unit: str,
    number: str | None,
    foot: str,
    made_at: int,
) -> Paper:
    """A report with its table, its totals once, and places for who made it, who checked it and the unit's seal."""
    rows = [_said(report.columns, row) for row in report.rows]
    totals = None if report.totals is None or not rows else _said(report.columns, report.totals)
    listed = table(
        [
            (column.zh, _align(column, [row[index] for row in rows]))
            for index, column in enumerate(report.columns)
        ],
        rows,
        totals=totals,
        heading="附表" if report.paragraphs else None,
    )
    stated: list[Block] = (
        [Paragraphs(texts=[paragraph.zh for paragraph in report.paragraphs])]
        if report.paragraphs
        else [
            Fields(
                pairs=3 if len(report.columns) > WIDE else 2,
                items=[("填报单位", unit), ("活动", campaign), ("填报日期", chinese_day(china_today()))],
            )
        ]
    )
    return Paper(
        name=report.name,
        title=report.title.zh if report.annex else f"{campaign}{report.title.zh}",
        mark=report.annex,
        number=number,
        issuer=unit,
        foot=foot,
        landscape=len(report.columns) > WIDE,
        made_at=made_at,
        blocks=[
            *stated,
            listed,
            Together(
                blocks=[
                    Signatures(places=[("填表人", "", ""), ("复核人", "", ""), ("单位负责人", "", "")]),
                    Seal(issuer=unit, day=chinese_day(china_today())),
                ]
            ),
        ],
    )


def _align(column: Column, cells: list[str]) -> Align:
    """Figures stand to the right, also where they are texts."""
    if column.zh == "序号":
        return "center"
    is_figure = any(cells) and all(_FIGURE.fullmatch(cell) for cell in cells)
    return "right" if is_figure else ALIGNS[column.kind]


def _said(columns: list[Column], row: list[Cell]) -> list[str]:
    said = []
    for column, cell in zip(columns, row, strict=True):
        if cell is None:
            said.append("")
        elif isinstance(cell, int):
            said.append(money(cell) if column.kind == "fen" else f"{cell:,}")
        else:
            said.append(cell)
    return said
