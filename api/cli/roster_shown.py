"""How a roster that was read is shown at a terminal: what came of it, what is wrong, what is not used."""

from __future__ import annotations

from collections.abc import Sequence

from api.cli.language import say
from api.cli.output import console, money, print_table
from api.roster.report import ReadFault, ReadReport

SHOWN_FAULTS = 200


def print_roster(report: ReadReport, bad: int, with_dossier: int) -> None:
    """Print what was read; ``bad`` lines have faults, ``with_dossier`` have a dossier already."""
    sheets = "、".join(report.sheets) or "—"
    console.print(
        say(
            f"工作表 {sheets}：{report.rows} 行，可导入 {report.good} 行（{money(report.total_fen)} 元），"
            f"有错 {bad} 行，已在本活动名单 {len(report.listed)} 行，已有档案 {with_dossier} 行",
            f"sheets {sheets}: {report.rows} rows, {report.good} to file ({money(report.total_fen)} yuan),"
            f" {bad} with faults, {len(report.listed)} in the campaign already,"
            f" {with_dossier} with a dossier",
        ),
    )
    for notice in report.notices:
        console.print(say(f"! {notice['zh']}", f"! {notice['en']}"), soft_wrap=True)
    _print_mapping(report)
    _print_faults(say("有错的单元格", "Cells with faults"), report.faults)
    warnings = [warning for line in report.lines for warning in line.warnings]
    _print_faults(say("采用但须留意的单元格", "Cells to be looked at"), warnings)
    _print_unused(report)


def _print_mapping(report: ReadReport) -> None:
    """Only what was not plain: columns known by part of their heading, by choice, or by their cells; units."""
    found = [
        each for each in report.mapping if each.field and (each.how not in ("exact", "synonym") or each.unit)
    ]
    if found:
        print_table(
            say("各栏的对应", "What columns are"),
            [
                (say("列", "column"), "left"),
                (say("表头", "heading"), "left"),
                (say("栏目", "field"), "left"),
                (say("依据", "by"), "left"),
                (say("单位", "unit"), "left"),
            ],
            [
                (
                    f"{each.sheet} {each.column}",
                    each.heading,
                    say(each.title or "", each.field or ""),
                    say(HOW.get(each.how or "", ""), each.how or ""),
                    each.unit or "",
                )
                for each in found
            ],
        )


HOW = {
    "chosen": "所选",
    "remembered": "上次所选",
    "exact": "表头",
    "synonym": "同义表头",
    "part": "相近表头",
    "content": "单元格内容",
}


def _print_faults(title: str, faults: Sequence[ReadFault]) -> None:
    if not faults:
        return
    print_table(
        title,
        [
            (say("单元格", "cell"), "left"),
            (say("栏目", "column"), "left"),
            (say("所填", "found"), "left"),
            (say("问题", "problem"), "left"),
        ],
        [(f.cell, f.heading, f.found, say(f.message, f.message_en)) for f in faults[:SHOWN_FAULTS]],
    )
    if len(faults) > SHOWN_FAULTS:
        console.print(
            say(f"…另有 {len(faults) - SHOWN_FAULTS} 处", f"… and {len(faults) - SHOWN_FAULTS} more")
        )


def _print_unused(report: ReadReport) -> None:
    parts = (*report.unused.sheets, *report.unused.columns, *report.unused.rows)
    if parts:
        print_table(
            say("未采用的内容（* 须确认不需要）", "What is not used (* to be accepted as not needed)"),
            [(say("何处", "where"), "left"), (say("表头", "heading"), "left"), (say("原因", "why"), "left")],
            [
                (
                    ("* " if each.asked else "") + f"{each.sheet} {each.column or each.row or ''}",
                    each.heading or "",
                    say(each.why, each.why_en),
                )
                for each in parts[:SHOWN_FAULTS]
            ],
        )
