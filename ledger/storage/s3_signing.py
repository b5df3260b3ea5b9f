"""Signing requests to an object store (S3 请求签名): AWS Signature Version 4, with the content's SHA-256.

The credentials are in no message and in no ``repr``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "s3"


class Credentials(NamedTuple):
    """Who asks: an access key with its secret, and the token of a session that has one."""

    key_id: str
    secret: str
    token: str | None = None

    def __repr__(self) -> str:
        return "Credentials(…)"


def encoded(text: str) -> str:
    """A name as it stands in a path or query, in the only form that is signed.

    >>> encoded("wal/a b+c~d")
    'wal%2Fa%20b%2Bc~d'
    """
    return quote(text, safe="-_.~")


def query_of(parameters: Mapping[str, str]) -> str:
    """A query with its parameters in order."""
    return "&".join(f"{encoded(name)}={encoded(parameters[name])}" for name in sorted(parameters))


def signed_headers(
    method: str,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    credentials: Credentials,
    region: str,
    now: datetime,
) -> dict[str, str]:
    """The headers with those that sign the request; the URL's path and query are encoded already."""
    parts = urlsplit(url)
    digest = hashlib.sha256(content).hexdigest()
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    sent = {**headers, "host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    if credentials.token is not None:
        sent["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(sent))
    canonical = "\n".join(
        (
            method,
            parts.path,
            parts.query,
            *(f"{name}:{sent[name]}" for name in sorted(sent)),
            "",
            names,
            digest,
        )
    )
    scope = f"{moment[:8]}/{region}/{SERVICE}/aws4_request"
    signature = hmac.new(
        _key(credentials.secret, moment[:8], region),
        "\n".join((ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest())).encode(),
        hashlib.sha256,
    ).hexdigest()
    sent["authorization"] = (
        f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return sent


def _key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
