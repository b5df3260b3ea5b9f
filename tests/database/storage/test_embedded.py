"""The embedded server: what keeps it from starting is told by what it wrote at this start."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ledger.errors import Misconfigured
from ledger.storage.embedded import LOCK, EmbeddedServer

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


@pytest.mark.parametrize("said", ["", "\0" * 64, "of a process that is none of PostgreSQL's"])
def test_a_stale_lock_file_does_not_keep_it_from_starting(made: EmbeddedServer, said: str) -> None:
    with subprocess.Popen(["sleep", "60"]) as another:
        # Numbers come again: in a container after each start.
        (made.data / LOCK).write_text(f"{another.pid}\n{made.data}\n1\n" if said.startswith("of") else said)
        with made:
            assert made.is_running()
            assert made.pid() != another.pid
        another.kill()


def test_a_lock_file_beside_which_a_server_works_stays(made: EmbeddedServer) -> None:
    with made:
        before = made.pid()
        assert not made.has_ended()
        again = EmbeddedServer(made.folder)
        with again:
            assert again.pid() == before


def test_a_damaged_version_file_is_named(made: EmbeddedServer) -> None:
    (made.data / "PG_VERSION").write_text("")
    with pytest.raises(Misconfigured) as trouble:
        made.start()
    assert trouble.value.code == "data-folder-damaged"
