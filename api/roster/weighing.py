"""What a column that is not imported may say of somebody (未导入的栏中影响名单的话): dead, refused, struck off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from api.roster.headings import plain_heading

_WEIGHS = re.compile(
    r"死亡|去世|病故|亡故|已故|过世|取消|作废|剔除|删除|退回|退款|不符|不予|放弃|拒领|重复|已领|暂缓|待核|停发|不发|调出|转出|离职|"
    r"不同意|不通过|未通过|不批准|未批准|否决|注销|脱困|脱贫|迁出|停保|停用|冲正|冲销|不享受|未享受|"
    r"有车|有房|财政供养|公务员|美元|港[币元]|外币|改为|改成|更正为|调整为|变更为|现为|应为\d"
)
"""What may be said of somebody who may be listed no more, or with another sum."""
_ASKS = re.compile(r"^(?:是否|能否|可否|有无)|(?:意见|结果|结论|状态|与否)$")
"""Headings that ask something, to which a no stands alone."""
_NO = ("否", "不", "×", "x", "n", "no", "不是", "未", "无")
_HOLDS = re.compile(r"(?<!\d)\d(?:[ \-]?\d){10,}")
"""What of a note may be an account, an identity or a phone."""


class Weighing(NamedTuple):
    """The rows, from 1, in which something weighs, and the words that do, each once."""

    rows: list[int]
    words: list[str]


def weighing(heading: str, cells: Iterable[tuple[int, str]]) -> Weighing:
    """What of a column's cells, with their rows, may say that somebody is on the list no more.

    >>> weighing("审核意见", [(2, "同意"), (3, "不同意")]), weighing("是否发放", [(2, "是"), (3, "否")])
    (Weighing(rows=[3], words=['不同意']), Weighing(rows=[3], words=['否']))
    """
    rows: list[int] = []
    words: list[str] = []
    asks = _ASKS.search(plain_heading(heading)) is not None
    for row, text in cells:
        said = _WEIGHS.findall(text)
        if not said and asks and text.strip().lower() in _NO:
            said = [text.strip()]
        if said:
            rows.append(row)
            words += said
    return Weighing(rows, list(dict.fromkeys(words)))


def holds_numbers(text: str) -> bool:
    """Whether a note holds what may be an account, an identity or a phone."""
    return _HOLDS.search(text) is not None
