"""A bank's list of answers (回盘明细): where its columns stand, what its rows hold, and what it says of all its lines.

Banks give back the paid and the failed on sheets or under titles of their own (成功明细, 失败明细), with no result on
each line: there the list's name is the result. Where lines have one, a list of failures may not hold a success.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from api.bank.bank_words import Result, check_yuan_above, says_returned
from api.bank.profile import AnswerField
from api.roster.amounts import amount_fen
from api.roster.headings import Unit, plain_heading
from api.roster.sheet import RosterUnreadable
from api.roster.workbooks import Cell, Row
from ledger.errors import IdentityFault

_PAID = re.compile(r"(?<![不未])成功")
_BOUNCED = re.compile(r"失败|[不未]成功|退[汇票回]|拒绝|不符")
_OTHER = re.compile(r"笔数|金额|[:：]|合计|汇总|查询|提交|受理|导入|上传|录入|复核|审批|校验")
"""What says how many lines were paid, or that a file was handed in, and names no list of the paid."""
_ACTUAL = re.compile(r"(?:实际|到账|实付|实收|实扣|实入).*(?:金额|额)$|^(?:实际|实付|到账|实收|实扣|实入)$")


class Table(NamedTuple):
    """Where the columns are, in which unit money is, and the rows below the heading."""

    columns: dict[AnswerField, int]
    unit: Unit
    rows: list[Row]
    header: list[Cell]
    from_1904: bool = False
    more_notes: tuple[int, ...] = ()
    """Columns of notes behind the first: the serial may stand in any of them."""
    of_returns: tuple[int, ...] = ()
    """Columns that only say whether, when or why a payment came back."""
    actual: tuple[int, ...] = ()
    """Columns of what was really paid, beside what was to be."""
    of_all: Result | None = None
    """What the sheet's name or the title over it says of all its lines."""


def said_of_all(text: str) -> Result | None:
    """Whether the name of a sheet, or a title, is that of the paid or of the failed; None of any other.

    >>> said_of_all("代发失败清单"), said_of_all("成功"), said_of_all("成功笔数：3"), said_of_all("成功失败明细")
    ('bounced', 'paid', None, None)
    """
    plain = plain_heading(text)
    if _OTHER.search(text) is not None:
        return None
    paid, bounced = _PAID.search(plain) is not None, _BOUNCED.search(plain) is not None
    return None if paid == bounced else ("paid" if paid else "bounced")


def title_of(row: Row) -> str:
    """The one text of a row that has no other cell; nothing where it has more, or a number."""
    texts = [cell for cell in row[1] if cell != ""]
    return texts[0].strip() if len(texts) == 1 and isinstance(texts[0], str) else ""


def over_table(name: str, rows: list[Row]) -> tuple[str, Result | None]:
    """The title nearest above a table that says something of all its lines, or else its sheet's name; and what."""
    titles = (title for title in map(title_of, reversed(rows)) if title)
    found = next((title for title in titles if said_of_all(title) is not None), name)
    return found, said_of_all(found)


def actual_columns(header: list[Cell], columns: Mapping[AnswerField, int]) -> tuple[int, ...]:
    """The columns of what was really paid (实际入账金额), by their headings."""
    taken = set(columns.values())
    return tuple(
        index
        for index, cell in enumerate(header)
        if index not in taken and _ACTUAL.search(plain_heading(str(cell))) is not None
    )


def check_actual(line: list[Cell], table: Table, fen: int) -> None:
    """Refuses a success of which another sum was really paid.

    Raises:
        IdentityFault: ``bank-result-contradicts``.
    """
    for at in table.actual:
        text = cell_text(line, at)
        if text and amount_fen(line[at], table.unit) != abs(fen):
            raise IdentityFault(
                "bank-result-contradicts",
                f"结果为成功，而“{table.header[at]}”为 {text}，与金额不符：请向银行核实实际入账多少",
                f"it is a success, and {table.header[at]} is {text}, another sum: ask the bank how much was paid",
            )


def check_list(result: Result, table: Table) -> None:
    """Refuses a success in a list of failures.

    Raises:
        IdentityFault: ``bank-result-contradicts``.
    """
    if result == "paid" and table.of_all == "bounced":
        raise IdentityFault(
            "bank-result-contradicts",
            "结果为成功，而所在清单为失败清单：请向银行核实",
            "it is a success in a list of failures: ask the bank",
        )


def came_back(line: list[Cell], table: Table) -> str:
    """What stands beside the result and says that the payment came back; nothing where nothing does."""
    notes = [
        text_of(line, table, "note"),
        text_of(line, table, "reason"),
        *(cell_text(line, at) for at in table.more_notes),
    ]
    said = [text for text in notes if says_returned(text, of_returns=False)]
    said += [text for at in table.of_returns if says_returned(text := cell_text(line, at), of_returns=True)]
    return said[0] if said else ""


def is_complete(columns: Mapping[AnswerField, int]) -> bool:
    """Whether what an answer needs of each line has a column."""
    return lists_payments(columns) and ("result" in columns or "code" in columns)


def lists_payments(columns: Mapping[AnswerField, int]) -> bool:
    """Whether account and sum have columns; the result may be the whole list's."""
    return "account" in columns and "amount" in columns


def cell_of(line: list[Cell], table: Table, field: AnswerField) -> Cell:
    """A field's cell; empty where it has no column, or the line ends before it."""
    at = table.columns.get(field)
    return "" if at is None or at >= len(line) else line[at]


def text_of(line: list[Cell], table: Table, field: AnswerField) -> str:
    """A field's text."""
    at = table.columns.get(field)
    return "" if at is None else cell_text(line, at)


def cell_text(line: list[Cell], at: int) -> str:
    """A cell's text."""
    value = line[at] if at < len(line) else ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def check_over(rows: Iterable[Row]) -> None:
    """Refuses a file that names another currency over its table.

    Raises:
        RosterUnreadable: ``bank-currency``.
    """
    try:
        check_yuan_above(rows)
    except IdentityFault as fault:
        raise RosterUnreadable(fault.code, fault.message("zh"), fault.message("en")) from None
