"""A database that holds less than was published, or another history, is refused until a registrar owns to it."""

from __future__ import annotations

import pytest

from api.audit.verification import verify_opened
from api.cli.set_back import set_back_event
from ledger.audit.audit import Trust
from ledger.errors import Explained, Misconfigured, Refused, Unavailable
from ledger.findings import Finding
from ledger.storage.store import OpenStore
from tests.database.test_writer import check_whole, entries, fund
from tests.founding import Founded


def cut(store: OpenStore, after: int) -> None:
    """Set the database back, as restoring an old copy over it would."""
    with store.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        for table, column in (("cosignatures", "size"), ("checkpoints", "size"), ("entries", "position")):
            connection.execute(f"DELETE FROM ledger.{table} WHERE {column} > %s", (after,))


def publish_one_by_one(founded: Founded, count: int) -> None:
    for _ in range(count):
        with founded.store.writer() as writer:
            writer.record(fund(founded))


def start(founded: Founded) -> None:
    with founded.store.writer():
        pass


def refusal(founded: Founded) -> Misconfigured:
    with pytest.raises(Misconfigured) as error:
        start(founded)
    return error.value


def checkpoint_before(store: OpenStore, size: int) -> int:
    with store.connect() as connection:
        row = connection.execute(
            "SELECT max(size) FROM ledger.checkpoints WHERE size < %s", (size,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def found_by_verifying(founded: Founded) -> set[str]:
    """The codes of what ``verify ledger`` finds, of an auditor who has kept nothing."""
    findings: list[Finding] = []
    verify_opened(founded.store, Trust((founded.log_key,)), findings.append)
    return {each.fault.code for each in findings}


class TestTheFolderRemembers:
    def test_what_was_published_last(self, founded: Founded) -> None:
        start(founded)
        remembered = founded.store.checkpoint_memory.read()
        assert remembered is not None
        assert remembered.size == len(entries(founded.store))

    def test_a_database_set_back_is_refused_by_name(self, founded: Founded) -> None:
        publish_one_by_one(founded, 2)
        head = check_whole(founded.store)
        before = checkpoint_before(founded.store, head)
        with founded.store.connect() as connection:
            connection.execute("CREATE TABLE tiles_before AS SELECT * FROM ledger.tiles")
        publish_one_by_one(founded, 2)
        lost = len(entries(founded.store))
        restore(founded.store, head)
        error = refusal(founded)
        assert error.code == "set-back"
        assert str(lost) in error.message("zh")
        assert "songnuan set-back accept" in error.message("en")
        assert before < head
        assert "tail-cut" in found_by_verifying(founded)

        event = set_back_event(founded.store, "机房失火，此后备份缺失")
        assert (event.size, event.head) == (lost, head)
        with founded.store.writer(accepts_set_back=True) as writer:
            receipt = writer.record(founded.sign("registrar", event))
        founded.store.checkpoint_memory.forget()
        assert receipt.position == head + 1
        start(founded)
        with pytest.raises(Refused) as refused:
            set_back_event(founded.store, "再来一次")
        assert refused.value.code == "nothing-lost"

    def test_another_history_of_the_same_length_is_refused(self, founded: Founded) -> None:
        publish_one_by_one(founded, 1)
        head = len(entries(founded.store))
        with founded.store.connect() as connection:
            connection.execute("CREATE TABLE tiles_before AS SELECT * FROM ledger.tiles")
        publish_one_by_one(founded, 1)
        restore(founded.store, head)
        with founded.store.writer(accepts_set_back=True) as writer:
            writer.record(fund(founded))
        assert refusal(founded).code == "set-back"

    def test_a_fresh_folder_takes_the_database_as_it_is(self, founded: Founded) -> None:
        start(founded)
        founded.store.checkpoint_memory.forget()
        start(founded)
        assert founded.store.checkpoint_memory.read() is not None

    def test_a_memory_that_is_no_checkpoint_is_said_to_be_none(self, founded: Founded) -> None:
        founded.store.checkpoint_memory.keep(b"nonsense")
        assert refusal(founded).code == "set-back-memory"
        assert "memory-damaged" in found_by_verifying(founded)


def restore(store: OpenStore, head: int) -> None:
    cut(store, head)
    with store.connect() as connection:
        connection.execute("DELETE FROM ledger.tiles")
        connection.execute("INSERT INTO ledger.tiles SELECT * FROM tiles_before")


def test_a_writer_that_is_paused_says_why_until_it_goes_on(founded: Founded) -> None:
    with founded.store.writer() as writer:
        writer.pause("a witness", Explained("set-back", "数据库被回退", "the database was set back"))
        with pytest.raises(Unavailable) as error:
            writer.record(fund(founded))
        assert error.value.code == "set-back"
        assert [cause.code for cause in writer.condition()] == ["set-back"]
        writer.resume("another")
        assert [cause.code for cause in writer.condition()] == ["set-back"]
        writer.resume("a witness")
        writer.record(fund(founded))
        assert writer.condition() == []
