"""Exports of tables (导出): the whole answer as a file, written in a thread, with its progress.

A file belongs to who asked for it, holds what they might see then, as of one position, and goes when the service
ends or ten others of theirs came after.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import psycopg
import structlog

from api.gate import Row
from api.service.service import Service
from api.tables import queries
from api.tables.asked import read_cursor
from api.tables.queries import Question
from api.tables.table import Table
from api.wording.cells import no_formula
from ledger.clock import china_time
from ledger.errors import Rule, SongnuanError, Unavailable
from ledger.supervision import Task

BATCH = 2_000
MOST_RUNNING = 4
MOST_RUNNING_OF_ONE = 2
"""Nobody's exports keep others from theirs."""
MOST_KEPT = 10

EXPORT_UNKNOWN = Rule(
    "export-unknown",
    zh="没有编号为 {found} 的导出，或已不再保留：请重新导出",
    en="there is no export {found}, or it is kept no more: export again",
)
EXPORT_NOT_DONE = Rule(
    "export-not-done",
    zh="导出尚未完成（{written}/{total} 行）：完成后再下载",
    en="the export is not done yet ({written} of {total} rows): fetch it once it is",
)

_log = structlog.get_logger(__name__)

Connect = Callable[[], psycopg.Connection[Any]]
Asking = Callable[[], AbstractContextManager[Question]]
"""Asks the question once more, over a connection of its own."""


def again(service: Service, question: Callable[[Connect], Question]) -> Asking:
    """What asks a question anew, once the request that it came with has ended."""

    @contextmanager
    def asking() -> Iterator[Question]:
        with service.reads.connection() as connection:
            yield question(lambda: connection)

    return asking


class Stopped(Exception):
    """The service ends, and the export with it."""


@dataclass
class Export:
    """One export: whose, of what, how far it is, and once it is done where its file lies."""

    id: str
    by: str
    table: str
    position: int
    total: int
    language: str
    file: str
    path: Path
    written: int = 0
    state: Literal["running", "done", "failed"] = "running"
    problem: tuple[str, str] | None = None


class Exports:
    """The exports that run or are kept."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Export, Task]] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="songnuan-exports-"))

    def start(
        self, asking: Asking, table: Table, *, by: str, position: int, total: int, language: str
    ) -> Export:
        """Begin one, of so many rows; ``by`` is the mark of who asks.

        Raises:
            Unavailable: ``exports-full``.
        """
        with self._lock:
            running = [export for export, _ in self._kept.values() if export.state == "running"]
            own = [export for export in running if export.by == by]
            if len(running) >= MOST_RUNNING or len(own) >= MOST_RUNNING_OF_ONE:
                raise Unavailable(
                    "exports-full",
                    "正在导出的文件过多，请稍后再试",
                    "too much is being exported, try again later",
                    5,
                )
            number = str(uuid4())
            export = Export(
                number,
                by,
                table.name,
                position,
                total,
                language,
                file=f"{table.title[0 if language == 'zh' else 1]}-{position}.csv",
                path=self._folder / f"{number}.csv",
            )
            self._drop_oldest(by)
            task = Task("export", daemon=False)
            self._kept[number] = (export, task)
        task.start(lambda: self._run(export, asking))
        return export

    def find(self, number: str, by: str) -> Export:
        """One of the asker's own, with the grants that it was made under; raises ``export-unknown``."""
        found = self._kept.get(number)
        if found is None or found[0].by != by:
            raise EXPORT_UNKNOWN.refused(found=number)
        return found[0]

    def drop(self, export: Export) -> None:
        """Keep one that is done no more."""
        self._kept.pop(export.id, None)
        export.path.unlink(missing_ok=True)

    def wait(self) -> None:
        """Wait until those that run have ended."""
        for _, task in list(self._kept.values()):
            task.join()

    def close(self) -> None:
        """Wait until those that run have stopped, and remove all files."""
        self.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _drop_oldest(self, by: str) -> None:
        own = [export for export, _ in self._kept.values() if export.by == by and export.state != "running"]
        for export in own[: max(0, len(own) - MOST_KEPT + 1)]:
            del self._kept[export.id]
            export.path.unlink(missing_ok=True)

    def _run(self, export: Export, asking: Asking) -> None:
        try:
            with asking() as of, export.path.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(headings(of, export.language))
                for rows in self._batches(of):
                    writer.writerows(line(of, row, export.language) for row in rows)
                    export.written += len(rows)
            export.state = "done"
        except Stopped:
            self._failed(export, "服务停止，导出中断", "the service was stopped, and the export with it")
        except SongnuanError as error:
            self._failed(export, error.message("zh"), error.message("en"))
        except Exception:  # whatever it is, who asked must hear of it, and of no row's values
            _log.exception("an export failed")
            self._failed(export, "导出出错，详见服务日志", "the export failed: the service's log says why")

    def _batches(self, of: Question) -> Iterator[list[Row]]:
        after = None
        while True:
            if self._stopping.is_set():
                raise Stopped
            part = queries.page(of, after=after, limit=BATCH)
            yield part.rows
            if part.next is None:
                return
            after = read_cursor(of.table, part.next, of.asked.order)

    @staticmethod
    def _failed(export: Export, zh: str, en: str) -> None:
        export.path.unlink(missing_ok=True)
        export.problem, export.state = (zh, en), "failed"


def headings(of: Question, language: str) -> list[str]:
    """The file's first line."""
    titles = [of.table.heading(name) for name in of.table.shown]
    return [title.zh if language == "zh" else title.en for title in titles]


def line(of: Question, row: Row, language: str) -> list[str]:
    """A row as it is written: titles for codes, yuan for fen, China's time; no cell that is taken for a formula."""
    return [_cell(of, name, row[name], language) for name in of.table.shown]


def _cell(of: Question, name: str, value: Any, language: str) -> str:
    if value is None:
        return ""
    kind = of.table.declared[name].kind.name
    if kind == "fen":
        sign, fen = ("-" if value < 0 else ""), abs(value)
        return f"{sign}{fen // 100}.{fen % 100:02}"
    if kind == "moment":
        return china_time(value)
    tongue = 0 if language == "zh" else 1
    family = of.table.families.get(name)
    if kind == "texts":
        value = "、".join(of.titled.title(family, each)[tongue] for each in value)
    elif kind == "composed":
        value = value[language]
    elif family is not None:
        value = of.titled.title(family, value)[tongue]
    # Titles of units and people come from others, too; a number is a number, also below zero.
    return str(value) if isinstance(value, int | float) else no_formula(str(value))
