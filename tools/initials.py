"""The table of initials by which the pages find names (拼音首字母): ``python -m tools.initials`` writes it anew.

The sounds are those of pypinyin (MIT), whose data are Unihan's readings and the dictionaries that it names. A
character has the initial of its first sound in one string, by its code point, and those of its other sounds beside:
surnames are often read otherwise than the same character elsewhere (单 shàn, 曾 zēng, 仇 qiú).
"""

from __future__ import annotations

from pathlib import Path

from pypinyin import Style, pinyin

FILE = Path(__file__).parent.parent / "api" / "web" / "src" / "offline" / "initials_table.ts"
FIRST, LAST = 0x4E00, 0x9FFF
A_LINE = 128
SURNAMES = {
    "单": "s",
    "曾": "z",
    "仇": "q",
    "查": "z",
    "解": "x",
    "区": "o",
    "盖": "g",
    "尉": "y",
    "乐": "y",
    "朴": "p",
}
"""Sounds that these characters have as surnames, whatever the dictionaries say first."""


def letters_of(character: str) -> str:
    """The initials of a character's sounds, the first sound's first; empty where it has none."""
    (sounds,) = pinyin(character, style=Style.NORMAL, heteronym=True, errors=lambda _: "", strict=False) or [
        [""]
    ]
    said = [sound[0].lower().replace("ü", "y") for sound in sounds if sound and sound[0].isalpha()]
    return "".join(dict.fromkeys([*said, *SURNAMES.get(character, "")]))


def written() -> str:
    """The module that holds the table."""
    characters = [chr(code) for code in range(FIRST, LAST + 1)]
    found = {character: letters_of(character) for character in characters}
    firsts = "".join(found[each][:1] or "-" for each in characters)
    lines = [f"  '{firsts[start : start + A_LINE]}'," for start in range(0, len(firsts), A_LINE)]
    also = "".join(f"{each}{found[each][1:]}" for each in characters if len(found[each]) > 1)
    others = [f"  '{also[start : start + A_LINE]}'," for start in range(0, len(also), A_LINE)]
    return "\n".join(
        [
            "/** The initials of characters' sounds, by code point from U+4E00 on: `python -m tools.initials` (pypinyin). */",
            "",
            f"export const FIRST = 0x{FIRST:x}",
            "",
            "/** The initial of each character's first sound; - where it has none. */",
            "export const LETTERS = [",
            *lines,
            "].join('')",
            "",
            "/** Characters of several sounds, each with the initials of the others. */",
            "export const ALSO: Record<string, string> = Object.fromEntries([",
            *others,
            "].join('').match(/[^a-z][a-z]+/g)!.map((each) => [each[0], each.slice(1)]))",
            "",
        ]
    )


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
