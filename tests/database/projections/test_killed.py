"""Followers that are killed at any point resume with nothing lost and nothing doubled."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import get_context

from api.simulation.simulator import Size, simulate
from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore
from projections.following.follower import Follower
from projections.following.runner import Followers
from projections.replaying.replay import replay


def follow(url: str) -> None:
    """Follows in small batches until it is killed."""
    Follower.BATCH_EVENTS = 20
    followers = Followers(datastore(url))
    while True:
        followers.catch_up()


def test_killed_followers_resume_exactly(store: OpenStore) -> None:
    simulate(store, Size(years=1, units=4, recipients=20, seed=5))
    connections = datastore(store.url)
    followers = Followers(connections)
    followers.prepare()
    positions = [0]
    for patience in (0.9, 1.1, 1.3, 1.7):
        process = get_context("spawn").Process(target=follow, args=(store.url,))
        process.start()
        deadline = time.monotonic() + 30
        while followers.position() == positions[-1] and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(patience / 10)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        positions.append(followers.position())
    assert positions == sorted(set(positions)), "each made its way before it was killed"
    head = followers.catch_up()
    assert positions[-1] < head
    assert {status.reason for status in followers.status()} == {None}
    found = replay(connections, followers)
    assert (found.position, found.differences) == (head, [])
    connections.close()
