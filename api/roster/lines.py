"""A table's rows, told apart (区分各行): lines about somebody, totals, remarks, empty and hidden rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from api.roster.amounts import YUAN
from api.roster.choices import Choices
from api.roster.cleaning import cleaned
from api.roster.headings import Unit, is_relation, is_serial
from api.roster.mapping import MappedTable
from api.roster.sheet import Cut, cut_short, end_of, is_filled, letters
from api.roster.unused import Unused, row_aside, row_unused
from api.roster.workbooks import Cell

SAID_OF_NOBODY = 2
"""In how many columns something stands where a line lacks its person; a sum stands alone."""

_TOTAL = re.compile(
    r"(?:计|∑|Σ)$|其中[:：]|.{1,20}(?:汇总|小计|合计|总计)$|(?:本页|本表|全表|全部|以上|分类|小写|大写)?(?:合计|总计|小计|共计|累计|总数|总额|总人数|(?:金额)?\(?大写|人数(?=[:\d(]))"
)
_REMARK = re.compile(
    r"(?:填表人|填报人|填报单位|填报|制表人?|审核人?|审批人?|复核人?|负责人|单位负责人|经办人|分管领导|主管领导|领导签字|"
    r"第\d+页|共\d+页|"
    r"工会主席|财务负责人|单位盖章|公章|填表日期|制表日期|备注|说明|附注|"
    r"(?:财务|出纳|会计|主管|单位|盖章|日期|联系人|联系电话|附|注)(?=[:(\d]|$))"
)
_FOOTER = re.compile(
    r"\(?(?:单位|部门|加盖)?(?:盖章|公章|签章|签字)\)?:?|(?:制表|填表|填报|编制|审核|复核|审批|核准|批准|经办|主管|财务|会计|出纳|主席|"
    r"工会主席|局长|主任|书记)人?(?:签字|签名|签章)?:?|(?:领导|主管|负责人|工会)?(?:签批|批示|审批意见|审核意见|意见|签字|签章):?|"
    r"续表|接上页|转下页|承前页|过次页|以下空白|此页无正文"
)
"""What stands alone at the beginning of a row of signatures, or says that a page ends."""
_DAY_ALONE = re.compile(
    r"(?:\d{4}|[〇○零一二三四五六七八九]{4})?年(?:\d{0,2}|[一二三四五六七八九十]{1,2})月(?:\d{0,2}|[一二三四五六七八九十]{1,3})日"
)
_SECTION = re.compile(
    r".{1,}(?:厂|公司|集团|乡|镇|街道|社区|村|村委会|居委会|局|委员会|工会|总会|车间|分厂|分公司|学校|中学|小学|医院|卫生院|中心|"
    r"办事处|供销社|合作社|支行|福利院|敬老院|矿|站|所|处|科|队)(?:[(]\d{1,4}[人户名][)])?[:：]?"
)
"""What a unit or a place is called that stands alone over the lines of its people."""
_LEAST_OF_SECTION = 3
"""So long such a name is at least: two characters are a person's, as 王镇."""
_SIGNED = re.compile(
    r"(?:填表|填报|制表|审核|审批|复核|经办|联系|单位负责|负责|财务负责)人[:：]|联系电话[:：]"
)
_EXAMPLES = ("例", "示例", "样例", "范例", "举例", "填写示例", "例如", "如")
"""What stands in the place of its number on a line that only shows how the form is filled in."""
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_LEAST_MARKS = 3
_THEMSELVES = ("本人", "户主", "户主本人", "申请人", "职工本人", "本人(户主)", "户主(本人)", "困难职工本人")
"""What stands in the column of relations of the one who is helped."""
_LEAST_DIGITS = 8
"""Fewer digits in the column of numbers are a count of persons in a total, and nobody."""


class TableLine(NamedTuple):
    """A line about somebody: its row from 1, field → (cell's name, value), and what it lacks if it was cut.

    ``merged`` are fields whose cell is merged with other lines', ``struck`` and ``scaled`` those whose cell
    is struck out or shown in another unit.
    """

    row: int
    cells: dict[str, tuple[str, Cell]]
    cut: Cut | None
    end: int
    merged: frozenset[str]
    struck: frozenset[str]
    scaled: frozenset[str]
    is_hidden: bool


class Total(NamedTuple):
    """A row of a total, the sum that stands in the column of money, as it was typed, and the column's unit."""

    row: int
    amount: Cell | None
    unit: Unit


