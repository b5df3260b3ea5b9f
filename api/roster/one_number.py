"""One number, one person, one sum (一号一人一额): what a roster's lines say of one number, and where they contradict.

A number under two names, on two lines, with two sums, or with a sum that another line takes back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.roster.amounts import amount_fen
from api.roster.cleaning import bare_number, cleaned
from api.roster.columns import FORMS
from api.roster.headings import Unit
from api.roster.mapping import MappedTable
from api.roster.reading import CellFault, RosterRow
from api.roster.sheet import is_filled
from ledger.errors import IdentityFault
from ledger.identity.documents import (
    EnterpriseIdentity,
    PersonIdentity,
    folded,
    masked_document,
    masked_name,
)

SHOWN_NAMES = 5
LEAST_NUMBER = 8
"""How long what stands for a number is at least, to be compared."""


class Named(NamedTuple):
    """A name under a number, and the cell where the number stands."""

    name: str
    cell: str


class Seen(NamedTuple):
    """Where a number stands first; no more is kept of its line while others are read."""

    sheet: str
    row: int
    cell: str


class Sums(NamedTuple):
    """The first line of a number, by its cell, with its sum, and a later one with another."""

    cell: str
    fen: int
    other_sheet: str
    other_row: int
    other_fen: int


def two_sums(tables: Sequence[MappedTable]) -> dict[str, Sums]:
    """Numbers that stand on two lines with two sums, as :func:`number_key`."""
    first: dict[str, tuple[MappedTable, int]] = {}
    found: dict[str, Sums] = {}
    for mapped in tables:
        number = mapped.of("number") or mapped.of("credit_code")
        if number is None or mapped.of("amount_fen") is None:
            continue
        for at, (index, row) in enumerate(mapped.table.rows):
            key = number_key(row[number.index]) if number.index < len(row) else ""
            if len(key) < LEAST_NUMBER:
                continue
            before = first.setdefault(key, (mapped, at))
            if before[0] is mapped and before[1] == at:
                continue
            mine, other = _sum_of(*before), _sum_of(mapped, at)
            if mine is not None and other is not None and mine != other and key not in found:
                where = before[0].of("number") or before[0].of("credit_code") or number
                cell = f"{where.letters}{before[0].table.rows[before[1]][0] + 1}"
                found[key] = Sums(cell, mine, mapped.sheet, index + 1, other)
    return found


def _sum_of(mapped: MappedTable, at: int) -> int | None:
    """The sum of a table's row, where it is one above zero."""
    money, row = mapped.of("amount_fen"), mapped.table.rows[at][1]
    if money is None or money.index >= len(row) or not is_filled(row[money.index]):
        return None
    try:
        fen = amount_fen(row[money.index], money.unit or Unit("元"))
    except IdentityFault:
        return None
    return fen if fen > 0 else None


def doubled_in(tables: Sequence[MappedTable]) -> dict[str, list[Named]]:
    """Numbers that stand under two names: the number's first 17 characters → who."""
    first: dict[str, Named] = {}
    found: dict[str, list[Named]] = {}
    for mapped in tables:
        number, name = mapped.of("number"), mapped.of("name")
        if mapped.recipient != "person" or number is None or name is None:
            continue
        for index, row in mapped.table.rows:
            if max(number.index, name.index) >= len(row):
                continue
            key = number_key(row[number.index])
            who = folded(cleaned(str(row[name.index])).text).replace("·", "")
            if len(key) < LEAST_NUMBER or not who:
                continue
            named = Named(who, f"{number.letters}{index + 1}")
            before = first.setdefault(key, named)
            if before is not named and before.name != who:
                found.setdefault(key, [before]).append(named)
    return found


def taken_back(tables: Sequence[MappedTable]) -> dict[str, str]:
    """Numbers that have a line with a sum below zero (冲正), as :func:`number_key`, and where that stands."""
    found: dict[str, str] = {}
    for mapped in tables:
        number, money = mapped.of("number") or mapped.of("credit_code"), mapped.of("amount_fen")
        if number is None or money is None:
            continue
        for index, row in mapped.table.rows:
            if max(number.index, money.index) < len(row) and _is_below_zero(row[money.index]):
                found.setdefault(number_key(row[number.index]), f"{money.letters}{index + 1}")
    return found


