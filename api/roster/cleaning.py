"""Cells without what nobody sees (单元格净化): zero-width marks, Excel's guards around text, placeholders."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

Kind = str
"""What was dropped: ``invisible``, ``apostrophe``, ``formula-guard`` or ``punctuation``."""

SAID: dict[Kind, tuple[str, str]] = {
    "punctuation": ("号码前后的标点或形似 X 的符号", "punctuation around a number, or what looks like an X"),
    "invisible": ("不可见字符", "marks that cannot be seen"),
    "apostrophe": ("前导单引号", "an apostrophe in front"),
    "formula-guard": ('="…" 外壳', 'the ="…" around it'),
}
PLACEHOLDERS = ("-", "--", "—", "——", "/", "\\", "无", "暂无", "空", "n/a", "none", "null")
"""What people write where there is nothing to say."""

LONGEST_PLACEHOLDER = 6
_GUARD = re.compile(r'=\s*"([^"]*)"')
_APOSTROPHES = "'‘’＇`"
_AROUND_NUMBERS = f'{_APOSTROPHES}"“”＂,，.。;；、:： \t\r\n'
_LIKE_X = tuple("×хХχΧ✕╳＊*")
"""What is typed for the X at a number's end: a multiplication sign, the Cyrillic and the Greek letter, crosses."""
_GUARDS = ("", "=", *_APOSTROPHES)
_UNSEEN_LETTERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2800\u3164\ufe00-\ufe0f\uffa0]")
"""What counts as printable and cannot be seen."""
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0001-\U000e007f]"
)
"""Control characters but for the ends of lines, zero-width marks, marks of direction, blank letters."""


class Cleaned(NamedTuple):
    """A cell's text, and what was dropped from it."""

    text: str
    dropped: tuple[Kind, ...] = ()


def cleaned(text: str) -> Cleaned:
    """A text without marks that cannot be seen, without Excel's guards, and without spaces around it.

    >>> cleaned('="0596"'), cleaned("'12")
    (Cleaned(text='0596', dropped=('formula-guard',)), Cleaned(text='12', dropped=('apostrophe',)))
    """
    if not text.isprintable() or text[:1] in _GUARDS or (not text.isascii() and _UNSEEN_LETTERS.search(text)):
        return _cleaned(text)
    plain = text.strip()
    return Cleaned(plain if plain.isascii() else unicodedata.normalize("NFC", plain))


def _cleaned(text: str) -> Cleaned:
    dropped: list[Kind] = []
    kept = _INVISIBLE.sub("", text)
    if kept != text:
        dropped.append("invisible")
    kept = kept.replace("\xa0", " ").strip()
    guard = _GUARD.fullmatch(kept)
    if guard is not None:
        kept = guard[1].strip()
        dropped.append("formula-guard")
    if len(kept) > 1 and kept[0] in _APOSTROPHES:
        kept = kept[1:].strip()
        dropped.append("apostrophe")
    return Cleaned(unicodedata.normalize("NFC", kept), tuple(dropped))


def bare_number(text: str) -> str:
    """A number without quotes and punctuation around it, its last character an X where it looks like one.

    >>> bare_number("3506'"), bare_number("“3506”，"), bare_number("E123"), bare_number("35060219900101101×")
    ('3506', '3506', 'E123', '35060219900101101X')
    """
    bare = text.strip(_AROUND_NUMBERS)
    return bare[:-1] + "X" if bare[-1:] in _LIKE_X and bare[:-1].isdecimal() else bare


def is_placeholder(text: str) -> bool:
    """Whether a cell says that there is nothing."""
    return (
        len(text) <= LONGEST_PLACEHOLDER
        and unicodedata.normalize("NFKC", text).strip().lower() in PLACEHOLDERS
    )
