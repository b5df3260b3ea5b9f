"""A list's file read (读取名单文件): which column is which, its lines one after the other, and what is wrong with them.

Texts are read line by line, so that a million of them take no more memory than one. Workbooks and pages are
taken apart by the reading program, within its limits, as rosters are.
"""

from __future__ import annotations

import calendar
import csv
import datetime
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from api.registers.withdrawn import Aside, aside_in, check_standing, without_subject
from api.roster.amounts import amount_fen
from api.roster.cells import long_number
from api.roster.cleaning import bare_number, cleaned, is_placeholder
from api.roster.dates import date_text
from api.roster.file_kinds import NotReadable, decoded, delimiter_of, kind_of
from api.roster.headings import Unit, heading_name, matched, plain_heading, unit_of
from api.roster.layout import unit_over
from api.roster.sheet import RosterUnreadable, heading_twice, is_filled, letters, opened_file
from api.roster.workbooks import Cell, Row, Sheet
from ledger.domain.register_kinds import FIRST_DAY, LAST_DAY, RegisterColumn, RegisterKind
from ledger.errors import IdentityFault
from ledger.identity.documents import credit_code, document_number, document_of
from ledger.identity.register_rows import Listed

HEADING_WITHIN = 20
LEAST_DIGITS = 8
_ASIDE = re.compile(
    r"合计|总计|小计|共计|累计|填表|制表|填报|审核|经办|负责人|单位盖章|盖章|注|说明|备注|第\d+页|共\d+"
)
LONGEST_TEXT = 80
LONGEST_CELL = 4096
FAULTS_SHOWN = 200
_MONTH = re.compile(r"((?:19|20)\d\d)(?:[-./年]?)(0?[1-9]|1[0-2])月?")
"""A month without its day, as 2024-03, 2024年3月, 202403."""
_HEAD_BYTES = 1 << 20
_NUMBER_FIELDS = {"person": "number", "enterprise": "credit_code"}


class LineFault(NamedTuple):
    """A line that was not taken: its sheet, its number from 1, a stable code, and what is wrong."""

    sheet: str
    line: int
    code: str
    zh: str
    en: str


class _Mapped(NamedTuple):
    """Which column holds the number, the name and what the kind asks for; and which is not used."""

    number: int
    name: int | None
    columns: dict[int, tuple[RegisterColumn, Unit]]
    unused: list[str]
    heading: str
    """The number's own, as it is compared."""
    aside: list[Aside]
    """Columns that are not used: what stands there may take a row back."""


