"""The access log: chained lines that nobody can change or remove once its head is in the ledger."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any, LiteralString

import psycopg
import pytest

from ledger.audit.access_log_checks import check_access_log
from ledger.errors import Unavailable
from ledger.events.access import AccessLogHead, AccessLogSealed
from ledger.findings import Finding
from ledger.log.proofs import head
from ledger.storage.store import OpenStore
from ledger.writing.access_log import (
    FIRST_LINK,
    AccessLine,
    AccessLog,
    address_mark,
    next_link,
    read_head,
)
from tests.flushing import waiting_for_a_standby
from tests.founding import Founded
from tests.scene import Scene
from tests.waiting import wait_until

LINE = AccessLine("persons", "GET /roster", officer="auditor", rows=3)
SIGN_IN = AccessLine("sign-in", "POST /session", officer="auditor")
HEAD = "ab" * 32


@pytest.fixture
def log(founded: Founded) -> Iterator[AccessLog]:
    with AccessLog(founded.store.url) as log:
        yield log


def write(log: AccessLog, *lines: AccessLine) -> list[int]:
    return [written.result(20) for written in [log.record(line) for line in lines]]


def stored(store: OpenStore) -> list[tuple[int, dict[str, Any], bytes]]:
    with store.connect() as connection:
        return connection.execute(
            "SELECT number, line, chain FROM ledger.access_log ORDER BY number"
        ).fetchall()


class TestWriting:
    def test_each_line_is_chained_to_the_one_before(self, founded: Founded, log: AccessLog) -> None:
        assert write(log, LINE, SIGN_IN, LINE) == [1, 2, 3]
        link = bytes(32)
        for _, line, chain in stored(founded.store):
            # As docs/identities.md says it, in other words.
            text = (
                b"{"
                + b",".join(
                    b'"%b":%b'
                    % (name.encode(), str(value).encode() if name == "rows" else f'"{value}"'.encode())
                    for name, value in sorted(line.items())
                )
                + b"}"
            )
            link = sha256(b"\x01" + link + sha256(b"\x00" + text).digest()).digest()
            assert chain == link
        assert log.head == (3, link)

    def test_a_line_says_who_what_and_how_much_and_nothing_that_is_not_known(
        self, founded: Founded, log: AccessLog
    ) -> None:
        write(log, AccessLine("search", "GET /graph", officer="auditor", units=("tea",), rows=0))
        _, line, _ = stored(founded.store)[0]
        assert line.pop("at").endswith("Z")
        assert line == {
            "kind": "search",
            "what": "GET /graph",
            "officer": "auditor",
            "units": ["tea"],
            "rows": 0,
        }

    def test_two_processes_write_one_chain(self, founded: Founded, log: AccessLog) -> None:
        with AccessLog(founded.store.url) as other:
            threads = [
                threading.Thread(target=lambda each=each: [write(each, LINE) for _ in range(40)])
                for each in (log, other)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        lines = stored(founded.store)
        assert [number for number, _, _ in lines] == list(range(1, 81))
        link = FIRST_LINK
        for _, line, chain in lines:
            link = next_link(link, line)
            assert chain == link

    def test_it_goes_on_after_its_connection_was_cut(self, founded: Founded, log: AccessLog) -> None:
        write(log, LINE)
        with founded.store.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert write(log, LINE) == [2]

    def test_where_it_cannot_be_written_it_says_so(self, founded: Founded, log: AccessLog) -> None:
        with founded.store.connect() as connection:
            connection.execute("ALTER TABLE ledger.access_log RENAME TO access_log_away")
            with pytest.raises(Unavailable) as failed:
                write(log, LINE)
            assert failed.value.code == "access-log-unavailable"
            assert log.is_failing
            connection.execute("ALTER TABLE ledger.access_log_away RENAME TO access_log")
        # It finds out by itself, for nobody asks a service that is not ready.
        wait_until(lambda: not log.is_failing)
        assert stored(founded.store) == []
        assert write(log, LINE) == [1]

    def test_who_stops_waiting_ends_nothing(self, founded: Founded, log: AccessLog) -> None:
        with founded.store.connect() as connection, connection.transaction():
            connection.execute("LOCK TABLE ledger.access_log")
            waiting = log.record(LINE)
            wait_until(waiting.running)
            given_up = log.record(SIGN_IN)
            # The first is being written, and cannot be taken back; the second has not begun.
            assert (waiting.cancel(), given_up.cancel()) == (False, True)
        assert waiting.result(20) == 1
        assert write(log, LINE) == [2]
        assert not log.is_failing

    def test_a_stop_waits_for_no_standby_and_leaves_nobody_waiting(self, founded: Founded) -> None:
        with waiting_for_a_standby(founded.store.url):
            with AccessLog(founded.store.url) as log:
                durable = log.record(SIGN_IN)
                wait_until(durable.running)
                behind = log.record(SIGN_IN)
                started = time.monotonic()
            assert time.monotonic() - started < 30
            # The first is written, if perhaps here alone; the one behind it is, or is not shown.
            assert durable.result(1) == 1
            assert behind.done()
            with pytest.raises(Unavailable):
                log.record(LINE)

    def test_a_stop_waits_for_no_server_that_does_not_answer(self, founded: Founded) -> None:
        with founded.store.connect() as other, AccessLog(founded.store.url) as log:
            write(log, LINE)
            asked = other.execute(
                "SELECT pid FROM pg_stat_activity WHERE query LIKE '%INTO ledger.access_log%'"
                " AND pid <> pg_backend_pid()"
            ).fetchone()
            assert asked is not None
            os.kill(asked[0], signal.SIGSTOP)
            try:
                waiting = log.record(LINE)
                wait_until(waiting.running)
                started = time.monotonic()
                log.__exit__()
                assert time.monotonic() - started < 30
                # It cannot know what became of it, and has written it over a line that answers.
                assert waiting.result(1) == 2
            finally:
                os.kill(asked[0], signal.SIGCONT)

    def test_whatever_one_line_raises_the_next_is_written(self, founded: Founded, log: AccessLog) -> None:
        class Unwritable(AccessLine):
            def members(self, at: str) -> dict[str, Any]:
                return {"at": at, "rows": object()}

        with pytest.raises(Unavailable):
            write(log, Unwritable("persons", "GET /roster"))
        assert write(log, LINE) == [1]

    def test_after_its_end_nothing_is_taken(self, founded: Founded) -> None:
        with AccessLog(founded.store.url) as log:
            write(log, LINE)
        with pytest.raises(Unavailable):
            log.record(LINE)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE ledger.access_log SET line = '{}'",
            "DELETE FROM ledger.access_log",
            "TRUNCATE ledger.access_log",
        ],
    )
    def test_no_line_is_changed_or_removed_by_mistake(
        self, founded: Founded, log: AccessLog, change: str
    ) -> None:
        write(log, LINE)
        with founded.store.connect() as connection, pytest.raises(psycopg.errors.IntegrityError):
            connection.execute(change)

    def test_an_address_is_known_again_and_nothing_more(self) -> None:
        key = bytes(range(32))
        assert address_mark(key, "192.0.2.1") == address_mark(key, "192.0.2.1")
        assert address_mark(key, "192.0.2.1") != address_mark(key, "192.0.2.2")
        assert address_mark(key, "192.0.2.1") != address_mark(bytes(32), "192.0.2.1")


class TestSealing:
    def test_the_ledger_says_how_far_its_access_log_goes(self, scene: Scene) -> None:
        scene.when("ledger", AccessLogSealed(lines=7, head=HEAD)).then(
            lambda s: s.state.get(AccessLogHead, "head").lines == 7
        )

    @pytest.mark.parametrize("lines", [6, 7])
    def test_only_forward(self, scene: Scene, lines: int) -> None:
        scene.do("ledger", AccessLogSealed(lines=7, head=HEAD))
        scene.time += timedelta(hours=1)
        scene.when("ledger", AccessLogSealed(lines=lines, head=HEAD)).refuses(
            "access-log-not-grown", expected=7, found=lines
        )
        scene.when("ledger", AccessLogSealed(lines=8, head=HEAD)).then(
            lambda s: s.state.get(AccessLogHead, "head").lines == 8
        )

    @pytest.mark.parametrize("officer", ["registrar", "auditor"])
    def test_no_officer_can_say_so(self, scene: Scene, officer: str) -> None:
        scene.when(officer, AccessLogSealed(lines=1, head=HEAD)).refuses("not-the-ledger")


Change = Callable[[psycopg.Connection[Any]], object]


def sql(*statements: str) -> Change:
    def change(connection: psycopg.Connection[Any]) -> None:
        for statement in statements:
            connection.execute(statement)

    return change


def chained_again(connection: psycopg.Connection[Any]) -> None:
    """A line is changed, and all links after it are made anew."""
    connection.execute("UPDATE ledger.access_log SET line = line || '{\"rows\": 0}' WHERE number = 2")
    link = FIRST_LINK
    for number, line in connection.execute(
        "SELECT number, line FROM ledger.access_log ORDER BY number"
    ).fetchall():
        link = next_link(link, line)
        connection.execute("UPDATE ledger.access_log SET chain = %s WHERE number = %s", (link, number))


class TestVerifying:
    """Six lines, sealed at three and at five."""

    @pytest.fixture
    def sealed(self, founded: Founded, log: AccessLog) -> Founded:
        from ledger.writing.signing import Signer

        ledger = Signer(founded.store.ledger_key(), founded.ledger)
        with founded.store.writer() as writer:
            for count in (3, 2):
                write(log, *[LINE] * count)
                event = AccessLogSealed(lines=log.head.number, head=log.head.link.hex())
                writer.record(ledger.sign(event))
        write(log, LINE)
        return founded

    def found(self, founded: Founded, change: Change | None = None) -> list[tuple[str, dict[str, Any]]]:
        findings: list[Finding] = []
        with founded.store.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            if change is not None:
                change(connection)
            check_access_log(connection, head(connection), findings.append)
        assert all(finding.grave for finding in findings)
        return [(finding.fault.code, finding.fault.details) for finding in findings]

    def test_what_was_not_touched_has_no_finding(self, sealed: Founded) -> None:
        assert self.found(sealed) == []

    def test_a_changed_line(self, sealed: Founded) -> None:
        change = sql('UPDATE ledger.access_log SET line = line || \'{"officer": "other"}\' WHERE number = 2')
        assert self.found(sealed, change) == [("access-line-changed", {"number": 2})]

    def test_a_line_that_is_nothing_we_write(self, sealed: Founded) -> None:
        change = sql("UPDATE ledger.access_log SET line = line || '{\"rows\": 1e400}' WHERE number = 2")
        assert self.found(sealed, change) == [("access-line-changed", {"number": 2})]

    def test_a_removed_line(self, sealed: Founded) -> None:
        found = self.found(sealed, sql("DELETE FROM ledger.access_log WHERE number = 2"))
        assert ("access-line-missing", {"first": 2, "last": 2}) in found

    def test_the_end_cut(self, sealed: Founded) -> None:
        found = self.found(sealed, sql("DELETE FROM ledger.access_log WHERE number > 3"))
        assert found == [("access-line-missing", {"first": 4, "last": 5})]

    def test_everything_removed(self, sealed: Founded) -> None:
        assert self.found(sealed, sql("DELETE FROM ledger.access_log")) == [
            ("access-line-missing", {"first": 1, "last": 5})
        ]

    def test_a_removed_line_with_the_others_moved_up(self, sealed: Founded) -> None:
        change = sql(
            "DELETE FROM ledger.access_log WHERE number = 2",
            "UPDATE ledger.access_log SET number = number - 1 WHERE number > 2",
        )
        codes = {code for code, _ in self.found(sealed, change)}
        assert codes >= {"access-line-changed", "access-log-differs"}

    def test_a_changed_line_with_its_links_made_anew(self, sealed: Founded) -> None:
        found = self.found(sealed, chained_again)
        assert [(code, details["lines"]) for code, details in found] == [
            ("access-log-differs", 3),
            ("access-log-differs", 5),
        ]

    @pytest.mark.parametrize(
        ("change", "sealed_up_to", "unsealed"),
        [
            (None, 5, 1),
            ("DELETE FROM ledger.access_log WHERE number = 6", 5, 0),
            ("DELETE FROM ledger.entries WHERE type LIKE 'AccessLogSealed.%'", 0, 6),
        ],
    )
    def test_what_is_not_sealed_is_said_not_to_be_checked(
        self, sealed: Founded, change: LiteralString | None, sealed_up_to: int, unsealed: int
    ) -> None:
        """Also where no such line is seen: whoever took the last away left nothing else behind."""
        findings: list[Finding] = []
        with sealed.store.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            if change is not None:
                connection.execute(change)
            unchecked = check_access_log(connection, head(connection), findings.append)
        assert findings == []
        assert (unchecked.code, unchecked.details) == (
            "access-lines-unsealed",
            {"sealed": sealed_up_to, "count": unsealed},
        )

    def test_the_head_is_what_is_stored(self, sealed: Founded, log: AccessLog) -> None:
        with sealed.store.connect() as connection:
            assert read_head(connection) == log.head
