"""Draws ordered (抽取登记): before a sample or call-backs are drawn, so that nobody chooses the seed. Clause A-8.

The seed comes of the order's id and the moment at which the ledger recorded it, which nobody knows before. Each order is
on record, and who has recorded nothing of one orders no other: none can be tried and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import CampaignCode, Names, Reference, UnitCode
from ledger.domain.record import Record
from ledger.domain.state import Campaign, State, Unit, key_of
from ledger.domain.who_signs import UNIT_OR_SPONSOR, HeldOver, RolesWhere
from ledger.errors import Rule
from ledger.events.separation import Titles, check_two_persons, officers_of

DrawOf = Literal["sample", "call-back"]
Method = Literal["random", "sum", "flag"]
DrawId = Annotated[Reference, Names("draw", binding=False)]
"""A draw that was ordered; what comes of it is recorded by whoever may."""

DRAW_OUTSTANDING = Rule(
    "draw-outstanding",
    zh="{officer} 登记的抽取 {draw} 尚未登记核查结果，或尚有应回访而未登记的：请先登记其结果，再行抽取；抽中的不足所定笔数等"
    "无法登记齐全的，登记新的抽取须两人签署",
    en="what came of the draw {draw} that {officer} ordered is not recorded, or not all of it: record it before another is"
    " ordered; where there was less to draw than was asked for, two persons order the next",
)
EXAMINING_AGAIN: Titles = ("对同一抽取再次登记核查", "recording another examination of one draw")
DRAW_NOT_ORDERED = Rule(
    "draw-not-ordered",
    zh="抽样核查、回访须先登记抽取（songnuan sample order、songnuan callback order），再按其种子抽取",
    en="a sample or a call-back is ordered first (songnuan sample order, songnuan callback order) and drawn by the seed that"
    " comes of it",
)
DRAW_DIFFERS = Rule(
    "draw-differs",
    zh="与所登记的抽取 {draw} 不一致：{what!w}应为 {expected!w}，所填为 {found!w}",
    en="not as the draw {draw} was ordered: {what} is {expected}, not {found}",
)


@dataclass
class Draw(Record):
    """A draw as it was ordered (抽取): of what, over which unit with all below it, its seed, and when (UTC).

    ``called`` are the payouts that call-backs of it were recorded for, ``examined`` says that a sample's examination was,
    both from the eleventh version of the rules on.
    """

    KIND: ClassVar[str] = "draw"
    id: str
    campaign: str
    unit: str
    of: str
    method: str
    size: int
    seed: str
    by: list[str] = field(default_factory=list)
    ordered_at: str = ""
    called: list[str] = field(default_factory=list)
    examined: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all of it is recorded; of a sample that is one examination."""
        return self.examined or len(self.called) >= self.size


@dataclass
class OutstandingDraw(Record):
    """The draw of which a person has recorded nothing yet, or not all; empty where there is none.

    The id is campaign, what is drawn, and the person's mark.
    """

    KIND: ClassVar[str] = "outstanding-draw"
    id: str
    draw: str = ""


def seed_of(order: str, recorded_at: str) -> str:
    """The seed that comes of an order: 32 characters of the SHA-256 of its id and the moment of recording (UTC)."""
    return sha256(f"{order}|{recorded_at}".encode()).hexdigest()[:32]


def outstanding_keys(act: VerifiedEvent, campaign: str, of: DrawOf, state: State) -> list[str]:
    """The keys of what the signers have outstanding."""
    return [key_of(OutstandingDraw, each) for each in _outstanding(act, campaign, of, state)]


def _outstanding(act: VerifiedEvent, campaign: str, of: DrawOf, state: State) -> list[str]:
    return [f"{campaign}/{of}/{state.person_of(officer)}" for officer in officers_of(act, state)]


def check_ordered(draw_id: str | None, of: DrawOf, state: State, **found: object) -> Draw | None:
    """The draw that a sample or call-back comes of, which says what was ordered; None by the rules before the tenth.

    Raises:
        Refused: ``draw-not-ordered``, ``draw-differs``, ``reference-unknown``.
    """
    if state.rules < 10:
        return None
    if draw_id is None:
        raise DRAW_NOT_ORDERED.refused()
    draw = state.get(Draw, draw_id)
    for what, value in {"of": of, **found}.items():
        expected = getattr(draw, what)
        if value != expected:
            raise DRAW_DIFFERS.refused(draw=draw_id, what=what, expected=expected, found=value)
    return draw


def check_examined_once(act: VerifiedEvent, draw: Draw | None, state: State) -> None:
    """Refuses that one person examines a draw anew: what was found before would be passed over.

    Raises:
        Refused: ``second-person-missing``.
    """
    if draw is not None and draw.examined:
        check_two_persons(act, state, EXAMINING_AGAIN)


def note_recorded(
    act: VerifiedEvent,
    draw_id: str | None,
    campaign: str,
    of: DrawOf,
    state: State,
    payout: str | None = None,
) -> None:
    """Notes what came of a draw: who ordered it may order another.

    By the eleventh version of the rules that is so once all that was drawn is called back.
    """
    if draw_id is None:
        return
    if state.rules >= 11:
        draw = state.get(Draw, draw_id)
        if payout is None:
            draw.examined = True
        elif payout not in draw.called:
            draw.called.append(payout)
        state.put(draw)
        if not draw.is_done:
            return
    for each in _outstanding(act, campaign, of, state):
        standing = state.find(OutstandingDraw, each)
        if standing is not None and standing.draw == draw_id:
            state.put(OutstandingDraw(each))


class DrawOrdered(Event):
    """A sample or call-backs are ordered (抽取登记): of which campaign and unit, how, and how many.

    ``method`` is of samples alone.
    """

    TITLE_ZH: ClassVar[str] = "抽取登记"
    TITLE_EN: ClassVar[str] = "Draw ordered"
    ROLES: ClassVar[frozenset[str]] = frozenset({"auditor", "inspector"})
    ROLES_WHERE: ClassVar[tuple[RolesWhere, ...]] = (RolesWhere("of", "sample", frozenset({"auditor"})),)
    HELD_OVER: ClassVar[HeldOver] = UNIT_OR_SPONSOR

    campaign: CampaignCode
    unit: UnitCode | None = None
    of: DrawOf
    method: Method = "random"
    size: Annotated[int, Field(ge=1, le=500)]

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also what the signers have outstanding."""
        return [*super().reads(act, state), *outstanding_keys(act, self.campaign, self.of, state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Campaign and unit are known, and nobody who signs has another draw outstanding.

        By the eleventh version of the rules two persons order another all the same.
        """
        state.get(Campaign, self.campaign)
        if self.unit is not None:
            state.get(Unit, self.unit)
        officers = officers_of(act, state)
        if state.rules >= 11 and len({state.person_of(officer) for officer in officers}) >= 2:
            return
        for officer, each in zip(officers, _outstanding(act, self.campaign, self.of, state), strict=True):
            standing = state.find(OutstandingDraw, each)
            if standing is not None and standing.draw:
                raise DRAW_OUTSTANDING.refused(officer=officer, draw=standing.draw)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The draw stands, with its seed."""
        unit = self.unit or state.get(Campaign, self.campaign).sponsor
        by = [state.person_of(officer) for officer in officers_of(act, state)]
        seed = seed_of(act.id, act.recorded_at)
        state.put(
            Draw(act.id, self.campaign, unit, self.of, self.method, self.size, seed, by, act.recorded_at)
        )
        for each in _outstanding(act, self.campaign, self.of, state):
            state.put(OutstandingDraw(each, act.id))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"draw:{act.id}", *super().tags(act)]
