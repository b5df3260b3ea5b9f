"""The typed service that routes and layers find."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.audit.replaying import Replays
from api.service.service import service_of
from tests.founding import Founded
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
