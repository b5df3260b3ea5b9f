"""A backup's target: one server's and one ledger's, and what it says when it is not there."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from ledger.errors import Misconfigured, Unavailable
from ledger.storage.depot import open_depot
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.holdings import Holdings
from ledger.storage.receiving import system_in_folder, system_of
from ledger.storage.wal import parse_segment


class TestADepot:
    def test_belongs_to_one_server(self, server: EmbeddedServer, tmp_path: Path) -> None:
        depot = open_depot(str(tmp_path / "backups"))
        holdings = Holdings(depot)
        with psycopg.connect(server.url) as connection:
            system = system_of(connection)
        wal = server.data / "pg_wal"
        assert system_in_folder(wal) == system
        holdings.claim("one", system, 1024)
        with pytest.raises(Misconfigured) as trouble:
            holdings.claim("one", "42", 1024)
        assert trouble.value.code == "backup-of-another-server"
        assert system in trouble.value.en
        # A depot that does not say so yet tells it by its WAL, and one without WAL becomes this server's.
        depot.put_json("ledger.json", {"ledger": "one", "format": 1, "segment_bytes": 1024})
        segment = next(each for each in sorted(wal.iterdir()) if parse_segment(each.name) is not None)
        holdings.add_segment(segment, None)
        with pytest.raises(Misconfigured) as trouble:
            holdings.claim("one", "42", 1024)
        assert trouble.value.code == "backup-of-another-server"
        holdings.remove_segments([segment.name])
        holdings.claim("one", "42", 1024)
        assert depot.get_card("ledger.json", dict) == {
            "ledger": "one",
            "format": 1,
            "segment_bytes": 1024,
            "system": "42",
        }

    def test_belongs_to_one_ledger(self, tmp_path: Path) -> None:
        holdings = Holdings(open_depot(str(tmp_path / "backups")))
        holdings.claim("one", "7", 1024)
        holdings.claim("one", "7", 1024)
        with pytest.raises(Misconfigured) as trouble:
            holdings.claim("another", "7", 1024)
        assert trouble.value.code == "backup-of-another"
        with pytest.raises(Misconfigured) as trouble:
            holdings.fetch(tmp_path / "fetched")
        assert trouble.value.code == "no-base"

    def test_that_is_not_there_says_so_without_its_secrets(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-to-be-printed")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        with pytest.raises(Unavailable) as trouble:
            open_depot("s3://backups/songnuan").names("wal")
        assert trouble.value.code == "backup-target-unreachable"
        assert "not-to-be-printed" not in trouble.value.zh + trouble.value.en
        (tmp_path / "file").touch()
        for target in ("ftp://somewhere/x", str(tmp_path / "file")):
            with pytest.raises(Misconfigured) as invalid:
                open_depot(target)
            assert invalid.value.code == "backup-target-invalid"

    def test_a_base_that_is_not_what_was_stored_is_refused(self, tmp_path: Path) -> None:
        depot = open_depot(str(tmp_path / "backups"))
        (tmp_path / "tree").mkdir()
        (tmp_path / "tree" / "file").write_bytes(b"content")
        digest = depot.put_tree("tree.tar.gz", tmp_path / "tree")
        depot.fetch_tree("tree.tar.gz", tmp_path / "back", digest)
        assert (tmp_path / "back" / "file").read_bytes() == b"content"
        depot.put("tree.tar.gz", b"something else")
        with pytest.raises(Misconfigured) as trouble:
            depot.fetch_tree("tree.tar.gz", tmp_path / "other", digest)
        assert trouble.value.code == "backup-malformed"
