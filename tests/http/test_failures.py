"""What goes wrong around the program has a code, whoever wrapped it on its way."""

from __future__ import annotations

import pytest

from api.service.failures import explained
from ledger.errors import Unavailable
from ledger.postgres.connection import datastore
from projections.following.runner import Followers


def test_a_read_only_database_has_a_code_through_the_recorders_library(database_url: str) -> None:
    mark = "&" if "?" in database_url else "?"
    connections = datastore(f"{database_url}{mark}options=-c%20default_transaction_read_only%3Don")
    try:
        with pytest.raises(Exception, match="read-only") as trouble:
            Followers(connections).prepare()
    finally:
        connections.close()
    told = explained(trouble.value)
    assert isinstance(told, Unavailable)
    assert told.code == "database-read-only"
    assert "songnuan doctor" in told.zh
    assert "songnuan doctor" in told.en
    assert explained(RuntimeError()) is None
