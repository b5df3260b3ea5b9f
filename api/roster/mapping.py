"""Which column is which field (读表第二步): by choice, by heading, else by what its cells hold; scored, and shown.

Two columns that mean the same where it matters (who, whose account, how much) are never chosen between:
the table is at fault until the officer says which counts. A column whose heading is not understood is
used by its cells only for what is checked by itself: identity numbers, cards, phones, names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from api.roster.amounts import YUAN
from api.roster.choices import IGNORED, Choices
from api.roster.cleaning import cleaned
from api.roster.columns import ALSO_READ, AMOUNT_UNIT, FORMS, Column, Recipient
from api.roster.guesses import looks_like
from api.roster.headings import (
    SCORES,
    How,
    Match,
    Unit,
    bare_unit,
    heading_name,
    is_anothers,
    is_relation,
    is_serial,
    is_signature,
    matched,
)
from api.roster.layout import FoundTable, Heading
from api.roster.sheet import is_filled, letters
from api.roster.unused import Unused, column_unused
from api.roster.weighing import holds_numbers, weighing
from api.roster.workbooks import Cell

DECIDING = ("number", "name", "credit_code", "account", "account_holder", "amount_fen", "category")
"""Fields of which a table has one column, or a fault."""
OF_MONEY = ("amount_fen", "income_per_head_fen")
_HEAD = "户主"
_LOOKED_AT = 300
_SHOWN_ROWS = 20
_UNITS_OF_LINES = ("单位", "计量单位", "货币单位", "币种单位")
_OF_UNITS = Match(AMOUNT_UNIT, "content")
_OF_MONEY = ("金", "额", "款", "费", "元", "补", "标准")
"""What a heading of money has in it."""


@dataclass(frozen=True)
class MappedColumn:
    """A column of a table: its heading, the field that it is, how that is known, and how surely (0 to 1)."""

    index: int
    heading: str
    column: Column | None
    how: How | None
    unit: Unit | None = None

    @property
    def letters(self) -> str:
        """Its name in the sheet."""
        return letters(self.index)

    @property
    def score(self) -> float:
        """How surely it is that field."""
        return 0.0 if self.how is None else SCORES[self.how]


@dataclass(frozen=True)
class Clash:
    """Two columns of a table that mean the same, or a field that no column is."""

    code: str
    index: int
    heading: str
    zh: str
    en: str


@dataclass(frozen=True)
class MappedTable:
    """A table with its columns' fields, and what is not used of it."""

    table: FoundTable
    recipient: Recipient
    columns: list[MappedColumn]
    unused: list[Unused]
    clashes: list[Clash]

    @cached_property
    def places(self) -> dict[int, MappedColumn]:
        """Where each field stands."""
        return {each.index: each for each in self.columns if each.column is not None}

    @property
    def sheet(self) -> str:
        """Its sheet's name."""
        return self.table.sheet.name

    def of(self, field: str) -> MappedColumn | None:
        """The column of a field."""
        return self._by_field.get(field)

    @cached_property
    def fields(self) -> dict[str, Column]:
        """Field → its column on the form."""
        return {each.column.field: each.column for each in self.columns if each.column is not None}

    @cached_property
    def _by_field(self) -> dict[str, MappedColumn]:
        return {each.column.field: each for each in reversed(self.columns) if each.column is not None}


def _of_heads(
    table: FoundTable,
    headings: Sequence[Heading],
    recipient: Recipient,
    found: dict[int, Match | None],
    choices: Choices,
) -> dict[int, Match]:
    """The head of the household (户主姓名, 户主身份证号) where a list has no other person and nobody else's number."""
    taken = {match.column.field for match in found.values() if match is not None}
    if recipient != "person" or taken & {"name", "number"}:
        return {}
    heads = {
        each.index: match
        for each in headings
        if each.texts[-1].startswith(_HEAD)
        and choices.field_of(names_of(each)) != IGNORED
        and not choices.is_ignored(names_of(each))
        and (match := matched(recipient, each.texts[-1].removeprefix(_HEAD))) is not None
        and match.column.field in ("name", "number")
    }
    others = [each for each in headings if each.index not in heads]
    is_alone = not any(looks_like(list(_cells(table, each.index))) in ("name", "number") for each in others)
    fields = sorted(match.column.field for match in heads.values())
    return heads if is_alone and fields == ["name", "number"] else {}


