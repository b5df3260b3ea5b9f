"""The server's settings with which what was confirmed can be lost: each is named, in force or waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

from api.audit.verification import check_database
from ledger.audit.durability import UNSAFE, check_durability, is_unsafe
from ledger.findings import Finding
from ledger.storage.embedded import EmbeddedServer
from tests.audit.conftest import Original, codes, verified_live
from tests.flushing import configure, flushing

UNSAFE_NOW: dict[LiteralString, LiteralString] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "zero_damaged_pages": "on",
    "ignore_checksum_failure": "on",
}


@pytest.fixture
def flushed_url(server: EmbeddedServer) -> Iterator[str]:
    with flushing(server.url):
        yield server.url


def found(url: str) -> list[str]:
    """The settings that are named, with where they stand."""
    findings: list[Finding] = []
    with psycopg.connect(url, autocommit=True) as connection:
        assert check_durability(connection, findings.append) == ()
    assert all(each.grave and each.fault.code == "server-unsafe" for each in findings)
    return [f"{each.fault.details['setting']} {each.fault.details['place_en']}" for each in findings]


def test_a_server_that_waits_for_the_disk_is_sound(flushed_url: str) -> None:
    assert found(flushed_url) == []


@pytest.mark.parametrize("name", UNSAFE_NOW)
def test_each_setting_in_force_is_named_once(flushed_url: str, name: LiteralString) -> None:
    unsafe = UNSAFE_NOW[name]
    configure(flushed_url, name, unsafe, f"ALTER SYSTEM SET {name} = {unsafe}")
    try:
        assert found(flushed_url) == [f"{name}={unsafe} in force"]
    finally:
        safe = "off" if unsafe == "on" else "on"
        configure(flushed_url, name, safe, f"ALTER SYSTEM RESET {name}")


@pytest.mark.parametrize(
    ("name", "value"), [("fsync", "f"), ("full_page_writes", "no"), ("wal_level", "minimal")]
)
def test_what_waits_for_a_reload_or_restart_is_named(
    flushed_url: str, name: LiteralString, value: LiteralString
) -> None:
    with psycopg.connect(flushed_url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET {name} = {value}")
    try:
        (told,) = found(flushed_url)
    finally:
        with psycopg.connect(flushed_url, autocommit=True) as connection:
            connection.execute(
                f"ALTER SYSTEM SET {name} = on" if name == "fsync" else f"ALTER SYSTEM RESET {name}"
            )
    assert told.startswith(f"{name}=")
    assert "postgresql.auto.conf:" in told
    assert "waiting" in told


def test_who_may_not_read_the_files_is_told_that_they_were_not_checked(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE ROLE songnuan_plain")
        connection.execute("SET ROLE songnuan_plain")
        findings: list[Finding] = []
        unread = check_durability(connection, findings.append)
        connection.rollback()
    assert [each.code for each in unread] == ["server-files-unread"]
    assert [each.fault.details["setting"] for each in findings] == ["fsync=off"]


def test_verifying_a_ledger_looks_at_its_server(original: Original) -> None:
    with original.copy(original.now) as database:
        assert verified_live(original, database) == []
        findings: list[Finding] = []
        with original.store(database) as store:
            check_database(store, findings.append)
    assert codes(findings) == {"server-unsafe"}


def test_a_value_is_known_however_it_is_spelt() -> None:
    assert all(is_unsafe("FSYNC", value) for value in ("off", "OF", "false", "f", "no", "n", "0"))
    assert not any(is_unsafe("fsync", value) for value in ("on", "true", "yes", "1", "o"))
    assert not is_unsafe("wal_level", "replica")
    assert not is_unsafe("work_mem", "off")
    assert set(UNSAFE_NOW) | {"wal_level"} == set(UNSAFE)
