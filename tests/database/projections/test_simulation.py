"""Precision and recall of every rule on a simulated ledger, against what was planted in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.simulation.simulator import Measured, Size, measure, simulate
from api.wording.words import MEMBERS
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore
from projections.flags.catalogue import all_rules
from projections.following.runner import Followers
from projections.replaying.replay import replay


def test_every_exact_rule_finds_all_that_was_planted_and_nothing_else(store: OpenStore) -> None:
    truth = simulate(store, Size(years=3, units=8, recipients=20, share=0.0125, seed=11))
    connections = datastore(store.url)
    followers = Followers(connections)
    followers.prepare()
    followers.catch_up()
    with store.connect() as connection:
        found = {measured.rule: measured for measured in measure(connection, truth)}
        flags = set(connection.execute("SELECT DISTINCT rule, subject FROM views.flags").fetchall())
        said = connection.execute("SELECT parameters, details FROM views.flags").fetchall()
    assert sorted({name for row in said for members in row for name in members} - MEMBERS.keys()) == []
    assert sorted(flags - truth) == []
    assert sorted(truth - flags) == []
    exact = {rule.id for rule in all_rules()}
    assert {rule for rule, measured in found.items() if measured.due == 0} == set()
    assert {found[rule][1:] for rule in exact} == {(m.due, m.due, m.due) for m in found.values() if m.due}
    # The views that were followed batch by batch are the same as those replayed in one go.
    assert replay(connections, followers).differences == []
    connections.close()


def test_the_same_seed_plants_the_same(server: EmbeddedServer, store: OpenStore, tmp_path: Path) -> None:
    import psycopg

    from ledger.storage.store import Store

    size = Size(years=1, units=4, recipients=20, seed=3)
    first = simulate(store, size)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE seeded")
    try:
        with OpenStore(Store(tmp_path / "again", server.url.replace("/songnuan?", "/seeded?"))) as again:
            second = simulate(again, size)
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("DROP DATABASE seeded WITH (FORCE)")
    assert sorted(rule for rule, _ in first) == sorted(rule for rule, _ in second)
    assert len(first) == len(second)


@pytest.mark.parametrize(
    ("due", "found", "right", "precision", "recall"),
    [
        (4, 2, 2, 1.0, 0.5),
        (2, 4, 2, 0.5, 1.0),
        (0, 0, 0, None, None),
        (0, 3, 0, 0.0, None),
        (3, 0, 0, None, 0.0),
    ],
)
def test_precision_and_recall(
    due: int, found: int, right: int, precision: float | None, recall: float | None
) -> None:
    measured = Measured("rule", due, found, right)
    assert (measured.precision, measured.recall) == (precision, recall)
