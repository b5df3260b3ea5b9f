"""Views on a long way up share what connections there are."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import cast

from projections.following.catching_up import STEPS_AT_ONCE, CatchingUp
from projections.following.follower import Follower, Step

HEAD = 3 * Follower.BATCH_EVENTS


class Counting:
    """Followers that count how many of them step at a time, as connections in use are counted."""

    def __init__(self) -> None:
        self.at_once = self.most = 0
        self._lock = threading.Lock()
        self._crowd = threading.Condition(self._lock)

    def follower(self) -> Follower:
        at = 0

        def step(upto: int) -> Step:
            nonlocal at
            with self._crowd:
                self.at_once += 1
                self.most = max(self.most, self.at_once)
                self._crowd.notify_all()
                self._crowd.wait_for(lambda: self.at_once > STEPS_AT_ONCE, timeout=0.005)
                self.at_once -= 1
            at = min(upto, at + Follower.BATCH_EVENTS)
            return Step(at)

        return cast(Follower, SimpleNamespace(position=lambda: at, step=step, view=SimpleNamespace(needs=())))


def test_no_more_views_step_at_a_time_than_there_are_connections() -> None:
    counting = Counting()
    way = CatchingUp({str(number): counting.follower() for number in range(15)}, HEAD, lambda position: None)
    way.go(lambda name, head: None)
    assert set(way.reached.values()) == {HEAD}
    assert counting.most == STEPS_AT_ONCE
