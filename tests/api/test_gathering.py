"""Statements gathered in one turn of the event loop: handed in once, answered each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from api.gathering import Gathering
from ledger.errors import Unavailable
from ledger.intake import Submission


class Writer:
    """A writer that is told when to answer."""

    def __init__(self) -> None:
        self.handed_in: list[tuple[list[Submission], Future[Any]]] = []
        self.full = False

    def submit(self, submissions: Sequence[Submission]) -> Future[Any]:
        if self.full:
            raise Unavailable("queue-full", "满", "full")
        future: Future[Any] = Future()
        self.handed_in.append((list(submissions), future))
        return future


def submissions(count: int) -> list[Submission]:
    return [Submission(str(number).encode(), None) for number in range(count)]


def test_what_comes_in_one_turn_is_handed_in_together_and_each_hears_its_own() -> None:
    async def scene() -> None:
        writer = Writer()
        gathering = Gathering(writer)  # type: ignore[arg-type] # what it uses of one
        asked = [asyncio.ensure_future(gathering.submit(each)) for each in submissions(3)]
        await asyncio.sleep(0.01)
        [(handed_in, future)] = writer.handed_in
        assert [each.envelope for each in handed_in] == [b"0", b"1", b"2"]
        asked[1].cancel()
        future.set_result(["a", "b", "c"])
        assert (await asked[0], await asked[2]) == ("a", "c")
        later = asyncio.ensure_future(gathering.submit(submissions(1)[0]))
        await asyncio.sleep(0.01)
        assert len(writer.handed_in) == 2
        writer.handed_in[1][1].set_exception(Unavailable("stopping", "停", "stopping"))
        with pytest.raises(Unavailable):
            await later

    asyncio.run(scene())


def test_a_full_queue_is_said_to_each() -> None:
    async def scene() -> None:
        writer = Writer()
        writer.full = True
        gathering = Gathering(writer)  # type: ignore[arg-type] # what it uses of one
        answers = await asyncio.gather(*map(gathering.submit, submissions(4)), return_exceptions=True)
        assert [getattr(each, "code", None) for each in answers] == ["queue-full"] * 4

    asyncio.run(scene())
