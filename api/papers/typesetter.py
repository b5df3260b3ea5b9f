"""The program that typesets a paper (排版程序): :mod:`api.papers.typesetting` runs it under limits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson
import typst

from api.papers.fonts import CharactersMissing, Face, FontsMissing, packaged_folder, stacks
from api.papers.visible import printable_all
from api.service.limited_process import NO_MEMORY, ProcessLimits, limit_this_process

TEMPLATE = Path(__file__).with_name("paper.typ")
SET, NO_FONT, NO_CHARACTERS = b"pdf\n", b"no-font\n", b"no-characters\n"
"""How an answer begins: before the file, before nothing, before the characters that no font has."""

STANDARD: Literal["a-2u"] = "a-2u"
"""PDF/A for archives, whose text can be found and copied."""


def typeset(paper: dict[str, Any]) -> bytes:
    """The file (PDF) of a paper's data.

    Raises:
        FontsMissing, CharactersMissing: it cannot be set as it is.
    """
    said = printable_all(paper)
    fonts = typst.Fonts(include_system_fonts=True, font_paths=[str(packaged_folder())])
    faces = [Face(each.family, each.path, each.index) for each in fonts.fonts() if each.path is not None]
    families = stacks(faces, _characters(said))
    data = {**said, "fonts": {"text": families.text, "heading": families.heading}}
    compiler = typst.Compiler(TEMPLATE.read_bytes(), font_paths=fonts)
    made = compiler.compile(
        format="pdf",
        sys_inputs={"data": orjson.dumps(data).decode()},
        pdf_standards=[STANDARD],
        timestamp=datetime.fromtimestamp(paper["made_at"], UTC),
    )
    assert isinstance(made, bytes)
    return made


_SAID_BY_US = "第共页（盖章）签名：日期年月无0123456789"
"""The characters that the template sets by itself."""


def _characters(value: Any) -> set[str]:
    return set(_SAID_BY_US).union(*_texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != "code":
                yield from _texts(each)


def main() -> None:
    """Read a paper (JSON) from the standard input, and write its file to the standard output."""
    memory, seconds, size = map(int, sys.argv[1:])
    limit_this_process(ProcessLimits(memory, seconds, 0, size))
    try:
        answer = SET + typeset(orjson.loads(sys.stdin.buffer.read()))
    except FontsMissing:
        answer = NO_FONT
    except CharactersMissing as missing:
        answer = NO_CHARACTERS + missing.characters.encode()
    except MemoryError:
        sys.exit(NO_MEMORY)
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
