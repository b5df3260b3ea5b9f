"""The outermost layer of the service: an id for each request, a line in the log where it went wrong.

Whatever a route raises ends here, as problem details with the request's id; the log has the places it
went through under that id. A client that goes away in the middle is a line of the log, no error.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.service.metrics import Metrics
from api.service.problems import internal_error, problem
from api.service.request_context import HEADER, begin_request, current_request_id, upstream_id
from ledger.errors import Unavailable

_log = structlog.get_logger(__name__)


class Requests:
    """The ASGI layer around all others."""

    def __init__(self, app: ASGIApp, headers: dict[str, str], metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever becomes of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = begin_request()
        added = [*self._headers, (HEADER, request_id.encode())]
        status = 0
        started = time.perf_counter()

        async def with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].extend(added)
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except ClientDisconnect:
            _log.info("the client went away", **described_request(scope))
        except asyncio.CancelledError:
            # The server cancels what is still under way when a stop has waited long enough.
            _log.warning("a request was cut off by the stop", **described_request(scope))
            if status == 0:
                await problem(_cut_off())(scope, receive, with_headers)
        except Exception as error:
            _log.error("a request failed", error=error, **described_request(scope))
            if status == 0:
                await problem(internal_error())(scope, receive, with_headers)
        else:
            if status >= 400 and "told" not in scope.get("state", {}):
                self._tell(scope, status)
        finally:
            self._metrics.observe_answer(
                scope["method"] if scope["method"] in _METHODS else "other",
                getattr(scope.get("route"), "path", "none"),
                time.perf_counter() - started,
            )

    def _tell(self, scope: Scope, status: int) -> None:
        """Write what was refused: by which code, to whom."""
        if "code" in scope.get("state", {}):
            self._metrics.count_refusal(scope["state"]["code"])
        write = _log.error if status == 500 else _log.warning if status in _NOTED else _log.info
        write("a request was refused", status=status, **described_request(scope))


def _cut_off() -> Unavailable:
    return Unavailable(
        "stopped-unanswered",
        "服务正在停止，答复未能完成。查询请稍后再试；所提交的可能已经登记，请原样重新提交，同一编号只登记一次",
        "the service is stopping and its answer was not ready. Ask again later; what was submitted may be recorded, submit"
        " it again as it is: an id is recorded once",
        5,
    )


_METHODS = ("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH")
_NOTED = (401, 403, 408, 413, 429, 503)


def described_request(scope: Scope) -> dict[str, Any]:
    """A request for the log: its method, its route's template and where it came from; no value of it."""
    route = scope.get("route")
    state: dict[str, Any] = scope.get("state", {})
    client = scope.get("client")
    told: dict[str, Any] = {
        "request_id": current_request_id(),
        "method": scope["method"],
        "route": getattr(route, "path", None),
        "address": client[0] if client else None,
    }
    for name in ("code", "officer"):
        if name in state:
            told[name] = state[name]
    upstream = next((value for name, value in scope["headers"] if name == HEADER), None)
    if (known := upstream_id(upstream)) is not None:
        told["upstream_request_id"] = known
    return told
