"""Nonces that were heard are kept across a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.service.nonces import Nonces
from ledger.errors import Unavailable


def test_one_is_heard_once_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "nonces"
    assert Nonces(path).is_new("key a", until=100.0, now=10.0)
    again = Nonces(path)
    assert not again.is_new("key a", until=100.0, now=20.0)
    assert again.is_new("key b", until=100.0, now=20.0)
    assert again.is_new("key a", until=300.0, now=200.0)
    assert path.stat().st_mode & 0o077 == 0


def test_what_counts_no_more_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.service.nonces._LEAST_REWRITTEN", 3)
    monkeypatch.setattr("api.service.nonces.os.fdatasync", lambda _: None)
    nonces = Nonces(tmp_path / "nonces")
    for number in range(50):
        assert nonces.is_new(f"key {number}", until=number + 1.5, now=float(number))
    assert len((tmp_path / "nonces").read_text().splitlines()) < 10
    assert not Nonces(tmp_path / "nonces").is_new("key 49", until=60.0, now=50.0)


def test_a_line_that_was_cut_off_is_none(tmp_path: Path) -> None:
    (tmp_path / "nonces").write_text("100.0 abc")
    assert Nonces(tmp_path / "nonces").is_new("key a", until=100.0, now=10.0)
    assert not Nonces(tmp_path / "nonces").is_new("key a", until=100.0, now=10.0)


def test_where_it_cannot_be_kept_nothing_is_answered(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as failed:
        Nonces(tmp_path / "nowhere" / "nonces").is_new("key a", until=100.0, now=10.0)
    assert failed.value.code == "nonce-not-kept"
