"""What a column's cells look like (按内容识别): numbers that check themselves, phones, names; never a sum of money alone."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Sequence

from stdnum import luhn

from api.roster.amounts import amount_fen
from api.roster.cleaning import cleaned
from api.roster.workbooks import Cell
from ledger.errors import IdentityFault
from ledger.identity import documents as identities

MOST = 0.6
"""The share of a column's cells that must be of a kind."""
NAMES = 0.9
_LATEST = datetime.date(2200, 1, 1)
SURNAMES = set(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟"
    "姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文施洪"
)


def looks_like(cells: Sequence[Cell], *, with_money: bool = False) -> str | None:
    """The field that most cells of a column look like, or None.

    Money is looked for only to ask about it: a sum does not check itself.
    """
    texts = [str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell) for cell in cells]
    texts = [unicodedata.normalize("NFKC", cleaned(text).text) for text in texts]
    if not texts:
        return None
    tests: list[tuple[str, Callable[[str], bool], float]] = [
        ("number", _is_number, MOST),
        ("account", _is_card, MOST),
        ("phone", _is_mobile, MOST),
        ("name", _is_name, NAMES),
    ]
    if with_money:
        tests.append(("amount_fen", _is_money, NAMES))
    for field, is_so, share in tests:
        if sum(map(is_so, texts)) >= share * len(texts):
            return field
    return None


def _is_number(text: str) -> bool:
    try:
        identities.resident_number(text, today=_LATEST)
    except IdentityFault:
        return False
    return True


def _is_card(text: str) -> bool:
    number = identities.folded(text)
    return identities.is_card(number) and luhn.is_valid(number)


def _is_mobile(text: str) -> bool:
    return re.fullmatch(r"1[3-9]\d{9}", identities.folded(text)) is not None


def _is_name(text: str) -> bool:
    plain = re.sub(r"\s", "", text)
    return 2 <= len(plain) <= 4 and plain[0] in SURNAMES and all("\u3400" <= c <= "\u9fff" for c in plain)


def _is_money(text: str) -> bool:
    try:
        return amount_fen(text) >= 100
    except IdentityFault:
        return False
