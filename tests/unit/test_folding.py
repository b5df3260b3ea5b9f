"""Folding recorded entries: the state that they leave, whatever was verified before."""

from __future__ import annotations

from ledger.clock import utc_now
from ledger.crypto.keys import key_id_of, new_key, public_hex
from ledger.domain.admission import fold
from ledger.domain.entry import write_entry
from ledger.domain.event import Event, utc_text
from ledger.domain.state import Book, Key, State, Unit
from ledger.events.registry import LedgerFounded, UnitRegistered
from ledger.writing.signing import Signer
from tests.scene import LEDGER

REGISTRAR = new_key()


def entry(event: Event) -> bytes:
    return write_entry(Signer(REGISTRAR, LEDGER).sign(event).envelope, {}, utc_text(utc_now()))


FOUNDED = entry(
    LedgerFounded(
        name="台账",
        officer="registrar",
        officer_name="授权管理员",
        public_key=public_hex(REGISTRAR),
        ledger_key=public_hex(new_key()),
        rules=1,
    )
)
COUNTY = entry(UnitRegistered(unit="county", name="县总工会", level="county"))


def test_entries_leave_the_state_that_their_events_made() -> None:
    state = fold([FOUNDED, COUNTY])
    book = state.get(Book, "ledger")
    assert (book.ledger, state.get(Unit, "county").name) == (LEDGER, "县总工会")
    assert state.get(Key, key_id_of(REGISTRAR)).officer == "registrar"


def test_folding_goes_on_from_a_state_that_is_given() -> None:
    begun = fold([FOUNDED])
    assert begun.find(Unit, "county") is None
    assert fold([COUNTY], begun) is begun
    assert begun.get(Unit, "county").level == "county"
    untouched = State()
    assert fold([], untouched) is untouched
