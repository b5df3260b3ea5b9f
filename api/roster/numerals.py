"""Chinese numerals (汉字数字), in their everyday and their banking forms, read strictly."""

from __future__ import annotations

import re

DIGITS = {
    **dict.fromkeys("零〇○", 0),
    **dict.fromkeys("一壹", 1),
    **dict.fromkeys("二贰两弍", 2),
    **dict.fromkeys("三叁叄", 3),
    **dict.fromkeys("四肆", 4),
    **dict.fromkeys("五伍", 5),
    **dict.fromkeys("六陆", 6),
    **dict.fromkeys("七柒", 7),
    **dict.fromkeys("八捌", 8),
    **dict.fromkeys("九玖", 9),
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_SECTIONS = (("亿億", 10**8), ("万萬", 10**4))
_COLLOQUIAL = re.compile(r"[一二三四五六七八九十百千万两零〇]+[百千万][一二三四五六七八九]")


def chinese_number(text: str) -> int | None:
    """The number that numerals mean, or None where they are not in order.

    >>> [chinese_number(each) for each in ("伍佰", "一千二百", "五〇〇", "十二", "两万零五百", "五百五", "百五")]
    [500, 1200, 500, 12, 20500, None, None]
    """
    if not text:
        return None
    if len(text) > 1 and all(c in DIGITS for c in text):
        return int("".join(str(DIGITS[c]) for c in text)) if DIGITS[text[0]] else None
    return _sections(text, _SECTIONS)


def is_colloquial(text: str) -> bool:
    """Whether numerals leave their last unit away, as in 五百五 for 550.

    >>> is_colloquial("五百五"), is_colloquial("一万二"), is_colloquial("五百零五")
    (True, True, False)
    """
    return _COLLOQUIAL.fullmatch(text) is not None


def _sections(text: str, sections: tuple[tuple[str, int], ...]) -> int | None:
    if not sections:
        return _section(text)
    (names, size), rest = sections[0], sections[1:]
    places = [at for at, c in enumerate(text) if c in names]
    if not places:
        return _sections(text, rest)
    if len(places) > 1:
        return None
    high = _sections(text[: places[0]], rest)
    tail = text[places[0] + 1 :]
    if high is None or high == 0:
        return None
    if not tail:
        return high * size
    # 一万五 is said of 15,000: without 零 a last single numeral lacks its unit.
    if len(tail) == 1:
        return None
    low = _sections(tail, rest)
    return None if low is None or low == 0 else high * size + low


def _section(text: str) -> int | None:
    """Below ten thousand: units grow smaller, a single numeral at the end follows 零 or 十."""
    total, digit, smallest, after_zero, first = 0, None, 10_000, False, True
    for c in text:
        if c in DIGITS:
            if digit is not None:
                return None
            if DIGITS[c] == 0:
                after_zero = True
            else:
                digit = DIGITS[c]
        elif c in _UNITS:
            unit = _UNITS[c]
            if unit >= smallest or (digit is None and not (first and unit == 10)):
                return None
            total += (digit or 1) * unit
            digit, smallest, after_zero = None, unit, False
        else:
            return None
        first = False
    if digit is not None:
        if smallest not in (10, 10_000) and not after_zero:
            return None
        total += digit
    return total
