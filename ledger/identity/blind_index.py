"""Marks (盲索引): keyed blind indexes, by which the ledger knows a person again without a name.

A mark is ``<key version>:<base64url of HMAC-SHA256>`` over the field's name and its normal form.
Whoever lacks the key learns nothing from it but equality; the same number under another field gives
another mark. Marks stand in the entry beside the statement, so projections see duplicates, shared
accounts and households without seeing an identity.
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

from ledger.identity import documents as identities
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from ledger.identity.row_seals import RowSeals
from ledger.statements.statement import canonical_plain

MARK_KEY_BYTES = 32
SALT_BYTES = 16


class Marker:
    """Makes marks under one key version. ``key`` is 32 raw bytes, ``version`` starts at 1."""

    def __init__(self, key: bytes, version: int = 1) -> None:
        if len(key) != MARK_KEY_BYTES:
            raise RuntimeError(f"a mark key has {MARK_KEY_BYTES} bytes, got {len(key)}")
        self._key = key
        self.version = version

    def row_seals(self) -> RowSeals:
        """The seals over rows that stand beside the record, under a key derived from the marks' own."""
        return RowSeals(self._key)

    def mark(self, field: str, value: str) -> str:
        """The mark of one field's value, which must be in normal form."""
        digest = hmac.digest(self._key, f"{field}\0{value}".encode(), "sha256")
        return f"{self.version}:{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    def marks_of(self, identity: PersonIdentity | EnterpriseIdentity) -> dict[str, str]:
        """Every mark of an identity: person, name, and what else it has.

        ``person`` is over the resident identity number, for an enterprise over its credit code.
        ``account_holder`` is marked as a name, so that it equals ``name`` where they agree.
        """
        if isinstance(identity, PersonIdentity):
            marks = {"person": self.mark("person", identity.number)}
            if identity.household:
                marks["household"] = self.mark("household", identity.household)
        else:
            marks = {"person": self.mark("enterprise", identity.credit_code)}
        marks["name"] = self.mark("name", identity.name)
        if identity.account_holder:
            marks["account_holder"] = self.mark("name", identity.account_holder)
        if identity.account:
            marks["account"] = self.mark("account", identity.account)
        if identity.phone:
            marks["phone"] = self.mark("phone", identity.phone)
        if identity.address:
            marks["address"] = self.mark("address", identities.address(identity.address))
        return marks


def commitment(identity: PersonIdentity | EnterpriseIdentity, salt: bytes) -> str:
    """What a statement says of an identity: hex SHA-256(salt ‖ RFC 8785 of its fields)."""
    if len(salt) != SALT_BYTES:
        raise RuntimeError(f"a salt has {SALT_BYTES} bytes, got {len(salt)}")
    fields = identity.model_dump(exclude_none=True)
    return sha256(salt + canonical_plain(fields)).hexdigest()
