"""Sums in capital numerals (大写金额), as vouchers and signed lists have them beside the figures.

By the rules on filling in bills (支付结算办法附一, 正确填写票据和结算凭证的基本规定): 整 after a sum without fen, 零 where
digits are left out.
"""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def amount_in_words(amount_fen: int) -> str:
    """A sum in capital numerals; one below zero has 负 before it.

    >>> amount_in_words(2_000_000), amount_in_words(107_000), amount_in_words(10_000_053)
    ('贰万元整', '壹仟零柒拾元整', '壹拾万元零伍角叁分')
    >>> amount_in_words(1_006), amount_in_words(150), amount_in_words(7), amount_in_words(0)
    ('壹拾元零陆分', '壹元伍角整', '柒分', '零元整')
    """
    if amount_fen < 0:
        return "负" + amount_in_words(-amount_fen)
    yuan, fen = divmod(amount_fen, 100)
    tenths, hundredths = divmod(fen, 10)
    said = f"{_integer(yuan)}元" if yuan else ""
    if fen == 0:
        return f"{said or '零元'}整"
    if yuan and (tenths == 0 or yuan % 10 == 0):
        said += "零"
    if tenths:
        said += f"{_DIGITS[tenths]}角"
    return said + (f"{_DIGITS[hundredths]}分" if hundredths else "整")


def _integer(number: int) -> str:
    """A whole number: in groups of four digits, with one 零 for each run of noughts within."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    said, is_gap = "", False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if group == 0:
            is_gap = bool(said)
            continue
        if said and (is_gap or group < 1_000):
            said += "零"
        said += _group(group) + _GROUPS[place]
        is_gap = False
    return said


def _group(group: int) -> str:
    said, is_gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit == 0:
            is_gap = bool(said)
            continue
        said += ("零" if is_gap else "") + _DIGITS[digit] + _PLACES[place]
        is_gap = False
    return said
