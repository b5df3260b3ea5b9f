"""A writer that grows a ledger, in a process of its own; prints latencies and memory at both ends.

Arguments: folder, database URL, early size, early size for memory, late size, latency's repetitions.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from api.demo.people import People
from ledger.storage.store import OpenStore, Store
from ledger.writing.writer import Writer, WriterSettings
from tests.bench.measures import latency_ms, memory_bytes
from tests.founding import Founded, prepare

CHUNK = 5_000


def main() -> None:
    """Grows and prints."""
    folder, url = sys.argv[1:3]
    early, memory_early, late, times = (int(text) for text in sys.argv[3:7])
    settings = WriterSettings(pool_from_statements=2_000, intake_processes=1)
    with OpenStore(Store(Path(folder), url)) as store:
        founded = prepare(store)
        with store.writer(settings=settings) as writer:
            founded.found(writer)
            grow(founded, writer, early)
            latency_ms(founded, writer, 50)
            first_ms = latency_ms(founded, writer, times)
            grow(founded, writer, memory_early)
            first_bytes = settled_bytes()
            grow(founded, writer, late)
            last_bytes = settled_bytes()
            latency_ms(founded, writer, 50)
            print(first_ms, latency_ms(founded, writer, times), first_bytes, last_bytes)


def grow(founded: Founded, writer: Writer, size: int) -> None:
    """Records dossiers until the ledger has that many events."""
    head = founded.record_all(writer, founded.dossiers(1))[0].position
    while head < size:
        count = min(CHUNK, size - head)
        # Other people each time: those drawn before need not be remembered here.
        founded.people = People(head)
        head = founded.record_all(writer, founded.dossiers(count))[-1].position


def settled_bytes() -> int:
    """Resident memory once garbage is gone."""
    gc.collect()
    return memory_bytes()


if __name__ == "__main__":
    main()
