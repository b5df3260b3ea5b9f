"""The running service (服务): what its routes and layers stand on, in one typed value.

The application puts it together once, when it starts (:mod:`api.app`); :func:`service_of` is the only way
to it. What a topic brings along is a part, asked for by its type, since this room knows no topic.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from fastapi import FastAPI

from api.service.connections import Connections
from api.service.lookups import Lookups
from api.service.metrics import Metrics
from api.service.rate_limit import RateLimiter
from api.service.readiness import Readiness
from api.service.sessions import Sessions
from api.service.settings import Settings
from api.service.turns import Turns
from ledger.domain.state import State
from ledger.identity.row_seals import RowSeals
from ledger.identity.vault import Vault
from ledger.postgres.connection import Pool
from ledger.storage.store import OpenStore
from ledger.writing.access_log import AccessLog
from ledger.writing.writer import Writer
from projections.following.runner import Followers

PartT = TypeVar("PartT")


@dataclass(frozen=True, slots=True)
class Service:
    """One service over one ledger, from its start to its stop."""

    settings: Settings
    store: OpenStore
    writer: Writer
    followers: Followers
    primary: Pool
    """Connections to the database that is written to."""
    reads: Pool
    """Connections to the database that answers questions: the primary, or a replica of it."""
    vault: Vault
    sessions: Sessions
    rate_limiter: RateLimiter
    turns: Turns
    lookups: Lookups
    access_log: AccessLog
    address_key: bytes
    """The key of the marks under which addresses are recorded."""
    row_seals: RowSeals
    """Seals over rows that stand beside the record."""
    readiness: Readiness
    metrics: Metrics
    stopping: threading.Event
    """Set once the service is to stop: feeds and replays end then."""
    connections: Connections | None
    """The server's open connections; None where the application runs under a server of somebody else's."""
    parts: Mapping[type, object] = field(default_factory=dict)
    """What the topics bring along, by its type."""

    @property
    def state(self) -> State:
        """What stands in the ledger now."""
        return self.writer.state

    def part(self, kind: type[PartT]) -> PartT:
        """What a topic brought along.

        Raises:
            RuntimeError: the application put no such part in.
        """
        if kind not in self.parts:
            raise RuntimeError(f"this service has no {kind.__name__}")
        return cast(PartT, self.parts[kind])


def set_service(app: FastAPI, service: Service) -> None:
    """Let an application's requests find the service that they are answered by."""
    app.state.service = service


def service_of(request: Mapping[str, Any]) -> Service:
    """The service that answers a request, or an ASGI scope; both name their application as ``app``."""
    service: Service = request["app"].state.service
    return service
