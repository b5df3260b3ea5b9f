"""Waiting with a clock: what is there at once, what comes, what comes too late, and who is told to stop."""

from __future__ import annotations

import asyncio

import pytest

from api.service.begun import within


async def after(seconds: float, steps: int = 1) -> str:
    for _ in range(steps):
        await asyncio.sleep(seconds / steps)
    return "there"


async def broken(seconds: float) -> str:
    await asyncio.sleep(seconds)
    raise ValueError


def test_what_is_there_at_once_needs_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    async def there() -> str:
        return "there"

    monkeypatch.setattr(asyncio, "timeout", lambda _: 1 // 0)
    assert asyncio.run(within(1, there())) == "there"


@pytest.mark.parametrize("steps", [1, 3])
def test_what_comes_in_time_is_answered(steps: int) -> None:
    assert asyncio.run(within(30, after(0.02, steps))) == "there"


def test_what_it_raises_is_raised() -> None:
    with pytest.raises(ValueError):
        asyncio.run(within(30, broken(0.01)))


def test_what_comes_too_late_is_ended() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(within(0.02, after(30)))


def test_who_waits_can_be_told_to_stop() -> None:
    async def stopped() -> bool:
        waiting = asyncio.ensure_future(within(30, after(30)))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait({waiting})
        return waiting.cancelled()

    assert asyncio.run(stopped())
