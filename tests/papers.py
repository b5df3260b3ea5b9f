"""What stands on a paper (PDF), read back from the file."""

from __future__ import annotations

import re

import pypdfium2


def pages_of(raw: bytes) -> list[str]:
    """The text of each page without its white space, which lines and cells are broken by."""
    document = pypdfium2.PdfDocument(raw)
    try:
        return [re.sub(r"[\s\u200b\ufffe]", "", page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


def text_of(raw: bytes) -> str:
    """The text of all pages."""
    return "".join(pages_of(raw))


def is_landscape(raw: bytes) -> bool:
    """Whether the pages lie across, on A4."""
    document = pypdfium2.PdfDocument(raw)
    try:
        width, height = document[0].get_size()
        assert sorted(map(round, (width, height))) == [595, 842]
        return bool(width > height)
    finally:
        document.close()
