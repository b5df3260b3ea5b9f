"""Requests signed by a machine (签名请求): RFC 9421 HTTP message signatures with Ed25519, for readers of a higher level.

A request covers its method, authority, path and query, says when it was made and until when it is good, at most five
minutes, and has a nonce: heard once, it is good for nothing more. The signature's tag is of its own, so that one
made for something else is none here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from starlette.requests import Request

from api.service.nonces import Nonces
from api.service.statuses import answered_with
from ledger.crypto.keys import key_id_of
from ledger.errors import Rule

TAG = "songnuan-federation"
COVERED = ("@method", "@authority", "@path", "@query")
COVERED_WITH_BODY = (*COVERED, "content-digest")
LIVES_SECONDS = 60
LONGEST_SECONDS = 300

REQUEST_NOT_SIGNED = answered_with(
    401,
    Rule(
        "request-signature-invalid",
        zh="请求签名不成立：{problem!w}；请核对密钥、时钟和地址",
        en="the request's signature does not hold: {problem}; look at the key, the clock and the address",
    ),
)
READER_NOT_ENROLLED = answered_with(
    401,
    Rule(
        "reader-not-enrolled",
        zh="此密钥不是已登记的上级读取方：{key}",
        en="that key is no enrolled reader of a higher level: {key}",
    ),
)


class Message(NamedTuple):
    """A request as its signature sees it."""

    method: str
    url: str
    headers: dict[str, str]


class _Key(HTTPSignatureKeyResolver):
    def __init__(
        self, private: Ed25519PrivateKey | None = None, public: Callable[[str], bytes | None] | None = None
    ) -> None:
        self._private = private
        self._public = public

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey | None:
        return self._private

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        raw = None if self._public is None else self._public(key_id)
        return None if raw is None else Ed25519PublicKey.from_public_bytes(raw)


def signed_headers(
    key: Ed25519PrivateKey, method: str, url: str, now: Callable[[], datetime], body: bytes | None = None
) -> Mapping[str, str]:
    """The headers that sign a request, with its body where it has one."""
    message = Message(method, url, {})
    made = now()
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Key(private=key)).sign(
        message,
        key_id=key_id_of(key),
        created=made,
        expires=made + timedelta(seconds=LIVES_SECONDS),
        nonce=secrets.token_urlsafe(18),
        label="sig1",
        tag=TAG,
        covered_component_ids=COVERED,
        body=body,
    )
    return message.headers


def is_signed(request: Request) -> bool:
    """Whether a request comes with a signature at all."""
    return "signature-input" in request.headers


def verified_key(
    request: Request, public_key: Callable[[str], bytes | None], nonces: Nonces, body: bytes | None = None
) -> str:
    """The id of the key that signed a request, with its body where it has one; it is fresh and was never heard.

    Raises:
        Refused: ``request-signature-invalid``; ``reader-not-enrolled`` for a key that ``public_key`` does not know.
    """
    named: list[str] = []

    def known(key_id: str) -> bytes | None:
        named.append(key_id)
        return public_key(key_id)

    headers = {
        name: value
        for name, value in request.headers.items()
        if name.startswith(("signature", "content-digest"))
    }
    host = request.headers.get("host", "")
    path = request.scope.get("raw_path", b"").decode("latin-1") or request.url.path
    query = request.scope["query_string"].decode("latin-1")
    url = f"{request.url.scheme}://{host}{path}" + (f"?{query}" if query else "")
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=_Key(public=known))
    try:
        [found] = verifier.verify(
            Message(request.method, url, headers),
            max_age=timedelta(seconds=LONGEST_SECONDS),
            expect_tag=TAG,
            require_components=COVERED if body is None else COVERED_WITH_BODY,
            body=body,
        )
    except (HTTPMessageSignaturesException, ValueError):
        if named and public_key(named[0]) is None:
            raise READER_NOT_ENROLLED.refused(key=named[0][:80]) from None
        raise REQUEST_NOT_SIGNED.refused(problem="not signed as it should be, or too old") from None
    params = found.parameters
    now = datetime.now(UTC).timestamp()
    created, expires, nonce = (params.get(name) for name in ("created", "expires", "nonce"))
    lasting = isinstance(created, int) and isinstance(expires, int) and expires - created <= LONGEST_SECONDS
    if not lasting or not nonce or not isinstance(expires, int):
        raise REQUEST_NOT_SIGNED.refused(problem="no nonce, or good for too long")
    if not nonces.is_new(f"{params['keyid']} {nonce}", float(expires) + LONGEST_SECONDS, now):
        raise REQUEST_NOT_SIGNED.refused(problem="heard before")
    return str(params["keyid"])
