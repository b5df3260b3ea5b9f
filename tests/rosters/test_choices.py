"""What an officer chooses of a file counts; what was chosen before is proposed, and never drops a sum in silence."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from api.roster.choices import Choices, ChoiceUnknown, typed_choices
from api.roster.remembered import Remembered
from api.roster.roster_file import Roster, read_roster
from api.roster.sheet import RosterUnreadable
from tests.rosters.expected import HEADER, P, row
from tests.rosters.files import xlsx
from tests.scene import policy

NOTHING = Choices()


def read(path: Path, chosen: Choices = NOTHING, before: Choices = NOTHING) -> Roster:
    return read_roster(path, policy(), today=datetime.date(2026, 1, 15), choices=chosen, remembered=before)


def test_which_of_two_sums_counts_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(xlsx([[*HEADER, "实发金额"], [*row(P[0]), 300]]))
    assert read(path).good == []
    for mapped, fen in (
        (["实发金额=-"], 50_000),
        (["慰问金额=-"], 30_000),
        (["实发金额=amount_fen"], 30_000),
    ):
        assert [each.amount_fen for each in read(path, typed_choices(mapped, [], [])).good] == [fen]


def test_what_was_not_needed_before_is_asked_again_where_it_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(xlsx([[*HEADER, "民族"], [*row(P[0]), "汉"]]))
    before = Choices(ignored=["民族", "慰问金额"])
    roster = read(path, before=before)
    assert [each.code for each in roster.source.unused] == ["column-ignored-before", "column-ignored"]
    assert [each.heading for each in roster.source.left_over] == ["慰问金额（元）"]
    assert read(path, Choices(columns={"慰问金额": "amount_fen"}), before).good[0].amount_fen == 50_000


def test_choices_are_kept_by_unit_without_what_is_of_one_file(tmp_path: Path) -> None:
    kept = Remembered(tmp_path)
    kept.keep(
        "tea",
        Choices(columns={"困难程度": "category"}, ignored=["民族", "*"], sheets=["一"], hidden_rows=True),
    )
    kept.keep("tea", Choices(units={"金额": "万元"}))
    assert kept.of("tea") == Choices(
        columns={"困难程度": "category"}, units={"金额": "万元"}, ignored=["民族"]
    )
    assert kept.of("sugar") == NOTHING


@pytest.mark.parametrize("mapped", ["金额", "金额=nothing", "金额=amount_fen:斤"])
def test_a_choice_that_means_nothing_is_refused(mapped: str) -> None:
    with pytest.raises(ChoiceUnknown) as refused:
        typed_choices([mapped], [], [])
    assert refused.value.code == "choice-unknown"


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(xlsx([HEADER, row(P[0])]))
    with pytest.raises(RosterUnreadable) as refused:
        read(path, Choices(sheets=["二车间"]))
    assert refused.value.code == "sheet-unknown"
    assert "名单" in refused.value.message("zh")


def test_columns_without_headings_are_chosen_by_their_letters(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(xlsx([[who.name, who.number, "困难职工", 500] for who in P[:3]]))
    assert read(path).good == []
    roster = read(path, typed_choices(["C=对象类别", "D=慰问金额:元"], [], []))
    assert [row.amount_fen for row in roster.good] == [50_000] * 3
    assert roster.source.left_over == []


def test_a_hidden_column_is_read_where_that_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(xlsx([HEADER, row(P[0])], hidden_columns=["D"]))
    assert [each.amount_fen for each in read(path).good] == [None]
    for chosen in (Choices(hidden_columns=True), typed_choices(["慰问金额=amount_fen"], [], [])):
        assert [each.amount_fen for each in read(path, chosen).good] == [50_000]


def test_a_columns_letters_are_not_kept_for_the_next_file(tmp_path: Path) -> None:
    kept = Remembered(tmp_path)
    kept.keep("tea", Choices(columns={"D": "amount_fen"}, units={"d": "万元"}, ignored=["E", "民族"]))
    assert kept.of("tea") == Choices(ignored=["民族"])
