"""Headings as people write them (表头): their plain form, the column that they mean, the unit they give.

A heading is matched exactly, by a synonym, or by either with a word before or after it that changes
nothing (困难职工, 拟, 2026年); one with a word that makes it somebody else's (配偶, 领款人) is matched only
as it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

from api.roster.columns import ALSO_READ, FORMS, IN_WORDS, Column, Recipient
from api.roster.traditional import simplified

How = Literal["chosen", "remembered", "exact", "synonym", "part", "content"]
"""How a column came to its field: by the officer, by an earlier choice, by its heading, by its cells."""
SCORES: dict[How, float] = {
    "chosen": 1.0,
    "remembered": 0.95,
    "exact": 1.0,
    "synonym": 0.9,
    "part": 0.7,
    "content": 0.6,
}

UNITS_FEN: dict[str, int] = {"万元": 1_000_000, "千元": 100_000, "百元": 10_000, "元": 100, "角": 10, "分": 1}
"""What one of a unit is in fen."""
PERIODS = {"月": "month", "年": "year", "季": "quarter", "季度": "quarter", "天": "day", "日": "day"}

SERIALS = ("序号", "编号", "序", "行号", "顺序号", "序列", "no", "№")
SIGNATURES = (
    "签名",
    "签字",
    "签收",
    "签领",
    "签章",
    "盖章",
    "指印",
    "按手印",
    "领款人签字",
    "领款人签名",
    "领取人签字",
    "领取人签名",
    "本人签字",
    "本人签名",
    "签名或盖章",
    "领款人",
    "领取人",
    "签收人",
    "代领人签字",
)

RELATIONS = (
    "与户主关系",
    "与户主的关系",
    "是户主的关系",
    "户主关系",
    "与申请人关系",
    "与职工关系",
    "与困难职工关系",
    "与本人关系",
    "家庭关系",
    "家庭成员关系",
    "关系",
)
"""Headings of what a member of a household is to the one who is helped."""

_BRACKETS = re.compile(r"[（(].*?[)）]")
_NOT_LETTERS = re.compile(r"[\s:：*＊、,，./\\_\-]+")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[.、．]\s*")
_UNIT = r"万元|千元|百元|元|角|分|万|圆"
_IN_BRACKETS = re.compile(
    rf"[（(【\[/:：]\s*(?:人民币|单位|RMB)?\s*[:：]?\s*({_UNIT})\s*(?:[/每]\s*([\w人]{{1,3}}))?\s*(?:[)）\]】]|$)"
)
_AT_END = re.compile(r"(万元|千元|百元|元)\s*(?:[/每]\s*(\w{1,3}))?$")
_TITLED = re.compile(r"\S\s*[(【\[]\s*(?:人民币)?\s*(万元|千元|百元|元)\s*[)】\]]$")
_STATED = re.compile(rf"单位\s*[:：为]?\s*(?:人民币)?\s*({_UNIT})(?!\w)")
_BARE = re.compile(
    rf"[(【\[]?\s*(?:人民币|单位|金额单位)?\s*[:：]?\s*({_UNIT})\s*(?:[/每]\s*(\w{{1,3}}))?\s*[)】\]]?"
)
_OF_WIDTH = re.compile(r"[(【\[].{1,12}[)】\]]|\d{1,2}位(?:数字?)?|[人户岁口月年]|个月|文本|[必选]填")
"""What stands beneath headings beside units: how long a number is, whether it is needed."""
_YEAR = re.compile(r"^(?:19|20)\d\d年?度?|^(?:本|今)?年度|^(?:本次|此次|本年|今年|春节|元旦|两节)")
_BEFORE = (
    "困难职工",
    "困难人员",
    "困难群众",
    "企业职工",
    "职工",
    "员工",
    "慰问对象",
    "帮扶对象",
    "补助对象",
    "救助对象",
    "受助人",
    "申请人",
    "被慰问人",
    "被帮扶人",
    "人员",
    "对象",
    "个人",
    "本人",
    "拟",
    "应",
    "实际",
    "实",
    "计划",
    "建议",
    "申请",
    "填写",
    "拟发",
    "应发",
    "实发",
    "发放",
    "困难",
    "有效",
    "居民",
    "小写",
)
_AFTER = ("必填", "选填", "全称", "信息", "情况", "填写", "说明", "明细", "号码", "号", "数额", "小写")
_ANOTHERS = (
    "配偶",
    "爱人",
    "子女",
    "父",
    "母",
    "家属",
    "亲属",
    "成员",
    "监护",
    "代领",
    "领款",
    "领取",
    "经办",
    "联系人",
    "紧急",
    "户主",
    "去年",
    "上年",
    "上次",
    "已发",
    "已领",
    "累计",
    "合计",
    "小计",
    "总额",
    "开户行",
    "支行",
    "原名",
    "曾用",
    "推荐",
    "审核",
    "审批",
    "年收入",
    "年人均",
    "总收入",
    "不含",
    "其中",
    "差额",
    "扣",
    "结余",
    "单价",
    "次数",
)


class Unit(NamedTuple):
    """The unit of a column of money: 万元, and for how long (``month``, ``year`` or nothing)."""

    name: str
    period: str = ""

    @property
    def fen(self) -> int:
        """What one of it is in fen."""
        return UNITS_FEN[self.name]


class Match(NamedTuple):
    """The column that a heading means, and how that is known."""

    column: Column
    how: How


def plain_heading(text: str) -> str:
    """A heading without spaces, brackets' content, stars and punctuation.

    >>> plain_heading("* 慰问 金额（元）：")
    '慰问金额'
    """
    folded = simplified(unicodedata.normalize("NFKC", text))
    return _NOT_LETTERS.sub("", _BRACKETS.sub("", folded)).lower()


@lru_cache(maxsize=8192)
def heading_name(text: str) -> str:
    """A heading's plain form without its number and its unit.

    >>> heading_name("3、拟慰问金额 万元"), heading_name("慰问金额(万元/人)"), heading_name("身份证号")
    ('拟慰问金额', '慰问金额', '身份证号')
    """
    plain = plain_heading(_NUMBERED.sub("", text))
    shorter = re.sub(rf"(?:{_UNIT})(?:每?[人户月年次])?$", "", plain)
    return shorter if unit_of(text) is not None and len(shorter) >= 2 else plain


@lru_cache(maxsize=8192)
def unit_of(text: str) -> Unit | None:
    """The unit that a heading gives, or None.

    >>> unit_of("慰问金额(万元)"), unit_of("补助标准（元/月）"), unit_of("金额万元"), unit_of("身份")
    (Unit(name='万元', period=''), Unit(name='元', period='month'), Unit(name='万元', period=''), None)
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    found = _IN_BRACKETS.search(folded) or _AT_END.search(folded)
    if found is None:
        return None
    return Unit(_named(found[1]), PERIODS.get(found[2] or "", ""))


