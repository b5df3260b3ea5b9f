"""Rows that a list takes back (名单中撤回的行): what a column that is not used says of them, and whom a heading is of.

Lists carry corrections beside their rows: a death that was reported in error, a payment that came back. Such a row
is not taken. One that ended (离职, 停发) did count while it lasted, and is named instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from api.roster.workbooks import Cell
from ledger.errors import IdentityFault

_TAKEN_BACK = re.compile(
    r"(?<![未不无非])(?:误报|误登|误录|登记错误|(?:本人|仍|^)健在|^在世$|已更正|更正为|已?撤销|作废|已?取消(?:登记|发放)|"
    r"已?退回|退款|退汇|冲正|冲销|未发放|未发生)"
)
_ENDED = re.compile(
    r"(?<![未不无非])(?:辞职|辞退|离职|开除|除名|调出|停薪|停发|停保|停用|退保|终止|失效|报废|过户|转让|注销|吊销|取消|迁出)"
)
_SUBJECT = re.compile(
    r"(?:死者|逝者|亡者|亡故人员|死亡人员|参保人员?|被保险人|保障对象|低保对象|救助对象|补助对象|法定代表人|法人|股东|产权人|权利人|"
    r"车主|所有人|登记人|职工|干部)(?:的)?"
)
"""Whom a list's own headings are of, before what stands in the column."""


class Aside(NamedTuple):
    """A column that is not used, from 0, and its heading."""

    at: int
    heading: str


def without_subject(heading: str) -> str:
    """A heading without the words that only say whom the list is of.

    >>> without_subject("死者身份证号"), without_subject("申报人身份证号"), without_subject("法定代表人")
    ('身份证号', '申报人身份证号', '姓名')
    """
    found = _SUBJECT.match(heading)
    return heading if found is None else heading[found.end() :] or "姓名"


def check_standing(row: Sequence[Cell], aside: Sequence[Aside]) -> None:
    """Refuses a row that another column takes back.

    Raises:
        IdentityFault: ``register-row-withdrawn``.
    """
    for column in aside:
        if (said := _said(row, column, _TAKEN_BACK)) is not None:
            raise IdentityFault(
                "register-row-withdrawn",
                f"“{column.heading}”栏写有“{said}”，未采用：仍应采用的，请删去此栏后重新载入",
                f"{column.heading} says {said}, and the row was not taken: if it holds, load the file again without"
                " that column",
            )


def aside_in(row: Sequence[Cell], aside: Sequence[Aside]) -> str | None:
    """Which column says of a row that what it is about ended, and how; None where none does."""
    found = ((column, _said(row, column, _ENDED)) for column in aside)
    return next((f"“{column.heading}”写有“{said}”" for column, said in found if said is not None), None)


def _said(row: Sequence[Cell], column: Aside, words: re.Pattern[str]) -> str | None:
    cell = row[column.at] if column.at < len(row) else ""
    found = words.search(cell) if isinstance(cell, str) and cell else None
    return None if found is None else found[0]