def map_table(table: FoundTable, choices: Choices, remembered: Choices) -> MappedTable:
    """Say of each column which field it is, and of each other why it is not used."""
    headings = [*table.shared, *table.headings]
    recipient = _recipient(headings, choices, remembered)
    found = {each.index: _match(each, recipient, choices, remembered) for each in headings}
    found |= _of_heads(table, headings, recipient, found, choices)
    found |= {each.index: _OF_UNITS for each in headings if _is_of_units(table, each, found[each.index])}
    unused: list[Unused] = []
    clashes: list[Clash] = []
    taken: dict[str, Heading] = {}
    for heading in headings:
        match = found[heading.index]
        if match is None:
            continue
        if _is_left_hidden(table, heading, match, choices):
            found[heading.index] = None
            meant = match.column
            weighs = _weighing(table, heading) if meant.field == "note" else None
            hidden = _unused(table, heading, "column-hidden", meant=meant.heading, meant_en=meant.field)
            unused.append(weighs or hidden)
            continue
        first = taken.setdefault(match.column.field, heading)
        if first is not heading and match.column.field != "note":
            loser = _settled(first, heading, found)
            if loser is None:
                clashes.append(_twice(match.column, first, heading))
                loser = heading
            else:
                winner = heading if loser is first else first
                taken[match.column.field] = winner
                unused.append(_unused(table, loser, "column-again", other=letters(winner.index)))
            found[loser.index] = None
    columns = [_mapped(each, found[each.index], table, choices, remembered) for each in headings]
    named = {each.column for each in unused} | {letters(clash.index) for clash in clashes}
    columns = _by_content(table, recipient, columns, named, choices, remembered)
    clashes += _missing(recipient, columns, table)
    clashes += _units_below(table, columns, choices, remembered)
    unused += _left_over(table, columns, named, choices, remembered)
    return MappedTable(table, recipient, columns, unused, clashes)


def check_beside(tables: Sequence[MappedTable]) -> None:
    """A sum, an account or a category that one of two tables beside each other has must be in the other too."""
    for field in ("amount_fen", "account"):
        having = [each for each in tables if each.of(field) is not None]
        if not having or len(having) == len(tables):
            continue
        column = having[0].of(field)
        assert column is not None
        clash = Clash(
            "heading-shared",
            column.index,
            column.heading,
            f"{column.letters} 列“{column.heading}”只有一处，同一行有 {len(tables)} 人：不知属于谁，请每人一栏",
            f"column {column.letters} ({column.heading}) stands once for {len(tables)} persons in a row:"
            " whose it is is not clear, give each their own",
        )
        for each in tables:
            each.clashes.append(clash)


def names_of(heading: Heading) -> list[str]:
    """What a column may be called by who chooses: its heading, whole or its lowest part, or its letter."""
    return [heading.text, "".join(heading.texts), heading.texts[-1], letters(heading.index)]


def _recipient(headings: Sequence[Heading], choices: Choices, remembered: Choices) -> Recipient:
    """The form to which most of what is required and most of the headings belong; persons where it is even."""

    def weight(recipient: Recipient) -> tuple[int, int]:
        found = [_match(each, recipient, choices, remembered) for each in headings]
        fields = {match.column for match in found if match is not None}
        return sum(column.required for column in fields), len(fields)

    return max(("person", "enterprise"), key=weight)


