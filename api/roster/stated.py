"""What titles and remarks say of their list (共3人，合计金额1500元): how many persons, how much in all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from api.roster.amounts import amount_fen
from api.roster.cleaning import cleaned
from api.roster.headings import Unit
from ledger.errors import IdentityFault

_PERSONS = re.compile(
    r"(?:共计?|合计|总计|小计|总人数|人数)(?:慰问|发放)?(?:困难)?(?:职工|人员|对象)?:?(\d{1,6})[人名]|"
    r"人数:(\d{1,6})(?!\d)"
)
_MONEY = re.compile(
    r"(?:合计|总计?|共计?|累计)?(?:慰问|发放|补助|救助)?(?:总?金额|总额|资金)(?:合计|总计|共计?)?(?:\(大写\))?[:：为]?(人民币)?"
    r"([¥￥]?\d[\d,]*(?:\.\d+)?(?:万?元)|[零壹贰叁肆伍陆柒捌玖拾佰仟万元整角分圆]{3,})"
)


class Stated(NamedTuple):
    """What stands around the lines of a sheet: numbers of persons, and sums in fen."""

    persons: list[int]
    fen: list[int]


def stated(rows: Iterable[Iterable[object]]) -> Stated:
    """What rows that are no lines say of those that are.

    >>> stated([["慰问名单（共3人，合计金额1500元）"], ["以上共3人，金额合计壹仟伍佰元整"]])
    Stated(persons=[3, 3], fen=[150000, 150000])
    >>> stated([["每人慰问金500元，金额500元/人"], ["公示期5天"]])
    Stated(persons=[], fen=[])
    """
    persons: list[int] = []
    fen: list[int] = []
    for row in rows:
        text = "".join(cleaned(cell).text for cell in row if isinstance(cell, str))
        text = (
            re.sub(r"\s", "", text)
            .replace("：", ":")
            .replace("（", "(")
            .replace("）", ")")
            .replace("，", ";")
        )
        persons += [int(said[1] or said[2]) for said in _PERSONS.finditer(text)]
        for said in _MONEY.finditer(text):
            # What is said of each person is not said of all.
            if (
                text[said.end() : said.end() + 2] in ("/人", "/户", "每人")
                or "每" in text[: said.start()][-6:]
            ):
                continue
            try:
                fen.append(amount_fen(said[2], Unit("元")))
            except IdentityFault:
                continue
    return Stated(persons, fen)


def fits(said: Collection[int], found: Collection[int]) -> bool:
    """Whether one of what was found is said, or what is said of the parts adds up to it; nothing said fits."""
    return not said or any(each in said or sum(said) in (each, 2 * each) for each in found)
