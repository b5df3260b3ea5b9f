"""Compromise cascades (密钥外泄的连带): a key that others may have had is trusted with nothing it enrolled.

Who holds a stolen key can enrol another with it, and go on when the first is revoked. So a revocation as
compromised since a moment takes with it every key that this one enrolled or put in another's place from
then on, and those that these enrolled, each from its own enrolment on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from ledger.domain.state import Key, Officer, State
from ledger.errors import Rule

REVOKES_ITSELF = Rule(
    "revocation-distrusts-signer",
    zh="签署本陈述的密钥 {key} 正是所注销的密钥自 {since} 起登记的，也将随之失效：请由他人签署，或改晚起始时间",
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
    ended = distrusted_with(key, since, state)
    for signer in signers:
        if signer in ended:
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


class MaybeTaken(Protocol):
    """A key that others may have had since a moment, if any."""

    compromised_from: str | None


def in_others_hands(key: MaybeTaken, at: str) -> bool:
    """Whether others may have had a key when something was recorded (UTC)."""
    return key.compromised_from is not None and at >= key.compromised_from


def is_distrusted(signed: Iterable[str], at: str, state: State) -> bool:
    """Whether one of the keys that signed what was recorded then is known to have been in others' hands."""
    return any(in_others_hands(state.get(Key, keyid), at) for keyid in signed)


def take_back_grants(at: str, state: State) -> None:
    """Ends every role that was given by a key which was in others' hands when it gave it; ``at`` is now."""
    for officer in list(state.records(Officer)):
        stays = [not is_distrusted(keys, at, state) for keys, at in officer.given]
        if all(stays):
            continue
        lost = [grant for grant, kept in zip(officer.grants, stays, strict=True) if not kept]
        officer.taken_back = [*officer.taken_back, *([grant, at] for grant in lost)]
        officer.grants = [grant for grant, kept in zip(officer.grants, stays, strict=True) if kept]
        officer.given = [given for given, kept in zip(officer.given, stays, strict=True) if kept]
        state.put(officer)
