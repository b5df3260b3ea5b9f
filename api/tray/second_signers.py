"""Who may sign second (会签人): by the roles that the event asks of every signer; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ledger.domain.admission import REGISTRAR
from ledger.domain.event import Event, holds
from ledger.domain.references import Scope, resolved
from ledger.domain.state import Key, Officer, State, Unit
from ledger.errors import Refused


def may_sign_second(officer: Officer, event: Event, signers: Collection[str], state: State) -> bool:
    """Whether an officer may add a signature to those of these keys: another person, who holds the event's role.

    Nobody is shown what a key signed that was revoked since, which would be refused; nor could its holder say that it is
    theirs. A second registrar only agrees, and may be one over less; the tray shows it to those over what is concerned, above it
    or below it, and to who is beside it only where there is nobody else. The ledger decides again when the statement comes.
    """
    keys = [state.get(Key, keyid) for keyid in signers]
    if any(key.revoked_from is not None for key in keys):
        return False
    others = [key.officer for key in keys]
    if officer.id in others or state.person_of(officer.id) in {state.person_of(each) for each in others}:
        return False
    roles = event.roles() or REGISTRAR
    try:
        if roles == REGISTRAR:
            own = event.scope(state)
            concerned = [own, *(named.scope for named in resolved(event.REFERENCES, event, own, state))]
            near = [each.id for each in state.records(Officer) if _is_registrar_near(each, concerned, state)]
            # Where none is near who has not signed, it falls to any.
            return officer.id in near if set(near) - set(others) else _is_registrar_near(officer, [], state)
        return holds(officer, roles, event.scope(state), state)
    except Refused:
        return False  # it names what is not there


def _is_registrar_near(officer: Officer, concerned: Iterable[Scope], state: State) -> bool:
    """Whether an officer is a registrar, and over each unit concerned, over one above it, or over one below it."""
    held = {grant["unit"] for grant in officer.grants if grant["role"] in REGISTRAR}
    return bool(held) and all(_is_near(held, scope.unit, state) for scope in concerned)


def _is_near(held: set[str | None], unit: str | None, state: State) -> bool:
    if unit is None or None in held:
        return True
    above = {unit, *state.get(Unit, unit).ancestors}
    return any(each in above or unit in state.get(Unit, each).ancestors for each in held if each is not None)
