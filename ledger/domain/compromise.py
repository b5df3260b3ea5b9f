"""Compromise cascades (密钥外泄的连带): a key that others may have had is trusted with nothing it enrolled.

Who holds a stolen key can enrol another with it, and go on when the first is revoked. So a revocation as
compromised since a moment takes with it every key that this one enrolled or put in another's place from
then on, and those that these enrolled, each from its own enrolment on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ledger.domain.distrust import Distrust, KeyEnrolled, RoleHeld, all_lost, spread
from ledger.domain.event import covers, fulfilling
from ledger.domain.references import Scope
from ledger.domain.state import Key, Officer, State, Unit
from ledger.errors import Rule

REVOKES_ITSELF = Rule(
    "revocation-distrusts-signer",
    zh="签署本件的密钥 {key} 正是所注销的密钥自 {since} 起登记的，也将随之失效：请由他人签署，或改晚起始时间",
    en="the key {key} that signs this was itself enrolled by the one revoked, after {since}, and would end with"
    " it: let another sign, or name a later moment",
)


class Enrolled(NamedTuple):
    """How a key came to be known: its id, the keys that signed for it, when that was recorded (UTC)."""

    key: str
    by: Collection[str]
    at: str


def distrusted(key: str, since: str, enrolled: Iterable[Enrolled]) -> dict[str, str]:
    """The keys that a compromised one takes with it, each with the moment from which it is not trusted.

    ``since`` is UTC in the form of ``recorded_at``. The key itself is not among them.
    """
    known = list(enrolled)
    found: dict[str, str] = {}
    waiting = [(key, since)]
    while waiting:
        source, from_then = waiting.pop()
        for each in known:
            if source in each.by and each.at >= from_then and each.key != key and each.key not in found:
                found[each.key] = each.at
                waiting.append((each.key, each.at))
    return found


def distrusted_with(key: Key, since: str, state: State) -> dict[str, str]:
    """The same, of the keys that the ledger's state holds."""
    enrolled = [Enrolled(each.id, each.enrolled_by, each.enrolled_at) for each in state.records(Key)]
    return distrusted(key.id, since, enrolled)


def check_not_own(key: Key, since: str, signers: Iterable[str], state: State) -> None:
    """Refuses a revocation that would distrust a key that signs it: nobody vouches for the taken key's child.

    Raises:
        Refused: ``revocation-distrusts-signer``.
    """
    ended = distrusted_with(key, since, state) if state.rules < 4 else _spread(state, {key.id: since}).keys
    for signer in signers:
        if signer in ended and signer != key.id:
            raise REVOKES_ITSELF.refused(key=signer[:16], since=since)


def end_distrusted(key: Key, since_when: str, state: State) -> list[Key]:
    """Ends all keys that one takes with it which others may have had since then, and answers which."""
    ended = []
    for keyid, since in distrusted_with(key, since_when, state).items():
        taken = state.get(Key, keyid)
        taken.compromised = True
        taken.compromised_from = min(since, taken.compromised_from or since)
        taken.revoked_from = min(since, taken.revoked_from or since)
        state.put(taken)
        ended.append(taken)
    return ended


def note_end(key: Key, at: str, *, by_another: bool) -> None:
    """Notes when a key ends by somebody else than its holder; one that is to end later can sign till then."""
    ends = max(at, key.revoked_from or "")
    if by_another:
        key.ended_by_another_at = ends
    elif key.ended_by_another_at:
        key.ended_by_another_at = min(ends, key.ended_by_another_at)


class MaybeTaken(Protocol):
    """A key that others may have had since a moment, if any."""

    compromised_from: str | None


def in_others_hands(key: MaybeTaken, at: str) -> bool:
    """Whether others may have had a key when something was recorded (UTC)."""
    return key.compromised_from is not None and at >= key.compromised_from


def is_distrusted(signed: Iterable[str], at: str, state: State) -> bool:
    """Whether one of the keys that signed what was recorded then is known to have been in others' hands."""
    return any(in_others_hands(state.get(Key, keyid), at) for keyid in signed)


class Given(NamedTuple):
    """A role that an officer holds: whether it lets them give roles, by which keys it was given, and when (UTC)."""

    gives: bool
    by: Collection[str]
    at: str


def grants_to_end(
    given: Mapping[str, Sequence[Given]], taken: Mapping[str, str], keys: Mapping[str, Sequence[str]]
) -> dict[str, set[int]]:
    """The roles that end with compromised keys, by officer and place.

    Those that such a key gave from ``taken`` on, and what their holders gave in turn; ``keys`` are officers'.
    """
    since = dict(taken)
    ends: dict[str, set[int]] = {}
    while True:
        found = [
            (officer, place, role)
            for officer, roles in given.items()
            for place, role in enumerate(roles)
            if place not in ends.get(officer, ())
            and any(role.at >= since.get(key, _NEVER) for key in role.by)
        ]
        if not found:
            return ends
        for officer, place, role in found:
            ends.setdefault(officer, set()).add(place)
            for key in keys.get(officer, ()) if role.gives else ():
                since[key] = min(role.at, since.get(key, _NEVER))


_NEVER = "9999-12-31T23:59:59.999999Z"


