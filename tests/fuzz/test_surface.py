"""Every operation against hostile requests: each is answered, none ends anything.

``make fuzz SECONDS=600`` goes on longer than the suite does.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import httpx2
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from api.statements.submissions import write_submission
from ledger.events.funds import FundAllocated
from tests.founding import Founded
from tests.fuzz.requests import Request, operations, requests
from tests.http.serving import Officer, served

SECONDS = float(os.environ.get("FUZZ_SECONDS", "10"))
IN_ONE_ROUND = 150
FUND = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
FEED = "/events/live"
ENDS_SESSION = ("DELETE", "/session")


# The connection pool of the service in this process uses `random` while a request is drawn.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module inside strategies:hypothesis.errors.HypothesisDeprecationWarning"
)
def test_whatever_is_asked_is_answered_and_ends_nothing(founded: Founded, tmp_path: Path) -> None:
    with founded.store.writer() as writer:
        case, dossier, payout = founded.paid(writer)
    with (
        served(founded, tmp_path, trusted_proxies=["127.0.0.1"]) as url,
        httpx2.Client(base_url=url, timeout=30) as client,
    ):
        described = client.get("/openapi.json").json()
        asked = [
            each
            for each in operations(described, [case, dossier, payout])
            if each.path != FEED and (each.method, each.path) != ENDS_SESSION
        ]
        assert sum(each.body is not None for each in asked) >= 4
        officers = [Officer(client, founded, name).sign_in() for name in ("auditor", "tea-clerk", "finance")]
        statement = write_submission(founded.sign("finance", FUND))
        work = {thread.name for thread in threading.enumerate() if not thread.name.startswith("AnyIO")}
        strategy = requests(asked, statement, len(officers))
        counted = 0

        def ask(request: Request) -> None:
            nonlocal counted
            counted += 1
            fields = dict(request.fields)
            if request.officer:
                officer = officers[request.officer - 1]
                fields |= {"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf}
            answer = client.request(
                request.operation.method, request.url, content=request.content or None, headers=fields
            )
            if answer.status_code >= 400:
                told = answer.json()
                assert answer.headers["content-type"] == "application/problem+json"
                assert told["code"] not in ("internal-error", "database-unavailable", "not-decidable"), told
                assert told["title"] and told["detail"]
            assert answer.status_code < 500, answer.text

        until = time.monotonic() + SECONDS
        number = 0
        while time.monotonic() < until or number == 0:
            fuzzed = settings(
                max_examples=IN_ONE_ROUND,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
            )(given(strategy)(ask))
            seed(number)(fuzzed)()
            number += 1
        assert counted >= IN_ONE_ROUND
        # Everything that worked before does so still.
        assert work <= {thread.name for thread in threading.enumerate()}
        assert client.get("/readyz").status_code == 204
        sent = client.post("/statements", content=orjson.dumps(statement))
        assert sent.status_code in (200, 201), sent.text
