"""Public keys that may be enrolled (可登记的公钥): points of their curve's own group, in their one form.

Stricter than verifying a signature asks. It is checked where statements are taken in, so that a key
that was enrolled before stays what it was. Ed25519 (RFC 8032): the encoding is canonical, the point on
the curve, not of small order, and without a part of small order. SM2 (GB/T 32918.1, 6.2.2): the point
is on the curve and not at infinity, which has no encoding of 65 bytes.
"""

from __future__ import annotations

from functools import lru_cache

from nacl.bindings import crypto_core_ed25519_is_valid_point

from ledger.crypto.signatures import algorithm_of, has_small_order
from ledger.crypto.sm2 import POINT_NOT_ON_CURVE
from ledger.domain.event import Event
from ledger.errors import Rule

KEY_OF_SMALL_ORDER = Rule(
    "key-of-small-order",
    zh="不能登记此公钥：它是低阶点，一个签名可对应许多内容",
    en="this public key cannot be enrolled: it is a point of small order, under which one signature fits"
    " many messages",
)
KEY_NOT_CANONICAL = Rule(
    "key-not-canonical",
    zh="不能登记此公钥：编码不是规范形式",
    en="this public key cannot be enrolled: its encoding is not the canonical one",
)
KEY_NOT_ON_CURVE = Rule(
    "key-not-on-curve",
    zh="不能登记此公钥：它不是曲线上的点",
    en="this public key cannot be enrolled: it is no point of the curve",
)
KEY_OF_MIXED_ORDER = Rule(
    "key-of-mixed-order",
    zh="不能登记此公钥：它含有低阶部分，不同的验证程序对其签名会得出不同结论",
    en="this public key cannot be enrolled: it has a part of small order, so that verifiers with and"
    " without cofactor differ over its signatures",
)

_ED25519_FIELD = 2**255 - 19
_ED25519_D = -121665 * pow(121666, -1, _ED25519_FIELD) % _ED25519_FIELD
_SM2_FIELD = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
ENROLLING_FIELDS = ("public_key", "ledger_key")
"""The members of a body that name a key to be enrolled, in hex."""


def check_enrolled_keys(event: Event) -> None:
    """Check every public key that an event would enrol.

    Raises:
        Refused: ``key-of-small-order``, ``key-not-canonical``, ``key-not-on-curve``,
            ``key-of-mixed-order``, ``point-not-on-curve``; ``signature-malformed`` where it has the
            form of no algorithm.
    """
    said = event.__dict__
    for name in ENROLLING_FIELDS:
        if isinstance(said.get(name), str):
            check_enrollable(bytes.fromhex(said[name]))


@lru_cache(maxsize=256)
def check_enrollable(public_key: bytes) -> None:
    """Check one raw public key; raises as :func:`check_enrolled_keys`."""
    if algorithm_of(public_key) == "ed25519":
        _check_ed25519(public_key)
    else:
        x, y = (int.from_bytes(half, "big") for half in (public_key[1:33], public_key[33:]))
        # y² = x³ − 3x + b
        if max(x, y) >= _SM2_FIELD or (y * y - x**3 + 3 * x - _SM2_B) % _SM2_FIELD != 0:
            raise POINT_NOT_ON_CURVE.refused()


def _check_ed25519(public_key: bytes) -> None:
    if has_small_order(public_key):
        raise KEY_OF_SMALL_ORDER.refused()
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= _ED25519_FIELD:
        raise KEY_NOT_CANONICAL.refused()
    # x² = (y² − 1) / (d·y² + 1) has a root, or there is no such point.
    square = (y * y - 1) * pow(_ED25519_D * y * y + 1, -1, _ED25519_FIELD) % _ED25519_FIELD
    if pow(square, (_ED25519_FIELD - 1) // 2, _ED25519_FIELD) != 1:
        raise KEY_NOT_ON_CURVE.refused()
    if not crypto_core_ed25519_is_valid_point(public_key):
        raise KEY_OF_MIXED_ORDER.refused()
