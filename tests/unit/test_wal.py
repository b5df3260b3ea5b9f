"""What follows on a base without a gap, and the name of what does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.storage.wal import (
    DAMAGED,
    Archive,
    Base,
    Hole,
    Link,
    Segment,
    follow,
    list_archive,
    parse_segment,
)

SIZE = 16 * 1024 * 1024
FORK = """1\t0/5000400\tno recovery target specified
"""


def files(*names: str, **histories: str) -> Archive:
    return list_archive(names, {f"{name[1:]}.history": text for name, text in histories.items()})


def seg(number: int, timeline: int = 1) -> str:
    return Segment(timeline, number).name()


BASE = Base(timeline=1, start=2 * SIZE + 40, end=3 * SIZE)


class TestAChain:
    def test_goes_on_to_the_last_file_whole_or_not(self) -> None:
        chain = follow(BASE, files(seg(2), seg(3), seg(4) + ".partial"))
        assert chain.hole is None
        assert chain.links[-1] == Link(Segment(1, 4), partial=True)
        assert chain.end == 5 * SIZE
        assert chain.next_number == 4
        assert follow(BASE, files(seg(2), seg(3), seg(4))).next_number == 5

    def test_names_what_is_missing_in_the_middle(self) -> None:
        chain = follow(BASE, files(seg(2), seg(3), seg(6), seg(7) + ".partial"))
        assert chain.hole == Hole(seg(4), seg(5), 4 * SIZE)
        assert [link.segment.number for link in chain.links] == [2, 3]

    def test_says_whether_a_segment_is_gone_or_damaged(self) -> None:
        one = follow(BASE, files(seg(2), seg(3), seg(5))).hole
        assert one is not None
        assert one.said() == (f"缺少 {seg(4)}", f"{seg(4)} is missing")
        damaged = follow(BASE, files(seg(2), seg(3), seg(4) + DAMAGED, seg(5))).hole
        assert damaged is not None
        assert damaged.said() == (f"{seg(4)} 已损坏", f"{seg(4)} is damaged")
        several = follow(BASE, files(seg(2), seg(3), seg(5) + DAMAGED, seg(7))).hole
        assert several == Hole(seg(4), seg(6), 4 * SIZE, (seg(5),))
        assert f"damaged: {seg(5)}" in several.said()[1]
        # The base itself may want it.
        assert follow(BASE, files(seg(2) + DAMAGED)).hole == Hole(seg(2), seg(2), 2 * SIZE, (seg(2),))

    def test_takes_an_unfinished_file_in_the_middle_for_a_hole(self) -> None:
        chain = follow(BASE, files(seg(2), seg(3) + ".partial", seg(4)))
        assert chain.hole == Hole(seg(3), seg(3), 3 * SIZE)

    def test_is_not_whole_before_the_base_is_consistent(self) -> None:
        assert follow(Base(1, 2 * SIZE, 5 * SIZE), files(seg(2))).hole == Hole(seg(3), seg(4), 3 * SIZE)
        assert follow(BASE, files()).hole == Hole(seg(2), seg(2), 2 * SIZE)

    def test_follows_a_promoted_standby_onto_its_timeline(self) -> None:
        archive = files(
            seg(2), seg(3), seg(4), seg(5) + ".partial", seg(5, 2), seg(6, 2) + ".partial", _00000002=FORK
        )
        chain = follow(BASE, archive)
        assert (chain.timeline, chain.hole) == (2, None)
        assert [link.segment for link in chain.links[-2:]] == [Segment(2, 5), Segment(2, 6)]
        assert chain.holds(1, 0x5000300)
        assert not chain.holds(1, 0x5000500)

    def test_needs_the_promoted_ones_copy_of_the_segment_where_it_began(self) -> None:
        archive = files(seg(2), seg(3), seg(4), seg(5), seg(6, 2), _00000002=FORK)
        assert follow(BASE, archive).hole == Hole(seg(5, 2), seg(5, 2), 5 * SIZE)

    def test_stays_where_nothing_of_a_newer_timeline_was_received(self) -> None:
        chain = follow(BASE, files(seg(2), seg(3), seg(4) + ".partial", _00000002=FORK))
        assert (chain.timeline, len(chain.links), chain.hole) == (1, 3, None)

    def test_does_not_follow_a_timeline_that_left_before_the_base(self) -> None:
        archive = files(seg(2), seg(3), seg(4), seg(2, 2), _00000002="1\t0/2000010\tearlier\n")
        chain = follow(BASE, archive)
        assert (chain.timeline, chain.end) == (1, 5 * SIZE)

    def test_names_a_history_file_that_is_missing(self) -> None:
        chain = follow(BASE, files(seg(2), seg(3), seg(5, 2)))
        assert chain.hole == Hole("00000002.history", "00000002.history", 5 * SIZE)


@given(st.sets(st.integers(2, 30)), st.integers(2, 30))
def test_whatever_is_missing_before_something_is_named(present: set[int], partial: int) -> None:
    archive = files(*[seg(number) for number in present], seg(partial) + ".partial")
    chain = follow(Base(1, 2 * SIZE, 2 * SIZE), archive)
    numbers = [link.segment.number for link in chain.links]
    assert numbers == list(range(2, 2 + len(numbers)))
    beyond = {number for number in present | {partial} if number >= 2 + len(numbers)}
    assert (chain.hole is None) == (not beyond)
    if chain.hole is not None:
        missing = parse_segment(chain.hole.last)
        assert missing is not None
        # A partial file that is not the last counts as missing.
        assert missing.number + 1 in present | {partial}


@given(st.integers(0, 2**40), st.sampled_from([2**20, 2**24, 2**30]))
def test_names_are_read_back(number: int, size: int) -> None:
    number %= 2**32 * (2**32 // size)
    assert parse_segment(Segment(7, number).name(size), size) == Segment(7, number)
    assert parse_segment("backup_manifest", size) is None
