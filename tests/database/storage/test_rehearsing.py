"""Rehearsals of copies that end where the WAL did, and targets that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.audit.verification import verify_store
from api.operating.rehearsing import rehearse
from api.service.settings import Settings
from ledger.audit.audit import Trust
from ledger.errors import Unavailable
from ledger.findings import Finding
from ledger.log.publisher import Publisher
from ledger.postgres.connection import datastore
from ledger.storage.depot import open_depot
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Holdings
from ledger.storage.restoring import restore
from ledger.storage.store import OpenStore, Store
from projections.following.runner import Followers
from tests.database.storage.test_keeping import eventually, keeping
from tests.database.test_backup import bring_secrets, recorded
from tests.founding import Founded


def test_a_copy_that_ends_before_its_checkpoint_is_rehearsed_and_restored_as_whole(
    ledger: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under load the WAL ends between a commit and the checkpoint over it; the next writer signs that."""
    holdings = Holdings(open_depot(str(folder / "kept")))
    with keeping(ledger, folder, holdings):
        eventually(lambda: holdings.summary().base is not None)
        covered = recorded(ledger, 1)
        with monkeypatch.context() as unpublished:
            unpublished.setattr(Publisher, "due_seconds", lambda self: None)
            unpublished.setattr(Publisher, "publish", lambda *_: None)
            last = recorded(ledger, 3)
        eventually(lambda: holdings.summary().position == last)
    rehearsal = rehearse(holdings, Settings(data_dir=folder / "data"))
    assert (rehearsal.error, rehearsal.first, rehearsal.position) == (None, None, last)
    place, wal, _ = holdings.fetch(folder / "fetched")
    server = EmbeddedServer(folder / "restored")
    found: list[Finding] = []
    bring_secrets(ledger, folder / "restored")
    restore(place, server, wal)
    with OpenStore(Store(folder / "restored")) as store:
        connections = datastore(store.url)
        live = Followers(connections)
        live.prepare()
        verify_store(store, live, Trust(store.log_keys()), found.append, copied=True)
        connections.close()
    [pending] = [each for each in found if each.fault.code == "checkpoint-pending"]
    assert (pending.position, pending.grave, pending.fault.details) == (
        covered + 1,
        False,
        {"after": covered, "size": last},
    )
    server.halt()


def test_a_bucket_that_is_not_there_is_named_with_what_the_store_said(bucket: str) -> None:
    there = open_depot(bucket.replace("backups", "elsewhere"))
    for ask in (
        lambda: there.names("wal"),
        lambda: there.get("ledger.json"),
        lambda: there.put("ledger.json", b""),
    ):
        with pytest.raises(Unavailable) as trouble:
            ask()
        assert trouble.value.code == "backup-target-unreachable"
        assert "s3://elsewhere 暂不可用（没有这个桶）" in trouble.value.zh
        assert "s3://elsewhere does not answer (there is no such bucket)" in trouble.value.en
    assert open_depot(bucket).get("ledger.json") is None