def _is_below_zero(cell: object) -> bool:
    if isinstance(cell, int | float):
        return cell < 0
    return isinstance(cell, str) and _BELOW_ZERO.match(cell) is not None


_BELOW_ZERO = re.compile(
    r"\s*(?:[-−－﹣]\s*[¥￥]?\s*\d|[(（]\s*[¥￥]?\s*\d[\d,.]*\s*[)）]$|(?:红字|冲正|冲销))"
)


def check_kept(mapped: MappedTable, row: RosterRow, back: Mapping[str, str]) -> None:
    """A line whose sum another line of the same number takes back."""
    if not back or row.identity is None or (row.amount_fen or 0) <= 0:
        return
    who = row.identity.number if isinstance(row.identity, PersonIdentity) else row.identity.credit_code
    place = back.get(number_key(who))
    if place is not None:
        row.faults.append(
            CellFault(
                row.person_cell,
                FORMS[mapped.recipient][0].heading,
                masked_document(who),
                "amount-taken-back",
                f"同一号码另有一行金额为负（{place}，冲正）：请只留实际应发的一行",
                f"another line of the same number takes a sum back ({place}): keep the one line that is to be paid",
            )
        )


def number_key(cell: object) -> str:
    """A number without its check character; the older form as the newer."""
    if isinstance(cell, str) and len(cell) == 18 and cell.isascii() and cell[:17].isdecimal():
        return cell[:17]
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    number = folded(bare_number(cleaned(text).text))
    return number[:6] + "19" + number[6:] if len(number) == 15 and number.isdecimal() else number[:17]


def check_once(
    mapped: MappedTable,
    row: RosterRow,
    seen: dict[str, Seen],
    doubled: Mapping[str, list[Named]],
    sums: Mapping[str, Sums],
) -> None:
    """A line whose number stands on a line before; where a later one has another sum, neither is the one that counts."""
    if row.identity is None:
        return
    number = _number_of(row.identity)
    place = Seen(row.sheet, row.row, row.person_cell)
    first = seen.setdefault(number, place)
    who = mapped.of("number" if mapped.recipient == "person" else "credit_code")
    heading = who.column.heading if who is not None and who.column is not None else ""
    names = doubled.get(number[:17])
    if names is not None:
        listed = "、".join(f"{masked_name(each.name)}（{each.cell}）" for each in names[:SHOWN_NAMES])
        row.faults.append(
            CellFault(
                row.person_cell,
                heading,
                masked_document(number),
                "number-two-names",
                f"同一号码有两个姓名：{listed}，请核对证件",
                f"one number under two names: {listed}, compare them with the document",
            )
        )
    elif first is not place:
        sheet, sheet_en = (
            ("", "") if first.sheet == row.sheet else (f"工作表 {first.sheet} ", f" of sheet {first.sheet}")
        )
        row.faults.append(
            CellFault(
                row.person_cell,
                heading,
                masked_document(number),
                "twice-in-roster",
                f"与{sheet}第 {first.row} 行重复（{first.cell}）",
                f"the same as row {first.row}{sheet_en} ({first.cell})",
            )
        )
    elif (said := sums.get(number_key(number))) is not None:
        row.faults.append(_of_two_sums(said, heading, masked_document(number)))


def _of_two_sums(said: Sums, heading: str, number: str) -> CellFault:
    """The fault of a line whose number stands on a later one with another sum."""
    mine, other = (f"{fen / 100:,.2f}" for fen in (said.fen, said.other_fen))
    return CellFault(
        said.cell,
        heading,
        number,
        "twice-other-sum",
        f"同一号码有两个金额：本行 {mine} 元，工作表 {said.other_sheet} 第 {said.other_row} 行 {other} 元：请只留应发的一行",
        f"one number with two sums: {mine} yuan here, {other} in row {said.other_row} of sheet {said.other_sheet}:"
        " keep the line that is to be paid",
    )


def _number_of(identity: PersonIdentity | EnterpriseIdentity) -> str:
    return identity.number if isinstance(identity, PersonIdentity) else identity.credit_code
