"""How common a name is in China (姓名频率), from a fixed table: the same in every ledger, whatever its size.

An agreement on a rare name says more than one on a common name. How much more is not counted in the ledger,
where a name's share depends on how many are in it.

Sources, as the press reported them: the Ministry of Public Security's survey of 2007 (王 7.25 %, 李 7.19 %,
张 6.83 %; ten surnames of more than 20 million, 22 of more than 10 million, the first hundred 84.77 % of all)
and its reports on names of 2018 and 2019 (the order of the hundred; 万 with 2.75 million at its end; the
characters that names use most). Between the figures shares are interpolated; 张伟, the commonest name, comes to about
300,000 of 1.4 thousand million, as was counted.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp, log

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙"
    "黎史陶贺毛段郝顾龚邵覃武钱戴严莫孔向万欧"
)
"""The commonest surnames, in order."""

_SHARES = ((1, 0.0725), (3, 0.0683), (10, 0.0170), (22, 0.0085), (100, 0.0020))
"""Of whom how many have the surname at that place."""

_RARE_SURNAME = 1e-4
_COMPOUND = frozenset(
    ("欧阳", "上官", "皇甫", "司徒", "司马", "诸葛", "尉迟", "夏侯", "慕容", "公孙", "令狐")
)

_COMMON = frozenset(
    "英华文玉秀明丽兰红金国春梅建志平芳桂军海云林凤珍香荣伟敏燕霞玲艳永龙德福静强成生东辉新萍琴杰莲忠娟祥光"
    "小洪勇波月贵清超涛磊斌刚娜俊飞庆宇浩"
)
"""Characters that given names use most."""

_SINGLE = 0.15
"""How many have a given name of one character."""

_OF_SINGLE = {True: 0.02, False: 0.001}
_OF_SEVERAL = {True: 0.008, False: 0.0005}
"""How many given names have a character at a place, where it is common and where it is not."""

COMMONEST, RAREST = 2.2e-4, 1e-7


def name_frequency(name: str) -> float:
    """How many of all people have a name, from 1e-7 to 2.2e-4.

    >>> f"{name_frequency('张伟'):.1e} {name_frequency('龚彧翀'):.0e}"
    '2.0e-04 1e-07'
    """
    surname = name[:2] if name[:2] in _COMPOUND else name[:1]
    given = name[len(surname) :]
    if len(given) == 1:
        of_given = _SINGLE * _OF_SINGLE[given in _COMMON]
    else:
        of_given = 1 - _SINGLE
        for character in given:
            of_given *= _OF_SEVERAL[character in _COMMON]
    return min(max(_SURNAME_SHARES.get(surname, _RARE_SURNAME) * of_given, RAREST), COMMONEST)


def _share(place: int) -> float:
    """Between two places of which the shares are known, a power of the place."""
    for (before, larger), (after, smaller) in pairwise(_SHARES):
        if place <= after:
            along = log(place / before) / log(after / before)
            return exp(log(larger) + along * log(smaller / larger))
    return _SHARES[-1][1]


_SURNAME_SHARES = {surname: _share(place) for place, surname in enumerate(_SURNAMES, 1)}
