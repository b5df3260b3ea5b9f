"""Registers (名单比对): lists from outside that payouts are held against; listed, withdrawn, erased, looked into.

What an entry holds of a list is where it comes from, how many rows it has and the root of a Merkle tree over
them, so that a list of a million rows is one small entry. The rows lie in a table of their own, each a keyed
mark with two days and a sealed box (:mod:`ledger.identity.register_rows`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.domain.authority import served
from ledger.domain.event import ACCOUNTANTS, Document, Event, VerifiedEvent
from ledger.domain.fields import (
    Count,
    Day,
    Digest,
    Names,
    PastDay,
    PositiveFen,
    Reference,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.record import Record
from ledger.domain.references import Scope
from ledger.domain.register_kinds import EARLIER_PAYOUTS, KINDS, kind_title
from ledger.domain.state import State, Unit, key_of
from ledger.domain.time_range import FIRST_YEAR
from ledger.domain.who_signs import RolesWhere
from ledger.errors import Rule
from ledger.events.dossier import check_shown, kept_dossier, note_shown, reading_keys
from ledger.events.separation import Titles, avoided_since, check_two_persons, officers_of
from ledger.validation_words import ValueProblem

REGISTER_LISTED_ALREADY = Rule(
    "register-listed-already",
    zh="这份名单已由 {list} 登记",
    en="these rows were listed already, by {list}",
)
REGISTER_KIND_DIFFERS = Rule(
    "register-kind-differs",
    zh="只能替换同一种类的名单：应为“{expected_title}”，实为“{found_title}”",
    en="a list takes the place of one of its own kind: expected {expected}, found {found}",
)
REGISTER_ENDED = Rule(
    "register-ended",
    zh="名单 {list} 已被替换、撤回或删除",
    en="the list {list} was replaced, withdrawn or erased",
)
REGISTER_KEPT = Rule(
    "register-kept",
    zh="名单 {list} 仍在使用，保存至 {expected}：请先撤回",
    en="the list {list} is in use and kept until {expected}: withdraw it first",
)
REGISTER_NOT_REVEALED = Rule(
    "register-not-revealed",
    zh="此种类（{title}）的名单内容不得查阅",
    en="rows of this kind of list ({kind}) are shown to nobody",
)

EARLIER_PAYOUTS_LISTED = Rule(
    "earlier-payouts-listed",
    zh="此文件已由名单 {list} 补录，不得重复；要更正，请以更正后的文件替换",
    en="this file was brought in already, by {list}: to mend it, replace the list by a mended file",
)
EARLIER_PAYOUTS_TO_COME = Rule(
    "earlier-payouts-to-come",
    zh="补录的是已经发放的：{found} 年度尚未到来（今年为 {expected} 年）",
    en="what is brought in was paid already: {found} is still to come, this is {expected}",
)

LIST_OVER_OWN_UNIT = Rule(
    "list-over-own-unit",
    zh="{officer} 三年内在名单 {list} 所涉单位担任过业务岗位，不得替换、撤回该名单：由他人办理",
    en="{officer} held a business role within three years where the list {list} counts and neither replaces nor withdraws"
    " it: somebody else does",
)
WITHDRAWING: Titles = ("撤回比对名单", "withdrawing a list from outside")

KEPT_FOR = Rule(
    "list-kept-for",
    zh="名单保存至 {found}，不在 {expected} 之内：不得早于登记日，最长 30 年",
    en="the list is to be kept until {found}, which is not within {expected}: no earlier than its recording, at most 30 years",
)
MOST_KEPT_YEARS = 30
"""For how many years a list is kept at most: as long as the longest of an office's accounts (会计档案)."""

MOST_ROWS = 10_000_000


@dataclass
class Register(Record):
    """A list (名单). ``state`` is in-force, replaced or withdrawn; what is erased has no row that could be read."""

    KIND: ClassVar[str] = "register"
    id: str
    unit: str | None
    kind: str
    root: str
    keep_until: str
    state: str = "in-force"
    erased: bool = False


@dataclass
class ListedRoot(Record):
    """Which list the rows of a root are; the id is the root."""

    KIND: ClassVar[str] = "listed-root"
    id: str
    list: str


@dataclass
class BroughtIn(Record):
    """Which list brought a file in (已补录的文件); the id is the file's digest, and again with the list's unit."""

    KIND: ClassVar[str] = "brought-in"
    id: str
    list: str


@dataclass
class EndedList(Record):
    """A list that was withdrawn or erased (已撤回或删除的名单): its file may be listed anew. They are few."""

    KIND: ClassVar[str] = "ended-list"
    RESIDENT: ClassVar[bool] = True
    id: str


ListId = Annotated[Reference, Names("register")]
"""A list on record."""