@dataclass
class ListFile:
    """A list's file, with what was found of it once its lines were read; ``name`` is what people call it.

    ``mapped`` says which heading was taken for what; ``unused`` are headings that are not, sheets without a
    column of numbers included.
    """

    path: Path
    kind: RegisterKind
    period: tuple[str | None, str | None] = (None, None)
    mapped: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        self.name = self.name or self.path.name

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the file."""
        with self.path.open("rb") as file:
            whole = sha256()
            while part := file.read(_HEAD_BYTES):
                whole.update(part)
        return whole.hexdigest()

    @property
    def invalid(self) -> int:
        """How many lines were not taken; ``faults`` has the first of them."""
        return self.codes.total()

    def lines(self, today: datetime.date) -> Iterator[Listed]:
        """The lines that can be taken, in order; what cannot is counted and, the first of them, kept.

        Raises:
            RosterUnreadable: the file cannot be read, or ``register-no-number`` where no column holds numbers.
        """
        number, at = 0, 0
        for sheet, rows, marks in self._sheets():
            mapped: _Mapped | None = None
            over: list[Row] = []
            if marks is not None and marks.is_hidden:
                self.unused.append(sheet)
                continue
            for line, row in rows:
                if mapped is None:
                    mapped = self._mapping(row, over) if len(over) < HEADING_WITHIN else None
                    over.append((line, list(row)))
                    if mapped is None and len(over) > HEADING_WITHIN:
                        break
                    number += mapped is not None
                    continue
                if self._is_aside(sheet, line, row, mapped):
                    continue
                # Lines of later sheets go on after those before, so that each has a number of its own.
                listed = self._line(sheet, line, at + line, row, mapped, today, marks)
                if listed is not None:
                    self.taken += 1
                    yield listed
            at += line if mapped is not None else 0
            if mapped is None:
                self.unused.append(sheet)
        if not number:
            raise RosterUnreadable(
                "register-no-number",
                f"{self.name} 中没有证件号码（或统一社会信用代码）一栏：请将其表头改为“身份证号”（或“统一社会信用代码”）",
                f"no column of {self.name} holds numbers of identities: call its heading 身份证号 (or 统一社会信用代码)",
            )

    def _is_aside(self, sheet: str, line: int, row: Sequence[Cell], mapped: _Mapped) -> bool:
        """Whether a row is the heading again, a total or a remark; which is kept among what is not used."""
        cell = row[mapped.number] if mapped.number < len(row) else ""
        if isinstance(cell, str) and len(cell) >= 2 * LEAST_DIGITS - 1:
            return False
        if sum(map(str.isdigit, str(cell))) >= LEAST_DIGITS:
            return False
        if plain_heading(str(cell)) == mapped.heading:
            why = "重复的表头"
        else:
            first = plain_heading(next((str(each) for each in row if is_filled(each)), ""))
            why = "合计或落款" if _ASIDE.match(first) is not None else ""
        if why and len(self.unused) < FAULTS_SHOWN:
            self.unused.append(f"{sheet} 第{line}行 {why}")
        return bool(why)

    def _sheets(self) -> Iterator[tuple[str, Iterator[tuple[int, Sequence[Cell]]], Sheet | None]]:
        """Each sheet's name, its rows with their numbers from 1, and its marks; a text has none."""
        with self.path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if kind_of(head) == "text":
            yield self.name, self._text_rows(head), None
            return
        for sheet in opened_file(self.path).sheets:
            yield sheet.name, ((number + 1, row) for number, row in sheet.rows), sheet

    def _text_rows(self, head: bytes) -> Iterator[tuple[int, Sequence[Cell]]]:
        try:
            text = decoded(head, partly=len(head) == _HEAD_BYTES)
        except NotReadable:
            raise self._unreadable() from None
        encoding = {"UTF-8": "utf-8-sig", "GB 18030": "gb18030", "Big5": "big5hkscs", "UTF-16": "utf-16"}.get(
            text.encoding
        )
        if encoding is None:
            raise self._unreadable()
        csv.field_size_limit(LONGEST_CELL)
        with self.path.open(encoding=encoding, newline="") as file:
            try:
                yield from enumerate(csv.reader(file, delimiter=delimiter_of(text.text)), 1)
            except (UnicodeDecodeError, csv.Error):
                raise self._unreadable() from None

    def _unreadable(self) -> RosterUnreadable:
        return RosterUnreadable(
            "roster-file",
            f"{self.name} 的编码不是 UTF-8、UTF-16 或 GB 18030，或其中有过长的单元格",
            f"{self.name} is neither UTF-8, UTF-16 nor GB 18030, or has a cell that is too long",
        )

    def _mapping(self, row: Sequence[Cell], over: Sequence[Row]) -> _Mapped | None:
        """The columns by a row of headings, beneath the rows ``over`` it; None where the row has no number's.

        Raises:
            RosterUnreadable: ``heading-twice``, where two columns hold numbers.
        """
        stated = unit_over(over) or Unit("元")
        kind = self.kind
        known = {plain_heading(each): column for column in kind.columns for each in column.headings}
        number = name = None
        columns: dict[int, tuple[RegisterColumn, Unit]] = {}
        said, unused, aside = {}, [], list[Aside]()
        for index, cell in enumerate(row):
            heading = cleaned(str(cell)).text if isinstance(cell, str) else ""
            if not heading:
                continue
            column = known.get(plain_heading(heading)) or known.get(heading_name(heading))
            match = matched(kind.identity, heading) or matched(kind.identity, without_subject(heading))
            means = None if match is None else match.column.field
            if column is not None and column.name not in {each.name for each, _ in columns.values()}:
                columns[index] = column, unit_of(heading) or stated
                said[heading] = column.name
            elif means == _NUMBER_FIELDS[kind.identity]:
                if number is not None:
                    raise heading_twice("证件号码", (number, str(row[number])), (index, heading))
                number, said[heading] = index, "number"
            elif means == "name" and name is None:
                name, said[heading] = index, "name"
            else:
                unused.append(f"{letters(index)} {heading}")
                aside.append(Aside(index, heading))
        if number is None:
            return None
        self.mapped |= said
        self.unused += unused
        return _Mapped(number, name, columns, unused, plain_heading(str(row[number])), aside)

    def _line(
        self,
        sheet: str,
        line: int,
        number: int,
        row: Sequence[Cell],
        mapped: _Mapped,
        today: datetime.date,
        marks: Sheet | None,
    ) -> Listed | None:
        try:
            cell = row[mapped.number] if mapped.number < len(row) else ""
            if not is_filled(cell) and not any(map(is_filled, row)):
                return None
            if marks is not None:
                _check_marks(marks, line - 1, mapped.number)
            identity = self._number(cell, today)
            facts = self._facts(row, mapped, from_1904=marks is not None and marks.from_1904)
            self._check_past(facts, today)
            check_standing(row, mapped.aside)
            since, until = self.kind.meets(facts, self.period)
            if since is not None and until is not None and since > until:
                raise IdentityFault("days-reversed", "终止日期早于起始日期", "it ends before it begins")
        except IdentityFault as fault:
            self.codes[fault.code] += 1
            if len(self.faults) < FAULTS_SHOWN:
                self.faults.append(LineFault(sheet, line, fault.code, fault.zh, fault.en))
            return None
        self._weigh(sheet, line, row, mapped)
        return Listed(identity, number, facts)

    def _check_past(self, facts: Mapping[str, str | int], today: datetime.date) -> None:
        """Refuses a day that is to come, where a row is about what happened on it."""
        latest = (today + datetime.timedelta(days=1)).isoformat()
        needed = (column.name for column in self.kind.columns if column.holds == "day")
        if any(str(facts[name]) > latest for name in needed if name in self.kind.needs):
            raise IdentityFault("date-out-of-range", "日期不合理", "the date is out of range")

    def _weigh(self, sheet: str, line: int, row: Sequence[Cell], mapped: _Mapped) -> None:
        """Names, among what is not used, a row that is taken and of which another column says that it ended."""
        said = aside_in(row, mapped.aside)
        if said is not None and len(self.unused) < FAULTS_SHOWN:
            self.unused.append(f"{sheet} 第{line}行 {said}：未采用此栏，该行已采用，请核对")

    def _number(self, cell: Cell, today: datetime.date) -> str:
        plain = isinstance(cell, str) and cell.isascii() and cell.isalnum()
        text = str(cell) if plain else bare_number(long_number(cell))
        if self.kind.identity == "enterprise":
            return credit_code(text)
        return document_number(text, today=today, document=document_of(text))

    def _facts(self, row: Sequence[Cell], mapped: _Mapped, *, from_1904: bool) -> dict[str, str | int]:
        facts: dict[str, str | int] = {}
        for index, (column, unit) in mapped.columns.items():
            cell = row[index] if index < len(row) else ""
            if is_filled(cell) and not (isinstance(cell, str) and is_placeholder(cell)):
                facts[column.name] = self._value(cell, column, unit, from_1904=from_1904)
        for name in self.kind.needs:
            if name not in facts:
                raise IdentityFault(
                    "register-column-empty", f"缺少必需的内容：{name}", f"{name} is needed, and empty"
                )
        if mapped.name is not None and mapped.name < len(row) and is_filled(row[mapped.name]):
            facts["name"] = cleaned(str(row[mapped.name])).text[:LONGEST_TEXT]
        return facts

    def _value(self, cell: Cell, column: RegisterColumn, unit: Unit, *, from_1904: bool) -> str | int:
        """A cell as the kind has it; a month alone is all of it, where the day is not what the row is about."""
        month = _MONTH.fullmatch(cleaned(str(cell)).text) if column.holds == "day" else None
        if month is None or column.name in self.kind.needs:
            return _value(cell, column, unit, from_1904=from_1904)
        first = f"{month[1]}-{int(month[2]):02}-01"
        if column.name != self.kind.until:
            return _value(first, column, unit, from_1904=from_1904)
        last = calendar.monthrange(int(month[1]), int(month[2]))[1]
        return _value(f"{first[:-2]}{last}", column, unit, from_1904=from_1904)


