"""Who signs an event, and over what the role is held (签署人与权限范围): declared beside the event's fields.

The admission asks these declarations; ``songnuan show authority`` prints them, and the tests derive
every expected verdict from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from ledger.domain.references import Scope
from ledger.domain.state import (
    Campaign,
    Officer,
    State,
    Unit,
)

SignedBy = Literal["role", "officer or registrar", "ledger", "enrolled key"]
"""By whom an event is signed: holders of a role; the officer concerned or a registrar over them; the
ledger's own key; the very key that it enrols."""

SIGNED_BY_TITLES: Mapping[SignedBy, tuple[str, str]] = {
    "role": ("担任角色者", "holders of the role"),
    "officer or registrar": (
        "本人，或管辖其全部岗位的授权管理员",
        "the officer, or a registrar over all they hold",
    ),
    "ledger": ("台账自己的密钥", "the ledger's own key"),
    "enrolled key": ("其中登记的密钥", "the key that it enrols"),
}


class RolesWhere(NamedTuple):
    """Other roles than an event's usual ones, where a member of the body has this value."""

    member: str
    value: object
    roles: frozenset[str]


class HeldOver(NamedTuple):
    """Where a signer's role must be held for the act itself, in Chinese and English.

    ``participates``: the unit takes part in the campaign by it, so that it is the sponsor or lies below it, from
    the third version of the rules on.
    """

    zh: str
    en: str
    scope: Callable[[Mapping[str, Any], State], Scope]
    participates: bool = False


STATED = HeldOver(
    "所写的单位、活动（未写者为全部）",
    "the unit and campaign that it states; all, where it states none",
    lambda said, _: Scope(said.get("unit"), said.get("campaign")),
)
TAKING_PART = HeldOver(
    "所写的单位、活动；该单位须为活动主办单位或其下级",
    "the unit and campaign that it states; the unit is the campaign's sponsor or below it",
    lambda said, _: Scope(said["unit"], said["campaign"]),
    participates=True,
)
UNIT_ALONE = HeldOver(
    "所写的单位，全部活动",
    "the unit that it states, for all campaigns",
    lambda said, _: Scope(said["unit"], None),
)
PARENT = HeldOver(
    "上级单位（没有上级者为全部）",
    "the parent unit, everything where there is none",
    lambda said, _: Scope(said["parent"], None),
)
SPONSOR = HeldOver(
    "活动的主办单位",
    "the campaign's sponsor",
    lambda said, state: Scope(state.get(Campaign, said["campaign"]).sponsor, said["campaign"]),
)


def _above(said: Mapping[str, Any], state: State) -> Scope:
    unit = said["unit"]
    ancestors = state.get(Unit, unit).ancestors if state.rules >= 2 else []
    return Scope(ancestors[0] if ancestors else unit, said["campaign"])


def _above_for_the_public(said: Mapping[str, Any], state: State) -> Scope:
    return Scope(said["unit"], said["campaign"]) if said["received"] is None else _above(said, state)


ABOVE_UNIT = HeldOver(
    "所涉单位的上级单位（没有上级者为该单位）",
    "the unit above the one concerned, that one where there is none above",
    _above,
)
ABOVE_FOR_THE_PUBLIC = HeldOver(
    "所写的单位、活动；群众提交的，为该单位的上级单位",
    "the unit and campaign that it states; for what the public wrote, the unit above",
    _above_for_the_public,
)
UNIT_OR_SPONSOR = HeldOver(
    "所写的单位；未写者为活动的主办单位",
    "the unit that it states, the campaign's sponsor where it states none",
    lambda said, state: Scope(
        said["unit"] or state.get(Campaign, said["campaign"]).sponsor, said["campaign"]
    ),
)
OFFICERS_UNIT = HeldOver(
    "该人员所在单位",
    "the officer's unit",
    lambda said, state: Scope(state.get(Officer, said["officer"]).unit, None),
)
