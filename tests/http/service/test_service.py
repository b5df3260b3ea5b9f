"""The typed service that routes and layers find."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.audit.replaying import Replays
from api.service.service import service_of
from ledger.storage.store import OpenStore
from tests.founding import Founded
from tests.http.serving import service
from tests.http.sharing import OneService


class TestService(OneService):
    def test_a_topics_part_is_found_by_its_type(self, client: TestClient) -> None:
        service = service_of({"app": client.app})
        assert service.part(Replays).last.state == "none"
        assert service.state is service.writer.state

    def test_a_part_that_was_never_put_in_is_our_own_mistake(self, client: TestClient) -> None:
        with pytest.raises(RuntimeError, match="no Founded"):
            service_of({"app": client.app}).part(Founded)

    def test_nobody_puts_another_part_in_once_it_runs(self, client: TestClient) -> None:
        with pytest.raises(AttributeError):
            service_of({"app": client.app}).writer = None  # type: ignore[misc, assignment]


def test_the_loop_goes_on_while_the_service_starts_and_stops(
    founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    class Opening(OpenStore):
        def __enter__(self) -> OpenStore:
            with pytest.raises(RuntimeError, match="no running event loop"):
                asyncio.get_running_loop()
            seen.append("opened")
            return super().__enter__()

        def __exit__(self, *error: object) -> None:
            with pytest.raises(RuntimeError, match="no running event loop"):
                asyncio.get_running_loop()
            seen.append("closed")
            super().__exit__(*error)

    monkeypatch.setattr("ledger.storage.founded.OpenStore", Opening)
    with service(founded, tmp_path):
        assert seen == ["opened"]
    assert seen == ["opened", "closed"]
