"""The vault (身份保险库): identities under a key of their own each, sealed by the vault key.

One row a disclosure. Its fields are encrypted with a fresh AES-256-GCM data key, which the vault
key wraps; both are bound to the row's id as associated data, so that rows cannot be exchanged.
Deleting the row makes the identity unreadable for ever, and the statement's commitment
meaningless, while every signature and proof stays whole.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from ledger.errors import Misconfigured
from ledger.identity import EnterpriseIdentity, Identity, PersonIdentity
from ledger.marks import MARK_KEY_BYTES

_NONCE_BYTES = 12
_KEY_BYTES = 32
_IDENTITY: TypeAdapter[PersonIdentity | EnterpriseIdentity] = TypeAdapter(Identity)


class Disclosure(NamedTuple):
    """What the signer gives beside a statement: the identity that its commitment is over."""

    identity: PersonIdentity | EnterpriseIdentity
    salt: bytes


class Sealed(NamedTuple):
    """A vault row: the wrapped data key and the encrypted identity with its salt.

    ``id`` is the statement's, ``dossier`` the dossier that it belongs to, whose erasure takes the
    row with it; a row of another kind (an officer, a proxy) names its own statement there.
    """

    id: str
    dossier: str
    key_version: int
    wrapped_key: bytes
    box: bytes


class Vault:
    """Seals and opens identities under one version of the vault key (32 raw bytes)."""

    def __init__(self, key: bytes, version: int = 1) -> None:
        self._key = key
        self._aead = AESGCM(key)
        self.version = version

    def __reduce__(self) -> tuple[type[Vault], tuple[bytes, int]]:
        return Vault, (self._key, self.version)

    def seal(self, row_id: str, dossier: str, disclosure: Disclosure) -> Sealed:
        """Encrypts one disclosure for the row of that id."""
        bound = row_id.encode()
        data_key = AESGCM.generate_key(256)
        content = orjson.dumps(
            {
                "identity": disclosure.identity.model_dump(exclude_none=True),
                "salt": disclosure.salt.hex(),
            }
        )
        nonce, wrap_nonce = os.urandom(_NONCE_BYTES), os.urandom(_NONCE_BYTES)
        return Sealed(
            id=row_id,
            dossier=dossier,
            key_version=self.version,
            wrapped_key=wrap_nonce + self._aead.encrypt(wrap_nonce, data_key, bound),
            box=nonce + AESGCM(data_key).encrypt(nonce, content, bound),
        )

    def open(self, sealed: Sealed) -> Disclosure:
        """Decrypts one row. Callers record an IdentityRevealed statement first.

        Raises:
            Misconfigured: ``vault-key`` where this key did not seal the row, or the row was moved
                or changed.
        """
        bound = sealed.id.encode()
        try:
            wrapped, box = sealed.wrapped_key, sealed.box
            data_key = self._aead.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound)
            content = AESGCM(data_key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], bound)
        except InvalidTag:
            raise Misconfigured(
                "vault-key",
                f"保险库密钥不符，或记录 {sealed.id} 被改动",
                f"the vault key does not open row {sealed.id}, or the row was changed",
            ) from None
        value = orjson.loads(content)
        return Disclosure(_IDENTITY.validate_python(value["identity"]), bytes.fromhex(value["salt"]))


@dataclass(frozen=True, slots=True)
class LedgerSecrets:
    """The three secrets that belong to the ledger itself, 32 raw bytes each."""

    vault_key: bytes
    mark_key: bytes
    ledger_key: bytes

    NAMES: ClassVar[tuple[str, ...]] = ("vault_key", "mark_key", "ledger_key")

    @classmethod
    def create(cls, folder: Path) -> LedgerSecrets:
        """Makes new secrets in ``folder``, one file each, readable by this user alone."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in cls.NAMES:
            path = folder / name
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(os.urandom(_KEY_BYTES))
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> LedgerSecrets:
        """Reads the secrets; raises ``secrets-missing`` where a file is not there or not whole."""
        values = {}
        for name in cls.NAMES:
            path = folder / name
            raw = path.read_bytes() if path.exists() else b""
            if len(raw) != MARK_KEY_BYTES:
                raise Misconfigured(
                    "secrets-missing",
                    f"账本密钥文件 {path} 不存在或不完整",
                    f"the ledger's secret {path} is missing or not {MARK_KEY_BYTES} bytes long",
                )
            values[name] = raw
        return cls(**values)
