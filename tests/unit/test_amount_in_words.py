"""Sums in capital numerals (大写金额), by the examples of the rules on filling in bills."""

from __future__ import annotations

import pytest

from api.wording.amount_in_words import amount_in_words


@pytest.mark.parametrize(
    ("amount_fen", "said"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (30, "叁角整"),
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (168032, "壹仟陆佰捌拾元零叁角贰分"),
        (10700053, "壹拾万柒仟元零伍角叁分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (32504, "叁佰贰拾伍元零肆分"),
        (20000000300, "贰亿零叁元整"),
        (-50000, "负伍佰元整"),
    ],
)
def test_a_sum_is_written_in_capitals(amount_fen: int, said: str) -> None:
    assert amount_in_words(amount_fen) == said
