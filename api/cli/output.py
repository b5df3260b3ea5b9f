"""What the command prints: tables and sentences for people, JSON for scripts, errors on stderr."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from struct import iter_unpack
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import orjson
import typer

from api.cli.exit_codes import Misused
from api.cli.language import language, say
from api.cli.running import check_recorded
from api.cli.terminals import is_utf8
from ledger.clock import china_time
from ledger.errors import Refused, SongnuanError, Unavailable, yuan

if TYPE_CHECKING:
    from rich.console import Console

    from api.service.settings import LogLevel, Settings
    from ledger.postgres.failures import WriterElsewhere

PRINTED_WIDTH = 150
"""How wide tables are where no terminal says otherwise: in a file or a pipe."""
LEAST_COLUMN = 12
"""How narrow a column of a table may become; what is longer is folded."""
BETWEEN_COLUMNS = 3
"""The line between two columns, and a space on each side of it."""


def _console(*, stderr: bool) -> Console:
    """A console that colours the marks lines begin with, and reads nothing else as markup: a name is a name."""
    from rich.console import Console
    from rich.highlighter import RegexHighlighter
    from rich.theme import Theme

    class Marks(RegexHighlighter):
        base_style = "mark."
        highlights: ClassVar = [
            r"(?m)(?:^|(?<=\s))(?P<good>✓)",
            r"(?m)(?:^|(?<=\s))(?P<bad>✗)",
            r"(?m)^\s*(?P<look>!)\s",
        ]

    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr,
        markup=False,
        highlighter=Marks(),
        theme=Theme({"mark.good": "bold green", "mark.bad": "bold red", "mark.look": "bold yellow"}),
        width=None if is_terminal else PRINTED_WIDTH,
    )


class _Screen:
    """A stream to print on as rich does; rich is imported when something is."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def rich(self) -> Console:
        """The console itself, for what rich shows by itself."""
        return _console(stderr=self._stderr)

    def print(self, *shown: Any, **how: Any) -> None:
        """Print as rich does."""
        self.rich.print(*shown, **how)


class _Answers(_Screen):
    """Standard output, which has nothing before what a command shows is recorded."""

    def print(self, *shown: Any, **how: Any) -> None:
        """Print as rich does."""
        check_recorded()
        super().print(*shown, **how)


console = _Answers()
errors = _Screen(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help=say("输出 JSON", "print JSON"))]


def one_of(value: str | None, choices: Collection[str], option: str) -> None:
    """Refuses a value that is not among the choices of an option."""
    if value is not None and value not in choices:
        listed = ", ".join(choices)
        raise Misused(
            f"{option} 应为 {listed} 之一，实为 {value}", f"{option} is one of {listed}, got {value}"
        )


def print_text(text: str) -> None:
    """Lines on stdout as they stand, neither wrapped nor read as markup."""
    check_recorded()
    sys.stdout.write(text + "\n")


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    check_recorded()
    sys.stdout.write(_json(value, orjson.OPT_INDENT_2) + "\n")


def print_line(value: Any) -> None:
    """One JSON value on a line of its own (NDJSON)."""
    check_recorded()
    sys.stdout.write(_json(value) + "\n")


def _json(value: Any, layout: int = 0) -> str:
    """JSON, which an output of another encoding than UTF-8 takes in ASCII."""
    text = orjson.dumps(value, option=layout, default=str).decode()
    if is_utf8():
        return text
    return "".join(each if each.isascii() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    """A character as strings of JSON may have it, by its UTF-16 code units (RFC 8259, 7)."""
    return "".join(f"\\u{unit:04x}" for (unit,) in iter_unpack(">H", character.encode("utf-16-be")))


def print_error(error: SongnuanError) -> None:
    """An error's code and message; with what was expected and found, where a rule refused."""
    errors.print(f"✗ {error.code}  {error.message(language())}")
    if isinstance(error, Refused) and "problems" in error.details:
        for problem in error.details["problems" if language() == "zh" else "problems_en"]:
            errors.print(f"    {problem}")
    if isinstance(error, Unavailable):
        # Here, so that errors of files can be told where no database's driver is.
        from ledger.postgres.failures import WriterElsewhere

        if isinstance(error, WriterElsewhere) and error.holder:
            _print_way_out(error)


def _print_way_out(error: WriterElsewhere) -> None:
    """Who records, and how to get something recorded meanwhile."""
    host, _, process = error.holder.rpartition("/")
    since = "" if error.since is None else china_time(error.since)
    errors.print(
        say(
            f"    正在登记的是 {host} 上的进程 {process}（{since} 起）。它若是服务：名单、签署在其网页 /app/ 办理，"
            "命令加 --server 地址（先 songnuan sign-in）；要在此直接登记，先停止它",
            f"    the writer is process {process} on {host}, since {since}. Where it is the service, import and sign in"
            " its pages (/app/), or give commands --server URL (songnuan sign-in first); to record here, stop it first",
        ),
        soft_wrap=True,
    )


def headings(row: type, *names: str) -> list[str]:
    """The headings of a row's members, for a table of the command's own."""
    from projections.frame.column import columns

    titles = {column.name: column.title for column in columns(row)}
    return [say(title.zh, title.en) for title in map(titles.__getitem__, names) if title is not None]


def print_table(title: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> None:
    """A table; a column's second member is its alignment, ``left`` or ``right``. Nothing is said to be.

    Where the screen is too narrow for its columns, each row is a record of its own, a line for each cell.
    """
    told = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not told:
        console.print(f"{title}\n  " + say("没有符合条件的记录", "nothing to show"), soft_wrap=True)
    elif _least_width([name for name, _ in columns], told) > console.rich.width:
        _print_records(title, [name for name, _ in columns], told)
    else:
        _print_grid(title, columns, told)


def _least_width(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How wide a table must be to be read: no column narrower than its cells, or than LEAST_COLUMN."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, cells)) for cells in zip(names, *rows, strict=True)]
    return sum(min(width, LEAST_COLUMN) + BETWEEN_COLUMNS for width in widths) + 1


def _print_records(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One record a row; what is empty is left out."""
    from rich.cells import cell_len

    widest = max(map(cell_len, names))
    console.print(title, soft_wrap=True)
    for number, row in enumerate(rows, 1):
        console.print(f"── {number} " + "─" * (widest + LEAST_COLUMN), soft_wrap=True)
        for name, cell in zip(names, row, strict=True):
            if cell:
                console.print(f"{name}{' ' * (widest - cell_len(name))}  {cell}", soft_wrap=True)


def _print_grid(title: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> None:
    # Here, as the progress bar's below: a command that shows none starts without.
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    for name, justify in columns:
        if justify == "right":
            table.add_column(name, justify="right", no_wrap=True, overflow="fold")
        else:
            table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def money(amount_fen: int | None) -> str:
    """Yuan with separators; nothing for nothing."""
    return "" if amount_fen is None else yuan(amount_fen)


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Any]:
    """A progress bar on stderr; gives a function that takes how many are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors.rich,
        transient=False,
    ) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


def set_up_logging(settings: Settings, *, otherwise: LogLevel = "warning") -> None:
    """Sets up the log on stderr as the settings say; ``otherwise`` is the level that none of them says."""
    from api.service.operational_log import configure

    configure(settings.log_level or otherwise, settings.log_format)
