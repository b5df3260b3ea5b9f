"""The fonts of papers (字体): the system's where it has one for Chinese, else the one that is installed beside us.

Whether they have every character of a paper is looked up before it is set: a box in place of a character is a failure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pylopdf_fonts_zh_cn as packaged
from fontTools.ttLib import TTFont

SERIF = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "Noto Serif SC",
    "FZShuSong-Z01",
    "FZShuSong-Z01S",
    "SimSun",
    "Songti SC",
    "STSong",
)
"""Families for the text (宋体), the best first; the one that is installed beside us is Noto Serif SC."""

SANS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "FZHei-B01",
    "FZHei-B01S",
    "SimHei",
    "Heiti SC",
    "STHeiti",
)
"""Families for headings (黑体)."""

RARE = (
    "SimSun-ExtB",
    "SimSun-ExtG",
    "HanaMinA",
    "HanaMinB",
    "Plangothic P1",
    "Plangothic P2",
    "TW-Sung-Ext-B",
    "FZSongS-Extended",
    "FZSongS-Extended(SIP)",
    "Noto Serif CJK TC",
    "Noto Serif CJK JP",
    "Noto Sans CJK SC",
)
"""Families that have characters beyond those of names in common use, asked where the others lack one."""


class Face(NamedTuple):
    """A font file's face."""

    family: str
    path: str
    number: int


class FontsMissing(Exception):
    """No family for Chinese is there at all."""


class CharactersMissing(Exception):
    """No font has these characters."""

    def __init__(self, characters: str) -> None:
        super().__init__(characters)
        self.characters = characters


class Stacks(NamedTuple):
    """The families to set text and headings in; each is asked for what those before it lack."""

    text: tuple[str, ...]
    heading: tuple[str, ...]


def packaged_folder() -> Path:
    """Where the fonts lie that are installed beside us."""
    return packaged.serif_path().parent


def coverage(face: Face) -> Collection[int]:
    """The code points that a face has."""
    number = face.number if face.path.lower().endswith((".ttc", ".otc")) else -1
    with TTFont(face.path, fontNumber=number, lazy=True) as font:
        found: dict[int, str] = font.getBestCmap() or {}
    return found.keys()


def stacks(
    faces: Iterable[Face],
    characters: Collection[str],
    covered: Callable[[Face], Collection[int]] = coverage,
) -> Stacks:
    """Choose the families for a paper with these characters.

    Raises:
        FontsMissing: none of the families is there.
        CharactersMissing: none of them has some of the characters.
    """
    by_family = {face.family: face for face in reversed(list(faces))}
    serif = _first(SERIF, by_family) or _first(SANS, by_family)
    if serif is None:
        raise FontsMissing
    sans = _first(SANS, by_family) or serif
    text, missing = [serif], {ord(each) for each in characters if _needs_glyph(each)}
    missing -= set(covered(by_family[serif]))
    for family in _others(by_family, serif):
        if not missing:
            break
        found = missing & set(covered(by_family[family]))
        if found:
            text.append(family)
            missing -= found
    if missing:
        raise CharactersMissing("".join(map(chr, sorted(missing))))
    return Stacks(tuple(text), tuple(dict.fromkeys([sans, *text])))


def _first(families: Sequence[str], by_family: Collection[str]) -> str | None:
    return next((each for each in families if each in by_family), None)


def _others(by_family: Collection[str], chosen: str) -> Iterator[str]:
    for family in dict.fromkeys([*SERIF, *RARE]):
        if family in by_family and family != chosen:
            yield family


def _needs_glyph(character: str) -> bool:
    """Whether a character is drawn: a space, a line's end and what varies the one before are not."""
    if unicodedata.category(character) in ("Zs", "Mn"):
        return character in "\u3000"
    return character not in "\n\u200b"
