"""Ledgers of several levels (上下级台账): who above may read one, whom one follows below, and what was seen there.

A ledger above verifies the whole history of each that it follows and notes what it has seen under its own key; no
identity leaves the county, whose entries hold none. Clauses A-9, A-10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ledger.crypto.signatures import key_id
from ledger.domain.authority import check_two_registrars
from ledger.domain.event import STATE_NOT_ALLOWED, Event, VerifiedEvent
from ledger.domain.federation import PASSING, Fault, Followed, LedgerLevel, UpperReader
from ledger.domain.fields import PLAIN, Code, Count, Day, Digest, Fen, Names, NewCode, Text, Word
from ledger.domain.possession import ProofOfPossession
from ledger.domain.references import Scope
from ledger.domain.state import Key, State
from ledger.domain.who_signs import SignedBy
from ledger.errors import Rule
from ledger.events.registry import ALREADY_REGISTERED, LogKey, check_new_key

CHECKPOINT_NOT_NEXT = Rule(
    "checkpoint-not-next",
    zh="{followed} 的检查点不在上次所见之后：上次 {expected}，此次 {found}",
    en="the checkpoint of {followed} does not come after the one seen last: {expected}, this one {found}",
)
SUMMARY_NOT_NEXT = Rule(
    "summary-not-next",
    zh="{followed} 的总结已经核对到第 {expected} 号，此次为第 {found} 号",
    en="summaries of {followed} were taken up to {expected}, this one stands at {found}",
)
FAULT_STANDS = Rule(
    "fault-stands",
    zh="{followed} 的此项异常已经记录：{found!w}",
    en="that fault of {followed} is on record already: {found}",
)

UpperCode = Annotated[Code, Names("upper")]
"""A reader of a higher level on record."""
FollowedCode = Annotated[Code, Names("followed")]
"""A ledger followed on record."""
Region = Annotated[str, StringConstraints(pattern=r"^\d{6}$"), PLAIN]
"""An administrative division code (行政区划代码, GB/T 2260); 000000 is the country."""
LedgerId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"), PLAIN
]
"""A ledger's id, as its log's name has it."""
Position = Annotated[int, Field(ge=1, le=2**53 - 1)]

FOLLOWING_ANEW = (
    "对下级台账改换密钥、从头关注、不再读取记录，或了结其分叉等异常",
    "following a ledger by another key, from its beginning or without its entries, or ending a fault that stands",
)
ADMITTING_A_READER = ("登记上级读取方", "enrolling a reader of a higher level")


class UpperEnrolled(Event):
    """A machine of a higher level may read the checkpoints, the tiles and every entry (上级读取方登记).

    By requests under its key (RFC 9421), which signs nothing else here. Signed by a registrar over everything,
    by two where the ledger has a second.
    """

    TITLE_ZH: ClassVar[str] = "上级读取方登记"
    TITLE_EN: ClassVar[str] = "Upper reader enrolled"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    upper: NewCode
    name: Text
    level: LedgerLevel
    region: Region
    public_key: LogKey
    proof_of_possession: ProofOfPossession

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Code and key are new; a code whose reader was revoked may be given a new key."""
        known = state.find(UpperReader, self.upper)
        if known is not None and not known.revoked:
            raise ALREADY_REGISTERED.refused(kind="upper", id=self.upper)
        check_new_key("ed25519", self.public_key, state)
        if any(each.public_key == self.public_key for each in state.records(UpperReader)):
            raise ALREADY_REGISTERED.refused(kind="key", id=key_id(bytes.fromhex(self.public_key)))
        check_two_registrars(act, [Scope(None, None)], state, ADMITTING_A_READER)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The reader stands."""
        keyid = key_id(bytes.fromhex(self.public_key))
        state.put(UpperReader(self.upper, self.name, self.level, self.region, self.public_key, keyid))


class UpperRevoked(Event):
    """A machine of a higher level may read no more entries (上级读取方注销), from this entry on."""

    TITLE_ZH: ClassVar[str] = "上级读取方注销"
    TITLE_EN: ClassVar[str] = "Upper reader revoked"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    upper: UpperCode
    reason: Text

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It may read so far."""
        if state.get(UpperReader, self.upper).revoked:
            raise STATE_NOT_ALLOWED.refused(expected="enrolled", found="revoked")

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The reader is revoked."""
        reader = state.get(UpperReader, self.upper)
        reader.revoked = True
        state.put(reader)


class LedgerFollowed(Event):
    """A ledger of a lower level is followed (关注下级台账), by its id and the key of its log.

    Said again of the same ledger, it puts right name, key and terms, and ends a fault that stood: somebody has looked
    into it; by the ninth version of the rules two registrars have. ``gives`` is what the ledger lets be read: its entries,
    or only checkpoints and what it declares. ``anew`` begins again at its beginning, where what was seen before is owned
    to as lost: it does not count any more.
    """

    TITLE_ZH: ClassVar[str] = "关注下级台账"
    TITLE_EN: ClassVar[str] = "Ledger followed"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    followed: NewCode
    ledger: LedgerId
    name: Text
    level: LedgerLevel
    region: Region
    public_key: LogKey
    gives: Literal["entries", "figures"] = "entries"
    silent_after_days: Annotated[int, Field(ge=1, le=366)] = 3
    anew: bool = False

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """One code for one ledger, which is not this one."""
        if self.ledger == act.statement.ledger:
            raise STATE_NOT_ALLOWED.refused(expected="another ledger", found="this ledger itself")
        for known in state.records(Followed):
            if (known.id == self.followed) != (known.ledger == self.ledger):
                raise ALREADY_REGISTERED.refused(kind="followed", id=known.id)
        known_so_far = state.find(Followed, self.followed)
        if state.rules >= 9 and known_so_far is not None and self._forgets(known_so_far):
            check_two_registrars(act, [Scope(None, None)], state, FOLLOWING_ANEW)

    def _forgets(self, known: Followed) -> bool:
        """Whether what was seen, or is seen from now on, counts for less than before."""
        return (
            self.anew
            or self.public_key != known.public_key
            or (known.gives_entries and self.gives == "figures")
            or (known.fault is not None and known.fault not in PASSING)
        )

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The ledger is followed, from where it was seen last."""
        known = state.find(Followed, self.followed)
        made = Followed(
            self.followed,
            self.ledger,
            self.name,
            self.level,
            self.region,
            self.public_key,
            self.gives == "entries",
            self.silent_after_days,
            act.recorded_on,
        )
        if known is not None and not self.anew:
            made.size, made.root, made.seen_on = known.size, known.root, known.seen_on
            made.summary_at = known.summary_at
        state.put(made)


