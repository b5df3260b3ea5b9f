"""The views stand in the order in which a short way up to the head is gone."""

from projections.following.runner import standard_views


def test_a_view_stands_after_those_that_it_reads() -> None:
    """On a short way one goes after the other: what waits for a later one would wait for ever."""
    stand: set[str] = set()
    for view in standard_views():
        assert stand.issuperset(view.needs), view.name
        stand.add(view.name)
