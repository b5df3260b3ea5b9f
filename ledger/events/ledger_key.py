"""The ledger's own key (台账密钥): another in its place, which the old one vouches for."""

from __future__ import annotations

from typing import ClassVar

from ledger.crypto.signatures import key_id
from ledger.domain.authority import check_two_registrars
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import Text
from ledger.domain.references import Scope
from ledger.domain.state import Book, Key, State
from ledger.events.registry import LEDGER_ITSELF, LogKey, check_new_key

ROTATING_THE_LEDGERS = ("更换台账密钥", "rotating the ledger's own key")


class LedgerKeyRotated(Event):
    """The ledger gets another key of its own (台账密钥更换).

    Days and checkpoints are signed by it from then on. The checkpoint over this very entry is still
    signed by the old one, which so vouches for the new. Signed by a registrar over everything.
    """

    TITLE_ZH: ClassVar[str] = "台账密钥更换"
    TITLE_EN: ClassVar[str] = "Ledger's key rotated"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    public_key: LogKey
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The key is new; two registrars sign where the ledger has a second."""
        check_new_key("ed25519", self.public_key, state)
        if state.rules >= 3:
            check_two_registrars(act, [Scope(None, None)], state, ROTATING_THE_LEDGERS)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The book has the new key; the old one ends."""
        book = state.get(Book, "ledger")
        old = state.get(Key, book.key_id)
        old.revoked_from = act.recorded_at
        state.put(old)
        book.ledger_key = self.public_key
        book.key_id = key_id(bytes.fromhex(self.public_key))
        state.put(book)
        state.put(Key(book.key_id, LEDGER_ITSELF, "ed25519", self.public_key, act.recorded_at))
