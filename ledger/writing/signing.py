"""The officer's side: statements made and signed, with identities committed to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from uuid_utils import uuid7

from ledger.clock import CHINA, utc_now
from ledger.crypto.keys import algorithm_in, key_id_of, public_hex
from ledger.crypto.signatures import PrivateKey
from ledger.domain.event import Event
from ledger.domain.possession import prove_possession
from ledger.identity.blind_index import SALT_BYTES, commitment
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity
from ledger.identity.vault import Disclosure
from ledger.statements.statement import Statement, sign, sign_batch
from ledger.writing.intake import Submission


def committed(identity: PersonIdentity | EnterpriseIdentity) -> tuple[str, Disclosure]:
    """A fresh commitment to an identity, and what goes beside the statement for the vault."""
    salt = os.urandom(SALT_BYTES)
    return commitment(identity, salt), Disclosure(identity, salt)


def possessed(key: PrivateKey, ledger: str, officer: str) -> dict[str, Any]:
    """What an enrolment says of a key: its algorithm, its public part, its proof for this officer."""
    public_key = public_hex(key)
    return {
        "algorithm": algorithm_in(public_key),
        "public_key": public_key,
        "proof_of_possession": prove_possession(key, ledger, officer),
    }


class Signer:
    """One officer's key at work on one ledger; ``clock`` is the officer's.

    ``second`` is another officer's key that signs everything too.
    """

    def __init__(
        self,
        key: PrivateKey,
        ledger: str,
        clock: Callable[[], datetime] = utc_now,
        second: PrivateKey | None = None,
    ) -> None:
        self.key = key
        self.second = second
        self.ledger = ledger
        self._clock = clock
        self._by = key_id_of(key)

    def statement(self, event: Event, *, on: str | None = None) -> Statement:
        """A statement of an event; ``on`` is the date of business, today in China by default."""
        now = self._clock().astimezone(CHINA)
        return Statement(
            by=self._by,
            body=event.model_dump(mode="json", exclude_defaults=True),
            id=str(uuid7()),
            ledger=self.ledger,
            made_at=now.isoformat(timespec="seconds"),
            on=on or now.date().isoformat(),
            type=event.topic(),
        )

    def sign(
        self,
        event: Event,
        disclosure: Disclosure | None = None,
        *,
        on: str | None = None,
        second: PrivateKey | None = None,
    ) -> Submission:
        """A signed statement, ready to be submitted; ``second`` signs too where policy asks."""
        return Submission(sign(self.statement(event, on=on), *self._keys(second)).raw, disclosure)

    def sign_together(
        self, statements: Sequence[Statement], disclosures: Sequence[Disclosure | None]
    ) -> list[Submission]:
        """Many statements under one batch signature of each signer."""
        envelopes = sign_batch(statements, *self._keys(None))
        return [
            Submission(envelope.raw, disclosure)
            for envelope, disclosure in zip(envelopes, disclosures, strict=True)
        ]

    def _keys(self, second: PrivateKey | None) -> list[PrivateKey]:
        other = second or self.second
        return [self.key] if other is None else [self.key, other]
