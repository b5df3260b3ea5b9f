"""What stands (账面现状): all that a decision must know, as plain values.

A record is one thing's present state, made only of JSON values, so that it is stored as it is. The
writer loads the records that a batch reads and writes back those that it changed, in the events'
own transaction; replay and tests fold the same code in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from ledger.domain.claims import CLAIM_PREFIX, CLAIMANTS_PREFIX, OF_DOSSIERS, SUCCESSOR_PREFIX, claim_of
from ledger.domain.line_size import check_line_size
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.record import Record, record_from
from ledger.domain.spill import MOST_HELD, Spill
from ledger.errors import Rule

UNKNOWN_REFERENCE = Rule(
    "reference-unknown",
    zh="引用的{kind!w}不存在：{id}",
    en="unknown reference: {kind} {id}",
)


@dataclass
class Book(Record):
    """The ledger itself (台账); there is one, with the id ``ledger``.

    ``key_id`` names its own key, ``day_passed`` the last day that has ended (2026-01-15), ``rules`` the version
    of the rules in force; ``exclusions`` are role, other role, anywhere, the strict ones where it is None, and
    ``exclusions_by`` the keys that set them, and when.
    """

    KIND: ClassVar[str] = "book"
    RESIDENT: ClassVar[bool] = True
    id: str
    ledger: str
    name: str
    ledger_key: str
    key_id: str
    day_passed: str
    rules: int = 1
    exclusions: list[list[Any]] | None = None
    exclusions_by: Sequence[Any] = ()


@dataclass
class AcceptedClock(Record):
    """Until when a registrar has accepted the service's clock (确认的时钟); there is one, ``ledger``."""

    KIND: ClassVar[str] = "clock"
    RESIDENT: ClassVar[bool] = True
    id: str
    until: str


@dataclass
class Unit(Record):
    """A unit (单位). ``ancestors`` go from its parent up; ``banned`` maps a year to a sanction.

    ``lifted`` has each sanction that was lifted: its year, the keys that signed that, and when it was recorded.
    """

    KIND: ClassVar[str] = "unit"
    RESIDENT: ClassVar[bool] = True
    id: str
    name: str
    level: str
    ancestors: list[str]
    banned: dict[str, str] = field(default_factory=dict)
    lifted: list[Sequence[Any]] = field(default_factory=list)


@dataclass
class Officer(Record):
    """An officer (经办人员) with the roles granted: ``{"role", "unit", "campaign"}`` each.

    ``person`` is the mark of the identity that was committed to; None where none was. ``given`` says of each
    grant, in order, which keys gave it, and when that was recorded (UTC). ``past`` are the grants that ended:
    each with its keys, when it was given, when it ended, and whether a stolen key is behind it.
    """

    KIND: ClassVar[str] = "officer"
    RESIDENT: ClassVar[bool] = True
    id: str
    name: str
    unit: str | None
    grants: list[dict[str, str | None]]
    keys: list[str]
    person: str | None = None
    given: list[Sequence[Any]] = field(default_factory=list)
    past: list[Sequence[Any]] = field(default_factory=list)


@dataclass
class Key(Record):
    """An officer's key (密钥), and by which keys it was enrolled when. Times are UTC like ``recorded_at``.

    ``ended_by_another_at`` is when it ended by somebody else than its holder; empty where nobody ended it.
    ``compromised_from`` is since when others may have had it, which is not when it ended where it had before.
    """

    KIND: ClassVar[str] = "key"
    RESIDENT: ClassVar[bool] = True
    id: str
    officer: str
    algorithm: str
    public_key: str
    valid_from: str
    revoked_from: str | None = None
    compromised: bool = False
    enrolled_by: list[str] = field(default_factory=list)
    enrolled_at: str = ""
    ended_by_another_at: str = ""
    compromised_from: str | None = None


@dataclass
class Campaign(Record):
    """A campaign (慰问活动) with its policy as signed; ``opened_at`` is when that was recorded (UTC).

    ``loosened`` has the signatures under what made the policy looser than ``firm``, which it was before: keys, and when;
    ``was_loose`` those of before it was set anew, with until when they held. ``opened_with`` has the keys that stand
    behind its opening, and since when. ``recorded_late_by`` recorded something after the fact in it. ``rules`` is the
    version of the rules under which it was opened.
    """

    KIND: ClassVar[str] = "campaign"
    RESIDENT: ClassVar[bool] = True
    id: str
    sponsor: str
    title: str
    policy: dict[str, Any]
    closed: bool = False
    opened_at: str = ""
    firm: dict[str, Any] | None = None
    loosened: list[Sequence[Any]] = field(default_factory=list)
    was_loose: list[Sequence[Any]] = field(default_factory=list)
    opened_with: Sequence[Any] = ()
    recorded_late_by: list[str] = field(default_factory=list)
    rules: int = 1
    _terms: Policy | None = None

    @property
    def terms(self) -> Policy:
        """The policy, parsed."""
        if self._terms is None:
            self._terms = Policy.model_validate(self.policy)
        return self._terms


