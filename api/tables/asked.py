"""What is asked of a table (查询条件): filters, words, order and place, read from an address; pure.

A filter is a column, how it is compared, and with what: ``state=approved``, ``amount_fen>=50000``,
``paid_on<=2027-01-31``. Those of one column with ``=`` are either the one or the other; all others hold together.
An empty value after ``=`` means that nothing stands there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, cast

import orjson

from api.service.problems import PARAMETER_INVALID
from api.tables.table import Order, Table
from ledger.errors import Refused, Rule
from projections.frame.column import Column

MOST_WORDS = 6
MOST_FILTERS = 20
LARGEST = 2**62

COLUMN_UNKNOWN = Rule(
    "column-unknown",
    zh="列表“{table}”没有可供{purpose}的“{found}”栏，可用的有：{expected}",
    en="the list {table} has no column {found} to {purpose_en} by; there are: {expected}",
)

Comparison = Literal["=", ">=", "<="]
Value = str | int | bool | None
_FILTER = re.compile(r"([a-z_]{1,40})(>=|<=|=)(.*)", re.DOTALL)


class Filter(NamedTuple):
    """A condition on one column; ``values`` are alternatives, None that nothing stands there."""

    column: str
    comparison: Comparison
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Asked:
    """What is asked of a table: which rows, in which order."""

    filters: tuple[Filter, ...] = ()
    words: tuple[str, ...] = ()
    order: tuple[Order, ...] = ()

    @property
    def columns(self) -> set[str]:
        """The columns that it takes to answer."""
        return {each.column for each in self.filters} | {each.column for each in self.order}


def read_asked(table: Table, *, filters: Sequence[str], search: str, sort: str) -> Asked:
    """What an address asks; ``sort`` names columns with commas between, one with ``-`` before it is descending.

    Raises:
        Refused: ``column-unknown``, ``parameter-invalid``.
    """
    words = tuple(search.split())
    if len(words) > MOST_WORDS:
        raise _invalid("search", f"最多 {MOST_WORDS} 个词", f"at most {MOST_WORDS} words", len(words))
    if len(filters) > MOST_FILTERS:
        raise _invalid("filter", f"最多 {MOST_FILTERS} 个", f"at most {MOST_FILTERS}", len(filters))
    return Asked(_filters(table, filters), words, _order(table, sort))


def group_column(table: Table, name: str) -> str:
    """A column that rows may be grouped by; raises ``column-unknown``."""
    if name not in table.groups:
        raise _unknown(table, name, ("分组", "group"), table.groups)
    return name


def _filters(table: Table, texts: Sequence[str]) -> tuple[Filter, ...]:
    found: dict[tuple[str, Comparison], tuple[Value, ...]] = {}
    for text in texts:
        match = _FILTER.fullmatch(text)
        if match is None:
            raise _invalid("filter", "应为“栏=值”", "is a column, =, >= or <=, and a value", text[:60])
        name, comparison, value = match[1], cast(Comparison, match[2]), match[3]
        if name not in table.asked:
            raise _unknown(table, name, ("筛选", "filter"), tuple(table.asked))
        held = found.get((name, comparison), ())
        found[name, comparison] = (*held, _value(table.asked[name], comparison, value))
    return tuple(Filter(name, comparison, values) for (name, comparison), values in found.items())


def _value(column: Column, comparison: Comparison, text: str) -> Value:
    if text == "" and comparison == "=":
        return None
    kind = column.kind.name
    if kind in ("number", "position", "fen"):
        if not re.fullmatch(r"-?\d{1,18}", text) or abs(int(text)) > LARGEST:
            raise _invalid(
                "filter", f"“{column.name}”应为整数", f"{column.name} is a whole number", text[:60]
            )
        return int(text)
    if kind == "truth":
        if text not in ("true", "false"):
            raise _invalid("filter", "应为 true 或 false", "is true or false", text[:60])
        return text == "true"
    if kind in ("day", "moment"):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise _invalid("filter", "应为日期 2027-01-31", "is a day, 2027-01-31", text[:60]) from None
    if comparison != "=":
        raise _invalid("filter", f"“{column.name}”只能用 =", f"{column.name} takes = alone", comparison)
    return text


def _order(table: Table, sort: str) -> tuple[Order, ...]:
    order: list[Order] = []
    for text in filter(None, sort.split(",")):
        name = text.removeprefix("-")
        if name not in table.sorted_by:
            raise _unknown(table, name, ("排序", "sort"), tuple(table.sorted_by))
        order.append(Order(name, text.startswith("-")))
    order = order or list(table.order)
    if all(each.column != table.key for each in order):
        order.append(Order(table.key))
    return tuple(order)


# --- The place where a page goes on --------------------------------------------------------------


def write_cursor(row: Mapping[str, object], order: Sequence[Order]) -> str:
    """The cursor of a page whose last row this is: that row's place in the order."""
    place = orjson.dumps([row[each.column] for each in order], default=str)
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def read_cursor(table: Table, text: str, order: Sequence[Order]) -> tuple[Value, ...]:
    """A cursor that was handed out for this order, read back; raises ``parameter-invalid``."""
    try:
        place = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        place = None
    if (
        not isinstance(place, list)
        or len(place) != len(order)
        or not all(
            _can_stand_in(table.declared[each.column], value)
            for each, value in zip(order, place, strict=True)
        )
    ):
        raise _invalid(
            "after", "不是本列表本排序的续页位置", "is no cursor of this list in this order", text[:60]
        )
    return tuple(place)


def _can_stand_in(column: Column, value: object) -> bool:
    kind = column.kind.name
    if value is None:
        return True
    if kind in ("number", "position", "fen"):
        return type(value) is int and abs(value) <= LARGEST
    if kind == "truth":
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    try:
        if kind == "day":
            date.fromisoformat(value)
        elif kind == "moment":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def missing(where: str, problem: str, problem_en: str) -> Refused:
    """The refusal of a question that lacks what its table cannot do without."""
    return _invalid(where, problem, problem_en, "—")


def _invalid(where: str, problem: str, problem_en: str, found: object) -> Refused:
    return PARAMETER_INVALID.refused(where=where, problem=problem, problem_en=problem_en, found=found)


def _unknown(table: Table, found: str, purpose: tuple[str, str], expected: Sequence[str]) -> Refused:
    return COLUMN_UNKNOWN.refused(
        table=table.title[0],
        purpose=purpose[0],
        purpose_en=purpose[1],
        found=found[:60],
        expected=", ".join(expected),
    )
