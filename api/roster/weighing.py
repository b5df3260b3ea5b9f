"""What a column that is not imported may say of somebody (未导入的栏中影响名单的话): dead, refused, struck off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from api.roster.headings import plain_heading

_WEIGHS = re.compile(
    r"死亡|去世|病故|亡故|已故|过世|取消|作废|剔除|删除|退回|退款|不符|不予|放弃|拒领|重复|已领|暂缓|待核|停发|不发|调出|转出|离职|"
    r"不同意|不通过|未通过|不批准|未批准|否决|注销|脱困|脱贫|迁出|停保|停用|冲正|冲销|不享受|未享受|"
    r"核减|调减|清退|退出|终止|除名|不合格|查无|失联|撤销|待定|"
    r"有车|有房|财政供养|公务员|美元|港[币元]|外币|改为|改成|更正为|调整为|变更为|现为|应为\d"
)
"""What may be said of somebody who may be listed no more, or with another sum."""
_ASKS = re.compile(r"^(?:是否|能否|可否|有无)|(?:意见|结果|结论|状态|与否)$")
"""Headings that ask something, to which a no stands alone."""
_NO = ("否", "不", "×", "x", "n", "no", "不是", "未", "无")
_WHOLE = ("死", "亡", "故", "停", "退", "减", "删", "减少", "×", "✗", "✘", "不符", "不合")
"""What weighs where nothing else stands in the cell."""
_ASKS_OF_LOSS = re.compile(
    r"^(?:是否|有无)(?:已|应|曾|有|为|属|系|本年)?(?:退出|取消|死亡|去世|注销|停|重复|财政|公务|在编|有?车|有?房|购|经商|办企业|失联|放弃|离职|领取|"
    r"享受过|脱困|脱贫|迁出|调出|服刑|吸毒|违法|异议|问题|疑点)"
)
"""Headings that ask for what takes somebody off a list, to which a yes weighs and a no does not."""
_YES = ("是", "有", "√", "✓", "y", "yes", "已")
_OTHERS = re.compile(
    r"(?:取消|核减|调减|剔除|删除|清退|退出|减少|不予(?:慰问|救助|发放)?|不符合?(?:条件|要求)?|不合格|未通过|不通过|待定|待核实?|暂缓|死亡|已故|"
    r"作废|放弃|拒领|停发|退回|备选|候补)(?:的)?(?:慰问|困难|救助|帮扶)?(?:人员|对象|职工|户|家庭)?(?:名单|名册|花名册|明细|清单|情况|统计)?表?"
    r"(?:\(.*\))?$"
)
"""How the name or the title ends of a list of those who are not to be helped."""
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
    >>> weighing("是否退出", [(2, "否"), (3, "是")]), weighing("核对", [(2, "√"), (3, "×")])
    (Weighing(rows=[3], words=['是']), Weighing(rows=[3], words=['×']))
    """
    rows: list[int] = []
    words: list[str] = []
    plain = plain_heading(heading)
    asks = _YES if _ASKS_OF_LOSS.search(plain) else (_NO if _ASKS.search(plain) else ())
    for row, text in cells:
        said = _WEIGHS.findall(text)
        alone = text.strip().lower()
        if not said and (alone in _WHOLE or alone in asks) and not (alone in _WHOLE and asks is _YES):
            said = [text.strip()]
        if said:
            rows.append(row)
            words += said
    return Weighing(rows, list(dict.fromkeys(words)))


def lists_others(title: str) -> bool:
    """Whether a sheet's name or a title is that of a list of those who are not to be helped.

    >>> lists_others("拟取消"), lists_others("不符合条件人员名单"), lists_others("剔除重复后的慰问名单")
    (True, True, False)
    """
    return _OTHERS.search(plain_heading(title)) is not None


def holds_numbers(text: str) -> bool:
    """Whether a note holds what may be an account, an identity or a phone."""
    return _HOLDS.search(text) is not None