@dataclass
class Line(Record):
    """What a fund line holds (资金项目余额), or what a unit holds of it, drawn and not handed out.

    The id is ``campaign/line`` or ``campaign/line@unit``. ``after_the_fact_fen`` is the sum of
    payouts recorded after the fact: only they may take the balance below zero. ``late_fen`` is what was drawn
    after the fact and not paid or returned since: it pays only what is recorded after the fact as well.
    ``drawn_by`` is who ever drew for the unit.
    """

    KIND: ClassVar[str] = "line"
    id: str
    balance_fen: int = 0
    after_the_fact_fen: int = 0
    late_fen: int = 0
    drawn_by: list[str] = field(default_factory=list)


@dataclass
class Dossier(Record):
    """A hardship dossier (困难档案). ``person`` is the recipient's mark.

    ``kept_until`` is the last day of the statutory years, once anything was paid on it. ``version`` is
    the statement that made name and account what they are, ``changed_by`` its signers; ``payee`` tells
    other names and accounts apart.
    """

    KIND: ClassVar[str] = "dossier"
    id: str
    unit: str
    recipient: str
    person: str
    filed_on: str
    erased: bool = False
    sealed: bool = False
    kept_until: str | None = None
    version: str = ""
    payee: str = ""
    changed_by: list[str] = field(default_factory=list)


@dataclass
class Case(Record):
    """A nomination and what became of it (慰问对象).

    ``claim`` stands while it is live; by the ninth version of the rules, where something was paid on it or an
    objection upheld, until the person is nominated anew. ``agreed_version`` is the dossier's version that was
    nominated, confirmed or approved last. ``state`` is nominated, confirmed, approved, approved-after-the-fact,
    rejected or revoked. ``filed_by`` are who made its dossier what it was when it was nominated; ``confirmed_by`` and
    ``ever_approved_by`` have all who did, also where it was done again. ``approved_with`` are the keys that signed
    the approval, recorded at ``approved_at``, and ``reconfirmed`` what was confirmed after it: keys, and when;
    ``recipient`` is the mark of who is helped, also once the case is over; ``goods_fen`` is the value of goods
    approved, ``delivered_fen`` of those that reached the recipient and did not come back. ``steps`` are those of the
    policy's own that stand: code, officers, keys, when, and whether it was taken on the approval; ``step_takers`` has
    code and officer of all that ever were. ``objections`` are those that are open or were upheld, ``objectors`` the
    officers' persons who lodged one of them, by its id; ``kin`` are the marks of the household's members.
    ``steps_spent`` are the codes of the steps that an approval rested on which was revoked since, ``steps_backed``
    the most that they were good for: money, goods, forms. ``upheld`` are those of the objections that were upheld,
    also to an earlier nomination, ``upheld_since`` those upheld since the case was approved last. ``paid_before_fen``
    is what the person kept of an earlier nomination in the campaign; ``on_consent`` says that the family's consent
    had to stand when it was nominated, by the tenth version.
    """

    KIND: ClassVar[str] = "case"
    SPARSE: ClassVar[bool] = True
    id: str
    campaign: str
    unit: str
    dossier: str
    claim: str | None
    state: str
    nominated_by: list[str]
    confirmed_by: list[str] = field(default_factory=list)
    approved_by: list[str] = field(default_factory=list)
    forms: Sequence[str] = field(default_factory=list)
    line: str | None = None
    approved_fen: int = 0
    paid_fen: int = 0
    paid_by: list[str] = field(default_factory=list)
    agreed_version: str = ""
    approval_revoked: bool = False
    nominated_late: bool = False
    ever_approved_by: list[str] = field(default_factory=list)
    filed_by: list[str] = field(default_factory=list)
    approved_with: list[str] = field(default_factory=list)
    approved_at: str = ""
    reconfirmed: list[Sequence[Any]] = field(default_factory=list)
    goods_fen: int = 0
    delivered_fen: int = 0
    recipient: str = ""
    steps: list[Sequence[Any]] = field(default_factory=list)
    step_takers: list[Sequence[str]] = field(default_factory=list)
    objections: list[str] = field(default_factory=list)
    objectors: list[Sequence[str]] = field(default_factory=list)
    kin: list[str] = field(default_factory=list)
    steps_spent: list[str] = field(default_factory=list)
    steps_backed: Sequence[Any] = ()
    upheld: list[str] = field(default_factory=list)
    upheld_since: list[str] = field(default_factory=list)
    paid_before_fen: int = 0
    on_consent: bool = False

    @property
    def person(self) -> str | None:
        """The recipient's mark while the case is live, as its claim has it."""
        return None if self.claim is None else self.claim.removeprefix(f"{self.campaign}/")