def stated_unit(text: str) -> Unit | None:
    """The unit that stands over a table: 单位：万元, 金额单位: 元, 慰问金发放表（万元）, （万元） alone; else None.

    >>> stated_unit("填报单位：茶厂    单位：万元"), stated_unit("慰问金发放表（万元）"), stated_unit("单位：元宝山镇")
    (Unit(name='万元', period=''), Unit(name='万元', period=''), None)
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    found = _STATED.search(folded) or _TITLED.search(folded)
    if found is None and folded[:1] in tuple("([【"):
        return bare_unit(folded)
    return None if found is None else Unit(_named(found[1]))


def bare_unit(text: str) -> Unit | None:
    """The unit that is all a cell says, as beneath headings: （万元）, 元/人; else None.

    >>> bare_unit("（万元）"), bare_unit("元/月"), bare_unit("5元")
    (Unit(name='万元', period=''), Unit(name='元', period='month'), None)
    """
    found = _BARE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return None if found is None else Unit(_named(found[1]), PERIODS.get(found[2] or "", ""))


def is_beneath(text: str) -> bool:
    """Whether a text only says how a column is filled in: a unit, a length, （必填）.

    >>> [is_beneath(each) for each in ("万元", "18位", "（必填）", "张三", "500")]
    [True, True, True, False, False]
    """
    return bare_unit(text) is not None or bool(
        _OF_WIDTH.fullmatch(unicodedata.normalize("NFKC", text).strip())
    )


def _named(unit: str) -> str:
    return {"万": "万元", "圆": "元"}.get(unit, unit)


@lru_cache(maxsize=4)
def _known(recipient: Recipient) -> dict[str, Match]:
    """Every heading that is understood → its column."""
    known: dict[str, Match] = {}
    columns = (*FORMS[recipient], *ALSO_READ[recipient])
    for column in columns:
        for heading in (column.heading, column.field):
            known.setdefault(plain_heading(heading), Match(column, "exact"))
    for column in columns:
        for heading in column.synonyms:
            known.setdefault(plain_heading(heading), Match(column, "synonym"))
    return known


@lru_cache(maxsize=8192)
def matched(recipient: Recipient, text: str) -> Match | None:
    """The column that a heading means, or None.

    >>> [matched("person", each).how for each in ("姓名", "职工姓名", "2026年拟慰问金额（万元）", "慰问对象姓名全称")]
    ['exact', 'synonym', 'part', 'part']
    >>> [matched("person", each) for each in ("配偶姓名", "领款人身份证号", "水果")]
    [None, None, None]
    """
    known = _known(recipient)
    if "大写" in text:
        # What stands in brackets is no part of a heading's plain form: 慰问金额（大写）.
        return Match(IN_WORDS, "synonym")
    found = known.get(plain_heading(text)) or known.get(heading_name(text))
    if found is not None:
        return found
    name = heading_name(text)
    if is_anothers(name):
        return None
    for shorter in _shortened(name):
        found = known.get(shorter)
        if found is not None:
            return Match(found.column, "part")
    return None


def is_anothers(text: str) -> bool:
    """Whether a heading is about another person, time or sum than the line's."""
    return any(word in text for word in _ANOTHERS)


def _shortened(name: str) -> list[str]:
    """What is left of a heading without words that change nothing, at most three of them; the longest first."""
    found = [name]
    for _ in range(3):
        more = []
        for each in found:
            more += [
                each[len(word) :] for word in _BEFORE if each.startswith(word) and len(each) > len(word) + 1
            ]
            more += [
                each[: -len(word)] for word in _AFTER if each.endswith(word) and len(each) > len(word) + 1
            ]
            without_year = _YEAR.sub("", each)
            if without_year != each and len(without_year) > 1:
                more.append(without_year)
        found = list(dict.fromkeys([*found, *more]))
    return sorted(found, key=len, reverse=True)


def is_serial(text: str) -> bool:
    """Whether a heading is of the lines' own numbers."""
    return heading_name(text) in SERIALS


def is_relation(text: str) -> bool:
    """Whether a heading is of what a member of a household is to the one who is helped."""
    return heading_name(text) in RELATIONS


def is_signature(text: str) -> bool:
    """Whether a heading is of where the recipient signs."""
    name = heading_name(text)
    return name in SIGNATURES or name.endswith(("签字", "签名", "签章", "签收", "盖章", "手印"))
