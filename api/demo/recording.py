"""How made-up officers record: each signs with a key of their own, at a clock's time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ledger.crypto.keys import OfficerKey, new_key
from ledger.domain.event import Event
from ledger.errors import Refused
from ledger.identity.vault import Disclosure
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer

ToSign = tuple[Event, Disclosure | None, str | None]
"""An event, the identity beside it, and the date of business, today where it is None."""


class Recording:
    """Officers by name, and what they recorded: ``recorded`` is the last position, ``positions`` by id."""

    def __init__(self, writer: Writer, clock: Callable[[], datetime], ledger: str) -> None:
        self.writer = writer
        self.ledger = ledger
        self.keys: dict[str, OfficerKey] = {}
        self.recorded = 0
        self.positions: dict[str, int] = {}
        self._clock = clock
        self._signers: dict[str, Signer] = {}

    def signer(self, officer: str) -> Signer:
        """An officer with their key."""
        if officer not in self._signers:
            key = self.keys.setdefault(officer, new_key())
            self._signers[officer] = Signer(key, self.ledger, self._clock)
        return self._signers[officer]

    def put_key(self, officer: str, key: OfficerKey) -> None:
        """From now on the officer signs with this key."""
        self.keys[officer] = key
        self._signers[officer] = Signer(key, self.ledger, self._clock)

    def let_sign(self, officer: str, instead_of: str) -> None:
        """From now on, what the one is to sign is signed by the other, with their key."""
        self._signers[instead_of] = self.signer(officer)

    def record(
        self,
        officer: str,
        event: Event,
        disclosure: Disclosure | None = None,
        *,
        on: str | None = None,
        second: str | None = None,
    ) -> Receipt:
        """Records one statement of that date of business, today by default; raises its refusal."""
        other = self.signer(second).key if second else None
        receipt = self.writer.record(self.signer(officer).sign(event, disclosure, on=on, second=other))
        self._note(receipt)
        return receipt

    def together(self, officer: str, events: Sequence[ToSign]) -> list[str]:
        """Records many under one signature; returns their ids."""
        if not events:
            return []
        signer = self.signer(officer)
        made = [signer.statement(event, on=on) for event, _, on in events]
        self.submit(signer.sign_together(made, [disclosure for _, disclosure, _ in events]))
        return [statement.id for statement in made]

    def submit(self, submissions: Sequence[Submission]) -> None:
        """Records many; a refusal is an error."""
        for outcome in self.writer.record_all(submissions):
            if isinstance(outcome, Refused):
                raise outcome
            self._note(outcome)

    def _note(self, receipt: Receipt) -> None:
        self.recorded = max(self.recorded, receipt.position)
        self.positions[receipt.id] = receipt.position
