"""A ledger always has a registrar (台账总有授权管理员): nothing that is admitted leaves it without one over everything.

Whoever has one registrar's key could otherwise end it for all others: with the keys that it enrolled, and the roles
that it gave, the ledger would have nobody left to sign for anybody. Pure, over the ledger's state; it binds from
the fifth version of the rules on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from ledger.domain.authority import GrantOf
from ledger.domain.compromise import spread_with
from ledger.domain.event import utc_text
from ledger.domain.state import Key, Officer, State
from ledger.errors import Rule

NO_REGISTRAR_LEFT = Rule(
    "no-registrar-left",
    zh="此后台账将没有可用的全范围授权管理员：请先登记另一名，或改为更换密钥、改晚起始时间",
    en="the ledger would be left without a registrar over everything who has a key: enrol another one first, or rotate"
    " the key, or name a later moment",
)
STOLEN_TO_COME = Rule(
    "compromise-to-come",
    zh="密钥外泄的起始时间 {found} 尚未到来（现在为 {expected}）：请填写已经发生的时间",
    en="others are said to have had the key since {found}, which is still to come (now is {expected}): name a moment that"
    " has been",
)


def check_has_been(since: str, at: str) -> None:
    """Refuses a key said to be stolen from a moment to come, by which it would sign on and yet count as ended.

    Raises:
        Refused: ``compromise-to-come``.
    """
    if since > utc_text(datetime.fromisoformat(at) + timedelta(minutes=10)):
        raise STOLEN_TO_COME.refused(found=since, expected=at)


def check_key_may_end(key: Key, since: str | None, at: str, state: State) -> None:
    """Refuses to end the last key of a registrar over everything, and what ends all of them with it.

    ``since`` is from when others may have had the key (UTC); None where nobody had. ``at`` is now.

    Raises:
        Refused: ``no-registrar-left``.
    """
    if since is None:
        _check({key.id}, {}, at, state)
        return
    ended, lost = spread_with(state, {key.id: since})
    _check({key.id, *ended}, lost, at, state)


def check_rules_may_be_taken_up(at: str, state: State) -> None:
    """Refuses rules by which what keys known as stolen are behind would end the last registrar over everything.

    Raises:
        Refused: ``no-registrar-left``.
    """
    ended, lost = spread_with(state, {})
    _check(ended, lost, at, state)


def check_roles_may_end(officer: Officer, grants: Collection[GrantOf], at: str, state: State) -> None:
    """Refuses to take the role from the last registrar over everything.

    Raises:
        Refused: ``no-registrar-left``.
    """
    gone = {place for place, grant in enumerate(officer.grants) if grant not in grants}
    _check(set(), {officer.id: gone}, at, state)


def _check(ended: Collection[str], lost: Mapping[str, Collection[int]], at: str, state: State) -> None:
    if _has_one(set(), {}, at, state) and not _has_one(ended, lost, at, state):
        raise NO_REGISTRAR_LEFT.refused()


def _has_one(ended: Collection[str], lost: Mapping[str, Collection[int]], at: str, state: State) -> bool:
    """Whether somebody is registrar over everything with a key that has no end, apart from what ends.

    By the eighth version of the rules they can sign from now on without a gap, for a while at least: no key counts that
    begins later, but one that goes on where another ends; nor does it matter that one ends some day.
    """
    return any(
        any(
            grant["role"] == "registrar" and grant["unit"] is None and grant["campaign"] is None
            for place, grant in enumerate(officer.grants)
            if place not in lost.get(officer.id, ())
        )
        and _can_sign([state.get(Key, key) for key in officer.keys if key not in ended], at, state)
        for officer in state.records(Officer)
    )


def _can_sign(keys: Collection[Key], at: str, state: State) -> bool:
    if state.rules < 8:
        return any(key.revoked_from is None for key in keys)
    until = at
    for key in sorted(keys, key=lambda each: each.valid_from):
        if key.valid_from <= until:
            until = max(until, key.revoked_from or _NEVER)
    return until > utc_text(datetime.fromisoformat(at) + LASTS)


LASTS = timedelta(days=30)
"""For how long a registrar can sign at least who counts: long enough to enrol or rotate another key."""
_NEVER = "9999-12-31T23:59:59.999999Z"