@dataclass
class Notice(Record):
    """A public notice (公示)."""

    KIND: ClassVar[str] = "notice"
    id: str
    campaign: str
    unit: str


@dataclass
class Objection(Record):
    """An objection to a case (异议). ``settled_with`` are the keys that settled it, and when."""

    KIND: ClassVar[str] = "objection"
    id: str
    case: str
    open: bool = True
    settled_with: Sequence[Any] = ()


@dataclass
class ReceivedObjection(Record):
    """What the public wrote (收到的异议), by its number; ``digest`` is the hash committed to, ``objection`` took it down."""

    KIND: ClassVar[str] = "received"
    id: str
    case: str
    notice: str
    objection: str | None = None
    digest: str = ""


@dataclass
class Payout(Record):
    """A payout (发放) or aid in kind, the officers who signed it or had a part in its case, and how much came back.

    ``person`` is the recipient's mark, ``version`` the dossier's version that was paid, ``paid_with`` the keys that
    signed it, and when.
    """

    KIND: ClassVar[str] = "payout"
    id: str
    campaign: str
    unit: str
    case: str | None
    line: str | None
    drawn: bool
    amount_fen: int
    by_bank: bool = False
    returned_fen: int = 0
    after_the_fact: bool = False
    behind: list[str] = field(default_factory=list)
    person: str = ""
    version: str = ""
    paid_with: Sequence[Any] = ()


@dataclass
class Investigation(Record):
    """A discipline case (核查事项): of a unit or of all, in a campaign or in all.

    ``parties`` are the persons who had a part in what its flags are about, ``places`` where that lies: unit,
    campaign (None is any), and since when who was at work there has no say (UTC).
    """

    KIND: ClassVar[str] = "investigation"
    id: str
    open: bool = True
    unit: str | None = None
    campaign: str | None = None
    parties: list[str] = field(default_factory=list)
    places: list[Sequence[str | None]] = field(default_factory=list)


@dataclass
class Sanction(Record):
    """A sanction against a unit for one year (取消次年资格), clause A-6; ``imposed_at`` is when that was recorded (UTC)."""

    KIND: ClassVar[str] = "sanction"
    id: str
    unit: str
    year: int
    lifted: bool = False
    imposed_at: str = ""


R = TypeVar("R", bound=Record)


def key_of(kind: type[Record], record_id: str) -> str:
    """``kind/id``: where a record of that kind stands."""
    return f"{kind.KIND}/{record_id}"


