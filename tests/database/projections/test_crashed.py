"""PostgreSQL killed between two views' commits: no view keeps what another one has lost."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.simulation.simulator import Size, simulate
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from projections.following import catching_up
from projections.following.follower import Follower, Step
from projections.following.pulse import Pulse
from projections.following.runner import Followers, standard_views
from projections.following.source import Source
from projections.replaying.replay import replay
from tests.faults.postgres import keep_unflushed, kill_postgres
from tests.founding import Founded

NEEDED = [view.name for view in standard_views() if view.name != "flags"]


@pytest.fixture(scope="module")
def simulated(server_folder: Path) -> Iterator[tuple[EmbeddedServer, OpenStore]]:
    """A ledger with planted frauds on a server of its own, which loses what it has not flushed."""
    folder = server_folder / f"own-{time.monotonic_ns()}"
    with EmbeddedServer(folder) as server, OpenStore(Store(folder / "data", server.url)) as store:
        simulate(store, Size(years=1, units=3, recipients=30, seed=5))
        keep_unflushed(server)
        yield server, store
    shutil.rmtree(folder)


@pytest.mark.parametrize("lost", ["roster", "links"])
def test_flags_are_never_computed_over_what_another_view_has_lost(
    simulated: tuple[EmbeddedServer, OpenStore], lost: str
) -> None:
    server, store = simulated
    connections = datastore(store.url)
    live = Followers(connections, schema=f"crashed_{lost}")
    live.prepare()
    head = live.head()
    with store.connect() as connection:
        # All that stands so far is on the disk; what comes next is not.
        live.catch_up(to=head // 2)
        connection.execute("CHECKPOINT")
    step = live.followers[lost].step
    positions: list[int] = []

    def crash_after(upto: int) -> Step:
        stepped = step(upto)
        if not positions:
            positions.append(stepped.position)
            kill_postgres(server)
            server._launch()
            # The pool gives out connections to the server as it is now.
            connections.pool.check()
            positions.append(live.followers[lost].position())
        return stepped

    live.followers[lost].step = crash_after  # type: ignore[method-assign]
    assert live.catch_up() == head
    believed, held = positions
    assert held < believed, "the crash took what was committed"
    assert [live.followers[name].position() for name in (*NEEDED, "flags")] == [head] * (len(NEEDED) + 1)
    found = replay(connections, live)
    assert (found.position, found.differences) == (head, [])
    connections.close()


def test_views_in_threads_and_in_a_process_of_their_own_come_through_a_crash(
    simulated: tuple[EmbeddedServer, OpenStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, store = simulated
    monkeypatch.setattr(catching_up, "FAR_EVENTS", 200)
    monkeypatch.setattr(Follower, "BATCH_EVENTS", 100)
    connections = datastore(store.url, pool_size=8)
    live = Followers(connections, schema="apart")
    live.prepare()
    step = live.followers["roster"].step
    steps = []

    def crash_once(upto: int) -> Step:
        steps.append(stepped := step(upto))
        if len(steps) == 3:
            kill_postgres(server)
            server._launch()
        return stepped

    live.followers["roster"].step = crash_once  # type: ignore[method-assign]
    head, pulse, stop = live.head(), Pulse(), threading.Event()
    thread = threading.Thread(target=live.follow, args=(stop,), kwargs={"pulse": pulse})
    thread.start()
    deadline = time.monotonic() + 120
    while (beat := pulse.read()).position < head or beat.waits_for is not None:
        assert time.monotonic() < deadline
        assert thread.is_alive()
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert len(steps) > 3
    assert replay(connections, live).differences == []
    connections.close()


def test_an_entry_that_a_failover_lost_is_not_given_again(founded: Founded) -> None:
    with founded.store.writer() as writer:
        head = writer.record(founded.dossiers(1)[0]).position
    connections = datastore(founded.store.url)
    source = Source(connections)
    with connections.get_connection() as connection:
        before = source.read(connection, head - 1, head, 10)
        assert source.read(connection, head - 1, head, 10)[0] is before[0], "decoded once"
    with founded.store.connect() as superuser, superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        row = superuser.execute(
            "DELETE FROM ledger.entries WHERE position = %s RETURNING data", (head,)
        ).fetchone()
    with connections.get_connection() as connection:
        assert source.read(connection, head - 1, head, 10) == []
    with founded.store.connect() as superuser, superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        assert row is not None
        other = bytes(row[0]).replace(b'"recorded_at":"2', b'"recorded_at":"3')
        superuser.execute(
            "INSERT INTO ledger.entries (position, statement_id, type, data, tags)"
            " SELECT %s, gen_random_uuid(), type, %s, tags FROM ledger.entries WHERE position = %s",
            (head, other, head - 1),
        )
    with connections.get_connection() as connection:
        after = source.read(connection, head - 1, head, 10)
    assert before[0].act.recorded_at != after[0].act.recorded_at
    connections.close()


def test_a_server_that_is_killed_has_really_lost_what_it_had_not_flushed(
    simulated: tuple[EmbeddedServer, OpenStore],
) -> None:
    server, store = simulated
    with store.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.kept (n int)")
        connection.execute("SET synchronous_commit = off")
        connection.execute("INSERT INTO public.kept VALUES (1)")
        kill_postgres(server)
    server._launch()
    with psycopg.connect(store.url) as connection:
        assert connection.execute("SELECT count(*) FROM public.kept").fetchone() == (0,)
