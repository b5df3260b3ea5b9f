"""Dates as people and spreadsheets write them (日期), and Excel's days by number."""

from __future__ import annotations

import datetime
import re
import unicodedata

from api.roster.cleaning import cleaned
from api.roster.numerals import DIGITS, chinese_number
from api.roster.workbooks import Cell
from ledger.domain.time_range import FIRST_YEAR
from ledger.errors import IdentityFault

_FIRST_SERIAL, _LAST_SERIAL = 14_611, 73_050
"""1940 to 2099 by Excel's count of days."""
_EPOCH = datetime.date(1899, 12, 30)
_DAYS_TO_1904 = 1_462
"""By so many days the count that begins in 1904 is behind."""
_BETWEEN = r"\-/.、。,·•\\—–―‐−~"
"""What people type between a year, a month and a day."""
_DATE = re.compile(
    rf"(\d{{4}})\s*[年{_BETWEEN}]\s*(\d{{1,2}})\s*[月{_BETWEEN}]\s*(\d{{1,2}})\s*[日号]?[{_BETWEEN}]?"
    r"|(\d{4})(\d{2})(\d{2})(?:\d{6})?|(\d{4}) (\d{1,2}) (\d{1,2})"
)
_TIME = re.compile(r"(?:[ T]|\s*[上下]午\s*)\d{1,2}[:时]\d{2}分?(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_SHORT_YEAR = re.compile(r"'?\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_MONTH_ALONE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*月?(?:[上中下]旬|初|底)?|\d{4}年?|[零〇○一二三四五六七八九]{4}年[^日号]{1,4}月?"
)
"""A month or a year without its day."""
_FIRST_MONTH = re.compile(r"(?<=年)[元正]月")
"""元月 is January."""
_WEEKDAY = re.compile(r"\s*\(?(?:星期|周|礼拜)[一二三四五六日天]\)?$")
_NUMERALS = re.compile(
    r"([零〇○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)
_LIKE_ZERO = re.compile(r"(?<=[一二三四五六七八九])[0OoОо◯O]+(?=[一二三四五六七八九年])")
"""What is typed for the 〇 in a year of numerals."""
_LUNAR = re.compile(
    r"农历|阴历|腊月|正月|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年|初[一二三四五六七八九十]"
)
_BANKING = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")


def date_text(cell: Cell, *, from_1904: bool = False) -> str:
    """A date in ISO form: a date cell, 2026-1-5, 2026年1月5日, 20260105, 二〇二六年一月五日, 46027.

    ``from_1904`` says that the cell's file counts days from 1904.

    >>> [date_text(each) for each in ("2026.1.5", "二〇二六年一月五日", "46027", 46027.0, "2026-01-05 08:30")]
    ['2026-01-05', '2026-01-05', '2026-01-05', '2026-01-05', '2026-01-05']
    >>> [date_text(each) for each in ("2026年元月5日", "贰零贰陆年壹月伍日", "2026、1、5", "2026-1-5 星期一")]
    ['2026-01-05', '2026-01-05', '2026-01-05', '2026-01-05']
    >>> date_text(44565.0, from_1904=True)
    '2026-01-05'
    """
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    text = _plain(cell)
    serial = re.fullmatch(r"\d{5}", text)
    if serial is not None:
        days = int(text) + (_DAYS_TO_1904 if from_1904 else 0)
        if from_1904 and isinstance(cell, str):
            raise _doubtful(
                "文件的日期从 1904 年起算，文字的天数不知从何年起算", "days as text in a file of 1904"
            )
        if _FIRST_SERIAL <= days <= _LAST_SERIAL:
            return (_EPOCH + datetime.timedelta(days=days)).isoformat()
    match = _DATE.fullmatch(text)
    try:
        if match is not None:
            year, month, day = (int(part) for part in match.groups() if part is not None)
            return datetime.date(year, month, day).isoformat()
        plain = _LIKE_ZERO.sub(lambda found: "〇" * len(found[0]), text.replace(" ", "").translate(_BANKING))
        numerals = _NUMERALS.fullmatch(plain)
        if numerals is not None:
            year = int("".join(str(DIGITS[c]) for c in numerals[1]))
            return datetime.date(
                year, chinese_number(numerals[2]) or 0, chinese_number(numerals[3]) or 0
            ).isoformat()
    except ValueError:
        raise IdentityFault(
            "date", "没有这一天：请核对月、日", "there is no such day: see month and day"
        ) from None
    if _LUNAR.search(text) is not None:
        raise _doubtful("农历日期，应写公历", "a day of the lunar calendar")
    if _SHORT_YEAR.fullmatch(text) is not None:
        raise _doubtful("年份不足四位，或年月日次序不明", "its year is short, or the order unclear")
    if _MONTH_ALONE.fullmatch(text) is not None:
        raise _doubtful("缺日，只有年月", "it has no day")
    raise IdentityFault("date", "不是日期：应如 2026-01-15", "not a date, like 2026-01-15")


def _doubtful(why: str, why_en: str) -> IdentityFault:
    return IdentityFault(
        "date-doubtful",
        f"日期有疑义，未采用：{why}；应如 2026-01-15",
        f"the date is doubtful and was not taken: {why_en}; write it like 2026-01-15",
    )


def _plain(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = unicodedata.normalize("NFKC", cleaned(str(cell)).text)
    return _FIRST_MONTH.sub(
        "一月" if text[:1] in DIGITS else "1月", _WEEKDAY.sub("", _TIME.sub("", text))
    ).strip()


def past_day(cell: Cell, today: datetime.date, *, from_1904: bool = False) -> str:
    """A date, as :func:`date_text`, of what has happened: from 1900 until tomorrow.

    The bounds are the ledger's for a date of business: its first year, and a day for clocks that differ.
    """
    text = date_text(cell, from_1904=from_1904)
    first, last = f"{FIRST_YEAR}-01-01", (today + datetime.timedelta(days=1)).isoformat()
    if not first <= text <= last:
        raise IdentityFault(
            "date-out-of-range",
            f"日期不合理：应在 {first} 至 {last} 之间",
            f"the date is out of range: expected one from {first} to {last}",
        )
    return text
