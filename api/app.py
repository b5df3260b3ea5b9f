"""The HTTP service: takes signed statements, answers questions, proves, says how it is."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from importlib import metadata
from typing import Any, NamedTuple

import psycopg
import structlog
from fastapi import FastAPI
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access_log import routes as access
from api.access_log.sealing import keep_sealed
from api.audit import routes as audit
from api.audit.replaying import Replays
from api.bank import accounts, sending
from api.bank import routes as bank
from api.campaigns import routes as campaigns
from api.demo import routes as demo
from api.desks import routes as desks
from api.dossiers import routes as dossiers
from api.duties import follow_ledgers, follow_views, keep_server_running, take_on_duties
from api.events import routes as events
from api.federation import routes as federation
from api.flags import routes as flags
from api.gate.older_views import NOT_THERE
from api.history import routes as history
from api.identities import routes as identities
from api.investigations import routes as investigations
from api.linkage import routes as linkage
from api.linkage.at_filing import (
    ComparisonDuty,
    FilingComparison,
    by_the_ledger,
    keep_compared,
    noted_in,
)
from api.linkage.running import LinkageRuns
from api.log import routes as log
from api.money import routes as money
from api.notices import listing as notice_list
from api.notices import routes as notices
from api.objections import routes as objections
from api.papers import routes as papers
from api.rectifications import routes as rectifications
from api.registers import routes as registers
from api.registry import routes as registry
from api.reports import routes as reports
from api.roster import routes as roster
from api.roster import uploading
from api.service import health
from api.service.access_recording import AccessRecorder
from api.service.bodies import Bodies
from api.service.connections import Connections
from api.service.dependencies import COOKIE
from api.service.examples import with_examples
from api.service.feeds import Feeds
from api.service.figures import service_figures
from api.service.lookups import Lookups, told_since
from api.service.metrics import Metrics
from api.service.nonces import FILE as NONCES
from api.service.nonces import Nonces
from api.service.older_views import answer_older_views
from api.service.operational_log import configure
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
from api.service.service import Service, set_service
from api.service.sessions import Sessions, monotonic
from api.service.settings import Settings
from api.service.turns import Turns
from api.sessions import routes as session
from api.statements import routes as statements
from api.statements.batcher import Batcher
from api.statements.nominating import NominationQuota, recorded_among
from api.steps import routes as steps
from api.tables import kept_routes
from api.tables import routes as tables
from api.tables.exporting import Exports
from api.tables.names import MaskedNames
from api.tray import routes as tray
from api.voice import routes as voice
from api.vouchers import routes as vouchers
from ledger.domain.authority import codes_of_person
from ledger.errors import SongnuanError
from ledger.gc_tuning import seldom_collected
from ledger.postgres.connection import Pool, datastore, pool
from ledger.postgres.migrations import applied
from ledger.storage.founded import open_founded
from ledger.storage.peers import watch_peers
from ledger.storage.store import OpenStore
from ledger.supervision import Supervisor
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
    vouchers.router,
    papers.router,
    history.router,
    notice_list.router,
    dossiers.router,
    steps.router,
    tables.router,
    kept_routes.router,
    desks.router,
    tray.router,
    flags.router,
    investigations.router,
    rectifications.router,
    reports.router,
    identities.router,
    bank.router,
    sending.router,
    accounts.router,
    registers.router,
    linkage.router,
    audit.router,
    federation.router,
    access.router,
    events.router,
    notices.router,
    objections.router,
    voice.router,
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
STATEMENT_SECONDS = 30

_log = structlog.get_logger(__name__)


def create_app(
    settings: Settings,
    *,
    views_apart: bool = False,
    connections: Connections | None = None,
    stopping: threading.Event | None = None,
) -> FastAPI:
    """The application over one store; no state outside it.

    ``views_apart`` keeps the views up to date in a process of their own; ``connections`` are the
    server's, for its figures; who sets ``stopping`` ends the feeds, and the replay that runs.
    """
    beginnings = _Beginnings(settings, Metrics(), stopping or threading.Event(), connections)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # To start and to stop waits for databases and processes.
        async with contextmanager_in_threadpool(_running(beginnings, views_apart=views_apart)) as service:
            set_service(app, service)
            yield

    app = FastAPI(
        title="Songnuan Ledger 送暖账本",
        version=metadata.version("songnuan"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    # Not included, which would make every route anew when the application is first asked.
    app.routes.extend(route for router in ROUTERS for route in router.routes)
    add_pages(app)
    app.openapi = partial(with_examples, app)  # type: ignore[method-assign] # FastAPI's own way to change it
    app.add_exception_handler(SongnuanError, answer_error)
    for of_the_database in DATABASE_ERRORS:
        app.add_exception_handler(of_the_database, answer_database)
    for not_there in NOT_THERE:
        app.add_exception_handler(not_there, answer_older_views)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(HTTPException, answer_http)
    _add_layers(app, beginnings)
    return app


class _Beginnings(NamedTuple):
    """What a service has before it runs, and its layers from the first request on."""

    settings: Settings
    metrics: Metrics
    stopping: threading.Event
    connections: Connections | None


@contextmanager
def _running(beginnings: _Beginnings, *, views_apart: bool) -> Iterator[Service]:
    """The service, put together and at work; what was opened first is closed last."""
    settings = beginnings.settings
    # What is said last is said once the store, with its server, is closed, too.
    with ExitStack() as last, ExitStack() as stack:
        store = stack.enter_context(open_founded(settings.store()))
        assert store.ledger is not None
        _tell_start(store)
        last.callback(_log.info, "the service has stopped", ledger=store.ledger)
        writer = stack.enter_context(_recording(store, settings))
        writer.observe = beginnings.metrics.observe_step
        followers = stack.enter_context(_followers(store.url))
        primary = reads = stack.enter_context(_reads(store.url))
        if settings.read_database_url is not None:
            reads = stack.enter_context(_reads(settings.read_database_url))
        lookups = _lookups(store, writer)
        access_log = stack.enter_context(AccessLog(store.url))
        stack.enter_context(seldom_collected())
        supervisor = stack.enter_context(Supervisor(_log_setup(settings)))
        server_runs = keep_server_running(supervisor, store.server)
        heartbeat = follow_views(supervisor, store.url, followers, apart=views_apart)
        service = Service(
            **beginnings._asdict(),
            store=store,
            writer=writer,
            followers=followers,
            primary=primary,
            reads=reads,
            vault=store.vault(),
            sessions=Sessions(store.ledger, lambda: writer.state, monotonic),
            rate_limiter=RateLimiter(monotonic),
            turns=Turns(),
            lookups=lookups,
            access_log=access_log,
            address_key=store.secrets().mark_key,
            row_seals=store.marker().row_seals(),
            readiness=Readiness(
                [
                    server_runs,
                    writer.condition,
                    partial(standby_confirms, primary),
                    ViewsFollow(heartbeat),
                    partial(views_stand, followers),
                    partial(questions_are_answered, reads),
                    partial(access_is_recorded, access_log),
                ]
            ),
            parts={
                Batcher: Batcher(writer),
                NominationQuota: _nominations(store, lookups),
                **_long_tasks(stack, store, followers, beginnings.stopping),
                MaskedNames: MaskedNames(),
                Nonces: Nonces(store.folder / NONCES),
            },
        )
        _work_beside(service, supervisor)
        follow_ledgers(supervisor, store, settings, writer, apart=views_apart)
        try:
            yield service
        finally:
            service.stopping.set()


def _long_tasks(
    stack: ExitStack, store: OpenStore, followers: Followers, stopping: threading.Event
) -> dict[type[Any], Any]:
    """What is asked for and takes its time; each is waited for at the end."""
    replays = Replays(store.url, followers, stopping)
    stack.callback(replays.wait)
    runs = LinkageRuns(store, followers.position, stopping)
    stack.callback(runs.wait)
    exports = Exports(stopping)
    stack.callback(exports.close)
    return {Replays: replays, LinkageRuns: runs, Exports: exports}


def _work_beside(service: Service, supervisor: Supervisor) -> None:
    """Have all other duties done, readiness looked at, and figures of it all at hand."""
    store, writer = service.store, service.writer
    take_on_duties(supervisor, store, service.settings, writer)
    comparison = FilingComparison(service.vault, by_the_ledger(store, writer), noted_in(service.access_log))
    duty = ComparisonDuty(store, comparison, service.followers.position, service.part(LinkageRuns))
    supervisor.run_thread("comparison-at-filing", partial(keep_compared, duty))
    supervisor.run_thread("access-log-sealing", partial(keep_sealed, store, writer, service.access_log))
    supervisor.run_thread("readiness", service.readiness.keep_looking)
    service.metrics.sample(partial(service_figures, service, supervisor))


def _add_layers(app: FastAPI, beginnings: _Beginnings) -> None:
    """The layers around the routes, from the innermost to the outermost."""
    app.add_middleware(AccessRecorder)
    app.add_middleware(Questions, most=MOST_QUESTIONS, cookie=COOKIE, apart=WITHOUT_TURNS)
    app.add_middleware(NoNul)
    app.add_middleware(Feeds, stopping=beginnings.stopping, cookie=COOKIE)
    app.add_middleware(
        Bodies,
        limits={
            "/statements": statements.BODY_LIMIT,
            "/tray": tray.BODY_LIMIT,
            "/rosters/read": uploading.BODY_LIMIT,
            "/bank/read": uploading.BODY_LIMIT,
            "/bank/columns": uploading.BODY_LIMIT,
            "/bank/statement": uploading.BODY_LIMIT,
            "/registers/read": uploading.BODY_LIMIT,
        },
        stopping=beginnings.stopping,
    )
    app.add_middleware(Requests, headers=SECURITY_HEADERS, metrics=beginnings.metrics)
    settings = beginnings.settings
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


def _log_setup(settings: Settings) -> Callable[[], None]:
    """Return what sets up the service's log in each of its processes."""
    return partial(configure, settings.log_level or "info", settings.log_format)


def _tell_start(store: OpenStore) -> None:
    """Tell the log that the service starts, on which ledger, in which version."""
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


def _reads(url: str) -> Pool:
    """The connections that questions are asked over."""
    most = MOST_QUESTIONS + SPARE_CONNECTIONS
    return pool(
        url,
        f"statement_timeout={STATEMENT_SECONDS}s",
        most=most,
        wait_seconds=QUESTION_WAIT_SECONDS,
        # The server's own limit comes first, and leaves the connection as it is.
        answer_seconds=STATEMENT_SECONDS + 10,
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
