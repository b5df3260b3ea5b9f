"""What is signed about (选定对象): named one by one, by a list, or by a query, with exceptions."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.cli.acts.declaration import Subjects
from api.cli.exit_codes import Misused
from api.gate import Row
from ledger.system_words import reason_of

MOST_NAMED = 5
"""How many unknown names an error says."""


@dataclass(frozen=True)
class Selection:
    """What was named: one by one, in a list's file; what is left out; the states that a query takes."""

    named: Sequence[str] = ()
    list_file: Path | None = None
    excepted: Sequence[str] = ()
    states: Sequence[str] = ()

    @property
    def is_query(self) -> bool:
        """Whether everything is meant that the question has."""
        return not self.named and self.list_file is None


def selected(rows: list[Row], subjects: Subjects, selection: Selection) -> list[Row]:
    """The rows that are meant, in their order.

    Raises:
        Misused: a name is nobody's, or nothing is left.
    """
    names = [*selection.named]
    if selection.list_file is not None:
        names += read_list(selection.list_file)
    found = _named(rows, subjects, names) if not selection.is_query else _fitting(rows, subjects, selection)
    excepted = {id(row) for row in _named(rows, subjects, selection.excepted)}
    left = [row for row in found if id(row) not in excepted]
    if not left:
        raise Misused(f"没有符合条件的{subjects.zh}", f"there is no such {subjects.en}")
    return left


def read_list(file: Path) -> list[str]:
    """The names in a list's file, the first word of each line; what follows # is a remark.

    Raises:
        Misused: the file cannot be read, is no text, or names nothing.
    """
    try:
        text = (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8-sig")
    except OSError as error:
        zh, en = reason_of(error)
        raise Misused(f"无法读取清单 {file}：{zh}", f"cannot read the list {file}: {en}") from None
    except UnicodeDecodeError:
        raise Misused(f"{file} 不是 UTF-8 文本", f"{file} is no text in UTF-8") from None
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    names = [re.split(r"[\s,;，；]", line, maxsplit=1)[0] for line in lines if line]
    if not names:
        raise Misused(f"{file} 中没有编号", f"{file} names nothing")
    return names


def _named(rows: list[Row], subjects: Subjects, names: Sequence[str]) -> list[Row]:
    by_name = {str(row[subjects.key]): row for row in rows}
    if subjects.number is not None:
        by_name = {**{str(row[subjects.number]): row for row in rows}, **by_name}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        said = "、".join(unknown[:MOST_NAMED]) + (
            f" 等 {len(unknown)} 个" if len(unknown) > MOST_NAMED else ""
        )
        en = ", ".join(unknown[:MOST_NAMED]) + (
            f" and more, {len(unknown)} in all" if len(unknown) > MOST_NAMED else ""
        )
        raise Misused(f"找不到{subjects.zh}：{said}", f"there is no {subjects.en} {en}")
    return list({id(by_name[name]): by_name[name] for name in names}.values())


def _fitting(rows: list[Row], subjects: Subjects, selection: Selection) -> list[Row]:
    if subjects.state_of is None or not selection.states:
        return rows
    return [row for row in rows if row[subjects.state_of] in selection.states]
