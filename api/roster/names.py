"""Names in rosters (名单中的姓名): one person's, whole, and nothing beside it."""

from __future__ import annotations

import re
import unicodedata

from api.roster.cells import plain_text
from api.roster.guesses import SURNAMES
from api.roster.unused import NUMBER_IN_TEXT
from api.roster.workbooks import Cell
from ledger.errors import IdentityFault
from ledger.identity.documents import person_name

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af〇]")
_HAN_NAME = re.compile("[\u3400-\u9fff\U00020000-\U000323af〇]{2,4}")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_BETWEEN = re.compile(r"[、,;/&+]")
"""What stands between two names."""
_AND = re.compile(r"[和与及\n]")
"""What may, and may belong to a name or to its typography."""
_NOT_WHOLE = re.compile(r"某|囗|无名|不详|未知|待定|[xXoO]")
"""What stands for a part of a Chinese name that is left out or was not to be typed."""
_BESIDE = re.compile(
    r"(?:已?去世|已故|亡故|病故|死亡|家属|配偶|遗属|遗孀|遗孤|代领|夫妇|夫妻|一家|全家|同志|本人|户主|之[妻夫子女父母])$"
)
_ADDRESSED = re.compile(r"(?:先生|女士|小姐|师傅|老师|主席|厂长|经理|书记|主任)$")
"""How somebody is addressed, which no document has."""
_SEX = re.compile(r"(\S{2,4})\s+[男女]")
_LONGEST_HAN = 4


def roster_name(cell: Cell) -> str:
    r"""A person's name in normal form, as :func:`person_name`; one that is two persons', or not whole, is refused.

    Raises:
        IdentityFault: ``person-name``, ``cell-of-several`` or ``name-doubtful``.

    >>> roster_name("张 三"), roster_name("欧阳 娜娜"), roster_name("王和平")
    ('张三', '欧阳娜娜', '王和平')
    """
    text = unicodedata.normalize("NFKC", plain_text(cell)).strip()
    if _is_several(text):
        raise of_several()
    if _PRIVATE.search(text):
        raise _doubtful("有本机造字，别的电脑显示不出", "it has a character that only one machine knows")
    name = person_name(text)
    if not _HAN.search(name):
        return name
    if _NOT_WHOLE.search(name):
        raise _doubtful("有以“某”、“x”或方框代替的字", "a part of it is left out")
    beside = _BESIDE.search(name)
    if beside is not None and len(name) > len(beside[0]) + 1:
        raise _doubtful(f"姓名后有“{beside[0]}”", f"“{beside[0]}” stands behind it")
    addressed = _ADDRESSED.search(name)
    if addressed is not None and len(name) > len(addressed[0]):
        raise _doubtful(f"姓名后有称呼“{addressed[0]}”", f"it is how somebody is addressed: {addressed[0]}")
    if _SEX.fullmatch(text) is not None:
        raise _doubtful("姓名后有性别", "the sex stands behind it")
    return name


def is_long(name: str) -> bool:
    """Whether a Chinese name without a dot is longer than such names are.

    >>> is_long("张三李四王五"), is_long("阿卜杜拉·买买提"), is_long("欧阳娜娜")
    (True, False, False)
    """
    return "·" not in name and len(name) > _LONGEST_HAN and all(map(_HAN.fullmatch, name))


def check_one_number(cell: Cell) -> None:
    """Refuses a cell with several persons' numbers.

    Raises:
        IdentityFault: ``cell-of-several``.
    """
    if isinstance(cell, str) and len(NUMBER_IN_TEXT.findall(unicodedata.normalize("NFKC", cell))) > 1:
        raise of_several()


def of_several() -> IdentityFault:
    """A cell in which two persons stand."""
    return IdentityFault(
        "cell-of-several",
        "一格中有不止一人：请每人一行，各填各的号码和金额",
        "more than one person stands in the cell: give each a line, with a number and a sum of their own",
    )


def _is_several(text: str) -> bool:
    parts = [part.strip() for part in _BETWEEN.split(text)]
    if len(parts) > 1 and all(map(_HAN_NAME.fullmatch, parts)):
        return True
    parts = [part.strip() for part in _AND.split(text)]
    return len(parts) > 1 and all(_HAN_NAME.fullmatch(part) and part[0] in SURNAMES for part in parts)


def _doubtful(why: str, why_en: str) -> IdentityFault:
    return IdentityFault(
        "name-doubtful",
        f"姓名有疑义，未采用：{why}；请只填证件上的姓名",
        f"the name is doubtful and was not taken: {why_en}; give the document's name alone",
    )
