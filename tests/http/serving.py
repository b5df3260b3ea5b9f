"""The service in this process, and officers who sign in to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import uvicorn
from fastapi.testclient import TestClient

from api.app import create_app
from api.service.connections import Connections, most_connections
from api.service.server import configured
from api.service.sessions import SESSION_TYPE
from api.service.settings import Settings
from api.statements.submissions import write_submission
from ledger.crypto.keys import key_id_of
from ledger.domain.event import Event
from ledger.statements.statement import canonical_plain, pae
from tests.founding import Founded
from tests.http.declared import hold
from tests.waiting import wait_until

ORIGIN = "http://127.0.0.1:8700"


@contextmanager
def service(founded: Founded, folder: Path) -> Iterator[TestClient]:
    settings = Settings(database_url=founded.store.url, data_dir=folder / "data")
    with TestClient(create_app(settings), base_url=ORIGIN) as client:
        client.event_hooks["response"].append(hold)
        wait_until(lambda: follows(client.get("/healthz").json()))
        yield client


@contextmanager
def small_service(founded: Founded, folder: Path) -> Iterator[TestClient]:
    """The service on a small ledger: one case paid, one nominated."""
    with founded.store.writer() as writer:
        founded.paid(writer)
        founded.nominated(writer)
    with service(founded, folder) as client:
        yield client


def follows(health: dict[str, Any]) -> bool:
    """Whether the views hold all that is recorded: what an officer may see is read from them."""
    return not any(view["behind"] for view in health["views"])


class Officer:
    """An officer's browser: signed in, and signing statements."""

    def __init__(self, client: TestClient | httpx2.Client, founded: Founded, name: str) -> None:
        self._client = client
        self._founded = founded
        self.name = name
        self.csrf = ""
        self.cookie = ""

    def sign_in(self) -> Officer:
        signer = self._founded.signer(self.name)
        challenge = self._client.post("/session/challenge").json()
        origin = str(self._client.base_url).rstrip("/")
        said = {"challenge": challenge["challenge"], "ledger": challenge["ledger"], "origin": origin}
        signature = signer.key.sign(pae(SESSION_TYPE, canonical_plain(said)))
        answer = self._client.post(
            "/session",
            json={
                "key": key_id_of(signer.key),
                "challenge": challenge["challenge"],
                "origin": origin,
                "signature": signature.hex(),
            },
        )
        assert answer.status_code == 201, answer.text
        self.csrf = answer.json()["csrf"]
        self.cookie = answer.cookies["songnuan_session"]
        self._client.cookies.clear()
        return self

    def get(self, path: str, status: int = 200, **parameters: Any) -> Any:
        answer = self._client.get(
            path, params=parameters or None, headers={"cookie": f"songnuan_session={self.cookie}"}
        )
        assert answer.status_code == status, answer.text
        kind = answer.headers["content-type"]
        return answer.json() if kind in ("application/json", "application/problem+json") else answer.text

    def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(path, **parameters)["rows"]
        return found

    def post(self, event: Event, *, refused: str | None = None, **options: Any) -> dict[str, Any]:
        """Records a statement; ``refused`` is the code with which it must be refused instead."""
        submission = self._founded.sign(self.name, event, **options)
        answer = self._client.post("/statements", content=orjson.dumps(write_submission(submission)))
        if refused is not None:
            assert answer.json()["code"] == refused, answer.text
        else:
            assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt


Enter = Callable[[str], Officer]


@contextmanager
def served(founded: Founded, folder: Path, **options: Any) -> Iterator[str]:
    """The service behind a real port, in a thread of this process; its URL."""
    settings = Settings(database_url=founded.store.url, data_dir=folder / "data", **options)
    connections = Connections(most_connections())
    config = configured(create_app(settings, connections=connections), connections)
    config.port = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        wait_until(lambda: follows(httpx2.get(url + "/healthz", timeout=30).json()))
        yield url
    finally:
        server.should_exit = True
        thread.join()