def _match(heading: Heading, recipient: Recipient, choices: Choices, remembered: Choices) -> Match | None:
    columns = {column.field: column for column in (*FORMS[recipient], *ALSO_READ[recipient])}
    sources: tuple[tuple[Choices, How], ...] = ((choices, "chosen"), (remembered, "remembered"))
    for chosen, how in sources:
        field = chosen.field_of(names_of(heading))
        if field == IGNORED or (
            field is None and chosen.is_ignored(names_of(heading)) and "*" not in chosen.ignored
        ):
            return None
        if field in columns:
            return Match(columns[field], how)
    for text in (heading.texts[-1], "".join(heading.texts), heading.text):
        match = matched(recipient, text)
        if match is not None and not any(is_anothers(part) for part in heading.texts[:-1]):
            return match
    return None


def _is_of_units(table: FoundTable, heading: Heading, match: Match | None) -> bool:
    """Whether a column gives each line's unit of money, though its heading may be read as the employer's."""
    is_open = match is None or (
        match.column.field == "employer" and match.how not in ("chosen", "remembered")
    )
    if not is_open or heading_name(heading.texts[-1]) not in _UNITS_OF_LINES:
        return False
    texts = [str(cell) for cell in _cells(table, heading.index)]
    return bool(texts) and all(bare_unit(text) is not None for text in texts)


def _is_left_hidden(table: FoundTable, heading: Heading, match: Match, choices: Choices) -> bool:
    """Whether a column that is understood is hidden in the file, and nobody said to read it."""
    is_hidden = heading.index in table.sheet.hidden_columns
    return is_hidden and match.how != "chosen" and not choices.hidden_columns


def _settled(first: Heading, second: Heading, found: dict[int, Match | None]) -> Heading | None:
    """Which of two columns of one field is not used; None where that must not be guessed."""
    one, other = found[first.index], found[second.index]
    assert one is not None
    assert other is not None
    if (one.how == "chosen") != (other.how == "chosen"):
        return second if one.how == "chosen" else first
    if one.column.field in DECIDING:
        return None
    return first if SCORES[other.how] > SCORES[one.how] else second


def _twice(column: Column, first: Heading, second: Heading) -> Clash:
    here, there = letters(first.index), letters(second.index)
    return Clash(
        "heading-twice",
        second.index,
        second.text,
        f"{here} 列“{first.text}”与 {there} 列“{second.text}”都认作“{column.heading}”：请选定一列，另一列选作不需要",
        f"columns {here} ({first.text}) and {there} ({second.text}) both mean {column.heading}:"
        " choose one, and the other as not needed",
    )


def _mapped(
    heading: Heading, match: Match | None, table: FoundTable, choices: Choices, remembered: Choices
) -> MappedColumn:
    if match is None:
        return MappedColumn(heading.index, heading.text, None, None)
    unit = _unit(heading, table, choices, remembered) if match.column.field in OF_MONEY else None
    return MappedColumn(heading.index, heading.text, match.column, match.how, unit)


def _unit(heading: Heading, table: FoundTable, choices: Choices, remembered: Choices) -> Unit:
    """The unit that was chosen, else that of the heading, else that which stands over the table, else yuan."""
    own = heading.unit
    chosen = choices.unit_of(names_of(heading)) or (None if own else remembered.unit_of(names_of(heading)))
    if chosen is not None:
        return Unit(chosen)
    if own is not None:
        return own
    period = "year" if any("年" in text and "收入" in text for text in heading.texts) else ""
    stated = table.stated or YUAN
    return Unit(stated.name, period)


def _units_below(
    table: FoundTable, columns: Sequence[MappedColumn], choices: Choices, remembered: Choices
) -> list[Clash]:
    """Columns of money whose unit is told by a remark below them alone, and is another than would be taken."""
    below = table.stated_below
    headings = {each.index: each for each in (*table.shared, *table.headings)}
    return [
        Clash(
            "unit-below",
            each.index,
            each.heading,
            f"表中附注写明单位为{below.name}，表头未写单位：请选定这一栏的单位",
            f"a remark in the table gives the unit as {below.name}, the heading none: choose the column's unit",
        )
        for each in columns
        if below is not None
        and each.column is not None
        and each.unit is not None
        and each.unit.name != below.name
        and headings[each.index].unit is None
        and not any(chosen.unit_of(names_of(headings[each.index])) for chosen in (choices, remembered))
    ]


