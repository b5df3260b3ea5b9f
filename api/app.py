"""The HTTP service: takes signed statements, answers questions, proves, says how it is."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from importlib import metadata
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from psycopg_pool import ConnectionPool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access_log import routes as access
from api.access_log.sealing import keep_sealed
from api.audit import routes as audit
from api.audit.replaying import Replays
from api.bank import routes as bank
from api.campaigns import routes as campaigns
from api.demo import routes as demo
from api.dossiers import routes as dossiers
from api.duties import follow_views, keep_server_running, take_on_duties
from api.events import routes as events
from api.flags import routes as flags
from api.history import routes as history
from api.identities import routes as identities
from api.investigations import routes as investigations
from api.log import routes as log
from api.money import routes as money
from api.notices import listing as notice_list
from api.notices import routes as notices
from api.objections import routes as objections
from api.registry import routes as registry
from api.reports import routes as reports
from api.roster import routes as roster
from api.roster import uploading
from api.service import health
from api.service.access_recording import AccessRecorder
from api.service.background import LogSettings, Supervisor
from api.service.bodies import Bodies
from api.service.connections import Connections
from api.service.dependencies import COOKIE
from api.service.examples import with_examples
from api.service.feeds import Feeds
from api.service.figures import service_figures
from api.service.lookups import Lookups, told_since
from api.service.metrics import Metrics
from api.service.pages import add_pages
from api.service.problems import (
    PARAMETER_INVALID,
    answer_database,
    answer_error,
    answer_http,
    answer_invalid,
    refuse,
)
from api.service.proxies import ForwardedAddress, parse_networks
from api.service.questions import Questions
from api.service.rate_limit import RateLimiter
from api.service.readiness import (
    Readiness,
    ViewsFollow,
    access_is_recorded,
    questions_are_answered,
    standby_confirms,
    views_stand,
)
from api.service.requests import Requests
from api.service.security import SECURITY_HEADERS
from api.service.sessions import Sessions, monotonic
from api.service.settings import Settings
from api.service.turns import Turns
from api.sessions import routes as session
from api.statements import routes as statements
from api.statements.batcher import Batcher
from api.statements.nominating import NominationQuota, recorded_among
from ledger.domain.authority import codes_of_person
from ledger.errors import Misconfigured, SongnuanError
from ledger.gc_tuning import seldom_collected
from ledger.postgres.connection import connection_options
from ledger.postgres.migrations import applied
from ledger.postgres.recorder import datastore
from ledger.storage.peers import watch_peers
from ledger.storage.store import OpenStore
from ledger.writing.access_log import AccessLog
from ledger.writing.writer import Writer
from projections.following.runner import Followers

DESCRIPTION = (
    "Signed statements in, receipts out; questions answered as of any position; proofs. Errors are"
    " problem details (RFC 9457) with the ledger's stable codes, in Chinese and English."
)
ROUTERS = (
    session.router,
    statements.router,
    registry.router,
    campaigns.router,
    roster.router,
    money.router,
    history.router,
    notice_list.router,
    dossiers.router,
    flags.router,
    investigations.router,
    reports.router,
    identities.router,
    bank.router,
    audit.router,
    access.router,
    events.router,
    notices.router,
    objections.router,
    uploading.router,
    log.router,
    health.router,
    demo.router,
)
DATABASE_ERRORS = (
    psycopg.OperationalError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.UndefinedTable,  # a replica that has not come as far as the views yet
)
MOST_QUESTIONS = 14
SPARE_CONNECTIONS = 4
"""For the looks at readiness and health, for feeds, and for the second connection that some questions need."""
WITHOUT_TURNS = (
    "/",
    "/readyz",
    "/healthz",
    "/metrics",
    "/session",
    "/session/challenge",
    "/statements",
    "/events/live",
)
"""What answers whatever is asked at the same time, and the feeds, which take a connection for each look."""
QUESTION_WAIT_SECONDS = 20.0

_log = structlog.get_logger(__name__)


def create_app(
    settings: Settings, *, views_apart: bool = False, connections: Connections | None = None
) -> FastAPI:
    """The application over one store; no state outside it.

    ``views_apart`` keeps the views up to date in a process of their own; ``connections`` are the
    server's, for its figures.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            store = stack.enter_context(OpenStore(settings.store()))
            if store.ledger is None:
                raise Misconfigured(
                    "not-founded",
                    "此处还没有账本：先运行 songnuan init",
                    "there is no ledger here yet: run songnuan init first",
                )
            app.state.store = store
            app.state.settings = settings
            stack.enter_context(_told(store))
            app.state.writer = stack.enter_context(_recording(store, settings))
            app.state.writer.observe = metrics.observe_step
            app.state.batcher = Batcher(app.state.writer)
            app.state.followers = stack.enter_context(_followers(store.url))
            app.state.primary = stack.enter_context(_reads(store.url))
            app.state.reads = app.state.primary
            if settings.read_database_url is not None:
                app.state.reads = stack.enter_context(_reads(settings.read_database_url))
            app.state.vault = store.vault()
            app.state.sessions = Sessions(store.ledger, lambda: app.state.writer.state, monotonic)
            app.state.pace = RateLimiter(monotonic)
            app.state.turns = Turns()
            app.state.lookups = _lookups(store, app.state.writer)
            app.state.nominations = _nominations(store, app.state.lookups)
            app.state.address_key = store.secrets().mark_key
            app.state.access_log = stack.enter_context(AccessLog(store.url))
            stack.enter_context(seldom_collected())
            app.state.replays = Replays(store.url, app.state.followers, app.state.stopping)
            stack.callback(app.state.replays.wait)
            _work_beside(app, stack.enter_context(Supervisor(_log_settings(settings))), apart=views_apart)
            try:
                yield
            finally:
                app.state.stopping.set()

    metrics = Metrics()
    app = FastAPI(
        title="Songnuan Ledger 送暖账本",
        version=metadata.version("songnuan"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.metrics = metrics
    app.state.stopping = threading.Event()
    app.state.connections = connections
    # Not included, which would make every route anew when the application is first asked.
    app.routes.extend(route for router in ROUTERS for route in router.routes)
    add_pages(app)
    app.openapi = partial(with_examples, app)  # type: ignore[method-assign] # FastAPI's own way to change it
    app.add_exception_handler(SongnuanError, answer_error)
    for of_the_database in DATABASE_ERRORS:
        app.add_exception_handler(of_the_database, answer_database)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(HTTPException, answer_http)
    _add_layers(app, settings)
    return app


def _work_beside(app: FastAPI, supervisor: Supervisor, *, apart: bool) -> None:
    """Have the views followed and all other duties done, and readiness looked at."""
    state = app.state
    store, writer = state.store, state.writer
    server_runs = keep_server_running(supervisor, store.server)
    heartbeat = follow_views(supervisor, store.url, state.followers, apart=apart)
    take_on_duties(supervisor, store, state.settings, writer)
    supervisor.run_thread("access-log-sealing", partial(keep_sealed, store, writer, state.access_log))
    state.readiness = Readiness(
        [
            server_runs,
            writer.condition,
            partial(standby_confirms, state.primary),
            ViewsFollow(heartbeat),
            partial(views_stand, state.followers),
            partial(questions_are_answered, state.reads),
            partial(access_is_recorded, state.access_log),
        ]
    )
    supervisor.run_thread("readiness", state.readiness.keep_looking)
    state.metrics.sample(partial(service_figures, app, supervisor))


def _add_layers(app: FastAPI, settings: Settings) -> None:
    """The layers around the routes, from the innermost to the outermost."""
    app.add_middleware(AccessRecorder)
    app.add_middleware(Questions, most=MOST_QUESTIONS, cookie=COOKIE, apart=WITHOUT_TURNS)
    app.add_middleware(NoNul)
    app.add_middleware(Feeds, stopping=app.state.stopping, cookie=COOKIE)
    app.add_middleware(
        Bodies,
        limits={
            "/statements": statements.BODY_LIMIT,
            "/rosters/read": uploading.BODY_LIMIT,
            "/bank/read": uploading.BODY_LIMIT,
        },
    )
    app.add_middleware(Requests, headers=SECURITY_HEADERS, metrics=app.state.metrics)
    if settings.trusted_proxies:
        trusted = parse_networks(settings.trusted_proxies)
        app.add_middleware(ForwardedAddress, trusted=trusted, header=settings.forwarded_header)


class NoNul:
    """Refuses what asks with a NUL: no text in the database can hold it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what has none."""
        if scope["type"] == "http" and (b"%00" in scope["query_string"] or "\0" in scope["path"]):
            refused = PARAMETER_INVALID.refused(
                where="*", problem="不得含 NUL 字符", problem_en="no NUL character", found="NUL"
            )
            await refuse(scope, receive, send, refused)
        else:
            await self._app(scope, receive, send)


def _log_settings(settings: Settings) -> LogSettings:
    """How processes beside the service write its log."""
    return LogSettings(settings.log_level or "info", settings.log_format)


@contextmanager
def _told(store: OpenStore) -> Iterator[None]:
    """Tells the log when the service starts, on which ledger, in which version, and when it has stopped."""
    with store.connect() as connection:
        info = connection.info
        _log.info(
            "the service starts",
            ledger=store.ledger,
            version=metadata.version("songnuan"),
            schema=applied(connection),
            database=f"{info.host or 'local'}:{info.port}/{info.dbname}",
            pid=os.getpid(),
        )
    yield
    _log.info("the service has stopped", ledger=store.ledger)


def _reads(url: str) -> ConnectionPool[psycopg.Connection[Any]]:
    """The connections that questions are asked over."""
    return ConnectionPool(
        "",
        min_size=1,
        max_size=MOST_QUESTIONS + SPARE_CONNECTIONS,
        timeout=QUESTION_WAIT_SECONDS,
        kwargs={"autocommit": True, **connection_options(url, "statement_timeout=30s")},
        open=False,
    )


def _lookups(store: OpenStore, writer: Writer) -> Lookups:
    def counted(officers: Sequence[str], since: str) -> int:
        with store.connect() as connection:
            return told_since(connection, officers, since)

    return Lookups(counted, lambda officer: codes_of_person(officer, writer.state))


def _nominations(store: OpenStore, lookups: Lookups) -> NominationQuota:
    def recorded(statements: Collection[str]) -> set[str]:
        with store.connect() as connection:
            return recorded_among(connection, statements)

    return NominationQuota(lookups, recorded)


@contextmanager
def _followers(url: str) -> Iterator[Followers]:
    """The views' tables, and how each view is."""
    connections = datastore(url, pool_size=8)
    try:
        followers = Followers(connections)
        followers.prepare()
        yield followers
    finally:
        connections.close()


@contextmanager
def _recording(store: OpenStore, settings: Settings) -> Iterator[Writer]:
    """The writer, which stops where a peer goes on in this database's place."""
    with watch_peers(store.url, store.ledger or "", settings.peers), store.writer() as writer:
        yield writer
