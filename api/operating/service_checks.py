"""The doctor looks at the service from outside (服务体检): TLS, its readiness, its headers through the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from api.operating.check import Check
from api.operating.ways_out import way_out_of
from ledger.bounded_http import Answer, ask, connections
from ledger.peer_faults import PeerFailed

CONNECT_SECONDS = 5
LARGEST_ANSWER_BYTES = 64 * 1024


MOST_CHARACTERS = 500


def _printable(text: str) -> str:
    """Text that does nothing to a terminal: whoever answers may be anybody."""
    if not text.isprintable():
        raise ValueError
    return text


Text = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(_printable)]


class _Cause(BaseModel):
    code: str
    zh: Text
    en: Text


class _NotReady(BaseModel):
    causes: list[_Cause]


def check_service(url: str) -> Iterator[Check]:
    """The service as the world sees it: TLS, its headers through the proxy, and its readiness."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        yield Check(
            "service",
            "fail",
            ("地址应以 https:// 开头", "the address is an https:// one"),
            ("改正 --url", "correct --url"),
        )
        return
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme == "http" and not loopback:
        yield Check(
            "service",
            "fail",
            ("没有 TLS：登录的会话不会被浏览器接受", "there is no TLS: browsers keep no session"),
            (
                "在服务前设置代理（见 docs/operating.md），以 https:// 的地址再查一次",
                "put a proxy before it (see docs/operating.md), and look again at its https:// address",
            ),
        )
    try:
        with connections(CONNECT_SECONDS) as client:
            answer = ask(
                client,
                "GET",
                url.rstrip("/") + "/readyz",
                seconds=CONNECT_SECONDS,
                most_bytes=LARGEST_ANSWER_BYTES,
            )
    except PeerFailed as failed:
        yield _unreachable(failed)
        return
    yield from _readiness(answer)
    headers = answer.headers
    if headers.get("Content-Security-Policy") is None:
        yield Check(
            "service",
            "fail",
            ("代理去掉了安全响应头", "the proxy takes the security headers away"),
            ("让代理原样传回响应头", "let the proxy pass the answer's headers on"),
        )
    if parts.scheme == "https" and headers.get("Strict-Transport-Security") is None:
        yield Check(
            "service",
            "warn",
            ("代理没有设置 HSTS", "the proxy sets no Strict-Transport-Security"),
            ("见 docs/operating.md 的代理配置", "see the proxy's configuration in docs/operating.md"),
        )


def _readiness(answer: Answer) -> Iterator[Check]:
    """Ready, or a line for each cause that the service itself names."""
    status, causes = answer.status, _causes_in(answer)
    if status != 204 and not causes:
        yield Check(
            "service",
            "fail",
            (f"就绪检查：{status}，未说明原因", f"readiness: {status}, without a cause"),
            (
                "看服务与代理的日志：应答的可能不是本服务",
                "see the log of service and proxy: it may not be this service that answers",
            ),
        )
    for cause in causes:
        yield Check("service", "fail", (cause.zh, cause.en), way_out_of(cause.code))
    if status == 204:
        yield Check("service", "ok", ("服务已就绪", "the service is ready"))


def _causes_in(answer: Answer) -> list[_Cause]:
    """The causes of a 503 of ours; none of what somebody else answers."""
    try:
        return _NotReady.model_validate_json(answer.content).causes if answer.status == 503 else []
    except ValidationError:
        return []


def _unreachable(failed: PeerFailed) -> Check:
    return Check(
        "service",
        "fail",
        (
            f"服务不可达：{failed.zh}（{failed.code}）",
            f"the service cannot be reached: {failed.en} ({failed.code})",
        ),
        (
            "检查地址与端口、证书、代理和防火墙，以及服务是否在运行",
            "see to address and port, certificate, proxy and firewall, and that the service runs",
        ),
    )