def _by_content(
    table: FoundTable,
    recipient: Recipient,
    columns: list[MappedColumn],
    named: set[str],
    choices: Choices,
    remembered: Choices,
) -> list[MappedColumn]:
    """Columns that no heading explains, by what their cells hold, for fields that no other column is."""
    if recipient != "person":
        return columns
    headings = {each.index: each for each in (*table.shared, *table.headings)}
    have = {each.column.field for each in columns if each.column is not None}
    fields = {column.field: column for column in FORMS[recipient]}
    found: dict[str, list[int]] = {}
    for each in columns:
        names = names_of(headings[each.index])
        is_settled = each.column is not None or each.letters in named or _is_aside(each.heading)
        is_settled = is_settled or (each.index in table.sheet.hidden_columns and not choices.hidden_columns)
        is_settled = is_settled or any(is_anothers(text) for text in headings[each.index].texts)
        is_settled = is_settled or any(
            chosen.field_of(names) == IGNORED or chosen.is_ignored(names) for chosen in (choices, remembered)
        )
        field = None if is_settled else looks_like(list(_cells(table, each.index)))
        if field is not None and field not in have:
            found.setdefault(field, []).append(each.index)
    # Two columns that look alike are not chosen between.
    only = {places[0]: field for field, places in found.items() if len(places) == 1}
    return [
        replace(each, column=fields[only[each.index]], how="content") if each.index in only else each
        for each in columns
    ]


def _is_aside(heading: str) -> bool:
    return is_serial(heading) or is_signature(heading)


def _cells(table: FoundTable, index: int) -> Iterable[Cell]:
    for _, row in table.rows[:_LOOKED_AT]:
        if index < len(row) and is_filled(row[index]):
            yield row[index]


def _missing(recipient: Recipient, columns: Sequence[MappedColumn], table: FoundTable) -> list[Clash]:
    """Fields that a line must have and no column is."""
    have = {each.column.field for each in columns if each.column is not None}
    return [
        Clash(
            "column-missing",
            table.headings[0].index,
            column.heading,
            f"没有一栏认作“{column.heading}”：请指定是哪一栏",
            f"no column is {column.heading}: say which one is",
        )
        for column in FORMS[recipient]
        if column.required and column.field not in have
    ]


def _left_over(
    table: FoundTable, columns: Sequence[MappedColumn], named: set[str], choices: Choices, remembered: Choices
) -> list[Unused]:
    """Of each column that is no field, why; also those that have no heading and hold something."""
    filled = {index for _, row in table.rows for index, cell in enumerate(row) if is_filled(cell)}
    headings = {each.index: each for each in (*table.shared, *table.headings)}
    found = []
    for each in columns:
        heading = headings[each.index]
        if each.column is not None and each.column.field == "note" and each.index in filled:
            found.append(_note(table, heading))
        elif (
            each.column is None
            and each.letters not in named
            and not (table.beside and heading in table.shared)
        ):
            found.append(_left(table, heading, each.index in filled, choices, remembered))
    found += [_unused(table, each, "column-beside") for each in table.aside if each.index in filled]
    headings |= {each.index: each for each in table.aside}
    who = [each.index for each in columns if each.column is not None and each.column.required]
    for index in sorted(at for at in filled if at not in headings and at in table.reach):
        if not _is_beside_somebody(table, index, who):
            continue
        blank = Heading(index, ("",), None)
        is_ignored = choices.is_ignored([letters(index)])
        code = "column-ignored" if is_ignored else "column-no-heading"
        found.append(_unused(table, blank, "column-serial" if _is_counting(table, index) else code))
    return found


def _note(table: FoundTable, heading: Heading) -> Unused:
    """A column of notes, asked about where one says that somebody may be on the list no more, or holds an account."""
    if (weighs := _weighing(table, heading, "column-note-weighs")) is not None:
        return weighs
    holding = [row for row, text in _said(table, heading) if holds_numbers(text)]
    if holding:
        return _unused(table, heading, "column-note-holds", rows=_shown_rows(holding))
    return _unused(table, heading, "column-note")


