"""How far a stolen key reaches (失信的传递): what it gave, and what those gave to whom it gave roles and keys.

Pure, over keys and roles as they were given and ended. A role counts while it was held, also where it was given
up or taken away before anybody knew: what was done under it stays its doing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple


class KeyEnrolled(NamedTuple):
    """A key as it came to be known: whose it is, the other keys that signed for it, and when (UTC)."""

    key: str
    officer: str
    by: Collection[str]
    at: str


class RoleHeld(NamedTuple):
    """A role of an officer: by which keys it was given, from when, and until when; None while it is held."""

    officer: str
    role: str
    by: Collection[str]
    at: str
    until: str | None


class Distrust(NamedTuple):
    """What is not trusted: keys, each from a moment on, and the places of roles among those asked about."""

    keys: Mapping[str, str]
    roles: frozenset[int]


def spread(stolen: Mapping[str, str], keys: Sequence[KeyEnrolled], roles: Sequence[RoleHeld]) -> Distrust:
    """All that follows from keys that others may have had, each since a moment (UTC, as ``recorded_at``).

    A role is not trusted where a key that gave it was in others' hands then, or its holder gave it as a registrar by a
    role that is not trusted. A key is not trusted from its enrolment on for the same reasons.

    >>> spread(
    ...     {"k1": "2026-01-02"},
    ...     [KeyEnrolled("k1", "a", (), "2026-01-01"), KeyEnrolled("k2", "b", ("k1",), "2026-01-03")],
    ...     [RoleHeld("b", "approver", ("k1",), "2026-01-03", None)],
    ... )
    Distrust(keys={'k1': '2026-01-02', 'k2': '2026-01-03'}, roles=frozenset({0}))
    """
    since = dict(stolen)
    lost: set[int] = set()
    owners = {each.key: each.officer for each in keys}
    registrars: dict[str, list[int]] = {}
    for place, held in enumerate(roles):
        if held.role == "registrar":
            registrars.setdefault(held.officer, []).append(place)

    def is_unsound(key: str, at: str, officer: str) -> bool:
        """Whether what a key signed then, for that officer, is not to be trusted."""
        if at >= since.get(key, _NEVER):
            return True
        signer = owners.get(key)
        if signer is None or signer == officer:
            return False
        standing = [place for place in registrars.get(signer, ()) if stood(roles[place], at)]
        return bool(standing) and all(place in lost for place in standing)

    while True:
        more_roles = {
            place
            for place, held in enumerate(roles)
            if place not in lost and any(is_unsound(key, held.at, held.officer) for key in held.by)
        }
        more_keys = {
            each.key: each.at
            for each in keys
            if since.get(each.key, _NEVER) > each.at
            and any(is_unsound(key, each.at, each.officer) for key in each.by)
        }
        if not more_roles and not more_keys:
            return Distrust(since, frozenset(lost))
        lost |= more_roles
        since.update(more_keys)


def stood(held: RoleHeld, at: str) -> bool:
    """Whether a role was held at a moment; one that ended at that very moment was.

    All that is recorded in one batch is recorded at one moment: a role given, used and taken away among it.
    """
    return held.at <= at and (held.until is None or at <= held.until)


def all_lost(held: Iterable[tuple[RoleHeld, bool]], at: str) -> bool:
    """Whether somebody held a role then, and every one that they held is not trusted."""
    standing = [is_lost for each, is_lost in held if stood(each, at)]
    return bool(standing) and all(standing)


_NEVER = "9999-12-31T23:59:59.999999Z"
