"""A founded ledger with its views."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ledger.domain.rules_version import NEWEST
from ledger.postgres.recorder import datastore
from ledger.storage.store import OpenStore
from ledger.writing.writer import Writer
from projections.following.runner import Followers
from tests.founding import Founded, prepare


class Views:
    """A ledger being written, and its views, asked after catching up."""

    def __init__(
        self, founded: Founded, writer: Writer, follower: Followers, connection: psycopg.Connection
    ) -> None:
        self.founded = founded
        self.writer = writer
        self.follower = follower
        self.connection = connection

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        self.follower.catch_up()
        return self.connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def flags(self, rule: str) -> list[tuple[object, ...]]:
        """Standing flags of a rule: subject, raised at, evidence, amount."""
        return self.rows(
            "SELECT subject, raised_at, evidence, amount_fen FROM views.flags"
            " WHERE rule = %s AND to_position IS NULL ORDER BY flag",
            rule,
        )


@pytest.fixture
def views(store: OpenStore) -> Iterator[Views]:
    yield from _views(store, NEWEST)


@pytest.fixture
def views_by_old_rules(store: OpenStore) -> Iterator[Views]:
    """The same of a ledger that has not taken up the second version of the rules."""
    yield from _views(store, 1)


def _views(store: OpenStore, rules: int) -> Iterator[Views]:
    founded = prepare(store)
    connections = datastore(store.url)
    with store.writer(clock=founded.clock) as writer, store.connect() as connection:
        founded.found(writer, rules=rules)
        follower = Followers(connections)
        follower.prepare()
        yield Views(founded, writer, follower, connection)
    connections.close()
