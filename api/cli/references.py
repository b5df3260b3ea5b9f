"""References in refusals (所涉记录): the entry's serial number in place of an identifier that nobody can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from api.gate import every_view
from ledger.errors import Refused
from ledger.storage.store import OpenStore
from ledger.writing.batch import Outcome


def number_references(store: OpenStore, outcomes: Iterable[Outcome]) -> None:
    """Tell each refusal the serial numbers of the recorded statements that its text names."""
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    named = {reference for refusal in refusals for reference in refusal.references()}
    if not named:
        return
    with store.connect() as connection:
        found = every_view(connection).statements(sorted(named))
    positions = {row["id"]: row["position"] for row in found}
    for refusal in refusals:
        refusal.positions = positions


@contextmanager
def references_numbered(store: OpenStore) -> Iterator[None]:
    """A refusal that leaves the command says serial numbers."""
    try:
        yield
    except Refused as refusal:
        number_references(store, [refusal])
        raise
