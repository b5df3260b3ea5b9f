"""The cap on connections: where it is reached, who has waited longest for a head makes room."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.service.connections import STALLED_SECONDS, Connections, most_connections
from api.service.delivery import Delivery


class Protocol:
    """As much of a connection as the cap sees."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.aborted = False
        self.progress = Delivery(0, 0)

    def delivery(self) -> Delivery:
        return self.progress

    def abort(self) -> None:
        self.aborted = True


def opened(connections: Connections, loop: asyncio.AbstractEventLoop, count: int) -> list[Any]:
    made: list[Any] = [Protocol(loop) for _ in range(count)]
    for each in made:
        connections.opened(each, loop.time())
    return made


@pytest.mark.parametrize("asking", [0, 1])
def test_the_longest_wait_makes_room(asking: int) -> None:
    async def scene() -> None:
        connections = Connections(3)
        first, second, third = opened(connections, asyncio.get_running_loop(), 3)
        if asking:
            connections.asks(first)
        opened(connections, asyncio.get_running_loop(), 1)
        assert [each.aborted for each in (first, second, third)] == [
            not asking,
            bool(asking),
            False,
        ]
        assert connections.closed_early == {"connections": 1}

    asyncio.run(scene())


def test_who_has_the_answer_already_makes_room_first() -> None:
    async def scene() -> None:
        connections = Connections(2)
        waiting, answered = opened(connections, asyncio.get_running_loop(), 2)
        connections.lingers(answered)
        opened(connections, asyncio.get_running_loop(), 1)
        assert (waiting.aborted, answered.aborted) == (False, True)

    asyncio.run(scene())


def test_where_all_are_being_answered_the_new_one_is_turned_away() -> None:
    async def scene() -> None:
        connections = Connections(2)
        for each in opened(connections, asyncio.get_running_loop(), 2):
            connections.asks(each)
        (new,) = opened(connections, asyncio.get_running_loop(), 1)
        assert new.aborted
        assert new not in connections.open

    asyncio.run(scene())


def test_where_all_are_being_answered_who_takes_nothing_makes_room() -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        connections = Connections(2)
        reads, stalls = opened(connections, loop, 2)
        for each in (reads, stalls):
            connections.asks(each)
            each.progress = Delivery(0, 1_000_000)
            connections._look_at_reader(each, loop.time())
        reads.progress = Delivery(100_000, 900_000)
        for each in (reads, stalls):
            connections._look_at_reader(each, loop.time() + STALLED_SECONDS)
        later = [Protocol(loop), Protocol(loop)]
        for each in later:
            connections.opened(each, loop.time() + STALLED_SECONDS)
            connections.asks(each)
        # The second finds nobody but who reads, and one that was let in a moment ago.
        assert [each.aborted for each in (reads, stalls, *later)] == [False, True, False, True]

    asyncio.run(scene())


def test_a_drip_is_no_reading_and_the_head_after_a_long_answer_has_its_time() -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        connections = Connections(4, head_seconds=10.0, reading_seconds=30.0)
        drips, slow = opened(connections, loop, 2)
        begun = loop.time()
        for second in range(0, 60, 5):
            drips.progress = Delivery(10 * second, 1_000_000)
            slow.progress = Delivery(40_000 * second, 1_000_000 if second < 50 else 0)
            for each in (drips, slow):
                if not each.aborted:
                    connections._look_at_reader(each, begun + second)
        assert (drips.aborted, slow.aborted) == (True, False)
        assert connections._waiting[slow] == begun + 50

    asyncio.run(scene())


def test_what_waits_too_long_is_closed() -> None:
    async def scene() -> None:
        connections = Connections(10, head_seconds=0.5)
        waiting, asking = opened(connections, asyncio.get_running_loop(), 2)
        connections.asks(asking)
        await asyncio.sleep(2.2)
        assert (waiting.aborted, asking.aborted) == (True, False)

    asyncio.run(scene())


def test_the_cap_stays_below_the_files_that_may_be_open() -> None:
    import resource

    assert 16 <= most_connections() < resource.getrlimit(resource.RLIMIT_NOFILE)[0]
