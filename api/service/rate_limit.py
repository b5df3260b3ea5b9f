"""How often one address, officer or session may ask (限流), counted by the ``limits`` library.

Counted is in this process alone: a service is one process. What an address is counted by is
``address_group``: an IPv6 /64, and behind a trusted proxy whom the proxy names.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from api.service.problems import TOO_MANY_REQUESTS
from api.service.proxies import address_group

OPEN_BY_ADDRESS = RateLimitItemPerMinute(120, namespace="open")
"""What needs no session: challenges, sign-ins, notices, the public's objections."""
FAILED_BY_ADDRESS = RateLimitItemPerMinute(30, 15, namespace="failed")
"""Sign-ins that failed, from one address."""
FAILED_BY_KEY = RateLimitItemPerMinute(10, 15, namespace="failed-key")
"""Sign-ins that failed under one key from one address: others cannot lock its officer out elsewhere."""
ASKED_BY_OFFICER = RateLimitItemPerMinute(12_000, namespace="officer")
"""Questions of one officer, over all their sessions."""
ASKED_BY_SESSION = RateLimitItemPerMinute(6_000, namespace="session")
"""Questions of one session."""
WRITTEN_TO_CASE = RateLimitItemPerHour(10, namespace="letters-case")
"""Letters of the public about one case, whatever addresses they come from: each is open until it is answered."""
WRITTEN_TO_CAMPAIGN = RateLimitItemPerHour(300, namespace="letters-campaign")
"""Letters of the public about the cases of one campaign."""
SPOKEN_BY_SLIP = RateLimitItemPerMinute(5, 10, namespace="slip")
"""Answers by one slip, whatever address they come from."""
ASKED_BY_READER = RateLimitItemPerMinute(12_000, namespace="reader")
"""Signed requests of one reader of a higher level, each for 256 entries."""

MOST_COUNTED = 50_000
"""So many counts are kept, some 10 MB; the one that was longest at rest goes first."""


class BoundedMemory(Storage):
    """Counts in this process's memory, in windows that begin with the first hit, at most so many."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float], most: int = MOST_COUNTED) -> None:
        super().__init__()
        self._clock = clock
        self._most = most
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What this storage may raise: nothing of its own."""
        return MemoryError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count hits; the window ends ``expiry`` seconds after its first."""
        now = self._clock()
        with self._lock:
            count, ends = self._counts.pop(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
            while len(self._counts) >= self._most:
                self._counts.popitem(last=False)
            self._counts[key] = count + amount, ends
        return count + amount

    def get(self, key: str) -> int:
        """The hits of the window that runs."""
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, by this storage's clock."""
        return self._counts.get(key, (0, self._clock()))[1]

    def check(self) -> bool:
        """It can always count."""
        return True

    def reset(self) -> int:
        """Forget all counts; return how many there were."""
        with self._lock:
            count = len(self._counts)
            self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one count."""
        with self._lock:
            self._counts.pop(key, None)


class RateLimiter:
    """The limits of one service. Times are seconds of a clock that only goes on."""

    def __init__(self, clock: Callable[[], float], most_counted: int = MOST_COUNTED) -> None:
        self._clock = clock
        self._storage = BoundedMemory(clock, most_counted)
        self._limiter = FixedWindowRateLimiter(self._storage)

    def take(self, limit: RateLimitItem, *who: str) -> None:
        """Count one request more.

        Raises:
            Refused: ``too-many-requests``.
        """
        if not self._limiter.hit(limit, *who):
            self._refuse(limit, who)

    def check(self, limit: RateLimitItem, *who: str) -> None:
        """Look whether one request more would pass, and count nothing.

        Raises:
            Refused: ``too-many-requests``.
        """
        if not self._limiter.test(limit, *who):
            self._refuse(limit, who)

    def allows(self, limit: RateLimitItem, *who: str) -> bool:
        """Count one more, and say whether it was within the limit."""
        return self._limiter.hit(limit, *who)

    def count(self, limit: RateLimitItem, *who: str) -> None:
        """Count what happened, and let it pass."""
        self._limiter.hit(limit, *who)

    def _refuse(self, limit: RateLimitItem, who: tuple[str, ...]) -> None:
        left = self._storage.get_expiry(limit.key_for(*who)) - self._clock()
        raise TOO_MANY_REQUESTS.refused(
            expected=limit.amount,
            minutes=limit.get_expiry() // 60,
            retry_after_seconds=max(1, math.ceil(left)),
        )


def client_group(request: Request) -> str:
    """What a request's address is counted by."""
    return "?" if request.client is None else address_group(request.client.host)
