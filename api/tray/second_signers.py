"""Who may sign second (会签人): by the roles that the event asks of every signer; pure."""

from __future__ import annotations

from collections.abc import Collection

from ledger.domain.admission import REGISTRAR
from ledger.domain.event import Event, holds
from ledger.domain.state import Key, Officer, State
from ledger.errors import Refused


def may_sign_second(officer: Officer, event: Event, signers: Collection[str], state: State) -> bool:
    """Whether an officer may add a signature to those of these keys: another person, who holds the event's role.

    A second registrar only agrees, and may be one over less. The ledger decides again when the statement comes.
    """
    others = [state.get(Key, keyid).officer for keyid in signers]
    if officer.id in others or state.person_of(officer.id) in {state.person_of(each) for each in others}:
        return False
    roles = event.roles() or REGISTRAR
    if roles == REGISTRAR:
        return any(grant["role"] in REGISTRAR for grant in officer.grants)
    try:
        return holds(officer, roles, event.scope(state), state)
    except Refused:
        return False  # it names what is not there
