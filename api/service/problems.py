"""Errors over HTTP: problem details (RFC 9457) with the ledger's own codes, in both languages."""

from __future__ import annotations

from typing import Any

import psycopg
import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout, TooManyRequests
from pydantic import BaseModel, JsonValue
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.service.request_context import current_request_id
from api.service.statuses import Malformed, answered_with, status_of
from ledger.errors import Explained, Misconfigured, Refused, Rule, SongnuanError, Unavailable
from ledger.postgres.failures import read_only
from ledger.validation_words import ABSENT, WORDS, found_text, problem_words, shown

MEDIA_TYPE = "application/problem+json"

_log = structlog.get_logger(__name__)

NOT_SIGNED_IN = answered_with(
    401,
    Rule(
        "not-signed-in",
        zh="请先用密钥登录",
        en="sign in with an officer's key first",
    ),
)
KEY_NOT_IN_FORCE = answered_with(
    401,
    Rule(
        "key-not-in-force",
        zh="此密钥未登记或已注销：{key}",
        en="the key is not enrolled, or no longer in force: {key}",
    ),
)
READING_NOT_ALLOWED = answered_with(
    403,
    Rule(
        "reading-not-allowed",
        zh="无权查看：需要{expected}（单位 {unit}，活动 {campaign}）",
        en="not allowed to read this: needs {expected_en} (unit {unit}, campaign {campaign})",
    ),
)
CSRF_MISSING = answered_with(
    403,
    Rule(
        "csrf-missing",
        zh="请求缺少防伪标记，请刷新页面",
        en="the request lacks the session's CSRF token",
    ),
)
NO_SUCH_TILE = answered_with(
    404, Rule("no-such-tile", zh="日志中没有这一片：{path}", en="the log has no such tile: {path}")
)
NO_SUCH_PAGE = answered_with(
    404, Rule("no-such-page", zh="没有这个地址：{path}", en="there is no such address: {path}")
)
METHOD_NOT_TAKEN = answered_with(
    405,
    Rule(
        "method-not-taken",
        zh="此地址不接受 {found} 请求，可用：{expected}",
        en="this address does not take {found}, only: {expected}",
    ),
)
PARAMETER_INVALID = Rule(
    "parameter-invalid",
    zh="参数 {where} 不符：{problem}，实为 {found}",
    en="the parameter {where} is invalid: {problem_en}, got {found}",
)
TOO_MANY_REQUESTS = answered_with(
    429,
    Rule(
        "too-many-requests",
        zh="请求过于频繁：{minutes} 分钟内最多 {expected} 次，请 {retry_after_seconds} 秒后再试",
        en="too many requests: at most {expected} in {minutes} min, ask again in {retry_after_seconds} s",
    ),
)
TOO_MANY_FEEDS = answered_with(
    429,
    Rule(
        "too-many-feeds",
        zh="实时推送过多：最多 {expected} 路",
        en="too many feeds are open: at most {expected}",
    ),
)
BODY_TOO_LARGE = answered_with(
    413,
    Rule(
        "body-too-large",
        zh="请求正文过大：上限 {expected} 字节",
        en="the request's body is too large: at most {expected} bytes",
    ),
)
BODY_TOO_SLOW = answered_with(
    408,
    Rule(
        "body-too-slow",
        zh="请求正文没有及时送达：须持续发送，并在 {expected} 秒内送完",
        en="the request's body did not come in time: it must keep coming and be there within {expected} s",
    ),
)


CONTENT_ENCODED = answered_with(
    415,
    Rule(
        "content-encoding-unsupported",
        zh="请求正文须不经压缩：Content-Encoding 实为 {found}",
        en="a request's body is taken without any coding: its Content-Encoding is {found}",
    ),
)


class Failed(Explained):
    """The service itself failed. Nobody outside is told how; the log is, under the request's id."""


def internal_error() -> Failed:
    """What to answer where the program made a mistake."""
    return Failed(
        "internal-error",
        "服务内部出错，未完成此请求；请凭请求编号联系管理员",
        "the service failed to answer this: tell the administrator the request's id",
    )


def database_unavailable() -> Unavailable:
    """What to answer where the database is gone."""
    return Unavailable(
        "database-unavailable",
        "数据库暂不可用，请稍后再试",
        "the database does not answer, try again later",
        2,
    )


def database_busy() -> Unavailable:
    """What to answer where all connections for questions are in use."""
    return Unavailable(
        "database-busy",
        "数据库连接均被占用，请稍后再试",
        "all connections to the database are in use, try again later",
        2,
    )