def lines_of(mapped: MappedTable, choices: Choices, *, is_text: bool) -> Iterator[TableLine | Total | Unused]:
    """The rows of a table in their order, each a line, a total, or what is not used and why."""
    sheet = mapped.table.sheet
    places = {index: each.column.field for index, each in mapped.places.items() if each.column is not None}
    own = [each.index for each in mapped.table.headings]
    named = [(at, letters(at), field) for at, field in places.items()]
    width = _width(mapped) if is_text else None
    is_exact = is_text and _is_exact(mapped)
    merges = _Merges(mapped, places)
    money = mapped.of("amount_fen")
    unit = YUAN if money is None or money.unit is None else money.unit
    last_row = mapped.table.rows[-1][0] if mapped.table.rows else 0
    relation = next((each.index for each in mapped.table.headings if is_relation(each.texts[-1])), None)
    counted = next((each.index for each in mapped.table.headings if is_serial(each.texts[-1])), None)
    serial = _serial(mapped) if money is not None else None
    hidden = {row for first, last in sheet.hidden for row in range(first, min(last, last_row) + 1)}
    for index, row in mapped.table.rows:
        number = str(index + 1)
        cells = {
            field: (letter + number, row[at])
            for at, letter, field in named
            if at < len(row) and is_filled(row[at])
        }
        kind = None
        if counted is not None and counted < len(row) and _plain(row[counted]).strip("():") in _EXAMPLES:
            yield row_unused(sheet.name, index, "row-example")
            continue
        if not _has_number(cells):
            own_cells = [row[at] for at in own if at < len(row) and is_filled(row[at])]
            if not own_cells and (mapped.table.beside or not any(map(is_filled, row))):
                continue
            kind = _kind(cells, own_cells, row)
        if kind == "total":
            amount = cells.get("amount_fen")
            yield Total(index + 1, amount[1] if amount is not None else None, unit)
            yield row_aside(sheet.name, index, "row-total", row)
        elif kind is not None:
            yield row_aside(sheet.name, index, kind, row)
        elif merges.goes_on(index):
            yield row_unused(sheet.name, index, "row-goes-on")
        elif (member := _member(row, relation, cells, merges.of(index))) is not None:
            yield row_unused(sheet.name, index, "row-member", relation=member)
        elif serial is not None and not {"amount_fen", "category"} & cells.keys() and not _is_at(row, serial):
            yield row_unused(sheet.name, index, "row-unnumbered")
        elif index in hidden and not choices.hidden_rows:
            yield row_unused(sheet.name, index, "row-hidden")
        else:
            struck = _of(sheet.struck.get(index, ()), places)
            if {"number", "name", "credit_code"} & struck and not choices.struck_rows:
                yield row_unused(sheet.name, index, "row-struck")
                continue
            if choices.struck_rows:
                struck = frozenset()
            scaled = _of(sheet.scaled.get(index, ()), places)
            cut, end = cut_short(row, width, is_exact=is_exact), end_of(row)
            yield TableLine(index + 1, cells, cut, end, merges.of(index), struck, scaled, index in hidden)


def _serial(mapped: MappedTable) -> int | None:
    """The column of the lines' own numbers, where somebody has a number and a sum, and somebody else neither."""
    at = next((each.index for each in mapped.table.headings if is_serial(each.texts[-1])), None)
    money, who = mapped.of("amount_fen"), mapped.of("number")
    if at is None or money is None or who is None:
        return None
    people = [row for _, row in mapped.table.rows if _is_at(row, who.index)]
    numbered = sum(_is_at(row, at) and _is_at(row, money.index) for row in people)
    return at if 2 * numbered > len(people) or numbered >= SAID_OF_NOBODY else None


def _is_at(row: Sequence[Cell], index: int) -> bool:
    return index < len(row) and is_filled(row[index])


def _member(
    row: Sequence[Cell], relation: int | None, cells: Mapping[str, tuple[str, Cell]], merged: Container[str]
) -> str | None:
    """What somebody is to the one who is helped, where they are a member of the household without a sum of their own."""
    if relation is None or relation >= len(row) or ("amount_fen" in cells and "amount_fen" not in merged):
        return None
    said = _plain(row[relation])
    return said if said and said not in _THEMSELVES else None


def _of(columns: Container[int], places: dict[int, str]) -> frozenset[str]:
    return frozenset(field for at, field in places.items() if at in columns)


def _width(mapped: MappedTable) -> int:
    """How many cells rows of a text have to have."""
    last = (mapped.table.headings or mapped.table.shared)[-1]
    return last.index + 1


def _is_exact(mapped: MappedTable) -> bool:
    """Whether a text's rows end where its headings do: one of them does, and no other table stands behind."""
    is_last = mapped.table.reach.stop >= 1 << 20
    who = [at for at, each in mapped.places.items() if each.column is not None and each.column.required]
    return is_last and any(
        len(row) == _width(mapped) for _, row in mapped.table.rows if any(map(is_filled, _at(row, who)))
    )


def _at(row: Sequence[Cell], places: Sequence[int]) -> list[Cell]:
    return [row[at] for at in places if at < len(row)]