def _check_marks(sheet: Sheet, row: int, column: int) -> None:
    """Refuses a row, from 0, that is hidden in its file, or whose number is struck out.

    Raises:
        IdentityFault: ``row-hidden`` or ``row-struck``.
    """
    if any(first <= row <= last for first, last in sheet.hidden):
        raise IdentityFault(
            "row-hidden",
            "在文件中被隐藏或筛选掉，未采用：应采用的，请取消隐藏后重新载入",
            "it is hidden or filtered out in the file, and was not taken: show it and load the file again",
        )
    if column in sheet.struck.get(row, ()):
        raise IdentityFault(
            "row-struck",
            "号码被划去（删除线），未采用",
            "its number is struck out, and it was not taken",
        )


def _value(cell: Cell, column: RegisterColumn, unit: Unit, *, from_1904: bool) -> str | int:
    """A cell as the kind has it.

    Raises:
        IdentityFault: it is none of that.
    """
    match column.holds:
        case "day":
            day = date_text(cell, from_1904=from_1904)
            if not FIRST_DAY.isoformat() <= day <= LAST_DAY.isoformat():
                raise IdentityFault("date-out-of-range", "日期不合理", "the date is out of range")
            return day
        case "fen":
            return amount_fen(cell, unit)
        case "count":
            text = cleaned(str(cell)).text.removesuffix(".0")
            if not text.isdecimal() or len(text) > 6:
                raise IdentityFault("count", "应为整数", "not a whole number")
            return int(text)
        case "text":
            text = cleaned(str(cell)).text[:LONGEST_TEXT]
            if column.only and not any(word in text for word in column.only):
                raise IdentityFault(
                    "register-other-reason",
                    f"原因为“{text}”，不是本类名单所指（{'、'.join(column.only)}），未采用",
                    f"its reason is {text}, which is none of this kind's ({', '.join(column.only)}): it was not taken",
                )
            return text