class Problem(BaseModel):
    """What went wrong (RFC 9457): ``code`` is stable, ``title`` is Chinese, ``detail`` English.

    ``request_id`` is the request's in the service's log.
    """

    type: str
    title: str
    detail: str
    status: int
    code: str
    request_id: str | None = None
    message: dict[str, str] | None = None
    details: dict[str, JsonValue] | None = None


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route documents the problems that it answers with."""
    said = {
        400: "What came is no statement, or no JSON",
        401: "Not signed in",
        403: "Not allowed, for the officer's roles, units and campaigns",
        404: "Not there",
        409: "The id already belongs to another statement",
        408: "The body did not come in time",
        413: "The body is too large",
        414: "The address is too long",
        415: "The body is compressed",
        422: "Refused, with the ledger's code",
        429: "Too often",
        431: "The head is too large",
        503: "Nothing was decided; try again later",
    }
    return {
        status: {
            "description": said[status],
            "model": Problem,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        # Whoever is signed in can ask too often.
        for status in sorted({*statuses, *((429,) if 401 in statuses else ())})
    }


def problem(error: SongnuanError) -> JSONResponse:
    """An error as problem details, with the id of the request that it answers."""
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if isinstance(error, Unavailable):
        status = 503
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif isinstance(error, Refused):
        status = status_of(error.rule)
        extra = error.to_json()
        if "retry_after_seconds" in error.details:
            headers["Retry-After"] = str(error.details["retry_after_seconds"])
    elif isinstance(error, Malformed):
        status = error.status
    else:
        status = 422 if isinstance(error, Explained) and not isinstance(error, Failed) else 500
    if (request_id := current_request_id()) is not None:
        extra["request_id"] = request_id
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
        media_type=MEDIA_TYPE,
    )


def answered(request: Request, error: SongnuanError) -> JSONResponse:
    """The problem details of an error, whose code the request's line in the log has too."""
    request.state.code = error.code
    return problem(error)


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """The application's handler of the ledger's own errors."""
    assert isinstance(error, SongnuanError)
    if isinstance(error, Misconfigured):
        # Its words name folders and hosts: they are the administrator's.
        _log.error("the service is not set up to answer", error=error)
        return answered(request, database_unavailable())
    return answered(request, error)


async def answer_database(request: Request, error: Exception) -> JSONResponse:
    """The application's handler of a database that is gone, read-only, or whose connections are all in use."""
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return answered(request, read_only(in_recovery=False))
    if isinstance(error, PoolTimeout | TooManyRequests):
        _log.warning("no connection to the database was free")
        return answered(request, database_busy())
    _log.error("the database did not answer", error=error)
    return answered(request, database_unavailable())


async def answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """The application's handler of parameters that do not fit."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    zh, en = problem_words(first)
    if first["type"] == "json_invalid":
        # Where it is malformed stands in place of a name; what came stands beside it.
        where, found = str(first["loc"][0]), shown(error.body)
    else:
        where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        found = found_text(first)
    return answered(
        request,
        PARAMETER_INVALID.refused(where=where, problem=zh, problem_en=en, found=found),
    )


async def answer_http(request: Request, error: Exception) -> JSONResponse:
    """The application's handler of what the router itself refuses: no such address, another method, no such body.

    A body in no encoding, nested too deeply or with a number of thousands of digits is no JSON to the parser, and yet
    no mistake that it knows.
    """
    assert isinstance(error, HTTPException)
    if error.status_code == 400 and isinstance(error.__cause__, ValueError | RecursionError):
        zh, en = WORDS["json_invalid"]
        return answered(
            request, PARAMETER_INVALID.refused(where="body", problem=zh, problem_en=en, found=ABSENT)
        )
    if error.status_code == 404:
        return answered(request, NO_SUCH_PAGE.refused(path=request.url.path))
    if error.status_code != 405:
        raise error
    allowed = (error.headers or {}).get("Allow", "")
    answer = answered(request, METHOD_NOT_TAKEN.refused(found=request.method, expected=allowed))
    answer.headers["Allow"] = allowed
    return answer


async def refuse(
    scope: Scope, receive: Receive, send: Send, error: SongnuanError, *, close: bool = False
) -> None:
    """Answer a request with an error before it has reached a route, and let the log and the figures know.

    ``close`` ends the connection with it: what is left of the body is not waited for.
    """
    scope.setdefault("state", {})["code"] = error.code
    answer = problem(error)
    if close:
        answer.headers["Connection"] = "close"
    await answer(scope, receive, send)