def _weighing(table: FoundTable, heading: Heading, code: str = "column-weighs") -> Unused | None:
    """A column that is not imported and says of somebody what may take them off the list; None where it does not."""
    rows, words = weighing(heading.texts[-1], _said(table, heading))
    if not rows:
        return None
    quoted = "".join(f"“{word}”" for word in words)
    return _unused(table, heading, code, rows=_shown_rows(rows), words=quoted)


def _said(table: FoundTable, heading: Heading) -> Iterable[tuple[int, str]]:
    """A column's cells with their rows, from 1."""
    at = heading.index
    return ((index + 1, str(row[at])) for index, row in table.rows if at < len(row) and is_filled(row[at]))


def _shown_rows(rows: Sequence[int]) -> str:
    return "、".join(map(str, rows[:_SHOWN_ROWS])) + ("…" if len(rows) > _SHOWN_ROWS else "")


def _is_beside_somebody(table: FoundTable, index: int, who: Sequence[int]) -> bool:
    """Whether a column without a heading holds something on the row of somebody."""
    return any(
        index < len(row) and is_filled(row[index]) and any(at < len(row) and is_filled(row[at]) for at in who)
        for _, row in table.rows
    )


def _is_counting(table: FoundTable, index: int) -> bool:
    """Whether a column without a heading holds the lines' own numbers."""
    texts = [str(cell).strip().removesuffix(".0") for cell in _cells(table, index)]
    return bool(texts) and all(text.isdecimal() and len(text) <= 5 for text in texts)


def _is_running(table: FoundTable, index: int) -> bool:
    """Whether a column holds numbers that count up one by one, as a sum of money does not."""
    texts = [str(cell).strip().removesuffix(".0") for cell in _cells(table, index)]
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) <= 5]
    return len(numbers) == len(texts) > 0 and all(after - before == 1 for before, after in pairwise(numbers))


def _left(
    table: FoundTable, heading: Heading, is_filled_in: bool, choices: Choices, remembered: Choices
) -> Unused:
    names = names_of(heading)
    is_chosen = choices.field_of(names) == IGNORED or choices.is_ignored(names)
    if is_filled_in and not is_chosen and (weighs := _weighing(table, heading)) is not None:
        return weighs
    if heading.index in table.sheet.hidden_columns and is_filled_in:
        return _unused(table, heading, "column-hidden", meant="不认识的栏目", meant_en="not understood")
    tests: tuple[tuple[str, Callable[[], bool]], ...] = (
        (
            "column-serial",
            lambda: is_serial(heading.texts[-1]) or (not heading.text and _is_running(table, heading.index)),
        ),
        ("column-empty", lambda: not is_filled_in),
        ("column-relation", lambda: is_relation(heading.texts[-1])),
        ("column-signature", lambda: is_signature(heading.texts[-1])),
        ("column-ignored", lambda: is_chosen),
    )
    code = next((code for code, is_so in tests if is_so()), None)
    if code is not None:
        return _unused(table, heading, code)
    if remembered.field_of(names) == IGNORED or remembered.is_ignored(names):
        known = next(
            (match for match in (matched(each, names[2]) for each in FORMS) if match is not None), None
        )
        if known is None:
            return _unused(table, heading, "column-ignored")
        # Another file may need what one did not: a sum, an account.
        return _unused(table, heading, "column-ignored-before", meant=known.column.heading)
    is_money = not heading.text or any(word in heading.text for word in _OF_MONEY)
    meant = looks_like(list(_cells(table, heading.index)), with_money=is_money)
    if meant is not None:
        title = next(column.heading for column in FORMS["person"] if column.field == meant)
        return _unused(table, heading, "column-by-content", meant=title)
    return _unused(table, heading, "column-unknown" if heading.text else "column-no-heading")


def _unused(table: FoundTable, heading: Heading, code: str, **said: str) -> Unused:
    text = cleaned(heading.text).text
    return column_unused(table.sheet.name, letters(heading.index), text, code, **said)
