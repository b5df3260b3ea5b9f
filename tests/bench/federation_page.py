"""From a county's receipt to the province's page: ``python -m tests.bench.federation_page [SECONDS]``.

A hundred ledgers, twenty receipts a second among them. Each log shows a checkpoint once a second, as a ledger's publisher
does; the readers, their turns, mirrors and totals are those of the service. Feeds are in memory: a line's own time comes
on top. A receipt is on the page once the overview's figures are of an entry at or after it.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from api.federation.duty import READERS
from api.federation.following import Following, mirrors_folder
from api.federation.rota import Rota, take_turns
from api.service.settings import Settings
from ledger.clock import utc_now
from ledger.crypto.keys import public_hex
from ledger.domain.federation import Followed
from ledger.domain.state import State
from ledger.federation.figures import LAST_DAY
from ledger.federation.totals import Totals
from tests.bench.__main__ import print_measures
from tests.bench.federation_mirrors import LEDGERS, Served
from tests.bench.measures import Measure
from tests.bench.proof import History

BEGUN = 40
RECEIPTS_A_SECOND = 20
LOOK_SECONDS = 0.2
MUST_REACH_SECONDS = 5.0


class County:
    """A county's log as it grows: what has a receipt, and what its last checkpoint covers."""

    def __init__(self, number: int, most: int) -> None:
        self._history = History(f"0194f000-0000-4000-8000-{number:012}")
        self._history.dossiers(BEGUN + most, together=False)
        self.ledger = self._history.ledger
        self.key = public_hex(self._history.log_key)
        self.size = BEGUN
        self._shown = Served(self._history, BEGUN)

    def publish(self) -> None:
        """Show a checkpoint over all that has a receipt."""
        self._shown = Served(self._history, self.size)

    def read(self, name: str) -> bytes:
        """What the log shows."""
        return self._shown.read(name)


def latencies(folder: Path, seconds: float) -> list[float]:
    """The seconds from each receipt to the page, of so long a time."""
    drawn, most = random.Random(7), int(seconds)
    counties = {f"c{number}": County(number, most) for number in range(LEDGERS)}
    state, waiting = State(), defaultdict[str, list[tuple[int, float]]](list)
    for code, county in counties.items():
        followed = Followed(code, county.ledger, code, "county", "430181", county.key, True, 2, "2026-01-01")
        state.put(followed)
    following = Following(folder, lambda: state, lambda event: None, utc_now)
    totals, stop, found = Totals(mirrors_folder(folder)), threading.Event(), list[float]()
    rota = Rota(list(counties), Settings.model_fields["follow_seconds"].default)

    def grow(started: float) -> None:
        done = 0
        published = dict.fromkeys(counties, started)
        while time.perf_counter() < started + seconds:
            now = time.perf_counter()
            while done < (now - started) * RECEIPTS_A_SECOND:
                code = drawn.choice(list(counties))
                if counties[code].size < BEGUN + most:
                    counties[code].size += 1
                    waiting[code].append((counties[code].size, now))
                done += 1
            for code, county in counties.items():
                if now - published[code] >= 1 and waiting[code]:
                    county.publish()
                    published[code] = now
            time.sleep(0.02)
        for county in counties.values():
            county.publish()

    def look() -> None:
        for code, county in counties.items():
            size = sizes[county.ledger].size if county.ledger in sizes else 0
            while waiting[code] and waiting[code][0][0] <= size:
                found.append(time.perf_counter() - waiting[code].pop(0)[1])

    readers = threading.Thread(
        target=take_turns, args=(rota, lambda code: following.round(code, counties[code]), READERS, stop)
    )
    readers.start()
    while len(sizes := totals.as_of(LAST_DAY)) < LEDGERS:
        time.sleep(LOOK_SECONDS)
    growing = threading.Thread(target=grow, args=(time.perf_counter(),))
    growing.start()
    while growing.is_alive() or any(waiting.values()):
        time.sleep(LOOK_SECONDS)
        sizes = totals.as_of(LAST_DAY)
        look()
    stop.set()
    readers.join()
    return sorted(found)


def page(folder: Path, seconds: float) -> Measure:
    """The measure of the contract."""
    found = latencies(folder, seconds)
    p95 = found[int(len(found) * 0.95)]
    return Measure(
        f"receipt → page above, {LEDGERS} ledgers, {len(found)} receipts, p95",
        f"{p95:.1f} s (median {found[len(found) // 2]:.1f} s)",
        "—",
        "—",
        f"≤ {MUST_REACH_SECONDS:.0f} s",
        p95 <= MUST_REACH_SECONDS,
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-", dir="/var/tmp") as scratch:
        print_measures([page(Path(scratch), float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)], False)
