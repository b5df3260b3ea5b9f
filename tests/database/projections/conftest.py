"""A founded ledger with its views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from ledger.postgres.connection import datastore
from ledger.writing.writer import Writer
from projections.following.runner import Followers
from tests.founding import Founded
from tests.patterns import Patterns


class Views:
    """A ledger being written, and its views, asked after catching up."""

    def __init__(
        self, founded: Founded, writer: Writer, follower: Followers, connection: psycopg.Connection
    ) -> None:
        self.founded = founded
        self.writer = writer
        self.follower = follower
        self.connection = connection

    def rows(self, query: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        self.follower.catch_up()
        return self.connection.execute(query, parameters).fetchall()

    def flags(self, rule: str) -> list[tuple[Any, ...]]:
        """Standing flags of a rule: subject, raised at, evidence, amount."""
        return self.rows(
            "SELECT subject, raised_at, evidence, amount_fen FROM views.flags"
            " WHERE rule = %s AND to_position IS NULL ORDER BY flag",
            rule,
        )


@contextmanager
def views_of(founded: Founded) -> Iterator[Views]:
    store = founded.store
    with (
        closing(datastore(store.url)) as connections,
        store.writer(clock=founded.clock) as writer,
        store.connect() as connection,
    ):
        yield Views(founded, writer, Followers(connections), connection)


@pytest.fixture
def views(founded: Founded) -> Iterator[Views]:
    with views_of(founded) as views:
        yield views


@pytest.fixture
def views_by_old_rules(patterns: Patterns, tmp_path: Path) -> Iterator[Views]:
    """The same of a ledger that has not taken up the second version of the rules."""
    with patterns.copy(tmp_path / "data", rules=1) as founded, views_of(founded) as views:
        yield views
