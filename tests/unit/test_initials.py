"""The table of initials in the pages is what the tool writes, and has surnames by their own sounds."""

from __future__ import annotations

from tools.initials import FILE, SURNAMES, letters_of, written


def test_the_table_is_as_it_is_written() -> None:
    assert FILE.read_text(encoding="utf-8") == written()


def test_surnames_have_their_own_sound_beside_the_others() -> None:
    for character, initial in SURNAMES.items():
        assert initial in letters_of(character)
    assert letters_of("张") == "z"
