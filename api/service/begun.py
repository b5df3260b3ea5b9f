"""Waiting with a clock only where there is something to wait for.

To set a clock and take it back costs more than most of what is waited for takes: a request's body is
there before anybody asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


async def within(seconds: float, awaited: Awaitable[T]) -> T:
    """What is awaited; a clock is set only if it is not there at once.

    Raises:
        TimeoutError: where it does not come within the time.
    """
    steps = awaited.__await__()
    try:
        waits_for = next(steps)
    except StopIteration as there:
        found: T = there.value
        return found
    async with asyncio.timeout(seconds):
        return await _Begun(steps, waits_for)


class _Begun(Generic[T]):
    """What was begun already, and what it waits for first."""

    def __init__(self, steps: Generator[Any, Any, T], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        waits_for = self._waits_for
        while True:
            try:
                try:
                    came = yield waits_for
                except BaseException as error:
                    waits_for = self._steps.throw(error)
                else:
                    waits_for = self._steps.send(came)
            except StopIteration as ended:
                found: T = ended.value
                return found
