"""The vault (身份保险库): identities under a key of their own each, sealed by the vault key.

One row a disclosure. Its fields are encrypted with a fresh AES-256-GCM data key, which the vault
key wraps; both are bound to the row's id as associated data, so that rows cannot be exchanged.
Deleting the row makes the identity unreadable for ever, and the statement's commitment
meaningless, while every signature and proof stays whole.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

from ledger.errors import Misconfigured
from ledger.identity.documents import EnterpriseIdentity, Identity, PersonIdentity

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
    """Seals and opens identities. ``keys`` are the vault's keys by version, 32 raw bytes each.

    It seals with the newest and opens with the one that a row names.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = dict(keys)
        self._aeads = {version: AESGCM(key) for version, key in keys.items()}
        self.version = max(keys)

    def __reduce__(self) -> tuple[type[Vault], tuple[dict[int, bytes]]]:
        return Vault, (self._keys,)

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
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(
            id=row_id,
            dossier=dossier,
            key_version=self.version,
            wrapped_key=self._wrap(data_key, bound),
            box=nonce + AESGCM(data_key).encrypt(nonce, content, bound),
        )

    def _wrap(self, data_key: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aeads[self.version].encrypt(nonce, data_key, bound)

    def rewrap(self, sealed: Sealed) -> Sealed:
        """The same row with its data key under the newest version; raises ``vault-key``."""
        data_key = self._data_key(sealed)
        return sealed._replace(key_version=self.version, wrapped_key=self._wrap(data_key, sealed.id.encode()))

    def new_key(self, row_id: str) -> tuple[bytes, Sealed]:
        """A fresh data key for boxes that lie elsewhere, and the row that keeps it, without a box of its own."""
        data_key = AESGCM.generate_key(256)
        return data_key, Sealed(row_id, row_id, self.version, self._wrap(data_key, row_id.encode()), b"")

    def key_in(self, sealed: Sealed) -> bytes:
        """The data key that such a row keeps; raises ``vault-key``."""
        return self._data_key(sealed)

    def open(self, sealed: Sealed) -> Disclosure:
        """Decrypts one row. Callers record an IdentityRevealed statement first.

        Raises:
            Misconfigured: ``vault-key`` where this key did not seal the row, or the row was moved
                or changed.
        """
        data_key = self._data_key(sealed)
        box = sealed.box
        try:
            content = AESGCM(data_key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], sealed.id.encode())
        except InvalidTag:
            raise _does_not_open(sealed) from None
        value = orjson.loads(content)
        return Disclosure(_IDENTITY.validate_python(value["identity"]), bytes.fromhex(value["salt"]))

    def _data_key(self, sealed: Sealed) -> bytes:
        aead, wrapped = self._aeads.get(sealed.key_version), sealed.wrapped_key
        try:
            if aead is None:
                raise InvalidTag
            return aead.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], sealed.id.encode())
        except InvalidTag:
            raise _does_not_open(sealed) from None


def _does_not_open(sealed: Sealed) -> Misconfigured:
    return Misconfigured(
        "vault-key",
        f"保险库密钥（第 {sealed.key_version} 版）不符，或记录 {sealed.id} 被改动",
        f"the vault's key, version {sealed.key_version}, does not open row {sealed.id}, or the row was changed",
    )
