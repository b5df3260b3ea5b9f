"""Typesetting (排版): a paper's file, made by a process of its own under limits, or a refusal that says why not."""

from __future__ import annotations

import unicodedata

from api.papers.paper import Paper, TearOff, rows_of
from api.papers.typesetter import NO_CHARACTERS, NO_FONT, SET
from api.service.limited_process import LimitMet, ProcessLimits, ProgramFailed, run_limited
from ledger.errors import Rule

LIMITS = ProcessLimits(
    memory_bytes=1024 * 1024 * 1024, cpu_seconds=60, wall_seconds=120.0, file_bytes=64 * 1024 * 1024
)
PROGRAM = "api.papers.typesetter"

MOST_ROWS = 3_000
"""So many rows are in one paper at most, some hundred pages; a workbook holds more."""
ROWS_OF_A_FORM = 10
"""As much of a page as this many rows is what a form to be cut off takes."""

PAPER_TOO_LONG = Rule(
    "paper-too-long",
    zh="该文书共 {found} 行，超过一份可排版的 {expected} 行：请按单位分别打印，或导出 xlsx",
    en="the paper has {found} rows, above the {expected} of one: print it unit by unit, or export a workbook",
)
FONT_MISSING = Rule(
    "font-missing",
    zh="本机没有可用的中文字体，不能生成文书：请安装思源宋体（Noto Serif CJK SC）后重试",
    en="there is no font for Chinese on this machine, and no paper was made: install Noto Serif CJK SC",
)
CHARACTERS_NOT_IN_FONTS = Rule(
    "characters-not-in-fonts",
    zh="字体中没有下列字符，为免印成方框，文书未生成：{found}。请安装含生僻字的字体（如 SimSun-ExtB）后重试",
    en="no font has these characters, and no paper was made with boxes in their place: {found}; install one that has"
    " them, like SimSun-ExtB",
)
PAPER_LIMIT = Rule(
    "paper-limit",
    zh="文书超出处理上限，未生成：请按单位分别打印，或导出 xlsx",
    en="the paper exceeds the limits of typesetting and was not made: print it unit by unit, or export a workbook",
)


def typeset(paper: Paper) -> bytes:
    """The paper as a file (PDF/A).

    Raises:
        Refused: ``paper-too-long``, ``font-missing``, ``characters-not-in-fonts``, ``paper-limit``.
    """
    forms = sum(isinstance(block, TearOff) for block in paper.blocks)
    rows = rows_of(paper) + forms * (ROWS_OF_A_FORM - 1)
    if rows > MOST_ROWS:
        raise PAPER_TOO_LONG.refused(expected=MOST_ROWS, found=rows)
    taken = (str(LIMITS.memory_bytes), str(LIMITS.cpu_seconds), str(LIMITS.file_bytes))
    try:
        answer = run_limited(PROGRAM, *taken, limits=LIMITS, given=paper.model_dump_json().encode())
    except LimitMet:
        raise PAPER_LIMIT.refused() from None
    if answer.startswith(SET):
        return answer[len(SET) :]
    if answer == NO_FONT:
        raise FONT_MISSING.refused()
    if answer.startswith(NO_CHARACTERS):
        raise CHARACTERS_NOT_IN_FONTS.refused(found=_named(answer[len(NO_CHARACTERS) :].decode()))
    raise ProgramFailed("the typesetter answered something else")


def _named(characters: str) -> str:
    """The first characters with their code points: who reads it may have no glyph for them either."""
    shown = [f"{each} (U+{ord(each):04X})" for each in unicodedata.normalize("NFC", characters)[:20]]
    return "、".join(shown) + ("…" if len(characters) > len(shown) else "")
