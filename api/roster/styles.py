"""What a workbook's styles say of its cells (单元格样式): struck out, or shown in 万元.

Imported by the reading program, so it imports the standard library alone.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

_FONTS = re.compile(rb"<(?:\w{1,16}:)?fonts\b.*?</(?:\w{1,16}:)?fonts>", re.S)
_FONT = re.compile(rb"<(?:\w{1,16}:)?font(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w{1,16}:)?font>)", re.S)
_STRIKE = re.compile(rb"""<(?:\w{1,16}:)?strike(?:\s+val=["'](\w+)["'])?\s*/?>""")
_FORMATS = re.compile(rb"<(?:\w{1,16}:)?cellXfs\b.*?</(?:\w{1,16}:)?cellXfs>", re.S)
_FORMAT = re.compile(rb"<(?:\w{1,16}:)?xf\b([^>]*)>")
_FILLS = re.compile(rb"<(?:\w{1,16}:)?fills\b.*?</(?:\w{1,16}:)?fills>", re.S)
_FILL = re.compile(rb"<(?:\w{1,16}:)?fill>(.*?)</(?:\w{1,16}:)?fill>", re.S)
_GROUND = re.compile(rb"<(?:\w{1,16}:)?fgColor\b[^>]*>")
_PLAIN_GROUND = re.compile(rb"""=["'](?:(?:FF|00)?FFFFFF|64|9)["']|\btheme=["']0["']""", re.I)
_NUMBER_FORMAT = re.compile(rb"<(?:\w{1,16}:)?numFmt\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"""\b(fontId|fillId|numFmtId|formatCode)=(?:"([^"]*)"|'([^']*)')""")
_SCALED = re.compile(r"[万千百%]|!\.|,(?=[^#0]|$)|^;")
"""What shows a number as another than it is: a unit's character, a moved point, a comma at the end, hundredths,
figures of the format's own, nothing at all."""
_LITERAL = re.compile(r'"([^"]*)"')
_BUILT_IN = frozenset({"9", "10"})
"""The formats of every workbook that show hundredths: 0% and 0.00%."""


class Styles(NamedTuple):
    """The numbers of the cell formats that strike out, and of those that show another unit."""

    struck: frozenset[int]
    scaled: frozenset[int]
    coloured: frozenset[int] = frozenset()


NO_STYLES = Styles(frozenset(), frozenset())


def styles_of(raw: bytes) -> Styles:
    """What ``xl/styles.xml`` says.

    >>> styles_of(b'<s><fonts><font/><font><strike/></font></fonts><cellXfs><xf fontId="0"/><xf fontId="1"/></cellXfs></s>')
    Styles(struck=frozenset({1}), scaled=frozenset(), coloured=frozenset())
    """
    fonts, formats = _FONTS.search(raw), _FORMATS.search(raw)
    if formats is None:
        return NO_STYLES
    struck_fonts = set()
    for number, font in enumerate(_FONT.findall(fonts[0]) if fonts else ()):
        strike = _STRIKE.search(font)
        if strike is not None and strike[1] not in (b"0", b"false"):
            struck_fonts.add(number)
    codes = (_attributes(each) for each in _NUMBER_FORMAT.findall(raw))
    own = {code["numFmtId"]: is_scaled(code.get("formatCode", "")) for code in codes}
    scaled_codes = (_BUILT_IN - own.keys()) | {number for number, is_so in own.items() if is_so}
    struck, scaled, coloured = set(), set(), set()
    fills = _FILLS.search(raw)
    grounds = {at for at, fill in enumerate(_FILL.findall(fills[0]) if fills else ()) if _is_coloured(fill)}
    for number, attributes in enumerate(_FORMAT.findall(formats[0])):
        given = _attributes(attributes)
        if int(given.get("fontId", "0") or 0) in struck_fonts:
            struck.add(number)
        if given.get("numFmtId") in scaled_codes:
            scaled.add(number)
        if int(given.get("fillId", "0") or 0) in grounds:
            coloured.add(number)
    return Styles(frozenset(struck), frozenset(scaled), frozenset(coloured))


def _is_coloured(fill: bytes) -> bool:
    """Whether a fill is a ground that can be seen: solid, and not white or the theme's own."""
    ground = _GROUND.search(fill)
    return b'patternType="solid"' in fill and ground is not None and _PLAIN_GROUND.search(ground[0]) is None


def is_scaled(code: str) -> bool:
    """Whether a number format shows a number as another than it is.

    >>> [is_scaled(each) for each in ('0.00"万元"', '0!.0,"万"', '0"00"', ';;;', '0%')]
    [True, True, True, True, True]
    >>> [is_scaled(each) for each in ('#,##0.00', 'yyyy"年"m"月"', '0.00_ ', '#,##0;(#,##0)', '0"元"')]
    [False, False, False, False, False]
    >>> is_scaled('_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ')
    False
    """
    plain = html.unescape(code)
    has_figures = any(c.isdigit() for literal in _LITERAL.findall(plain) for c in literal)
    return (has_figures or _SCALED.search(plain) is not None) and "y" not in plain.lower()


def _attributes(raw: bytes) -> dict[str, str]:
    return {
        name.decode(): (one or other).decode(errors="replace") for name, one, other in _ATTRIBUTE.findall(raw)
    }
