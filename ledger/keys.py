"""Officers' key files: encrypted PKCS#8 PEM. The private key never leaves the officer."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.errors import Misconfigured
from ledger.signatures import Algorithm, PrivateKey, key_id
from ledger.sm2 import PUBLIC_KEY_BYTES, Sm2PrivateKey, is_sm2_pem

OfficerKey = Ed25519PrivateKey | Sm2PrivateKey
"""A key that can be an officer's, and be kept in a file."""


def new_key() -> Ed25519PrivateKey:
    """A new Ed25519 key from the system's randomness."""
    return Ed25519PrivateKey.generate()


def new_key_of(algorithm: Algorithm) -> OfficerKey:
    """A new key of the algorithm named; raises ``sm2-unavailable`` where a machine lacks it."""
    return new_key() if algorithm == "ed25519" else Sm2PrivateKey.generate()


def public_hex(key: PrivateKey) -> str:
    """The raw public key, hex: what is enrolled."""
    return key.public_key().public_bytes_raw().hex()


def algorithm_in(public_key: str) -> Algorithm:
    """The algorithm of a public key, hex, by its length; whether it is one at all, its event checks."""
    return "sm2" if len(public_key) == 2 * PUBLIC_KEY_BYTES else "ed25519"


def key_id_of(key: PrivateKey) -> str:
    """The key's id, as statements name it."""
    return key_id(key.public_key().public_bytes_raw())


def save_key(key: OfficerKey, path: Path, passphrase: str) -> None:
    """Writes a key file that only this user can read; refuses to write over another.

    An empty passphrase leaves the file unencrypted: for demonstrations only.
    """
    if isinstance(key, Sm2PrivateKey):
        pem = key.pem(passphrase)
    else:
        encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Misconfigured(
            "key-file-exists", f"密钥文件 {path} 已存在，不覆盖", f"the key file {path} exists already"
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(pem)


def load_key(path: Path, passphrase: str) -> OfficerKey:
    """Reads a key file.

    Raises:
        Misconfigured: ``key-file`` where there is no such file, the passphrase is wrong, or it
            holds another kind of key; ``sm2-unavailable``.
    """
    word = passphrase.encode() or None
    try:
        pem = path.read_bytes()
        if is_sm2_pem(pem):
            return Sm2PrivateKey.from_pem(pem, word)
        key = load_pem_private_key(pem, word)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Misconfigured(
            "key-file",
            f"打不开密钥文件 {path}：文件不存在或口令不对",
            f"cannot open the key file {path}: {error}",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(
            "key-file",
            f"{path} 不是 Ed25519 或 SM2 密钥",
            f"{path} holds neither an Ed25519 nor an SM2 key",
        )
    return key


def load_log_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """Reads a key file that is to sign checkpoints, which Ed25519 alone does (C2SP signed-note).

    Raises:
        Misconfigured: ``key-file``, as :func:`load_key` and for an SM2 key.
    """
    key = load_key(path, passphrase)
    if isinstance(key, Sm2PrivateKey):
        raise Misconfigured("key-file", f"{path} 不是 Ed25519 密钥", f"{path} does not hold an Ed25519 key")
    return key
