"""Keys and signatures (密钥与签名): Ed25519 (RFC 8032), and SM2 with SM3 (GB/T 32918, GB/T 32905).

A key's algorithm is named in its enrolment, which checks that the key has that algorithm's form;
from then on the form alone tells: 32 bytes are an Ed25519 key, 65 an SM2 key.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Literal, Protocol

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ledger.crypto import sm2
from ledger.errors import Rule

Algorithm = Literal["ed25519", "sm2"]

SIGNATURE_MALFORMED = Rule(
    "signature-malformed",
    zh="签名格式不符：{what!w}，应为 {expected!w}，实为 {found!w}",
    en="the signature is malformed: {what}, expected {expected}, found {found}",
)
SIGNATURE_MALLEABLE = Rule(
    "signature-malleable",
    zh="签名可变造：{what!w}",
    en="the signature is malleable: {what}",
)
SIGNATURE_INVALID = Rule(
    "signature-invalid",
    zh="签名验证不通过：内容与签名不符，或不是该密钥所签",
    en="the signature does not verify: other content, or another key",
)

_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
_ORDER = 2**252 + 27742317777372353535851937790883648493
_FIELD = 2**255 - 19
_Y_BITS = 2**255 - 1
# The encodings, canonical or not, of the eight points of small order (y is 0, 1, −1 or ±one of two
# roots): under such a key one signature fits many messages.
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        _FIELD,
        _FIELD + 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)


class PublicKeyPart(Protocol):
    """What a signing key says of itself."""

    def public_bytes_raw(self) -> bytes:
        """The public key in the form that is enrolled."""


class PrivateKey(Protocol):
    """A key that signs: ``cryptography``'s for Ed25519, :class:`ledger.crypto.sm2.Sm2PrivateKey`."""

    def sign(self, data: bytes, /) -> bytes:
        """The signature, 64 bytes."""

    def public_key(self) -> PublicKeyPart:
        """The public part."""


def algorithm_of(public_key: bytes) -> Algorithm:
    """Which algorithm a public key's form is of; raises ``signature-malformed`` for any other form."""
    if len(public_key) == 32:
        return "ed25519"
    if len(public_key) == sm2.PUBLIC_KEY_BYTES and public_key[0] == 4:
        return "sm2"
    raise SIGNATURE_MALFORMED.not_verified(
        what="public key", expected="32 bytes, or 65 from 04 on", found=f"{len(public_key)} bytes"
    )


def key_id(public_key: bytes) -> str:
    """A key's name: hex SHA-256 of its DER SubjectPublicKeyInfo. Takes the raw public key."""
    spki = _ED25519_SPKI if algorithm_of(public_key) == "ed25519" else sm2.SPKI
    return sha256(spki + public_key).hexdigest()


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Checks a signature by the key's own algorithm: raw 32 or 65 bytes, any, raw 64 bytes.

    Stricter than the standards ask, so that one message has one signature and every verifier
    agrees. Ed25519: S must be below the group order, the key and R must be canonical and not of
    small order. SM2: r and s must be within [1, n−1], the key a point of the curve.

    Raises:
        NotVerified: ``signature-malformed``, ``signature-malleable``, ``point-not-on-curve`` or
            ``signature-invalid``.
    """
    algorithm = algorithm_of(public_key)
    if len(signature) != 64:
        raise SIGNATURE_MALFORMED.not_verified(
            what="signature", expected="64 bytes", found=f"{len(signature)} bytes"
        )
    if algorithm == "ed25519":
        _verify_ed25519(public_key, message, signature)
    else:
        _verify_sm2(public_key, message, signature)


def _verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> None:
    if int.from_bytes(signature[32:], "little") >= _ORDER:
        raise SIGNATURE_MALLEABLE.not_verified(what="S is not below the group order")
    _check_public_key(public_key)
    _check_point("R", signature[:32])
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        raise SIGNATURE_INVALID.not_verified() from None


@lru_cache(maxsize=1024)
def _check_public_key(public_key: bytes) -> None:
    _check_point("public key", public_key)


def has_small_order(point: bytes) -> bool:
    """Whether an Ed25519 point, canonically encoded or not, is one of the eight of small order."""
    return int.from_bytes(point, "little") & _Y_BITS in _SMALL_ORDER_Y


def _check_point(what: str, point: bytes) -> None:
    y = int.from_bytes(point, "little") & _Y_BITS
    if has_small_order(point):
        raise SIGNATURE_MALLEABLE.not_verified(what=f"{what} is of small order")
    if y >= _FIELD:
        raise SIGNATURE_MALLEABLE.not_verified(what=f"{what} is not canonical")


def _verify_sm2(public_key: bytes, message: bytes, signature: bytes) -> None:
    for what, half in (("r", signature[:32]), ("s", signature[32:])):
        if not 0 < int.from_bytes(half, "big") < sm2.ORDER:
            raise SIGNATURE_MALLEABLE.not_verified(what=f"{what} is not within the group order")
    if not sm2.verifies(public_key, message, signature):
        raise SIGNATURE_INVALID.not_verified()
