"""What ``songnuan import`` is told of a file: its mapping, its sheets, what is not needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.cli.exit_codes import Misused
from api.cli.language import say
from api.roster.choices import Choices, checked_choices, typed_choices

Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help=say(
            "指定某栏：表头=栏目（可加单位 表头=慰问金额:万元；- 为不需要），可重复",
            "a column's field: HEADING=FIELD, with a unit HEADING=FIELD:万元, - where it is not needed; repeat",
        ),
    ),
]
WordsMeant = Annotated[
    list[str] | None,
    typer.Option(
        "--word",
        help=say("指定某词：栏目:词=代码，可重复", "what a word means: FIELD:WORD=CODE; repeat"),
    ),
]
MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        exists=True,
        dir_okay=False,
        help=say("对应关系文件（JSON）", "a file of mappings (JSON)"),
    ),
]
SheetNames = Annotated[
    list[str] | None,
    typer.Option(
        "--sheet", help=say("只读此工作表（隐藏的也可），可重复", "read this sheet, a hidden one too; repeat")
    ),
]
IgnoredColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-columns",
        help=say(
            "不需要的栏：表头或列号，以逗号分隔；all 为全部剩余的栏",
            "columns that are not needed: headings or letters with commas; all for all that are left over",
        ),
    ),
]
IgnoreRest = Annotated[
    bool,
    typer.Option(
        "--ignore-rest",
        help=say(
            "其余未采用的内容（工作表、隐藏行等）均不需要",
            "nothing else that is left over (sheets, hidden rows) is needed",
        ),
    ),
]
TakeHidden = Annotated[
    bool,
    typer.Option(
        "--take-hidden",
        help=say("隐藏的行、栏和筛选掉的行也读取", "read hidden rows and columns, and filtered rows, too"),
    ),
]
TakeStruck = Annotated[
    bool, typer.Option("--take-struck", help=say("被划去的行也读取", "read struck-out rows too"))
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help=say(
            "写出标注单元格的报告（xlsx，已脱敏）", "write a report that marks the cells (xlsx, masked)"
        ),
    ),
]
Purpose = Annotated[
    str | None,
    typer.Option(
        "--purpose",
        help=say("帮扶用途代码：名单未写的行按此申报", "the purpose's code, for lines that say none"),
    ),
]
VisitMode = Annotated[
    str | None,
    typer.Option(
        "--visit-mode",
        help=say("走访方式代码：名单未写的行按此申报", "the mode of visit's code, for lines that say none"),
    ),
]
Payouts = Annotated[
    Path | None,
    typer.Option(
        "--payouts",
        exists=True,
        dir_okay=False,
        help=say("以前年度的发放名单，与 --after-the-fact 同用", "a list of an earlier year's payouts"),
    ),
]
AfterTheFact = Annotated[
    bool,
    typer.Option(
        "--after-the-fact",
        help=say(
            "补录：只供比对（上年已慰问、连年、年度限额），不记支出",
            "brought in after the fact: for comparing alone, no expense",
        ),
    ),
]
Year = Annotated[
    int | None,
    typer.Option(
        min=1900,
        max=2999,
        help=say(
            "补录的年度；文件名写有年度的可不填", "of which year; not needed where the file's name says it"
        ),
    ),
]
Title = Annotated[
    str | None, typer.Option(help=say("补录名单的名称", "what the list that is brought in is called"))
]
Source = Annotated[
    str | None, typer.Option(help=say("补录名单的来源", "where the list that is brought in comes from"))
]


def chosen(
    mapped: list[str] | None,
    words: list[str] | None,
    file: Path | None,
    sheets: list[str] | None,
    ignored: list[str] | None,
    *,
    take_hidden: bool,
    take_struck: bool,
) -> Choices:
    """The choices of a command, those typed before those of the file."""
    typed = typed_choices(mapped or [], words or [], ignored or [])
    typed = typed.model_copy(
        update={
            "sheets": sheets or [],
            "hidden_rows": take_hidden,
            "hidden_columns": take_hidden,
            "struck_rows": take_struck,
        }
    )
    if file is None:
        return typed
    try:
        from_file = checked_choices(Choices.model_validate_json(file.read_bytes()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise Misused(
            f'{file.name} 不是对应关系文件：{where} 处有误，应如 {{"columns": {{"困难类型": "category"}}}}',
            f'{file.name} is no file of mappings: {where} is wrong, expected {{"columns": {{...}}}}',
        ) from None
    return from_file.joined(typed)
