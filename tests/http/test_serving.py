"""The service behind a real port: the live feed, a kill under load, and the whole of its OpenAPI."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok

from api.statements.submissions import write_submission
from ledger.events.funds import FundAllocated
from ledger.events.registry import RolesChanged
from tests.commands import COMMAND
from tests.database.test_writer import entries
from tests.founding import Founded
from tests.http.serving import Officer, served

FUND = FundAllocated(campaign="b2026", line="workers", amount_fen=1)


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    with founded.store.writer() as writer:
        founded.paid(writer)
    with served(founded, tmp_path) as url:
        yield url


def signed_in(url: str, founded: Founded, name: str) -> Officer:
    with httpx2.Client(base_url=url) as client:
        return Officer(client, founded, name).sign_in()


def in_time(lines: Iterator[str], seconds: float = 90.0) -> Iterator[str]:
    """A feed's lines; that it is still here is said for ever, so that no line alone is waited for too long."""
    deadline = time.monotonic() + seconds
    for line in lines:
        assert time.monotonic() < deadline
        yield line


def told(lines: Iterator[str], count: int) -> list[dict[str, Any]]:
    found, position = [], ""
    for line in in_time(lines):
        if line.startswith("id: "):
            position = line[4:]
        if line.startswith("data: "):
            found.append(orjson.loads(line[6:]))
            assert found[-1]["position"] == int(position)
            if len(found) == count:
                return found
    raise AssertionError("the feed ended")


def test_the_live_feed_resumes_by_position(founded: Founded, url: str) -> None:
    cookie = {"cookie": f"songnuan_session={signed_in(url, founded, 'auditor').cookie}"}
    newest = len(entries(founded.store))
    with httpx2.Client(base_url=url, timeout=30) as client:
        with client.stream("GET", "/events/live", params={"after": newest - 2}, headers=cookie) as feed:
            assert feed.headers["content-type"].startswith("text/event-stream")
            lines = feed.iter_lines()
            assert [event["position"] for event in told(lines, 2)] == [newest - 1, newest]
            sent = client.post(
                "/statements", content=orjson.dumps(write_submission(founded.sign("finance", FUND)))
            )
            assert told(lines, 1)[0]["id"] == sent.json()["id"]
        resumed = {**cookie, "last-event-id": str(newest)}
        with client.stream("GET", "/events/live", headers=resumed) as feed:
            assert told(feed.iter_lines(), 1)[0]["position"] == newest + 1
        with client.stream("GET", "/events/live", params={"type": "Disbursed.v1"}, headers=cookie) as feed:
            assert told(feed.iter_lines(), 1)[0]["type"] == "Disbursed.v1"


def test_a_feed_ends_with_its_session(founded: Founded, url: str) -> None:
    auditor = signed_in(url, founded, "auditor")
    cookie = {"cookie": f"songnuan_session={auditor.cookie}"}
    with (
        httpx2.Client(base_url=url, timeout=30) as client,
        client.stream("GET", "/events/live", headers=cookie) as feed,
    ):
        lines = feed.iter_lines()
        told(lines, 1)
        ended = client.delete("/session", headers={**cookie, "x-csrf-token": auditor.csrf})
        assert ended.status_code == 204, ended.text
        for _ in in_time(lines):  # what was on its way; then the feed is over
            pass


def test_a_feed_ends_with_the_roles_that_it_takes(founded: Founded, url: str) -> None:
    cookie = {"cookie": f"songnuan_session={signed_in(url, founded, 'auditor').cookie}"}
    taken = founded.sign("registrar", RolesChanged(officer="auditor", grants=[], reason="离任"))
    with (
        httpx2.Client(base_url=url, timeout=30) as client,
        client.stream("GET", "/events/live", headers=cookie) as feed,
    ):
        lines = feed.iter_lines()
        told(lines, 1)
        done = client.post("/statements", content=orjson.dumps(write_submission(taken)))
        assert done.status_code == 201, done.text
        later = client.post(
            "/statements", content=orjson.dumps(write_submission(founded.sign("finance", FUND)))
        )
        on_its_way = "".join(in_time(lines))  # what was on its way; then the feed is over
        assert later.json()["id"] not in on_its_way
        assert client.get("/events/live", headers=cookie).status_code == 403


def test_killed_under_load_every_receipt_is_in_the_ledger(founded: Founded, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "SONGNUAN_DATABASE_URL": founded.store.url,
        "SONGNUAN_DATA_DIR": str(tmp_path / "data"),
    }
    process = subprocess.Popen([COMMAND, "serve", "--port", str(port)], env=environment)
    receipts: list[dict[str, Any]] = []
    enough = threading.Event()

    def client() -> None:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as own:
            while not enough.is_set() or len(receipts) < 40:
                body = orjson.dumps(write_submission(founded.sign("finance", FUND)))
                try:
                    answer = own.post("/statements", content=body)
                except httpx2.HTTPError:
                    if enough.is_set():
                        return
                    time.sleep(0.05)
                    continue
                if answer.status_code == 201:
                    receipts.append(answer.json())

    clients = [threading.Thread(target=client) for _ in range(4)]
    for each in clients:
        each.start()
    deadline = time.monotonic() + 60
    while len(receipts) < 40:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    enough.set()
    process.send_signal(signal.SIGKILL)
    process.wait()
    for each in clients:
        each.join()
    from ledger.crypto.merkle import leaf_hash

    recorded = dict(entries(founded.store))
    for receipt in receipts:
        assert leaf_hash(recorded[receipt["position"]]).hex() == receipt["leaf_hash"]
    assert list(recorded) == list(range(1, len(recorded) + 1))


def test_a_stop_ends_what_is_under_way(founded: Founded, tmp_path: Path) -> None:
    with served(founded, tmp_path) as url, httpx2.Client(base_url=url, timeout=30) as client:
        cookie = {"cookie": f"songnuan_session={signed_in(url, founded, 'auditor').cookie}"}
        with client.stream("GET", "/events/live", headers=cookie) as feed:
            assert told(feed.iter_lines(), 1)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


# The connection pool of the service in this process uses `random` while a strategy is drawn.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module inside strategies:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_whole_openapi(founded: Founded, url: str, mode: GenerationMode) -> None:
    """No answer that is not documented, and no error of the server's own, whatever is asked."""
    auditor = signed_in(url, founded, "auditor")
    headers = {"cookie": f"songnuan_session={auditor.cookie}", "x-csrf-token": auditor.csrf}
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json").exclude(path="/events/live")
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) > 25
    for operation in operations:
        if operation.label == "DELETE /session":
            continue  # it would end the session of all that come after it
        try:
            strategy = operation.as_strategy(generation_mode=mode)
            ask(strategy, headers)
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # what has no parameters cannot be asked wrongly


def ask(strategy: SearchStrategy[Any], headers: dict[str, str]) -> None:
    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(case=strategy)
    def asked(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    asked()
