"""Officers' key files: encrypted PKCS#8 PEM. The private key never leaves the officer."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from ledger.crypto.key_encryption import (
    decrypt_key,
    encrypt_key,
    is_unencrypted,
    is_weakly_encrypted,
)
from ledger.crypto.signatures import Algorithm, PrivateKey, key_id
from ledger.crypto.sm2 import (
    PUBLIC_KEY_BYTES,
    Sm2PrivateKey,
    is_sm2_der,
    is_sm2_pem,
)
from ledger.errors import Misconfigured
from ledger.system_words import reason_of

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
    pem = _pem(key, passphrase)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Misconfigured(
            "key-file-exists", f"密钥文件 {path} 已存在，不覆盖", f"the key file {path} exists already"
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(pem)


def encrypt_anew(path: Path, passphrase: str) -> bool:
    """Write a key file anew under the same passphrase, as files are encrypted now; False where it is so.

    One that was not encrypted is from now on, under the passphrase given; an empty one leaves it so.
    The file is replaced in one step: after a break it is the old one or the new one.

    Raises:
        Misconfigured: as :func:`load_key`.
    """
    key = load_key(path, passphrase)
    pem = path.read_bytes()
    if not is_weakly_encrypted(pem) and not (passphrase and is_unencrypted(pem)):
        return False
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(_pem(key, passphrase))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return True


def _pem(key: OfficerKey, passphrase: str) -> bytes:
    if isinstance(key, Sm2PrivateKey):
        plain, der = key.pem(), key.der()
    else:
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return encrypt_key(der, passphrase) if passphrase else plain


def load_key(path: Path, passphrase: str) -> OfficerKey:
    """Reads a key file; for one that is not encrypted the passphrase is of no use, and none is needed.

    Raises:
        Misconfigured: ``key-file`` where there is no such file, the passphrase is wrong, or it
            holds another kind of key; ``sm2-unavailable``.
    """
    try:
        pem = path.read_bytes()
        if is_unencrypted(pem):
            passphrase = ""
        word = passphrase.encode() or None
        der = decrypt_key(pem, passphrase) if passphrase else None
        if der is not None:
            key = Sm2PrivateKey.from_der(der) if is_sm2_der(der) else load_der_private_key(der, None)
        elif is_sm2_pem(pem):
            return Sm2PrivateKey.from_pem(pem, word)
        else:
            key = load_pem_private_key(pem, word)
    except OSError as error:
        zh, en = reason_of(error)
        raise Misconfigured(
            "key-file", f"无法打开密钥文件 {path}：{zh}", f"cannot open the key file {path}: {en}"
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Misconfigured(
            "key-file",
            f"无法打开密钥文件 {path}：口令错误，或不是密钥文件",
            f"cannot open the key file {path}: the passphrase is wrong, or it is no key file",
        ) from None
    if not isinstance(key, Ed25519PrivateKey | Sm2PrivateKey):
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
