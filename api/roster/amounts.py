"""Money as people write it (金额): in figures and in Chinese numerals, with its unit; what is doubtful is not guessed."""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from api.roster.cleaning import cleaned
from api.roster.headings import UNITS_FEN, Unit
from api.roster.numerals import chinese_number, is_colloquial
from api.roster.workbooks import Cell
from ledger.errors import IdentityFault

YUAN = Unit("元")
MOST_FEN = 10**13
LEAST_LIKELY_FEN = 100
"""A sum below one yuan was hardly meant in yuan."""
MOST_LIKELY_FEN = {"万元": 100_000_000, "千元": 10_000_000, "百元": 10_000_000}
"""Above this a cell was hardly meant in its heading's unit, but in yuan."""

_CURRENCY = re.compile(
    r"^(?:(?:人民币|RMB|CNY|¥|每人|每户|金额|现金|共?计|\(?(?:大|小)写\)?)\s*[:：]?\s*)+|\s*(?:RMB|CNY|¥)$",
    re.I,
)
_FOREIGN = re.compile(r"[$€£₩]|USD|HKD|EUR|美元|港[币元]|欧元|日元|英镑", re.I)
_CLOSED = re.compile(r"[¥\d][\d,.]*\s*[元圆]?\s*[-/—]+")
"""A sum behind which a stroke ends the line, as on cheques, or takes it away, as in some systems."""
_PER = re.compile(r"\s*(?:/|每)\s*(\w{1,3})$")
_PER_PERSON = ("人", "户", "次", "份", "名", "位", "人次", "例")
_UNIT_IN_BRACKETS = re.compile(r"(?<=\d)\s*\((万元|元)\)$")
_TWICE = re.compile(r"([^()]+)\(([^()]+)\)")
_UNIT = r"万元|[千仟]元|[百佰]元|万|[千仟]|[百佰]|元|圆|块|角|分"
_FIGURES = re.compile(rf"([-+]?)\s*([\d,.][\d,. ]*?)\s*({_UNIT})?\s*(?:人民币)?\s*[整正]?")
_IN_PARTS = re.compile(r"(?:\d+(?:\.\d+)?[万千仟百佰十拾])+(\d+)?\s*[元圆块]?\s*[整正]?")
_PART = re.compile(r"(\d+(?:\.\d+)?)([万千仟百佰十拾])")
_FIGURES_OR_NUMERALS = re.compile(
    r"(?:([零〇一二三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億两弍叄]+)[元圆块])?"
    r"(?:零?([一二三四五六七八九壹贰叁肆伍陆柒捌玖两])角)?(?:零?([一二三四五六七八九壹贰叁肆伍陆柒捌玖两])分)?[整正]?"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+")
_FEN_OF = {"万": 1_000_000, "千": 100_000, "百": 10_000, "十": 1_000, "圆": 100, "块": 100, **UNITS_FEN}
_EVERYDAY = str.maketrans("仟佰拾", "千百十")
"""The banking forms of units behind figures, as they are said every day."""


def amount_fen(cell: Cell, unit: Unit = YUAN) -> int:
    """Money in fen, in the unit of the cell, else in that of its heading.

    Raises:
        IdentityFault: ``amount`` where it is none, ``amount-doubtful`` where it may be two,
            ``amount-below-fen`` where it has more than two decimals.

    >>> [amount_fen(each) for each in ("500元整", "伍佰元", "¥1,200.50", "500/人", "0.05万", "5百", 500.0)]
    [50000, 50000, 120050, 50000, 50000, 50000, 50000]
    >>> amount_fen(0.05, Unit("万元")), amount_fen("500元", Unit("万元")), amount_fen("5", Unit("百元"))
    (50000, 50000, 50000)
    """
    if isinstance(cell, bool | datetime.date | datetime.time | datetime.timedelta):
        raise not_amount()
    if unit.period:
        raise _doubtful(
            "表头按期计（如元/月），不是一次的总额", "the heading is per month or year, not one sum"
        )
    if isinstance(cell, int) and abs(cell) * unit.fen <= MOST_FEN:
        return cell * unit.fen
    if isinstance(cell, float):
        # What a spreadsheet computed is rounded a ten-thousandth of a fen away from it.
        try:
            cell = format(Decimal(repr(cell)).quantize(Decimal("0.000001")).normalize(), "f")
        except InvalidOperation:
            raise not_amount() from None
    return _text_fen(_normal(str(cell)), unit)


def _normal(text: str) -> str:
    folded = unicodedata.normalize("NFKC", cleaned(text).text).replace("−", "-").replace("﹣", "-").strip()
    return _CURRENCY.sub("", folded)


def _text_fen(text: str, unit: Unit) -> int:
    accounting = re.fullmatch(r"\((\d[\d,.]*)\)", text)
    if accounting is not None:
        return -_text_fen(accounting[1], unit)
    text = _UNIT_IN_BRACKETS.sub(r"\1", text)
    twice = _TWICE.fullmatch(text)
    if twice is not None:
        one, other = (_text_fen(_normal(part), unit) for part in twice.groups())
        if one != other:
            raise _doubtful("括号内外的金额不一致", "what stands in brackets is another sum")
        return one
    per = _PER.search(text)
    if per is not None:
        if per[1] not in _PER_PERSON:
            raise _doubtful(f"“{per[0].strip()}”不是一次的总额", f"“{per[0].strip()}” is not one sum")
        text = text[: per.start()].strip()
    if _FOREIGN.search(text) is not None:
        raise _doubtful("外币或外币符号，只接受人民币", "another currency, where yuan are expected")
    if _CLOSED.fullmatch(text) is not None:
        raise _doubtful("末尾的“-”“/”可能是负号或分隔", "a stroke behind it may take it away, or divide it")
    figures = _FIGURES.fullmatch(text)
    if figures is not None:
        sign, number, own = figures.groups()
        fen = _figures_fen(number.strip(), _FEN_OF[own.translate(_EVERYDAY)] if own else unit.fen)
        return -fen if sign == "-" else fen
    if _IN_PARTS.fullmatch(text) is not None:
        return _parts_fen(text)
    return _numerals_fen(text, unit)


def _figures_fen(number: str, unit_fen: int) -> int:
    if _GROUPED.fullmatch(number) is not None:
        number = number.replace(",", "")
    elif _PLAIN.fullmatch(number) is None:
        if not any(c.isdigit() for c in number):
            raise not_amount()
        raise _doubtful(
            "逗号、小数点或空格的位置不合写法", "its commas, points or spaces are not where they belong"
        )
    try:
        fen = Decimal(number) * unit_fen
    except InvalidOperation:
        raise not_amount() from None
    decimals = len(number.partition(".")[2])
    if unit_fen <= UNITS_FEN["元"] and decimals == 3:
        raise _doubtful("三位小数：小数点可能是千位分隔", "three decimals: the point may separate thousands")
    if fen != fen.to_integral_value():
        raise IdentityFault("amount-below-fen", "金额的小数超过两位", "more than two decimals")
    if fen > MOST_FEN:
        raise not_amount()
    return int(fen)


def _parts_fen(text: str) -> int:
    """1千2百, 1万2千: parts that grow smaller; a last figure without its unit may be one or ten."""
    match = _IN_PARTS.fullmatch(text)
    assert match is not None
    parts = [(Decimal(number), _FEN_OF[unit.translate(_EVERYDAY)]) for number, unit in _PART.findall(text)]
    units = [unit for _, unit in parts]
    if match[1] is not None or units != sorted(set(units), reverse=True):
        raise _doubtful(
            "末位缺单位，或单位顺序不合写法", "a last figure without its unit, or units out of order"
        )
    fen = sum(number * unit for number, unit in parts)
    if fen != int(fen) or fen > MOST_FEN:
        raise not_amount()
    return int(fen)


def _numerals_fen(text: str, unit: Unit) -> int:
    whole = _FIGURES_OR_NUMERALS.fullmatch(text)
    if text and whole is not None and any(whole.groups()):
        yuan, jiao, fen = (0 if part is None else _numeral(part) for part in whole.groups())
        return _bounded(yuan * 100 + jiao * 10 + fen)
    bare = text.rstrip("整正")
    number = chinese_number(bare)
    if number is not None:
        own = 100 if any(c in "十百千万亿拾佰仟萬億" for c in bare) else unit.fen
        if own != unit.fen:
            raise _doubtful("汉字数字与表头的单位不合", "the numerals do not go with the heading's unit")
        return _bounded(number * own)
    if is_colloquial(bare):
        raise _doubtful("口语写法，末位缺单位", "a last numeral without its unit")
    raise not_amount()


def _numeral(text: str) -> int:
    number = chinese_number(text)
    if number is None:
        raise _doubtful("汉字金额不合写法", "the numerals are not in order")
    return number


def _bounded(fen: int) -> int:
    if fen > MOST_FEN:
        raise not_amount()
    return fen


def likely_fen(fen: int, unit: Unit) -> int:
    """A sum that can be meant; one that only a wrong unit explains is asked about.

    Raises:
        IdentityFault: ``amount-doubtful``.
    """
    if 0 < fen < LEAST_LIKELY_FEN:
        raise _doubtful("不足 1 元，可能单位是万元", "less than one yuan, it may be meant in 万元")
    if fen > MOST_LIKELY_FEN.get(unit.name, MOST_FEN):
        raise _doubtful(
            f"按表头单位（{unit.name}）计为 {fen / 100:,.2f} 元，可能单位是元",
            f"by its heading's unit ({unit.name}) it is {fen / 100:,.2f} yuan, it may be meant in yuan",
        )
    return fen


def income_fen(cell: Cell, unit: Unit = YUAN) -> int:
    """An income by the month in fen; one by the year is divided by twelve, to the nearest fen."""
    fen = amount_fen(cell, Unit(unit.name))
    if fen < 0:
        raise IdentityFault("amount-negative", "金额不能为负", "must not be below zero")
    return (fen + 6) // 12 if unit.period == "year" else fen


def _doubtful(why: str, why_en: str) -> IdentityFault:
    return IdentityFault(
        "amount-doubtful",
        f"金额有疑义，未采用：{why}；请写明，如 500、500.00元、0.05万元",
        f"the amount is doubtful and was not taken: {why_en}; write it clearly, like 500, 500.00元 or 0.05万元",
    )


def not_amount() -> IdentityFault:
    """What is no amount at all."""
    return IdentityFault(
        "amount",
        "不是金额：应如 500、500元、1,200.50、0.05万元、伍佰元整",
        "not an amount, like 500 or 0.05万元",
    )
