"""Exporting (导出): a ledger's history out of its database into a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from api.audit.bundle_totals import figures
from api.gate import every_view
from api.gate.history import History
from ledger.audit.audit import Disclosed
from ledger.audit.bundle import Contents, write_bundle
from ledger.audit.history import Recorded, of_campaign
from ledger.storage.store import OpenStore


def export_bundle(
    store: OpenStore,
    connection: psycopg.Connection,
    output: Path,
    size: int,
    *,
    campaign: str | None = None,
    identities: Iterable[Disclosed] = (),
    progress: Callable[[int], None] = lambda position: None,
) -> dict[str, Any]:
    """Writes the entries up to ``size``, where a checkpoint stands; answers what was written."""
    recorded = Recorded(connection, size, figures(every_view(connection), size, campaign))
    entries = recorded.entries() if campaign is None else of_campaign(recorded, campaign)
    assert store.ledger is not None
    write_bundle(
        output,
        Contents(
            ledger=store.ledger,
            size=size,
            campaign=campaign,
            entries=_counted(entries, progress),
            checkpoints=recorded.checkpoints(),
            keys=recorded.keys(),
            figures=recorded.figures(),
            identities=identities,
            timestamps=recorded.timestamps(),
        ),
    )
    return {
        "file": str(output),
        "size": size,
        "bytes": output.stat().st_size,
        "verifier_key": store.verifier_key().text,
    }


def export_history(history: History, store: OpenStore, output: Path, size: int, campaign: str | None) -> None:
    """The same for who may read the whole history."""
    export_bundle(store, history.connection, output, size, campaign=campaign)


def _counted(entries: Iterable[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    """Entries as they pass, each thousandth and the last heard of."""
    number = 0
    for number, entry in enumerate(entries, 1):
        yield entry
        if number % 1000 == 0:
            progress(number)
    progress(number)
