"""SM2 with SM3 (商用密码 SM2、SM3): GB/T 32918.2, GB/T 32905, as GM/T 0009 uses them.

The signer's identifier is the default one, ``1234567812345678``. A signature is r and s, 32 bytes
each, big-endian; a public key is its uncompressed point, ``04`` and 64 bytes. The computing is
Tongsuo's, which is loaded only where such a key is met.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache, lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ledger.errors import Misconfigured, Rule

NAME = "sm2"
PUBLIC_KEY_BYTES = 65
SIGNATURE_BYTES = 64
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""What stands before the point in a key's DER SubjectPublicKeyInfo."""
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

POINT_NOT_ON_CURVE = Rule(
    "point-not-on-curve",
    zh="SM2 公钥不是曲线上的点",
    en="the SM2 public key is no point of the curve",
)


_CHINESE_ALGORITHMS = bytes.fromhex("2a811ccf55")
"""How the object identifiers of all SM algorithms begin: 1.2.156.10197, the encryption's too."""
_PEM_BODY = re.compile(rb"-----BEGIN [A-Z ]+-----\s+([A-Za-z0-9+/=\s]+)-----END ")


def is_sm2_pem(pem: bytes) -> bool:
    """Whether a key file names an SM algorithm, for the key or for its encryption."""
    body = _PEM_BODY.search(pem)
    try:
        return body is not None and _CHINESE_ALGORITHMS in binascii.a2b_base64(body[1])
    except binascii.Error:
        return False


def is_sm2_der(der: bytes) -> bool:
    """Whether a private key's DER names an SM algorithm."""
    return _CHINESE_ALGORITHMS in der


@cache
def _tongsuo() -> Any:
    """The library's module of elliptic curves.

    Raises:
        Misconfigured: ``sm2-unavailable`` where the library is not made for this machine.
    """
    try:
        from tongsuopy.crypto.asymciphers import ec
    except ImportError as error:
        raise Misconfigured(
            "sm2-unavailable",
            "本机不能使用 SM2：没有可用的 tongsuopy（安装的版本与本机不符，或未安装）",
            f"SM2 cannot be used on this machine: tongsuopy is missing ({error})",
        ) from None
    return ec


@cache
def _scheme() -> Any:
    from tongsuopy.crypto import hashes

    return _tongsuo().ECDSA(hashes.SM3())


@lru_cache(maxsize=1024)
def _loaded(public_key: bytes) -> Any:
    ec = _tongsuo()
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), public_key)
    except ValueError:
        raise POINT_NOT_ON_CURVE.not_verified() from None


def verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether r and s, both within [1, n−1], are that key's signature.

    Raises:
        NotVerified: ``point-not-on-curve``.
    """
    from tongsuopy.crypto.exceptions import InvalidSignature

    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        _loaded(public_key).verify(encode_dss_signature(r, s), message, _scheme())
    except InvalidSignature:
        return False
    return True


class Sm2PublicKey:
    """A public key, in the one form that is enrolled."""

    def __init__(self, point: bytes) -> None:
        self._point = point

    def public_bytes_raw(self) -> bytes:
        """The uncompressed point, 65 bytes."""
        return self._point


class Sm2PrivateKey:
    """An officer's SM2 key, with the methods that an Ed25519 key has."""

    def __init__(self, key: Any) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> Sm2PrivateKey:
        """A new key from the system's randomness."""
        ec = _tongsuo()
        return cls(ec.generate_private_key(ec.SM2()))

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: bytes | None) -> Sm2PrivateKey:
        """Reads a key file; raises ValueError or TypeError where it cannot be read or is no SM2 key."""
        ec = _tongsuo()
        from tongsuopy.crypto import serialization
        from tongsuopy.crypto.exceptions import InternalError, UnsupportedAlgorithm

        try:
            key = serialization.load_pem_private_key(pem, passphrase)
        except (InternalError, UnsupportedAlgorithm) as error:
            raise ValueError(type(error).__name__) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("not an SM2 key")
        return cls(key)

    @classmethod
    def from_der(cls, der: bytes) -> Sm2PrivateKey:
        """Reads a key's PKCS#8 DER; raises ValueError where it is no SM2 key."""
        text = base64.encodebytes(der)
        return cls.from_pem(b"-----BEGIN PRIVATE KEY-----\n" + text + b"-----END PRIVATE KEY-----\n", None)

    def pem(self) -> bytes:
        """PKCS#8 PEM, not encrypted."""
        from tongsuopy.crypto import serialization as s

        pem: bytes = self._key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
        return pem

    def der(self) -> bytes:
        """PKCS#8 DER, not encrypted."""
        body = _PEM_BODY.search(self.pem())
        if body is None:
            raise RuntimeError("the library wrote no PEM")
        return binascii.a2b_base64(body[1])

    def public_key(self) -> Sm2PublicKey:
        """The public part."""
        from tongsuopy.crypto import serialization as s

        return Sm2PublicKey(
            self._key.public_key().public_bytes(s.Encoding.X962, s.PublicFormat.UncompressedPoint)
        )

    def sign(self, message: bytes) -> bytes:
        """R and s, 32 bytes each."""
        r, s = decode_dss_signature(self._key.sign(message, _scheme()))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
