"""The figures that are read when they are asked for: positions, queue, views, connections, readiness."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from prometheus_client.metrics_core import Metric
from psycopg_pool import PoolTimeout

from api.service.metrics import counters, gauge, gauges
from api.service.service import Service
from ledger.log.proofs import head, published
from ledger.supervision import Supervisor

FIGURES_SECONDS = 2.0


def service_figures(service: Service, supervisor: Supervisor) -> Iterator[Metric]:
    """All of them; those that only the database knows are left out while it does not answer."""
    causes = service.readiness.causes()
    yield gauge("ready", "Whether the service is ready: 1, or 0", float(not causes))
    yield gauges(
        "not_ready", "What keeps the service from being ready", "code", [(c.code, 1.0) for c in causes]
    )
    yield gauge("queued_statements", "Statements that wait to be recorded", service.writer.queued)
    work = supervisor.status()
    yield gauges(
        "work_running", "Work beside the service", "work", [(w.name, float(w.running)) for w in work]
    )
    yield counters(
        "work_restarts", "How often work was started again", "work", [(w.name, w.restarts) for w in work]
    )
    if service.connections is not None:
        yield gauge("connections", "Open connections", len(service.connections.open))
        yield gauge("most_connections", "Connections that may be open", service.connections.most)
        yield counters(
            "connections_closed_early",
            "Connections closed for a limit",
            "limit",
            service.connections.closed_early.items(),
        )
    yield gauge("pool_waiting", "Questions that wait for a connection", _pool_waiting(service))
    yield from _from_the_database(service)


def _pool_waiting(service: Service) -> float:
    return float(service.reads.get_stats().get("requests_waiting", 0))


def _from_the_database(service: Service) -> Iterator[Metric]:
    try:
        with service.primary.connection(timeout=FIGURES_SECONDS) as connection:
            position, size = head(connection), published(connection)
        views = service.followers.status()
    except (PoolTimeout, psycopg.Error):
        return
    yield gauge("position", "The newest position", position)
    yield gauge("published_size", "The size of the newest checkpoint", size)
    yield gauges("view_position", "A view's position", "view", [(v.view, v.position) for v in views])
    yield gauges(
        "view_behind", "How many events a view is behind", "view", [(v.view, v.behind) for v in views]
    )
    yield gauges(
        "view_stopped",
        "Whether a view has stopped",
        "view",
        [(v.view, float(v.reason is not None)) for v in views],
    )