MatchedDossier = Annotated[Reference, Names("dossier", gathered=True)]
"""A dossier on a list; it may lie in any unit below the list's."""


class _ByOverseer(Event):
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector", "auditor"})

    unit: UnitCode | None = None


class ReferenceListed(_ByOverseer):
    """A list from outside is registered (登记名单): its rows are committed to by ``root``, its file by ``digest``.

    ``rows`` were taken, ``invalid`` lines of the file had no usable number, ``duplicates`` are rows whose number
    stands in the list more than once. The list speaks of ``period_start`` to ``period_end``, as it was on
    ``data_on``. Its unit, with all below it, is where it counts.
    """

    TITLE_ZH: ClassVar[str] = "登记名单"
    TITLE_EN: ClassVar[str] = "Reference listed"

    kind: Word
    title: Text
    source: Text
    document: Document | None = None
    data_on: PastDay
    period_start: Day | None = None
    period_end: Day | None = None
    keep_until: Day
    digest: Digest
    root: Digest
    rows: Annotated[int, Field(ge=1, le=MOST_ROWS)]
    invalid: Count = 0
    duplicates: Count = 0
    replaces: ListId | None = None

    @model_validator(mode="after")
    def _period_is_one(self) -> ReferenceListed:
        start, end = self.period_start, self.period_end
        if start is not None and end is not None and start > end:
            raise ValueProblem("起止日期颠倒", "the period ends before it starts")
        return self

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """What it names, and whether its rows were listed."""
        return [*super().reads(act, state), key_of(ListedRoot, self.root)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Its rows are no other list's, and what it replaces is in force and of its kind."""
        if self.unit is not None:
            state.get(Unit, self.unit)
        if state.rules >= 8:
            check_kept_for(self.keep_until, act)
        listed = state.find(ListedRoot, self.root)
        if listed is not None and not _has_ended(listed.list, state):
            raise REGISTER_LISTED_ALREADY.refused(list=listed.list)
        if self.replaces is not None:
            earlier = standing_list(self.replaces, state)
            if earlier.kind != self.kind:
                raise REGISTER_KIND_DIFFERS.refused(
                    expected=earlier.kind,
                    found=self.kind,
                    expected_title=kind_title(earlier.kind),
                    found_title=kind_title(self.kind),
                )
            if state.rules >= 6:
                _check_was_elsewhere(act, earlier, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It is in force, and what it replaces no more."""
        state.put(Register(act.id, self.unit, self.kind, self.root, self.keep_until))
        state.put(ListedRoot(self.root, act.id))
        if self.replaces is not None:
            earlier = state.get(Register, self.replaces)
            earlier.state = "replaced"
            state.put(earlier)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"register:{act.id}", *super().tags(act)]


class EarlierPayoutsListed(ReferenceListed):
    """What was paid before the ledger began is brought in (补录以前年度发放), to be held against help since.

    It says who brought it in, when, and from which file (``digest``), and is marked as after the fact by being
    this event. Its rows are persons' marks with the day and the sum; ``total_fen`` is what they come to. It
    allocates, moves and permits nothing: no balance has it, and no case or payout comes of it. Finance signs,
    or an auditor or inspector; only the latter two replace it or take it back, for flags go with it.
    """

    TITLE_ZH: ClassVar[str] = "补录以前年度发放"
    TITLE_EN: ClassVar[str] = "Earlier payouts brought in"
    ROLES_WHERE: ClassVar[tuple[RolesWhere, ...]] = (
        RolesWhere("replaces", None, ACCOUNTANTS | {"auditor", "inspector"}),
    )

    kind: Literal["earlier-payouts"] = EARLIER_PAYOUTS
    year: Annotated[int, Field(ge=FIRST_YEAR, le=2999)]
    total_fen: PositiveFen

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """As every list, and whether its file was brought in."""
        return [*super().reads(act, state), *(key_of(BroughtIn, each) for each in self._file_ids())]

    def _file_ids(self) -> tuple[str, str]:
        """The file by itself, and as one of the list's unit: what it is said to be is the signer's word."""
        return self.digest, f"{self.digest}@{self.unit or ''}"

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """As every list, from a file that was not brought in before, of no year that is still to come."""
        super().decide(act, state)
        before = state.find(BroughtIn, self._file_ids()[1 if state.rules >= 8 else 0])
        if before is not None and before.list != self.replaces and not _has_ended(before.list, state):
            raise EARLIER_PAYOUTS_LISTED.refused(list=before.list)
        this_year = int(act.recorded_on[:4])
        if self.year > this_year:
            raise EARLIER_PAYOUTS_TO_COME.refused(found=self.year, expected=this_year)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """As every list, and its file is not brought in again."""
        super().apply(act, state)
        for each in self._file_ids():
            state.put(BroughtIn(each, act.id))


LISTINGS: tuple[type[ReferenceListed], ...] = (ReferenceListed, EarlierPayoutsListed)
"""The events that register a list."""


def _has_ended(list_id: str, state: State) -> bool:
    """Whether a list was withdrawn or erased, so that its file may be listed anew, by the eighth version."""
    return state.rules >= 8 and state.find(EndedList, list_id) is not None


def check_kept_for(keep_until: str, act: VerifiedEvent) -> None:
    """Refuses a list that could be erased at once, or that would be kept for longer than any account.

    Raises:
        Refused: ``list-kept-for``.
    """
    last = f"{int(act.recorded_on[:4]) + MOST_KEPT_YEARS}-12-31"
    if not act.recorded_on <= keep_until <= last:
        raise KEPT_FOR.refused(expected=f"{act.recorded_on} ~ {last}", found=keep_until)


def standing_list(list_id: str, state: State) -> Register:
    """The list; refused where it is unknown or in force no more."""
    found = state.get(Register, list_id)
    if found.state != "in-force" or found.erased:
        raise REGISTER_ENDED.refused(list=list_id)
    return found


def _check_was_elsewhere(act: VerifiedEvent, listed: Register, state: State) -> None:
    """Refuses who was at work where a list counts: with the list go the flags that it raised.

    Raises:
        Refused: ``list-over-own-unit``.
    """
    since = avoided_since(act.recorded_at)
    for officer in officers_of(act, state):
        if served(state.person_of(officer), Scope(listed.unit, None), since, state):
            raise LIST_OVER_OWN_UNIT.refused(officer=officer, list=listed.id)


class _OfList(Event):
    unit: UnitCode | None = None
    reference: ListId

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its list's id."""
        return [f"register:{self.reference}", *super().tags(act)]


class ReferenceWithdrawn(_OfList):
    """A list was wrong or not to be used (撤回名单): what it raised is cleared."""

    TITLE_ZH: ClassVar[str] = "撤回名单"
    TITLE_EN: ClassVar[str] = "Reference withdrawn"
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector", "auditor"})

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is in force; by the sixth version, two persons sign who were at work nowhere that it counts."""
        found = standing_list(self.reference, state)
        if state.rules >= 6:
            _check_was_elsewhere(act, found, state)
            check_two_persons(act, state, WITHDRAWING)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It is in force no more."""
        found = state.get(Register, self.reference)
        found.state = "withdrawn"
        state.put(found)
        state.put(EndedList(found.id))


class ReferenceErased(_OfList):
    """A list's rows are destroyed (删除名单): what they hold at once, and all rows that met nobody.

    The hits that stood stand on, with their mark and days, as the ledger's evidence; the list raises no others.
    """

    TITLE_ZH: ClassVar[str] = "删除名单"
    TITLE_EN: ClassVar[str] = "Reference erased"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It was not erased, and is in force no more or kept for long enough."""
        found = state.get(Register, self.reference)
        if found.erased:
            raise REGISTER_ENDED.refused(list=found.id)
        if found.state == "in-force" and act.recorded_on <= found.keep_until:
            raise REGISTER_KEPT.refused(list=found.id, expected=found.keep_until)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """Nothing of it can be read any more."""
        found = state.get(Register, self.reference)
        found.erased = True
        state.put(found)
        if state.find(EndedList, found.id) is None:
            state.put(EndedList(found.id))


class _Shown(_OfList):
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector"})

    purpose: Text

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """What it names, and how many identities the officer was shown today."""
        return [*super().reads(act, state), *reading_keys(act, state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The kind's rows may be shown, they are there, and the officer was not shown too many today."""
        found = state.get(Register, self.reference)
        if found.erased:
            raise REGISTER_ENDED.refused(list=found.id)
        if found.kind in KINDS and KINDS[found.kind].revealed is None:
            raise REGISTER_NOT_REVEALED.refused(kind=found.kind, title=kind_title(found.kind))
        check_shown(act, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """One more was shown today."""
        note_shown(act, state)


class ReferenceRevealed(_Shown):
    """What a list says of a dossier's person is shown to the signer (名单命中查阅), for the purpose stated."""

    TITLE_ZH: ClassVar[str] = "名单命中查阅"
    TITLE_EN: ClassVar[str] = "Reference revealed"

    dossier: MatchedDossier

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The dossier was not erased, either."""
        super().decide(act, state)
        kept_dossier(self.dossier, state)


class ReferenceRowRevealed(_Shown):
    """A row of a list that no dossier is about is shown to the signer (名单行查阅), for the purpose stated."""

    TITLE_ZH: ClassVar[str] = "名单行查阅"
    TITLE_EN: ClassVar[str] = "Reference row revealed"

    line: Annotated[int, Field(ge=1, le=2 * MOST_ROWS)]
