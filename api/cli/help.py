"""A command's help page (帮助): usage, arguments, options and the commands below, in the language chosen.

The library that reads the arguments writes its own headings in English only, so the page is laid out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import StringIO
from shutil import get_terminal_size
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from api.cli.language import say, titled

WIDEST = 120
"""How wide a page is at most, in columns of the terminal; a Chinese character takes two."""

KINDS: Mapping[str, tuple[str, str]] = {
    "str": ("文字", "TEXT"),
    "path": ("路径", "PATH"),
    "Path": ("路径", "PATH"),
    "file": ("文件", "FILE"),
    "int": ("整数", "NUMBER"),
    "float": ("数", "NUMBER"),
    "datetime": ("时间", "TIME"),
    "date": ("日期", "DATE"),
}
"""What a value of an option is, by the library's name for it. A switch takes none."""

Rows = list[tuple[str, str, str]]
"""Name, kind of value, and what it is for."""


class HelpfulCommand(TyperCommand):
    """A command whose help page is this product's."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole page."""
        formatter.write(page(self, ctx))


class HelpfulGroup(TyperGroup):
    """A group whose help page is this product's."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole page."""
        formatter.write(page(self, ctx))


def page(command: TyperCommand | TyperGroup, ctx: Any) -> str:
    """The help page: usage, what it does, and its arguments, options and commands, each with its text."""
    arguments: Rows = []
    options: Rows = []
    for parameter in command.get_params(ctx):
        if isinstance(parameter, TyperArgument):
            arguments.append(
                (parameter.display_name_raw.rstrip("."), kind_of(parameter, ctx), _told(parameter))
            )
        elif isinstance(parameter, TyperOption) and not parameter.hidden:
            options.append((_names(parameter), kind_of(parameter, ctx), _told(parameter)))
    below: Rows = []
    if isinstance(command, TyperGroup):
        for name in command.list_commands(ctx):
            found: Any = command.get_command(ctx, name)
            if found is not None and not found.hidden:
                below.append((name, "", found.help or ""))
    sections = (
        (say("参数", "Arguments"), arguments),
        (say("选项", "Options"), options),
        (say("命令", "Commands"), below),
    )
    return _laid_out(usage(command, ctx), command.help or "", sections)


def usage(command: Any, ctx: Any) -> str:
    """The line that shows how the command is called."""
    words = [ctx.command_path, say("[选项]", "[OPTIONS]")]
    words += [
        f"<{each.display_name_raw.rstrip('.')}>" + ("…" if each.nargs != 1 else "")
        for each in command.get_params(ctx)
        if isinstance(each, TyperArgument)
    ]
    if isinstance(command, TyperGroup):
        words.append(say("命令 …", "COMMAND …"))
    return say("用法：", "Usage: ") + " ".join(words)


def kind_of(parameter: TyperOption | TyperArgument, ctx: Any) -> str:
    """What the value is: text, a path, a number, one of some words; nothing for a switch."""
    if isinstance(parameter, TyperOption) and parameter.is_flag:
        return ""
    is_argument = isinstance(parameter, TyperArgument)
    shown = parameter.display_type(ctx) if is_argument else parameter.display_type_rich(ctx)
    names = [each for each in re.findall(r"[\w-]+", shown or "") if each not in ("list", "range")]
    kinds = [titled(KINDS[each]) if each in KINDS else each for each in names]
    return "|".join(kinds)


def _names(option: TyperOption) -> str:
    names = sorted((*option.opts, *option.secondary_opts), key=len)
    return ", ".join(["--help"] if "--help" in names else names)


def _told(parameter: TyperOption | TyperArgument) -> str:
    """What it is for, whether it must be given, what it is where it is not, and which variable sets it."""
    if "--help" in parameter.opts:
        return say("显示本页", "show this page")
    told = [parameter.help or ""]
    if parameter.required:
        told.append(say("（必填）", "(required)"))
    default = parameter.default
    if default not in (None, False, "", ()) and default != [] and not callable(default):
        told.append(say(f"（默认 {default}）", f"(default {default})"))
    if isinstance(parameter.envvar, str) and parameter.show_envvar:
        told.append(say(f"（或设 {parameter.envvar}）", f"(or set {parameter.envvar})"))
    return say("", " ").join(each for each in told if each)


def _laid_out(usage: str, told: str, sections: Iterable[tuple[str, Rows]]) -> str:
    # Here, so that commands whose help nobody asks for start without.
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    written = StringIO()
    console = Console(file=written, width=min(get_terminal_size((100, 24)).columns, WIDEST), markup=False)
    console.print(Text(usage))
    if told:
        console.print()
        console.print(Text(told))
    for title, rows in sections:
        if not rows:
            continue
        console.print()
        console.print(Text(title))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        if any(kind for _, kind, _ in rows):
            table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        for name, kind, text in rows:
            cells = (name, kind, text) if len(table.columns) == 3 else (name, text)
            table.add_row(*[Text(each) for each in cells])
        console.print(Padding(table, (0, 0, 0, 2)))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n"
