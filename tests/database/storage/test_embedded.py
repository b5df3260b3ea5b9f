"""The embedded server: what keeps it from starting is told by what it wrote at this start."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import Misconfigured
from ledger.storage.embedded import EmbeddedServer

FULL = 'FATAL:  could not create lock file "postmaster.pid": No space left on device\n'


@pytest.fixture
def made(server_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> EmbeddedServer:
    """A server that ran once and was shut down."""
    folder = server_folder / tmp_path_factory.mktemp("embedded").name
    with EmbeddedServer(folder) as server:
        return server


def why_it_does_not_start(server: EmbeddedServer) -> str:
    with pytest.raises(Misconfigured) as trouble:
        server.start()
    assert trouble.value.code == "postgresql-failed"
    return trouble.value.message("en")


def test_an_earlier_start_says_nothing_about_this_one(made: EmbeddedServer) -> None:
    with (made.data / "server.log").open("a") as log:
        log.write(FULL)
    with (made.data / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = on\n")
    assert "configuration is wrong" in why_it_does_not_start(made)


def test_a_log_that_was_cut_meanwhile_is_read_from_its_beginning(made: EmbeddedServer) -> None:
    log = made.data / "server.log"
    made._log_from = log.stat().st_size
    log.write_text(FULL)
    assert made.log_tail() == FULL.strip()


def test_without_a_log_nothing_is_said(made: EmbeddedServer) -> None:
    (made.data / "server.log").unlink()
    assert made.log_tail() == ""