def take_back_grants(at: str, state: State) -> None:
    """Ends every role that a key gave while it was in others' hands; ``at`` is now."""
    officers = {officer.id: officer for officer in state.records(Officer)}
    ends = grants_to_end(
        {
            officer.id: [
                Given(grant["role"] == "registrar", by, when)
                for grant, (by, when) in zip(officer.grants, officer.given, strict=True)
            ]
            for officer in officers.values()
        },
        {key.id: key.compromised_from for key in state.records(Key) if key.compromised_from is not None},
        {officer.id: officer.keys for officer in officers.values()},
    )
    for name, places in ends.items():
        officer = officers[name]
        roles = list(zip(officer.grants, officer.given, strict=True))
        kept = [role for place, role in enumerate(roles) if place not in places]
        lost = [[grant, *how, at, True] for grant, how in (roles[place] for place in sorted(places))]
        officer.past = [*officer.past, *lost]
        officer.grants, officer.given = [grant for grant, _ in kept], [how for _, how in kept]
        state.put(officer)


def held_by_a_taken_role(officers: Iterable[str], role: str, at: str, state: State) -> bool:
    """Whether one of them held that role then, and it ended with a compromised key since."""
    return any(
        grant["role"] == role and given_at <= at < ended_at and is_lost
        for officer in officers
        for grant, _, given_at, ended_at, is_lost in state.get(Officer, officer).past
    )


# --- By the fourth version of the rules ----------------------------------------------------------


def _spread(state: State, more: Mapping[str, str] | None = None) -> Distrust:
    """What is not trusted, with what others may have had, and perhaps with more keys since a moment each."""
    stolen = {
        each.id: each.compromised_from for each in state.records(Key) if each.compromised_from is not None
    }
    for key, since in (more or {}).items():
        stolen[key] = min(since, stolen.get(key, since))
    keys = [
        KeyEnrolled(each.id, each.officer, each.enrolled_by, each.enrolled_at) for each in state.records(Key)
    ]
    return spread(stolen, keys, [held for officer in state.records(Officer) for _, held in _held(officer)])


def spread_with(state: State, more: Mapping[str, str]) -> tuple[frozenset[str], dict[str, set[int]]]:
    """What would end with more keys since a moment each: keys, and of each officer the places of the roles held."""
    found = _spread(state, more)
    lost: dict[str, set[int]] = {}
    place = 0
    for officer in state.records(Officer):
        lost[officer.id] = {each for each in range(len(officer.grants)) if place + each in found.roles}
        place += len(officer.grants) + len(officer.past)
    return frozenset(found.keys), lost


def _held(officer: Officer) -> list[tuple[dict[str, str | None], RoleHeld]]:
    """All that an officer holds and ever held, in that order."""
    return [
        *(
            (grant, RoleHeld(officer.id, grant["role"] or "", by, at, None))
            for grant, (by, at) in zip(officer.grants, officer.given, strict=True)
        ),
        *(
            (grant, RoleHeld(officer.id, grant["role"], by, given_at, ended_at))
            for grant, by, given_at, ended_at, _ in officer.past
        ),
    ]


def end_what_follows(at: str, state: State) -> list[Key]:
    """Ends every key and role behind which a key stands that others may have had; ``at`` is now.

    Answers the keys that end with it. Roles that had ended before are noted as what they were.
    """
    found = _spread(state)
    ended = []
    for keyid, unsound_from in found.keys.items():
        taken = state.get(Key, keyid)
        if taken.compromised_from is not None and taken.compromised_from <= unsound_from:
            continue
        taken.compromised = True
        taken.compromised_from = unsound_from
        taken.revoked_from = min(unsound_from, taken.revoked_from or unsound_from)
        state.put(taken)
        ended.append(taken)
    place = 0
    for officer in list(state.records(Officer)):
        lost = [place + offset in found.roles for offset in range(len(officer.grants) + len(officer.past))]
        place += len(lost)
        if any(lost):
            _note_lost(officer, lost, at)
            state.put(officer)
    return ended


def _note_lost(officer: Officer, lost: Sequence[bool], at: str) -> None:
    held = list(zip(officer.grants, officer.given, lost[: len(officer.grants)], strict=True))
    known = [
        [*each[:4], each[4] or is_lost] for each, is_lost in zip(officer.past, lost[len(held) :], strict=True)
    ]
    officer.past = [*known, *([grant, *how, at, True] for grant, how, is_lost in held if is_lost)]
    officer.grants = [grant for grant, _, is_lost in held if not is_lost]
    officer.given = [how for _, how, is_lost in held if not is_lost]


def is_banned(unit: Unit, year: int, state: State) -> bool:
    """Whether a unit is not eligible in a year; by the fifth version, what a stolen key lifted stands again."""
    if str(year) in unit.banned:
        return True
    where = Scope(unit.id, None)
    return state.rules >= 5 and any(
        of_year == str(year) and is_unsound(signed, at, "inspector", where, state)
        for of_year, signed, at in unit.lifted
    )


def is_unsound(signed: Iterable[str], at: str, role: str, scope: Scope, state: State) -> bool:
    """Whether what was signed then, as that role over a unit and campaign, has a stolen key behind it.

    One of the keys was in others' hands, or every role by which its holder could sign came of one that was.
    """
    unit = None if scope.unit is None else state.get(Unit, scope.unit)
    for keyid in signed:
        key = state.get(Key, keyid)
        if in_others_hands(key, at):
            return True
        officer = state.find(Officer, key.officer)
        if officer is None:
            continue
        held = _held(officer)
        marks = [False] * len(officer.grants) + [bool(each[4]) for each in officer.past]
        covering = [
            (role_held, is_lost)
            for (grant, role_held), is_lost in zip(held, marks, strict=True)
            if grant["role"] in fulfilling(role) and covers(grant, unit, scope.campaign)
        ]
        if all_lost(covering, at):
            return True
    return False
