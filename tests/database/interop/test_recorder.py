"""The recorder behind the library's interface: its own test case unchanged, subscriptions, tracking."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from eventsourcing.dcb.api import DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import IntegrityError, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder

from ledger.interop.recorder import PAGE_ROWS, PostgresLedgerRecorder
from ledger.postgres.connection import datastore
from ledger.storage.store import OpenStore
from tests.waiting import wait_until


@pytest.fixture
def connections(store: OpenStore) -> Iterator[PostgresDatastore]:
    connections = datastore(store.url)
    yield connections
    connections.close()


@pytest.fixture
def recorder(connections: PostgresDatastore) -> PostgresLedgerRecorder:
    return PostgresLedgerRecorder(connections)


def test_the_librarys_append_and_read(recorder: PostgresLedgerRecorder) -> None:
    DCBRecorderTestCase()._test_append_read(recorder)


def test_the_librarys_append_and_subscribe(recorder: PostgresLedgerRecorder) -> None:
    DCBRecorderTestCase()._test_append_subscribe(recorder)


def event(number: int, *tags: str) -> DCBEvent:
    return DCBEvent(type="Counted", data=str(number).encode(), tags=list(tags))


def test_positions_are_dense_after_failures(recorder: PostgresLedgerRecorder) -> None:
    from eventsourcing.dcb.api import DCBAppendCondition

    assert recorder.append([event(1), event(2)]) == 2
    with pytest.raises(IntegrityError):
        recorder.append([event(3)], DCBAppendCondition())
    with pytest.raises(RuntimeError):
        recorder.append([])
    assert recorder.append([event(3)]) == 3
    assert recorder.head() == 3


def test_appenders_at_once_lose_nothing(recorder: PostgresLedgerRecorder) -> None:
    def append(number: int) -> None:
        for _ in range(20):
            recorder.append([event(number), event(number)])

    threads = [threading.Thread(target=append, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.position for e in recorder.read()] == list(range(1, 161))


def test_a_long_read_goes_page_by_page(recorder: PostgresLedgerRecorder) -> None:
    total = PAGE_ROWS * 2 + 5
    recorder.append([event(n, "even" if n % 2 == 0 else "odd") for n in range(total)])
    response = recorder.read()
    assert response.head == total
    recorder.append([event(total)])
    assert len(list(response)) == total
    even = recorder.read(DCBQuery([DCBQueryItem(tags=["even"])]))
    assert len(list(even)) == PAGE_ROWS + 3
    assert [e.position for e in recorder.read(after=7, limit=3)] == [8, 9, 10]


def test_a_subscription_receives_all_in_order(recorder: PostgresLedgerRecorder) -> None:
    recorder.append([event(n) for n in range(5)])
    received = []
    with recorder.subscribe(after=2) as subscription:
        writer = threading.Thread(target=lambda: [recorder.append([event(n)]) for n in range(40)])
        writer.start()
        for got in subscription:
            received.append(got.position)
            if got.position == 45:
                break
        writer.join()
    assert received == list(range(3, 46))


def test_the_librarys_tracking_recorder_works_beside_it(connections: PostgresDatastore) -> None:
    tracking = PostgresTrackingRecorder(connections, tracking_table_name="some_tracking")
    tracking.create_table()
    assert tracking.max_tracking_id("ledger") is None
    tracking.insert_tracking(Tracking("ledger", 7))
    assert tracking.max_tracking_id("ledger") == 7
    with pytest.raises(IntegrityError):
        tracking.insert_tracking(Tracking("ledger", 7))


def test_a_subscription_that_is_stopped_elsewhere_ends(recorder: PostgresLedgerRecorder) -> None:
    received: list[int] = []
    with recorder.subscribe() as subscription:
        listener = threading.Thread(target=lambda: received.extend(got.position for got in subscription))
        listener.start()
        recorder.append([event(1)])
        wait_until(lambda: received == [1])
        subscription.stop()
        listener.join(5)
        assert not listener.is_alive()
        with pytest.raises(StopIteration):
            next(subscription)
