"""Statements gathered in one turn of the event loop: recorded together, answered each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.statements.batcher import Batcher
from ledger.errors import Unavailable
from ledger.events.funds import FundAllocated
from ledger.postgres.entries import APPEND_LOCK
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.writer import WriterSettings
from tests.founding import Founded


def funds(founded: Founded, count: int) -> list[Submission]:
    event = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
    return [founded.sign("finance", event) for _ in range(count)]


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await scene()

    asyncio.run(whole())


def test_what_comes_in_one_turn_is_recorded_together_and_each_hears_its_own(founded: Founded) -> None:
    submissions = funds(founded, 3)

    async def scene() -> None:
        batcher = Batcher(writer)
        asked = [asyncio.ensure_future(batcher.submit(each)) for each in submissions]
        await asyncio.sleep(0)
        asked[1].cancel()
        first, third = await asked[0], await asked[2]
        assert isinstance(first, Receipt)
        assert isinstance(third, Receipt)
        assert (third.position - first.position, third.recorded_at) == (2, first.recorded_at)
        # Whoever asked may have gone; what was handed in is recorded all the same.
        again = await batcher.submit(submissions[1])
        assert isinstance(again, Receipt)
        assert (again.position, again.repeated) == (first.position + 1, True)

    with founded.store.writer() as writer:
        run(scene)


def test_a_writer_that_stops_is_said_to_each(founded: Founded) -> None:
    with founded.store.writer() as writer:
        pass

    async def scene() -> None:
        with pytest.raises(Unavailable) as error:
            await Batcher(writer).submit(funds(founded, 1)[0])
        assert error.value.code == "stopping"

    run(scene)


def test_a_full_queue_is_said_to_each(founded: Founded) -> None:
    first, *others = funds(founded, 6)

    async def scene() -> None:
        batcher = Batcher(writer)
        waiting = asyncio.ensure_future(batcher.submit(first))
        await asyncio.sleep(0.2)  # the writer has taken it, and waits for the lock
        answers = await asyncio.gather(*map(batcher.submit, others), return_exceptions=True)
        assert [getattr(each, "code", None) for each in answers] == ["queue-full"] * 5
        other.execute("ROLLBACK")
        assert isinstance(await waiting, Receipt)

    settings = WriterSettings(queue_statements=4, lock_timeout_seconds=30)
    with founded.store.writer(settings=settings) as writer, founded.store.connect() as other:
        other.execute("BEGIN")
        other.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        run(scene)
