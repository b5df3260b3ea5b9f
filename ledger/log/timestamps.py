"""Timestamps (可信时间戳): an authority's word on when a checkpoint was there (RFC 3161).

What is stamped is the checkpoint's text. With the authority's root certificate anybody can verify it
offline; a date before it cannot be claimed for entries that the checkpoint does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ledger.domain.event import utc_text
from ledger.errors import Misconfigured, NotVerified, Rule

TIMESTAMP_INVALID = Rule(
    "timestamp-invalid",
    zh="检查点（{size} 条）的时间戳不成立：{problem!w}",
    en="the timestamp on the checkpoint at {size} does not hold: {problem}",
)


def parse_roots(pem: bytes, name: str = "") -> tuple[Certificate, ...]:
    """The root certificates of timestamp authorities, from PEM; ``name`` is the file's, for the error.

    Raises:
        Misconfigured: ``timestamp-roots``, where it holds none, or something else.
    """
    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError:
        raise Misconfigured(
            "timestamp-roots",
            f"{name or '所给文件'} 中没有根证书：应为 PEM 格式（-----BEGIN CERTIFICATE-----）的证书，一份或多份",
            f"{name or 'the file'} holds no root certificates: one or more in PEM are expected"
            " (-----BEGIN CERTIFICATE-----)",
        ) from None


def request_for(text: str) -> TimeStampRequest:
    """What to send to an authority for a checkpoint's text; with a nonce."""
    return TimestampRequestBuilder().data(text.encode()).hash_algorithm(HashAlgorithm.SHA256).build()


def verified_time(
    response: bytes,
    text: str,
    size: int,
    roots: Sequence[Certificate],
    request: TimeStampRequest | None = None,
) -> str:
    """The time in a response, UTC, once all of it is checked.

    Raises:
        NotVerified: ``timestamp-invalid``, for another text too, or another request's nonce.
    """
    verifier = VerifierBuilder() if request is None else VerifierBuilder.from_request(request)
    for root in roots:
        verifier = verifier.add_root_certificate(root)
    try:
        decoded = decode_timestamp_response(response)
        verifier.build().verify_message(decoded, text.encode())
    except ValueError as error:
        raise _no_timestamp(size, error) from None
    except VerificationError as error:
        raise TIMESTAMP_INVALID.not_verified(
            size=size, problem="it is not the authority's word on this text", error=str(error)
        ) from None
    stamped: datetime = decoded.tst_info.gen_time
    return utc_text(stamped)


def check_imprint(response: bytes, text: str, size: int) -> None:
    """See that a response is one at all and stamps that text; not who gave it.

    Raises:
        NotVerified: ``timestamp-invalid``.
    """
    try:
        imprint = decode_timestamp_response(response).tst_info.message_imprint
        stamped = imprint.message
    except ValueError as error:
        raise _no_timestamp(size, error) from None
    if stamped != sha256(text.encode()).digest():
        raise TIMESTAMP_INVALID.not_verified(size=size, problem="another text was stamped")


def _no_timestamp(size: int, error: ValueError) -> NotVerified:
    return TIMESTAMP_INVALID.not_verified(
        size=size, problem="it is no timestamp of RFC 3161", error=str(error)
    )
