"""Files as offices send them: every good line is used, no value is wrong, nothing is lost in silence."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from api.roster.report import faults_of
from api.roster.roster_file import read_roster
from api.roster.sheet import RosterUnreadable
from ledger.identity.documents import PersonIdentity
from tests.rosters.corpus import corpus
from tests.rosters.expected import Expected
from tests.scene import policy

pytestmark = pytest.mark.usefixtures("read_here")

TODAY = datetime.date(2026, 1, 15)
CORPUS = {each.name: each for each in corpus()}


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("expected", CORPUS.values(), ids=CORPUS)
def test_a_file_comes_to_what_it_says(expected: Expected, tmp_path: Path) -> None:
    path = tmp_path / expected.name
    path.write_bytes(expected.raw)
    if expected.unreadable:
        with pytest.raises(RosterUnreadable) as refused:
            read_roster(path, policy(), today=TODAY)
        assert refused.value.code == expected.unreadable
        return
    roster = read_roster(path, policy(), today=TODAY)
    good = [
        (row.identity.number, row.amount_fen)
        for row in roster.good
        if isinstance(row.identity, PersonIdentity)
    ]
    faults = [(fault.cell, fault.code) for fault in faults_of(roster.rows)]
    assert (good, faults) == (list(expected.lines), list(expected.faults))
    assert expected.on is None or {row.on for row in roster.good} == {expected.on}
    assert [each.code for each in roster.source.left_over] == list(expected.asked)
    assert set(expected.unused) <= {each.code for each in roster.source.unused}
    assert set(expected.notices) <= {each.code for each in roster.notices}
    assert not set(expected.silent) & {each.code for each in roster.notices}
    said = " ".join(fault.zh + fault.en + fault.found for row in roster.bad for fault in row.faults)
    assert not any(
        row.identity.number in said for row in roster.rows if isinstance(row.identity, PersonIdentity)
    )


def test_every_row_and_column_is_used_or_named(tmp_path: Path) -> None:
    for expected in CORPUS.values():
        if expected.unreadable:
            continue
        path = tmp_path / expected.name
        path.write_bytes(expected.raw)
        roster = read_roster(path, policy(), today=TODAY)
        source = roster.source
        named = {(each.sheet, each.row) for each in source.unused if each.part == "row"}
        whole = {each.sheet for each in source.unused if each.part == "sheet"}
        used = {(row.sheet, row.row) for row in roster.rows}
        headings = {(table.sheet, at + 1) for table in source.tables for at in table.table.heading_rows}
        for sheet in source.file.sheets:
            rows = {
                (sheet.name, index + 1)
                for index, cells in sheet.rows
                if any(str(cell).strip() for cell in cells)
            }
            assert sheet.name in whole or rows <= named | used | headings, expected.name
