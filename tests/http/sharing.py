"""One service for all tests of a class that only ask, or whose every statement is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.founding import Founded
from tests.http.serving import small_service
from tests.patterns import Patterns


class OneService:
    """The ledger and the service of the fixtures of the same names; nothing may be recorded on it."""

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("shared")

    @pytest.fixture(scope="class")
    @classmethod
    def founded(cls, patterns: Patterns, folder: Path) -> Iterator[Founded]:
        with patterns.copy(folder / "data") as founded:
            yield founded

    @pytest.fixture(scope="class")
    @classmethod
    def client(cls, founded: Founded, folder: Path) -> Iterator[TestClient]:
        with small_service(founded, folder) as client:
            before = _recorded(founded)
            yield client
            assert _recorded(founded) == before


def _recorded(founded: Founded) -> int:
    """How many statements there are, besides the ledger's own that a day has ended."""
    with founded.store.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM ledger.entries WHERE type <> 'DayPassed.v1'"
        ).fetchone()
    assert row is not None
    return int(row[0])
