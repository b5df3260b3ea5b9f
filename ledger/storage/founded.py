"""A store that must hold a founded ledger (已建立的台账); where there is none it is said in one way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.storage.data_folder import check_folder
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.major_upgrade import upgrade_is_unfinished
from ledger.storage.store import OpenStore, Store, not_founded


@contextmanager
def open_founded(store: Store) -> Iterator[OpenStore]:
    """The store of a ledger that is founded; no server is made or started to find that there is none.

    Raises:
        Misconfigured: ``not-founded``, ``database-elsewhere``, and what :class:`OpenStore` raises.
    """
    check_folder(store.folder)
    if store.database_url is None:
        server = EmbeddedServer(store.folder)
        if not server.has_data and not upgrade_is_unfinished(server):
            raise not_founded(store.folder)
    with OpenStore(store) as opened:
        if opened.ledger is None:
            raise not_founded(store.folder)
        yield opened
