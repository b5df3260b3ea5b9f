"""A ledger always has a registrar (账本总有授权管理员): nothing that is admitted leaves it without one over everything.

Whoever has one registrar's key could otherwise end it for all others: with the keys that it enrolled, and the roles
that it gave, the ledger would have nobody left to sign for anybody. Pure, over the ledger's state; it binds from
the fifth version of the rules on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.domain.authority import GrantOf
from ledger.domain.compromise import spread_with
from ledger.domain.state import Key, Officer, State
from ledger.errors import Rule

NO_REGISTRAR_LEFT = Rule(
    "no-registrar-left",
    zh="此后账本将没有可用的全范围授权管理员：请先登记另一名，或改为更换密钥、改晚起始时间",
    en="the ledger would be left without a registrar over everything who has a key: enrol another one first, or rotate"
    " the key, or name a later moment",
)


def check_key_may_end(key: Key, since: str | None, state: State) -> None:
    """Refuses to end the last key of a registrar over everything, and what ends all of them with it.

    ``since`` is from when others may have had the key (UTC); None where nobody had.

    Raises:
        Refused: ``no-registrar-left``.
    """
    if since is None:
        _check({key.id}, {}, state)
        return
    ended, lost = spread_with(state, {key.id: since})
    _check({key.id, *ended}, lost, state)


def check_rules_may_be_taken_up(state: State) -> None:
    """Refuses rules by which what keys known as stolen are behind would end the last registrar over everything.

    Raises:
        Refused: ``no-registrar-left``.
    """
    ended, lost = spread_with(state, {})
    _check(ended, lost, state)


def check_roles_may_end(officer: Officer, grants: Collection[GrantOf], state: State) -> None:
    """Refuses to take the role from the last registrar over everything.

    Raises:
        Refused: ``no-registrar-left``.
    """
    gone = {place for place, grant in enumerate(officer.grants) if grant not in grants}
    _check(set(), {officer.id: gone}, state)


def _check(ended: Collection[str], lost: Mapping[str, Collection[int]], state: State) -> None:
    if _has_one(set(), {}, state) and not _has_one(ended, lost, state):
        raise NO_REGISTRAR_LEFT.refused()


def _has_one(ended: Collection[str], lost: Mapping[str, Collection[int]], state: State) -> bool:
    """Whether somebody is registrar over everything with a key that has no end, apart from what ends."""
    return any(
        any(
            grant["role"] == "registrar" and grant["unit"] is None and grant["campaign"] is None
            for place, grant in enumerate(officer.grants)
            if place not in lost.get(officer.id, ())
        )
        and any(key not in ended and state.get(Key, key).revoked_from is None for key in officer.keys)
        for officer in state.records(Officer)
    )
