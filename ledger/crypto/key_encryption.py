"""Private keys under a passphrase: PKCS#8 by PBES2 (RFC 8018), one derivation for files and pages.

PBKDF2 with HMAC-SHA-256 and 600,000 rounds, AES-256-CBC: the strongest that WebCrypto, OpenSSL and this
library all read. The file itself names its derivation and rounds, so that an older one still opens;
:func:`is_weakly_encrypted` tells which one should be written anew.
"""

from __future__ import annotations

import base64
import os
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

ROUNDS = 600_000
MOST_ROUNDS = 10_000_000
"""More rounds than this are no key file's: opening it would only keep the machine busy."""
SALT_BYTES = 16
BLOCK_BYTES = 16

_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("300c06082a864886f70d02090500")
_AES256_CBC = bytes.fromhex("060960864801650304012a")
_PEM = re.compile(rb"-----BEGIN (ENCRYPTED )?PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END")

# Everything of our own scheme before the salt, the rounds, the initial vector and the box.
_SCHEME = re.compile(
    rb"\x30.{1,4}?\x30.{1,2}?"
    + re.escape(_PBES2)
    + rb"\x30.{1,2}?\x30.{1,2}?"
    + re.escape(_PBKDF2)
    + rb"\x30.{1,2}?\x04\x10(?P<salt>.{16})\x02(?P<rounds>\x01.|\x02..|\x03...|\x04....)"
    + re.escape(_HMAC_SHA256)
    + rb"\x30.{1,2}?"
    + re.escape(_AES256_CBC)
    + rb"\x04\x10(?P<iv>.{16})\x04(?P<box>.+)",
    re.DOTALL,
)


def encrypt_key(pkcs8: bytes, passphrase: str) -> bytes:
    """A private key's DER under a passphrase, as PEM."""
    salt, iv = os.urandom(SALT_BYTES), os.urandom(BLOCK_BYTES)
    padder = PKCS7(8 * BLOCK_BYTES).padder()
    encryptor = _cipher(passphrase, salt, ROUNDS, iv).encryptor()
    box = encryptor.update(padder.update(pkcs8) + padder.finalize()) + encryptor.finalize()
    rounds = _der(0x02, ROUNDS.to_bytes(3, "big"))
    derivation = _der(0x30, _PBKDF2 + _der(0x30, _der(0x04, salt) + rounds + _HMAC_SHA256))
    scheme = _der(0x30, derivation + _der(0x30, _AES256_CBC + _der(0x04, iv)))
    return _pem(_der(0x30, _der(0x30, _PBES2 + scheme) + _der(0x04, box)))


def decrypt_key(pem: bytes, passphrase: str) -> bytes | None:
    """The DER of a private key that is encrypted in this way; None where it is in another, or not at all.

    Raises:
        ValueError: where the passphrase is wrong, or the rounds are more than a file may ask for.
    """
    found = _parts(pem)
    if found is None:
        return None
    rounds = _rounds(found)
    if not 0 < rounds <= MOST_ROUNDS:
        raise ValueError(f"{rounds} rounds, at most {MOST_ROUNDS}")
    decryptor = _cipher(passphrase, found["salt"], rounds, found["iv"]).decryptor()
    padded = decryptor.update(_content(found["box"])) + decryptor.finalize()
    unpadder = PKCS7(8 * BLOCK_BYTES).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def is_unencrypted(pem: bytes) -> bool:
    """Whether a file holds a private key as it is, so that no passphrase opens it or is needed.

    >>> is_unencrypted(b"-----BEGIN PRIVATE KEY-----"), is_unencrypted(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    (True, False)
    """
    return (
        b"PRIVATE KEY-----" in pem
        and b"BEGIN ENCRYPTED PRIVATE KEY" not in pem
        and b"Proc-Type: 4,ENCRYPTED" not in pem
    )


def is_weakly_encrypted(pem: bytes) -> bool:
    """Whether a file is encrypted, but in another way or by fewer rounds than files are written with now."""
    if b"BEGIN ENCRYPTED PRIVATE KEY" not in pem:
        return False
    found = _parts(pem)
    return found is None or _rounds(found) < ROUNDS


def _parts(pem: bytes) -> re.Match[bytes] | None:
    body = _PEM.search(pem)
    if body is None or body[1] is None:
        return None
    try:
        return _SCHEME.fullmatch(base64.b64decode(re.sub(rb"\s", b"", body[2]), validate=True))
    except ValueError:
        return None


def _rounds(found: re.Match[bytes]) -> int:
    return int.from_bytes(found["rounds"][1:], "big", signed=True)


def _cipher(passphrase: str, salt: bytes, rounds: int, iv: bytes) -> Cipher[modes.CBC]:
    derived = PBKDF2HMAC(SHA256(), 32, salt, rounds).derive(passphrase.encode())
    return Cipher(algorithms.AES(derived), modes.CBC(iv))


def _der(tag: int, content: bytes) -> bytes:
    """One DER value (X.690)."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _content(lengthened: bytes) -> bytes:
    """The content of a DER value whose tag is taken off."""
    first = lengthened[0]
    return lengthened[1:] if first < 128 else lengthened[1 + (first & 0x7F) :]


def _pem(der: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = b"\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + lines + b"\n-----END ENCRYPTED PRIVATE KEY-----\n"