def _kind(cells: dict[str, tuple[str, Cell]], own: Sequence[Cell], row: Sequence[Cell]) -> str | None:
    """What a row without a number is that is no line: ``total``, or why it is not used; None for a line."""
    everything = [_plain(cell) for cell in row if is_filled(cell)]
    texts = [_plain(cell) for cell in own[:3]] or everything[:1]
    if any(_TOTAL.match(text) for text in (*texts, *everything[:1])) or _is_total_behind(everything):
        return "total"
    first = texts[0] if texts else ""
    if _are_column_marks(own):
        return "row-column-marks"
    if _FOOTER.fullmatch(first) or (own and all(_DAY_ALONE.fullmatch(_plain(cell)) for cell in own)):
        return "row-remark"
    remark = _REMARK.match(first)
    if remark is not None and (
        len(own) <= SAID_OF_NOBODY or first[remark.end() : remark.end() + 1] in (":", "(")
    ):
        return "row-remark"
    said = {field for field in cells if field not in ("note", "amount_unit")}
    if not said:
        return "row-serial-only" if all(_is_count(cell) for cell in own) else "row-remark"
    is_named = any(field in said for field in ("name", "number", "credit_code"))
    if is_named and len(said) == 1 and len(own) == 1 and _is_sentence(first):
        return "row-remark"
    if said == {"name"} and len(everything) == 1 and _is_section(first):
        return "row-section"
    if not is_named and len(said) < SAID_OF_NOBODY:
        return "row-nobody"
    return None


def _is_total_behind(texts: Sequence[str]) -> bool:
    """Whether a row is a sum with its word behind it, and nothing else."""
    return 1 < len(texts) <= SAID_OF_NOBODY + 1 and any(_TOTAL.fullmatch(text) for text in texts[1:])


def _is_section(text: str) -> bool:
    """Whether a text that stands alone in the column of names is what a unit or a place is called."""
    return len(text) >= _LEAST_OF_SECTION and _SECTION.fullmatch(text) is not None


def _are_column_marks(own: Sequence[Cell]) -> bool:
    """Whether a row's cells number the columns: 甲 乙 丙, 1 2 3, (1) (2) (3), or the former and then the latter."""
    marks = [_plain(cell).strip("()栏") for cell in own]
    if len(marks) < _LEAST_MARKS:
        return False
    stems = 0
    while stems < len(marks) and marks[stems] == _STEMS[stems : stems + 1]:
        stems += 1
    return marks[stems:] == [str(at) for at in range(1, len(marks) - stems + 1)]


def _has_number(cells: dict[str, tuple[str, Cell]]) -> bool:
    """Whether something stands where the number does that may be one."""
    for field in ("number", "credit_code"):
        found = cells.get(field)
        if found is not None and sum(map(str.isdecimal, text := str(found[1]))) >= _LEAST_DIGITS:
            # Who made the list, with a telephone number, is nobody's identity.
            return text.isascii() or _SIGNED.match(_plain(text)) is None
    return False


def _plain(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", cleaned(str(cell)).text))


def _is_count(cell: Cell) -> bool:
    return _plain(cell).isdecimal()


def _is_sentence(text: str) -> bool:
    """Whether a text that stands alone is longer than names are, or divided by marks."""
    return len(text) > 8 or any(mark in text for mark in ":,;。、()")


class _Merges:
    """Which cells of a table are merged with those of other rows."""

    def __init__(self, mapped: MappedTable, places: dict[int, str]) -> None:
        self._who: dict[int, tuple[int, int]] = {}
        who = [at for at, field in places.items() if field in ("number", "credit_code")]
        money = [at for at, field in places.items() if field in ("amount_fen", "account")]
        self._fields = {at: places[at] for at in money}
        self._spans: dict[tuple[int, int], tuple[int, int]] = {}
        last = mapped.table.rows[-1][0] if mapped.table.rows else 0
        for (top, left), (below, right) in mapped.table.sheet.merges:
            bottom = min(below, last)
            for at in who:
                if left <= at <= right:
                    self._who |= dict.fromkeys(range(top, bottom + 1), (top, bottom))
            for at in money:
                if left <= at <= right:
                    self._spans |= {(row, at): (top, bottom) for row in range(top, bottom + 1)}

    def goes_on(self, row: int) -> bool:
        """Whether the row's person is that of the row above, in one merged cell."""
        return row in self._who and self._who[row][0] < row

    def of(self, row: int) -> frozenset[str]:
        """The fields of money whose cell reaches over other persons' lines."""
        top, bottom = self._who.get(row, (row, row))
        found = set()
        for at, field in self._fields.items():
            span = self._spans.get((row, at))
            if span is not None and not (top <= span[0] and span[1] <= bottom):
                found.add(field)
        return frozenset(found)
