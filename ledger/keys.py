"""Officers' key files: Ed25519 in encrypted PKCS#8 PEM. The private key never leaves the officer."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.errors import Misconfigured
from ledger.statement import key_id


def new_key() -> Ed25519PrivateKey:
    """A new key from the system's randomness."""
    return Ed25519PrivateKey.generate()


def public_hex(key: Ed25519PrivateKey) -> str:
    """The raw public key, hex: what is enrolled."""
    return key.public_key().public_bytes_raw().hex()


def key_id_of(key: Ed25519PrivateKey) -> str:
    """The key's id, as statements name it."""
    return key_id(key.public_key().public_bytes_raw())


def save_key(key: Ed25519PrivateKey, path: Path, passphrase: str) -> None:
    """Writes a key file that only this user can read; refuses to write over another.

    An empty passphrase leaves the file unencrypted: for demonstrations only.
    """
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


def load_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """Reads a key file.

    Raises:
        Misconfigured: ``key-file`` where there is no such file, the passphrase is wrong, or it
            holds another kind of key.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode() or None)
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(
            "key-file",
            f"打不开密钥文件 {path}：文件不存在或口令不对",
            f"cannot open the key file {path}: {error}",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured("key-file", f"{path} 不是 Ed25519 密钥", f"{path} does not hold an Ed25519 key")
    return key