class State:
    """The records at hand, and which of them changed.

    A complete state holds everything; ``spilled`` keeps what has not been used for a while in a
    file, and ``most_held`` records in memory. An incomplete one holds the resident kinds and what was
    loaded; asking it for another record is a mistake in an event's ``reads`` and says so.
    """

    def __init__(self, *, complete: bool = True, spilled: bool = False, most_held: int = MOST_HELD) -> None:
        self._records: dict[str, Record] | Spill[Record] = {}
        self._claims: dict[str, str] | Spill[str] = {}
        if spilled:
            self._records = Spill(Record.value, record_from, stays=_is_resident, most_held=most_held)
            self._claims = Spill(str.encode, lambda _, raw: raw.decode(), most_held=most_held)
        self._complete = complete
        self._loaded: set[str] = set()
        self._foreseen: dict[str, Record] = {}
        self._changed: dict[str, Record] = {}
        self._made: set[str] = set()
        self.remembered: dict[tuple[Any, ...], Any] = {}
        """What was found by looking at resident records alone, until one of them changes."""

    def find(self, kind: type[R], record_id: str) -> R | None:
        """The record, or None where there is none."""
        key = f"{kind.KIND}/{record_id}"
        record = self._records.get(key)
        if record is None and not (self._complete or kind.RESIDENT or key in self._loaded):
            raise RuntimeError(f"{key} is decided on but was not read")
        return record  # type: ignore[return-value] # a key's kind is its record's class

    def get(self, kind: type[R], record_id: str) -> R:
        """The record; raises ``reference-unknown`` where there is none."""
        record = self.find(kind, record_id)
        if record is None:
            raise UNKNOWN_REFERENCE.refused(kind=kind.KIND, id=record_id)
        return record

    @property
    def rules(self) -> int:
        """The version of the rules in force, see :mod:`ledger.domain.rules_version`; 1 before the founding."""
        book = self.find(Book, "ledger")
        return 1 if book is None else book.rules

    def person_of(self, officer: str) -> str:
        """Who an officer is, to tell persons apart: their identity's mark, the code where there is none.

        By the first version of the rules, officers were told apart by their codes alone.
        """
        found = self.get(Officer, officer)
        return officer if found.person is None or self.rules < 2 else found.person

    def line(self, line_id: str) -> Line:
        """A line's record; one that never moved holds nothing."""
        return self.find(Line, line_id) or Line(line_id)

    def expect(self, kind: type[R], record_id: str) -> R | None:
        """The record as far as known while reading: one that stands, or one foreseen."""
        key = f"{kind.KIND}/{record_id}"
        return self._records.get(key) or self._foreseen.get(key)  # type: ignore[return-value] # as in find

    def foresee(self, record: Record) -> None:
        """Notes what an earlier statement of the same batch would make, for ``reads`` alone."""
        self._foreseen[record.key] = record

    def claimant(self, claim: str) -> str | None:
        """The live case that holds a claim, or None."""
        if not self._complete and CLAIM_PREFIX + claim not in self._loaded:
            raise RuntimeError(f"claim {claim} is decided on but was not read")
        return self._claims.get(claim)

    def put(self, record: Record) -> None:
        """Records a new or changed record. The last step of an event's effect."""
        key = f"{record.KIND}/{record.id}"
        if not self._complete:
            if key not in self._records:
                self._made.add(key)
            self._changed[key] = record
            if type(record) is Line:
                check_line_size(record.id, max(record.balance_fen, record.after_the_fact_fen))
        self._records[key] = record
        if record.RESIDENT:
            self.remembered.clear()
        if type(record) is Case and record.claim is not None:
            self._claims[record.claim] = record.id

    def release(self, case: Case) -> None:
        """Ends a case's claim, so that the person can be nominated again."""
        if case.claim is not None:
            self._claims.pop(case.claim, None)
            case.claim = None

    def missing(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are still to be loaded."""
        return {key for key in keys if key not in self._loaded and key not in self._records}

    def load(self, asked: Iterable[str], found: Iterable[Record]) -> None:
        """Takes what the database holds for the keys asked."""
        self._loaded.update(asked)
        for record in found:
            self._records[record.key] = record
            if type(record) is Case and record.claim is not None:
                self._claims[record.claim] = record.id
        for asked_key in asked:
            if asked_key.startswith(OF_DOSSIERS):
                self._note_claims(*asked_key.split("/"))
            elif asked_key.startswith(SUCCESSOR_PREFIX):
                self._note_successor(key_of(Case, asked_key.removeprefix(SUCCESSOR_PREFIX)))

    def _note_claims(self, asked: str, campaign: str, dossier_id: str) -> None:
        """A dossier's claim in a campaign was read, and its household's where these were asked for."""
        keys = [key_of(Dossier, dossier_id)]
        keys += [f"household/{dossier_id}"] if f"{asked}/" == CLAIMANTS_PREFIX else []
        self._loaded.update(keys)
        for each in filter(None, map(self._records.get, keys)):
            marks = [each.person] if type(each) is Dossier else getattr(each, "members", {}).values()
            self._loaded.update(CLAIM_PREFIX + claim_of(campaign, mark) for mark in marks)

    def _note_successor(self, key: str) -> None:
        """A case was read, and the claim of its person, whichever case holds it."""
        if type(case := self._records.get(key)) is Case:
            self._loaded.add(CLAIM_PREFIX + claim_of(case.campaign, case.recipient))

    def take_changes(self) -> tuple[list[tuple[str, Record]], list[tuple[str, Record]]]:
        """Key and record of all that changed and all that was made since it was asked last."""
        changed = [item for item in self._changed.items() if item[0] not in self._made]
        made = [item for item in self._changed.items() if item[0] in self._made]
        self._changed, self._made = {}, set()
        return changed, made

    def ease(self) -> None:
        """Between two events: lets go of what memory need not hold."""
        if isinstance(self._records, Spill) and isinstance(self._claims, Spill):
            self._records.ease()
            self._claims.ease()

    def settle(self) -> None:
        """Ends a batch: keeps the resident kinds, forgets the rest."""
        self._changed.clear()
        self._made.clear()
        self._foreseen.clear()
        self._loaded.clear()
        self._claims = {}
        self._records = {key: record for key, record in self._records.items() if record.RESIDENT}

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """All records by their keys, as they are stored, in no order."""
        records = self._records
        if isinstance(records, Spill):
            return records.stored()
        return ((key, record.value()) for key, record in records.items())

    def records(self, kind: type[R]) -> Iterator[R]:
        """All records of one kind, in the order they came; from the spill, in another."""
        records = self._records
        # A list, at once: another thread may ask while the writer's puts a record.
        found = records.items(key_of(kind, "")) if isinstance(records, Spill) else list(records.items())
        for _, record in found:
            if isinstance(record, kind):
                yield record


def _is_resident(record: Record) -> bool:
    return record.RESIDENT
