"""The HTTP service: statements in, receipts out, problems by their codes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.service.rate_limit import WRITTEN_TO_CASE
from api.service.settings import Settings
from api.statements.submissions import write_submission
from ledger.errors import Misconfigured
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.nomination import NoticePosted
from ledger.storage.store import OpenStore
from ledger.writing.signing import committed
from tests.founding import Founded
from tests.http.serving import service
from tests.waiting import wait_until


@pytest.fixture
def client(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(database_url=founded.store.url, data_dir=tmp_path / "data")
    with TestClient(create_app(settings)) as client:
        yield client


def body(founded: Founded, amount_fen: int = 1, officer: str = "finance") -> bytes:
    event = FundAllocated(campaign="b2026", line="workers", amount_fen=amount_fen)
    return orjson.dumps(write_submission(founded.sign(officer, event)))


def test_a_statement_gets_its_receipt_and_the_same_again(founded: Founded, client: TestClient) -> None:
    raw = body(founded)
    first = client.post("/statements", content=raw)
    assert first.status_code == 201
    again = client.post("/statements", content=raw)
    assert again.status_code == 200
    assert again.json() == {**first.json(), "repeated": True}
    assert client.get("/healthz").json()["position"] == first.json()["position"]
    newest = client.get("/position").json()
    assert (newest["position"], newest["recorded_at"]) == (
        first.json()["position"],
        first.json()["recorded_at"],
    )
    assert newest["recorded_at"] <= newest["now"]


def test_the_views_follow_while_the_service_runs(founded: Founded, client: TestClient) -> None:
    position = client.post("/statements", content=body(founded)).json()["position"]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        views = client.get("/healthz").json()["views"]
        if {(view["position"], view["behind"]) for view in views} == {(position, 0)}:
            break
        time.sleep(0.05)
    else:
        raise AssertionError(f"the views did not come to {position}: {views}")
    assert {view["reason"] for view in views} == {None}


def test_a_dossier_comes_with_its_identity(founded: Founded, client: TestClient) -> None:
    promise, disclosure = committed(founded.people.person())
    event = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
    sent = orjson.dumps(write_submission(founded.sign("tea-clerk", event, disclosure)))
    assert client.post("/statements", content=sent).status_code == 201


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "submission-malformed"),
        (b"[]", 400, "submission-malformed"),
        (
            b'{"envelope": {}, "disclosure": {"identity": {"kind": "person"}, "salt": ""}}',
            400,
            "submission-malformed",
        ),
        (b'{"envelope": {}}', 422, "envelope-malformed"),
        (b"x" * 200_000, 413, "submission-too-large"),
    ],
)
def test_what_is_no_submission(client: TestClient, content: bytes, status: int, code: str) -> None:
    answer = client.post("/statements", content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_refusal_says_its_rule_in_both_languages(founded: Founded, client: TestClient) -> None:
    answer = client.post("/statements", content=body(founded, officer="tea-clerk"))
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "role-not-held"
    assert problem["message"]["zh"] != problem["message"]["en"]
    assert problem["details"]["roles"] == ["accountant", "finance"]


def test_the_same_id_for_other_content_conflicts(founded: Founded, client: TestClient) -> None:
    from ledger.statements.statement import sign

    signer = founded.signer("finance")
    statement = signer.statement(FundAllocated(campaign="b2026", line="workers", amount_fen=1))
    other = statement._replace(body={**statement.body, "amount_fen": 2})
    answers = [
        client.post("/statements", content=b'{"envelope":' + sign(s, signer.key).raw + b"}")
        for s in (statement, other)
    ]
    assert [answer.status_code for answer in answers] == [201, 409]


def test_a_full_queue_answers_503_with_retry_after(
    founded: Founded, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.errors import Unavailable
    from ledger.writing.writer import Writer

    def full(self: Writer, submissions: object, wait_seconds: float = 0) -> None:
        raise Unavailable("queue-full", "满", "full", 7)

    monkeypatch.setattr(Writer, "submit", full)
    answer = client.post("/statements", content=body(founded))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"


def test_it_does_not_start_without_a_ledger(store: OpenStore, tmp_path: Path) -> None:
    with (
        pytest.raises(Misconfigured),
        TestClient(create_app(Settings(database_url=store.url, data_dir=tmp_path / "data"))),
    ):
        pass


def test_an_objection_is_taken_again_once_the_database_is_no_longer_read_only(
    founded: Founded, tmp_path: Path
) -> None:
    with founded.store.writer() as writer:
        case, _ = founded.nominated(writer)
        posted = NoticePosted(
            campaign="b2026", unit="tea", cases=[case], start=founded.day(), end=founded.day(), place="门口"
        )
        notice = founded.record(writer, "tea-confirmer", posted).id

    def object_to(client: TestClient) -> tuple[int, str]:
        answer = client.post(f"/notices/{notice}/objections", json={"case": case, "text": "此人另有房产"})
        return answer.status_code, str(answer.json().get("code"))

    with service(founded, tmp_path) as client, founded.store.connect() as connection:
        setting = f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only"
        connection.execute(f"{setting} = on")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        wait_until(lambda: object_to(client) == (503, "database-read-only"))
        connection.execute(f"{setting} = off")
        # The pool's sessions were opened while it was so, and they are not ended here.
        wait_until(lambda: object_to(client)[0] == 201, seconds=30)
        # So many letters about one case are taken in an hour, from wherever they come; this was the first.
        taken = [object_to(client)[0] for _ in range(WRITTEN_TO_CASE.amount - 1)]
        assert taken == [201] * (WRITTEN_TO_CASE.amount - 1)
        assert object_to(client) == (429, "too-many-requests")
