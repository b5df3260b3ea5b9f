"""Tables on a screen: a grid where its columns fit, else a record a row."""

from __future__ import annotations

import pytest

from api.cli.output import PRINTED_WIDTH, print_table

WIDE = [(f"栏目{number}", "left") for number in range(20)]


def test_a_table_that_fits_is_a_grid(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("名单", [("单位", "left"), ("金额（元）", "right")], [["茶厂", "500.00"]])
    printed = capsys.readouterr().out
    assert "┃ 单位 ┃ 金额（元） ┃" in printed


def test_a_table_too_wide_for_the_screen_is_a_record_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [[f"值{row}-{column}" for column in range(20)] for row in range(2)]
    rows[1][3] = ""
    print_table("余额", WIDE, rows)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "余额"
    assert "栏目3   值0-3" in printed
    assert not any("值1-3" in line or (line.startswith("栏目3 ") and "值" not in line) for line in printed)
    assert sum(line.startswith("── ") for line in printed) == 2


def test_long_cells_are_folded_before_a_table_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("流水", [("摘要", "left"), ("说明", "left")], [["甲" * PRINTED_WIDTH, "乙" * PRINTED_WIDTH]])
    assert "┃ 摘要" in capsys.readouterr().out
