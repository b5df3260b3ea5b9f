"""The HTTP service: takes signed statements, gives receipts, says how it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from api.certificates import load_roots
from api.cosigning import keep_cosigned
from api.routes import log as log_routes
from api.settings import Settings
from api.submissions import SubmissionMalformed, read_submission
from api.timestamping import keep_stamped
from ledger.batch import STATEMENT_ID_REUSED
from ledger.errors import Misconfigured, Refused, SongnuanError, Unavailable
from ledger.recorder import datastore
from ledger.store import OpenStore
from ledger.writer import Writer
from projections.runner import Followers

LARGEST_REQUEST_BYTES = 128_000
DAY_END_SECONDS = 60.0

_log = structlog.get_logger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The application over one store; no state outside it."""

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
            app.state.writer = stack.enter_context(store.writer())
            app.state.followers = stack.enter_context(_followed(store))
            stack.enter_context(_proved(store, settings))
            days = asyncio.create_task(_end_days(app.state.writer))
            try:
                yield
            finally:
                days.cancel()

    app = FastAPI(title="Songnuan Ledger 送暖账本", version="0.1.0", lifespan=lifespan)

    app.include_router(log_routes.router)

    @app.exception_handler(SongnuanError)
    async def answer_error(request: Request, error: SongnuanError) -> JSONResponse:
        return problem(error)

    @app.post("/statements", status_code=201)
    async def post_statement(request: Request, response: Response) -> dict[str, Any]:
        """Takes one submission; answers its receipt once it is durable (200 if it was before)."""
        body = await request.body()
        if len(body) > LARGEST_REQUEST_BYTES:
            raise SubmissionMalformed(f"at most {LARGEST_REQUEST_BYTES} bytes, got {len(body)}")
        writer: Writer = request.app.state.writer
        outcome = (await asyncio.wrap_future(writer.submit([read_submission(body)])))[0]
        if isinstance(outcome, Refused):
            raise outcome
        if outcome.repeated:
            response.status_code = 200
        return outcome.to_json()

    @app.get("/healthz")
    def health(request: Request) -> dict[str, Any]:
        """Whether the database answers, the newest position, and how far behind each view is."""
        store: OpenStore = request.app.state.store
        with store.connect() as connection:
            row = connection.execute("SELECT max(position) FROM ledger.entries").fetchone()
        followers: Followers = request.app.state.followers
        return {
            "ledger": store.ledger,
            "position": (row[0] if row is not None else None) or 0,
            "views": [status._asdict() for status in followers.status()],
        }

    return app


@contextmanager
def _followed(store: OpenStore) -> Iterator[Followers]:
    """Keeps the views up to date while the service runs."""
    connections = datastore(store.url, pool_size=8)
    followers = Followers(connections)
    followers.prepare()
    try:
        with _beside("views", followers.follow):
            yield followers
    finally:
        connections.close()


def _proved(store: OpenStore, settings: Settings) -> ExitStack:
    """Has each checkpoint signed by the witnesses and stamped by the authority, where they are set."""
    with ExitStack() as stack:
        stack.enter_context(_beside("cosigning", partial(keep_cosigned, store, settings.witness_keys())))
        if settings.timestamp_authority is not None and settings.timestamp_roots is not None:
            roots = load_roots(settings.timestamp_roots)
            stamping = partial(keep_stamped, store, settings.timestamp_authority, roots)
            stack.enter_context(_beside("timestamps", stamping))
        return stack.pop_all()


@contextmanager
def _beside(name: str, work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Work in a thread of its own, which is told to stop at the end and waited for."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def _end_days(writer: Writer) -> None:
    """Lets the ledger say that a day has ended, on days without any statement too."""
    while True:
        try:
            await asyncio.to_thread(writer.end_day)
        except Unavailable as error:
            _log.warning("the day's end is not recorded yet", error=str(error))
        await asyncio.sleep(DAY_END_SECONDS)


def problem(error: SongnuanError) -> JSONResponse:
    """An error as problem details (RFC 9457), with the ledger's code."""
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if isinstance(error, Unavailable):
        status = 503
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif isinstance(error, Refused):
        status = 409 if error.rule is STATEMENT_ID_REUSED else 422
        if error.rule in log_routes.ABSENT:
            status = 404
        extra = error.to_json()
    elif isinstance(error, SubmissionMalformed):
        status = 400
    else:
        status = 500
    return JSONResponse(
        {
            "type": f"urn:songnuan:refusal:{error.code}",
            "title": error.message("zh"),
            "detail": error.message("en"),
            "status": status,
            "code": error.code,
            **extra,
        },
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )
