"""How often one address may ask what needs no session (限流)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from api.problems import TOO_MANY_REQUESTS

MOST_A_MINUTE = 120
MOST_ADDRESSES = 10_000


class Pace:
    """Counts requests by address in windows of a minute; forgets the oldest addresses first."""

    def __init__(self, clock: Callable[[], float], most: int = MOST_A_MINUTE) -> None:
        self._clock = clock
        self._most = most
        self._counts: dict[str, tuple[int, int]] = {}

    def take(self, address: str) -> None:
        """One request more.

        Raises:
            Refused: ``too-many-requests``.
        """
        window = int(self._clock() // 60)
        of, count = self._counts.pop(address, (window, 0))
        count = count + 1 if of == window else 1
        while len(self._counts) >= MOST_ADDRESSES:
            del self._counts[next(iter(self._counts))]
        self._counts[address] = window, count
        if count > self._most:
            raise TOO_MANY_REQUESTS.refused(expected=self._most)


def _paced(request: Request) -> None:
    request.app.state.pace.take(request.client.host if request.client is not None else "?")


Paced = Annotated[None, Depends(_paced)]
