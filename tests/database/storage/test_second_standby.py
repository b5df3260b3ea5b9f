"""A second standby after a switch-over: it says that its primary is none any more, and joins the new one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import typer

from api.cli.standbys import describe, status
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.rejoining import rejoin
from ledger.storage.standby import make_standby, state_of
from ledger.storage.store import OpenStore, Store
from ledger.storage.switchover import switch_over
from tests.database.storage.test_switchover import eventually, standby, supervised
from tests.database.test_backup import bring_secrets, recorded, server_of
from tests.founding import Founded

__all__ = ["standby"]


@pytest.fixture
def second(ledger: Founded, folder: Path) -> Iterator[EmbeddedServer]:
    """Another standby of the same primary, at work."""
    server = EmbeddedServer(folder / "second")
    make_standby(ledger.store.url, server)
    server.start()
    yield server
    EmbeddedServer(folder / "second").halt("immediate")


@pytest.mark.parametrize("past_the_fork", [False, True], ids=["at the fork", "past the fork"])
def test_a_second_standby_is_not_well_and_joins_the_new_primary(
    past_the_fork: bool, ledger: Founded, folder: Path, standby: EmbeddedServer, second: EmbeddedServer
) -> None:
    recorded(ledger, 2)
    switch_over(standby)
    eventually(lambda: state_of(second).superseded_by is not None)
    state = state_of(second)
    assert (state.streaming, state.follows) == (True, False)
    assert "songnuan replica rejoin" in describe(state)
    with pytest.raises(typer.Exit) as ended:
        status(folder / "second")
    assert ended.value.exit_code == 3
    with psycopg.connect(ledger.store.url, autocommit=True) as old:
        if past_the_fork:
            old.execute("CREATE TABLE public.after_the_fork AS SELECT generate_series(1, 100000) AS n")
            old.execute("SELECT pg_switch_wal()")
            old.execute("CHECKPOINT")
    if past_the_fork:
        with closing(psycopg.connect(second.url, autocommit=True)) as there:
            eventually(
                lambda: there.execute("SELECT to_regclass('public.after_the_fork')").fetchone() != (None,)
            )
            there.execute("CHECKPOINT")
    second.halt()
    bring_secrets(ledger, folder / "new")
    found = rejoin(EmbeddedServer(folder / "second"), standby.url)
    assert found.lost == 0
    with OpenStore(Store(folder / "new", standby.url)) as store:
        there_now = Founded(store, ledger.ledger, ledger.keys, ledger.people, ledger.officials)
        last = recorded(there_now, 2)
    with supervised(EmbeddedServer(folder / "second")) as heard:
        eventually(lambda: heard[-1].follows and heard[-1].position == last)


def test_one_whose_primary_was_lost_before_it_was_told_names_the_way_on_and_joins_the_new_one(
    ledger: Founded, folder: Path, standby: EmbeddedServer, second: EmbeddedServer
) -> None:
    """Nothing was fenced, so that the second standby cannot know that another took over."""
    last = recorded(ledger, 2)
    eventually(lambda: state_of(standby).position == state_of(second).position == last)
    server_of(ledger).halt("immediate")
    assert not switch_over(standby, primary_lost=True).fenced
    eventually(lambda: not state_of(second).streaming)
    state = state_of(second)
    assert (state.superseded_by, state.follows) == (None, False)
    assert "songnuan replica rejoin" in describe(state)
    assert "--primary-lost" in describe(state)
    second.halt()
    bring_secrets(ledger, folder / "new")
    assert rejoin(EmbeddedServer(folder / "second"), standby.url).lost == 0
    with OpenStore(Store(folder / "new", standby.url)) as store:
        there_now = Founded(store, ledger.ledger, ledger.keys, ledger.people, ledger.officials)
        last = recorded(there_now, 2)
    with supervised(EmbeddedServer(folder / "second")) as heard:
        eventually(lambda: heard[-1].follows and heard[-1].position == last)


def past_the_fork(ledger: Founded, second: EmbeddedServer) -> None:
    """The superseded server goes on writing, though it records nothing, and its standby has it."""
    with psycopg.connect(ledger.store.url, autocommit=True) as old:
        old.execute("CREATE TABLE public.after_the_fork AS SELECT generate_series(1, 100000) AS n")
    with closing(psycopg.connect(second.url, autocommit=True)) as there:
        eventually(lambda: there.execute("SELECT to_regclass('public.after_the_fork')").fetchone() != (None,))
        there.execute("CHECKPOINT")


def test_one_that_heard_of_the_new_timeline_from_the_old_primary_joins_it_too(
    ledger: Founded, folder: Path, standby: EmbeddedServer, second: EmbeddedServer
) -> None:
    """The old primary rejoined first: its other standby learns of a timeline that it cannot go over to."""
    recorded(ledger, 2)
    switch_over(standby)
    past_the_fork(ledger, second)
    assert rejoin(server_of(ledger), standby.url).aside is None
    with supervised(EmbeddedServer(folder / "data")) as old:
        eventually(lambda: old[-1].follows)
        history = folder / "second" / "postgresql" / "pg_wal" / "00000002.history"
        eventually(history.exists)
        second.halt()
        assert rejoin(EmbeddedServer(folder / "second"), standby.url).lost == 0
        with supervised(EmbeddedServer(folder / "second")) as heard:
            eventually(lambda: heard[-1].follows)


def test_a_rejoining_that_was_broken_off_is_given_again(
    ledger: Founded, folder: Path, standby: EmbeddedServer
) -> None:
    recorded(ledger, 2)
    switch_over(standby)
    assert rejoin(server_of(ledger), standby.url).lost == 0
    # Killed after the rewinding: what was done is found done.
    assert rejoin(EmbeddedServer(folder / "data"), standby.url) == (0, None, None)
    with supervised(EmbeddedServer(folder / "data")) as heard:
        eventually(lambda: heard[-1].follows)
    # Killed while it was rewound: the data is of no use.
    EmbeddedServer(folder / "data").halt()
    (folder / "data" / "rejoining").touch()
    (folder / "data" / "postgresql" / "global" / "pg_control").write_bytes(b"")
    again = rejoin(EmbeddedServer(folder / "data"), standby.url)
    assert again.aside is not None
    assert not (folder / "data" / "rejoining").exists()
    with supervised(EmbeddedServer(folder / "data")) as heard:
        eventually(lambda: heard[-1].follows)


def test_a_switch_over_that_was_broken_off_knows_that_the_old_primary_was_told(
    ledger: Founded, standby: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(ledger, 2)
    with monkeypatch.context() as broken:
        broken.setattr("ledger.storage.switchover._finish", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            switch_over(standby)
    assert switch_over(standby).fenced