class _Observed(Event):
    """What this ledger's own key says of a ledger that it follows."""

    SIGNED_BY: ClassVar[SignedBy] = "ledger"

    followed: FollowedCode
    day: Day

    def tags(self, act: VerifiedEvent) -> list[str]:
        """The ledger followed."""
        return [f"followed:{self.followed}"]


class CheckpointSeen(_Observed):
    """A followed ledger's checkpoint was seen and holds (检查点已核对): signed, and grown from the last one.

    One a day and ledger, the first of it. It ends a fault that was over as soon as the ledger was read again.
    """

    TITLE_ZH: ClassVar[str] = "检查点已核对"
    TITLE_EN: ClassVar[str] = "Checkpoint seen"

    size: Annotated[int, Field(ge=0, le=2**53 - 1)]
    root: Digest

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Later than the last, and no smaller; where it is as large, it is the same."""
        known = state.get(Followed, self.followed)
        if self.day <= known.seen_on and known.fault not in PASSING:
            raise CHECKPOINT_NOT_NEXT.refused(followed=self.followed, expected=known.seen_on, found=self.day)
        if self.size < known.size or (self.size == known.size and known.root not in ("", self.root)):
            raise CHECKPOINT_NOT_NEXT.refused(
                followed=self.followed,
                expected=f"{known.size} {known.root}",
                found=f"{self.size} {self.root}",
            )
        if known.fault is not None and known.fault not in PASSING:
            raise STATE_NOT_ALLOWED.refused(expected="no fault", found=known.fault)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It is what was seen last."""
        known = state.get(Followed, self.followed)
        known.size, known.root, known.seen_on = self.size, self.root, self.day
        known.fault, known.fault_on = None, ""
        state.put(known)


class Discrepancy(BaseModel):
    """One figure of a summary that its entries do not bear out (数字不符). Persons, and money in fen."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    category: Word | None = None
    line: Word | None = None
    unit: Word | None = None
    declared_persons: Count
    declared_fen: Fen
    recomputed_persons: Count
    recomputed_fen: Fen


class SummaryTaken(_Observed):
    """A followed ledger's summary was taken (总结已核对): what it declares, and what its entries come to.

    ``of_campaign`` and ``of_unit`` are the county's own codes; ``filed_on`` is the day on which it was recorded there,
    ``position`` where in the county's log, ``as_of`` the position that its figures are of. A county that gives no
    entries has nothing recomputed.
    """

    TITLE_ZH: ClassVar[str] = "总结已核对"
    TITLE_EN: ClassVar[str] = "Summary taken"

    of_campaign: Word
    of_unit: Word
    filed_on: Day
    position: Position
    as_of: Position
    declared_persons: Count
    declared_fen: Fen
    recomputed_persons: Count | None = None
    recomputed_fen: Fen | None = None
    differences: Annotated[list[Discrepancy], Field(max_length=500)] = Field(default_factory=list)

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Each once, in the order of the county's log."""
        known = state.get(Followed, self.followed)
        if self.position <= known.summary_at:
            raise SUMMARY_NOT_NEXT.refused(
                followed=self.followed, expected=known.summary_at, found=self.position
            )
        if self.as_of > self.position:
            raise STATE_NOT_ALLOWED.refused(expected=f"as of {self.position} at most", found=self.as_of)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """It is the last that was taken."""
        known = state.get(Followed, self.followed)
        known.summary_at = self.position
        state.put(known)


class MirrorFault(_Observed):
    """Something is wrong with a followed ledger (下级台账异常).

    ``size`` is that of the checkpoint that it was found under, ``position`` the entry's where it is one, ``code`` the
    finding's. Of a fork, a set-back and an entry that does not hold a registrar says when it is over; the rest is
    over when the ledger is read again.
    """

    TITLE_ZH: ClassVar[str] = "下级台账异常"
    TITLE_EN: ClassVar[str] = "Mirror fault"

    fault: Fault
    size: Annotated[int, Field(ge=0, le=2**53 - 1)]
    position: Position | None = None
    code: Word | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It does not stand already, and no graver one does."""
        known = state.get(Followed, self.followed)
        if known.fault == self.fault or (known.fault not in (None, *PASSING) and self.fault in PASSING):
            raise FAULT_STANDS.refused(followed=self.followed, found=known.fault)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The fault stands."""
        known = state.get(Followed, self.followed)
        known.fault, known.fault_on = self.fault, self.day
        state.put(known)


def readers_of(state: State) -> Iterable[UpperReader]:
    """The readers of a higher level that may read now; who has an officer's key by now is none."""
    return [
        each
        for each in state.records(UpperReader)
        if not each.revoked and state.find(Key, each.key_id) is None
    ]
