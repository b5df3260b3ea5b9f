"""Limits on JSON (JSON 限度): size, depth and count of values, known from the bytes before any decoding.

Decoding makes of two bytes an object of fifty, and recurses once a level: what comes from outside is
looked over first. Whether it is JSON at all is for the decoder to say.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.errors import Rule

TOO_LARGE = Rule(
    "too-large",
    zh="内容过大：{found} 字节，上限 {expected} 字节",
    en="too large: {found} bytes, at most {expected} bytes",
)
TOO_DEEP = Rule(
    "too-deep",
    zh="内容嵌套过深：上限 {expected} 层",
    en="nested too deeply: at most {expected} levels",
)
TOO_MANY_VALUES = Rule(
    "too-many-values",
    zh="内容的项目过多：上限 {expected} 项",
    en="too many values: at most {expected}",
)
TOO_MANY_ELEMENTS = Rule(
    "too-many-elements",
    zh="一次最多 {expected} 条",
    en="at most {expected} at once",
)

TEXT_UNWRITABLE = Rule(
    "text-unwritable",
    zh="正文须为 UTF-8，文字不得含 NUL 字符或不成对的代理码",
    en="the body is UTF-8, and no text in it holds a NUL character or half of a surrogate pair",
)


class Limits(NamedTuple):
    """How large one JSON text may be: in bytes, levels of nesting, and values of any kind."""

    size: int
    depth: int
    values: int


_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)
_COMMA = 0x2C
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(each for each in range(256) if each not in b"[]{}")


def check_limits(raw: bytes, limits: Limits) -> None:
    """Refuse a text beyond its limits.

    Raises:
        Refused: ``too-large``, ``too-deep`` or ``too-many-values``.

    >>> check_limits(b'{"a":[1,2]}', Limits(20, 2, 4))
    """
    if len(raw) > limits.size:
        raise TOO_LARGE.refused(expected=limits.size, found=len(raw))
    opened = raw.count(b"[") + raw.count(b"{")
    # Every value is the first of what is opened, or comes after a comma: no more than so many.
    if opened <= limits.depth and 1 + opened + raw.count(b",") <= limits.values:
        return
    bare = _STRINGS.sub(b"", raw)
    if 1 + bare.count(b"[") + bare.count(b"{") + bare.count(b",") > limits.values:
        raise TOO_MANY_VALUES.refused(expected=limits.values)
    brackets = bare.translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(limits.depth):
        brackets = brackets.replace(b"[]", b"")
    # What was nested deeper still has a pair; what is never closed nests without one.
    if b"[]" in brackets or brackets.count(b"[") > limits.depth:
        raise TOO_DEEP.refused(expected=limits.depth)


_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


def check_text(raw: bytes) -> None:
    """Refuse a JSON text that holds what no database, file or page can: NUL, and half a character.

    Raises:
        Refused: ``text-unwritable``.

    >>> check_text(b'["half of nothing"]')
    """
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise TEXT_UNWRITABLE.refused() from None
    high_until = -1
    for escape in _ESCAPE.finditer(raw):
        unit = -1 if escape[1] is None else int(escape[1], 16)
        low = 0xDC00 <= unit <= 0xDFFF
        if unit == 0 or low != (high_until == escape.start()) or (high_until >= 0 and not low):
            raise TEXT_UNWRITABLE.refused()
        high_until = escape.end() if 0xD800 <= unit <= 0xDBFF else -1
    if high_until >= 0:
        raise TEXT_UNWRITABLE.refused()


def split_array(raw: bytes, limits: Limits, most_elements: int, most_values: int) -> list[bytes]:
    """The elements of a JSON array, each as its own text within ``limits``, none of them decoded.

    Stops at the first that breaks a limit, so that hostile bytes cost no more than good ones. What is
    between the elements is not looked at more closely than that it is no element.

    Raises:
        Refused: as :func:`check_limits`, of an element or, by ``most_values``, of all together;
            ``too-many-elements``.
        ValueError: it is no array from its first byte to its last.
    """
    elements: list[bytes] = []
    depth = within = 0
    start = 0
    for values, token in enumerate(_TOKENS.finditer(raw), 1):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            if depth == 1:
                start = token.end()
            elif depth > limits.depth + 1:
                raise TOO_DEEP.refused(expected=limits.depth)
        elif first in b"]}":
            depth -= 1
        within += 1
        if (depth == 1 and first == _COMMA) or depth == 0:
            element = _element(raw, start, token.start(), limits)
            if element or elements or first == _COMMA:
                if len(elements) == most_elements:
                    raise TOO_MANY_ELEMENTS.refused(expected=most_elements)
                elements.append(element)
            start, within = token.end(), 0
        elif within > limits.values or values > most_values:
            raise TOO_MANY_VALUES.refused(expected=min(limits.values, most_values))
        elif token.end() - start > limits.size:
            raise TOO_LARGE.refused(expected=limits.size, found=token.end() - start)
        if depth <= 0:
            break
    if depth != 0 or raw[:1] != b"[" or raw[start - 1 : start] != b"]" or raw[start:].strip():
        raise ValueError("no array, or not ended")
    return elements


def _element(raw: bytes, start: int, end: int, limits: Limits) -> bytes:
    if end - start > limits.size:
        raise TOO_LARGE.refused(expected=limits.size, found=end - start)
    return raw[start:end].strip()


def split_lines(raw: bytes, limits: Limits, most_elements: int) -> list[bytes]:
    """The lines of a text that are not blank, each within the size of ``limits``.

    Raises:
        Refused: ``too-many-elements`` or ``too-large``.
    """
    if raw.count(b"\n") > 2 * most_elements:
        raise TOO_MANY_ELEMENTS.refused(expected=most_elements)
    lines = [line for line in raw.split(b"\n") if line.strip()]
    if len(lines) > most_elements:
        raise TOO_MANY_ELEMENTS.refused(expected=most_elements)
    return lines
