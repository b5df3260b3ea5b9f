"""The head of a request (请求头部), held against RFC 9112 before anything is done for it: pure decisions.

What the parser lets through and the application must not see: a head beyond its size, a request
without the one host that it is for, a coding of its body that nobody here undoes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from api.service.statuses import answered_with
from ledger.errors import Refused, Rule

LARGEST_HEAD_BYTES = 64 * 1024
"""Request line and fields together; as many bytes of a chunked body may frame it without carrying any."""
LARGEST_TARGET_BYTES = 16 * 1024

REQUEST_MALFORMED = answered_with(
    400,
    Rule(
        "request-malformed",
        zh="请求不是合规的 HTTP/1.1 报文",
        en="what came is no well-formed HTTP/1.1 request",
    ),
)
TARGET_TOO_LONG = answered_with(
    414,
    Rule(
        "target-too-long",
        zh="请求地址过长：上限 {expected} 字节",
        en="the request's address is too long: at most {expected} bytes",
    ),
)
HEAD_TOO_LARGE = answered_with(
    431,
    Rule(
        "head-too-large",
        zh="请求头部过大：上限 {expected} 字节",
        en="the request's head is too large: at most {expected} bytes",
    ),
)
HOST_NOT_ONE = answered_with(
    400,
    Rule(
        "host-not-one",
        zh="请求须有且只有一个合规的 Host 字段",
        en="a request names its host in one well-formed Host field",
    ),
)
TRANSFER_CODED = answered_with(
    501,
    Rule(
        "transfer-coding-unsupported",
        zh="请求正文的传输编码只可为 chunked",
        en="a request's body comes in no transfer coding but chunked",
    ),
)

# uri-host [ ":" port ] (RFC 3986, 3.2.2): a name or address, or an address in brackets.
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Za-z.:~_%-]+\])(?::[0-9]{0,5})?")

Field = tuple[bytes, bytes]


def head_size(target: bytes, fields: Iterable[Field]) -> int:
    """Bytes of a head as it is written with one space after each colon."""
    return len(target) + sum(len(name) + len(value) + 4 for name, value in fields)


def check_head(version: str, target: bytes, fields: list[Field]) -> None:
    """Refuse a head that must not be answered as if it were one.

    Args:
        version: as the request line gives it, like ``1.1``.
        target: of the request line.
        fields: names in lower case, with their values.

    Raises:
        Refused: ``target-too-long`` (414), ``head-too-large`` (431), ``host-not-one`` (400: RFC 9112,
            3.2), ``transfer-coding-unsupported`` (501: RFC 9112, 6.1).
    """
    if (refusal := oversized(len(target), head_size(target, fields))) is not None:
        raise refusal
    hosts = [value.strip() for name, value in fields if name == b"host"]
    if (version != "1.0" and len(hosts) != 1) or len(hosts) > 1 or not all(map(_HOST.fullmatch, hosts)):
        raise HOST_NOT_ONE.refused()
    codings = [value.strip().lower() for name, value in fields if name == b"transfer-encoding"]
    if codings not in ([], [b"chunked"]):
        raise TRANSFER_CODED.refused()


def oversized(target_bytes: int, head_bytes: int) -> Refused | None:
    """The refusal of a head that has so many bytes already; None while it may go on."""
    if target_bytes > LARGEST_TARGET_BYTES:
        return TARGET_TOO_LONG.refused(expected=LARGEST_TARGET_BYTES)
    if head_bytes > LARGEST_HEAD_BYTES:
        return HEAD_TOO_LARGE.refused(expected=LARGEST_HEAD_BYTES)
    return None
