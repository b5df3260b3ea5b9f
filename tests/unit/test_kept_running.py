"""When an embedded server that ends is started again, and what is said meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from ledger.errors import Misconfigured
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.kept_running import KeptRunning
from ledger.supervision import LONGEST_PAUSE_SECONDS, STEADY_SECONDS


class Server:
    """A server that runs, has ended, was halted, or does not start, as the test says."""

    data = Path("/")

    def __init__(self) -> None:
        self.ended = self.is_halted = self.broken = False
        self.now = 0.0
        self.tries: list[float] = []

    def has_ended(self) -> bool:
        return self.ended

    def revive(self) -> bool:
        self.tries.append(self.now)
        if self.broken:
            raise Misconfigured("postgresql-failed", "未能启动", "did not start")
        self.ended = False
        return True


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def kept(server: Server) -> KeptRunning:
    return KeptRunning(cast(EmbeddedServer, server), lambda: server.now)


def look_for(server: Server, kept: KeptRunning, seconds: int) -> None:
    for _ in range(2 * seconds):
        kept.look()
        server.now += 0.5


def codes(kept: KeptRunning) -> list[str]:
    return [cause.code for cause in kept.causes()]


def test_a_server_that_ended_is_started_at_once(server: Server, kept: KeptRunning) -> None:
    server.ended = True
    kept.look()
    assert server.tries == [0.0]
    assert kept.causes() == []


def test_one_that_does_not_start_is_tried_later_each_time_and_said(server: Server, kept: KeptRunning) -> None:
    server.ended = server.broken = True
    look_for(server, kept, 120)
    assert server.tries[:7] == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert server.tries[7] - server.tries[6] == LONGEST_PAUSE_SECONDS
    assert codes(kept) == ["postgresql-ended"]
    server.broken = False
    look_for(server, kept, 31)
    assert kept.causes() == []


def test_one_that_ends_again_and_again_is_started_later_each_time(server: Server, kept: KeptRunning) -> None:
    for _ in range(30):
        server.ended = True
        look_for(server, kept, 1)
    assert len(server.tries) <= 6


def test_after_a_steady_run_the_next_end_is_the_first(server: Server, kept: KeptRunning) -> None:
    server.ended = server.broken = True
    look_for(server, kept, 60)
    server.broken = False
    look_for(server, kept, int(LONGEST_PAUSE_SECONDS + STEADY_SECONDS) + 1)
    assert kept.causes() == []
    server.ended, before = True, server.now
    look_for(server, kept, 1)
    assert server.tries[-1] == before


def test_one_that_was_halted_is_left_alone_and_said(server: Server, kept: KeptRunning) -> None:
    server.ended = server.is_halted = True
    look_for(server, kept, 60)
    assert server.tries == []
    assert codes(kept) == ["postgresql-halted"]
    server.is_halted = False
    kept.look()
    assert server.tries != []


def test_one_that_somebody_else_started_is_no_cause_any_more(server: Server, kept: KeptRunning) -> None:
    server.ended = server.broken = True
    kept.look()
    server.ended = False
    kept.look()
    assert kept.causes() == []


def test_one_whose_folder_is_gone_is_not_said_to_be_started_again(server: Server, kept: KeptRunning) -> None:
    server.ended = True
    server.data = Path("/nowhere/postgresql")
    look_for(server, kept, 10)
    assert codes(kept) == ["data-folder-missing"]
    assert server.tries == []
    server.data = Path("/")
    kept.look()
    assert (codes(kept), len(server.tries)) == ([], 1)
