"""One batch: one transaction that loads what is read, decides in order, and writes what changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from ledger.crypto.merkle import leaf_hash
from ledger.domain.admission import decide
from ledger.domain.called import name_codes
from ledger.domain.claims import CLAIM_PREFIX, CLAIMANT_PREFIX, CLAIMANTS_PREFIX, SUCCESSOR_PREFIX
from ledger.domain.entry import read_entry, write_entry
from ledger.domain.event import VerifiedEvent
from ledger.domain.record import Record, record_from
from ledger.domain.state import State
from ledger.errors import Attempt, Refused, Rule
from ledger.events.dossier import DossierErased
from ledger.events.household import MemberErased
from ledger.events.register import ReferenceErased, ReferenceListed
from ledger.postgres.entries import APPEND_LOCK
from ledger.postgres.part import KeyedRecord, Part
from ledger.statements.statement import decode64
from ledger.writing.intake import Intake, Received
from ledger.writing.registers import FORGET_KEY, REGISTER_ROWS_MISSING
from ledger.writing.undecidable import undecidable
from ledger.writing.writer_session import OPEN_BATCH, Durability, WriterSession

STATEMENT_ID_REUSED = Rule(
    "statement-id-reused",
    zh="该编号已用于另一份签署件（第 {position} 号）",
    en="the id already belongs to another statement, at position {position}",
)


class Receipt(NamedTuple):
    """What the submitter keeps (回执): where the statement stands, since when, its leaf, how durable."""

    id: str
    position: int
    recorded_at: str
    leaf_hash: str
    repeated: bool = False
    durability: Durability = "flushed"

    def to_json(self) -> dict[str, Any]:
        """For scripts and the API."""
        return self._asdict()


Outcome = Receipt | Refused
"""What became of one statement."""


class Overtaken(Exception):
    """Somebody else wrote since this session's last batch: what is held in memory is out of date."""


class HalfApplied(Exception):
    """An event failed in the middle of its effect: the batch is void, to be done again without it."""

    def __init__(self, item: Received, refusal: Refused) -> None:
        super().__init__(item.statement.id)
        self.item = item
        self.refusal = refusal


class Batch:
    """Decides statements in order and writes those admitted, all in one transaction.

    A large batch is written in parts: while the database takes one, the next is decided. After
    ``commit``, ``leaf_hashes`` are those of the entries written after position ``head``.
    """

    def __init__(self, session: WriterSession, state: State, intake: Intake) -> None:
        self._session = session
        self._connection = session.connection
        self._standing = state
        self._intake = intake
        self.head = 0
        self.leaf_hashes: list[bytes] = []
        self.commit_seconds = 0.0
        self._durability: Durability = "flushed"
        self._known: dict[str, tuple[bytes, Receipt]] = {}
        self._part = Part(0)
        self._erased: list[str] = []
        self._members_erased: list[str] = []
        self._lists_erased: list[str] = []

    def commit(self, items: Sequence[Received | Refused], recorded_at: str) -> list[Outcome]:
        """One outcome an item, in order, once all are committed.

        Raises:
            Overtaken: the head is not where this session left it; nothing was decided.
            HalfApplied: one event failed in the middle of its effect; nothing was written.
        """
        received = [item for item in items if isinstance(item, Received)]
        acts = [item.act(recorded_at) for item in received]
        undecided = self._load(acts)
        if self.head != self._session.head:
            raise Overtaken(f"the head is {self.head}, this session left it at {self._session.head}")
        self._part = Part(self.head)
        with self._connection.pipeline():
            pairs = enumerate(zip(received, acts, strict=True))
            decided = iter([undecided.get(index) or self._decide(*pair) for index, pair in pairs])
            outcomes = [item if isinstance(item, Refused) else next(decided) for item in items]
            started = time.perf_counter()
            self._finish()
        self.commit_seconds = time.perf_counter() - started
        self._standing.settle()
        return outcomes

    def settled(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes with what their receipts rest on, once the commit is confirmed."""
        session = self._session
        session.durability = self._durability
        if self.leaf_hashes:
            session.head = self.head + len(self.leaf_hashes)
        # A statement that stood already was confirmed by a commit of this session after it.
        if session.durability == "flushed":
            return outcomes
        return [
            outcome if isinstance(outcome, Refused) else outcome._replace(durability=session.durability)
            for outcome in outcomes
        ]

    def _load(self, acts: list[VerifiedEvent]) -> dict[int, Refused]:
        """Begin the transaction and bring in what the batch reads, in one round trip.

        Returns the refusals of acts that cannot even say what they read, by their index.
        """
        wanted, undecided = self._wanted(acts)
        connection, session = self._connection, self._session
        with connection.pipeline():
            connection.execute("BEGIN")
            found = connection.execute(
                OPEN_BATCH,
                (
                    APPEND_LOCK,
                    session.epoch,
                    session.backend,
                    *_asked(wanted),
                    "\n".join([act.id for act in acts]),
                ),
            )
        records = []
        for kind, key, position, content in found.fetchall():
            if kind == "s":
                records.append(record_from(key, content))
            elif kind == "e":
                self._known[key] = _receipt_again(key, position, content.encode())
            else:
                self.head = position
                self._durability = cast(Durability, content)
        self._standing.load(wanted, records)
        return {**self._without_rows(acts), **undecided}

    def _without_rows(self, acts: list[VerifiedEvent]) -> dict[int, Refused]:
        """The refusals of lists whose rows are not here, by their act's index."""
        listed = {
            index: act.event.root for index, act in enumerate(acts) if isinstance(act.event, ReferenceListed)
        }
        if not listed:
            return {}
        found = self._connection.execute(
            "SELECT root FROM ledger.registers WHERE root = ANY(%s)", (list(listed.values()),)
        ).fetchall()
        here = {root for (root,) in found}
        return {
            index: REGISTER_ROWS_MISSING.refused(root=root)
            for index, root in listed.items()
            if root not in here
        }

    def _wanted(self, acts: list[VerifiedEvent]) -> tuple[set[str], dict[int, Refused]]:
        """The keys that the acts read; an act that fails to say is refused, and its neighbours go on."""
        state = self._standing
        try:
            for act in acts:
                act.event.foresee(act, state)
            return state.missing(key for act in acts for key in act.event.reads(act, state)), {}
        except Exception:  # whatever it is, it is one act's: go through them one by one
            wanted: set[str] = set()
            undecided: dict[int, Refused] = {}
            for index, act in enumerate(acts):
                try:
                    act.event.foresee(act, state)
                    wanted |= state.missing(act.event.reads(act, state))
                except Refused as refusal:
                    undecided[index] = refusal.as_value()
                except Exception as error:
                    undecided[index] = undecidable(error, act.id)
            return wanted, undecided

    def _decide(self, item: Received, act: VerifiedEvent) -> Outcome:
        outcome = self._decided(item, act)
        if isinstance(outcome, Refused):
            name_codes(outcome, self._standing, act.event.__dict__.get("campaign"))
            if not item.unverified:
                outcome.attempt = _attempt(act)
        return outcome

    def _decided(self, item: Received, act: VerifiedEvent) -> Outcome:
        known = self._known.get(act.id)
        if known is not None:
            payload, receipt = known
            if payload != item.payload:
                return STATEMENT_ID_REUSED.refused(position=receipt.position)
            return receipt if receipt.repeated else receipt._replace(repeated=True)
        try:
            entry = write_entry(item.raw, item.marks, act.recorded_at)
            leaf = leaf_hash(entry)
            if item.unverified:
                self._intake.verify_late(item)
            decide(act, self._standing)
            tags = " ".join(act.event.tags(act))
        except Refused as refusal:
            return refusal.as_value()
        except Exception as error:  # a decision changes nothing, so that only this one is void
            return undecidable(error, act.id)
        self._apply(item, act)
        self._part.add(act.id, act.statement.type, entry, tags, item.sealed)
        if isinstance(act.event, DossierErased):
            self._erased.append(act.event.dossier)
        elif isinstance(act.event, MemberErased):
            self._members_erased.append(act.event.member)
        elif isinstance(act.event, ReferenceErased):
            self._lists_erased.append(act.event.reference)
        self.leaf_hashes.append(leaf)
        receipt = Receipt(act.id, self.head + len(self.leaf_hashes), act.recorded_at, leaf.hex())
        self._known[act.id] = (item.payload, receipt)
        if self._part.is_full:
            self._write()
        return receipt

    def _apply(self, item: Received, act: VerifiedEvent) -> None:
        try:
            act.event.apply(act, self._standing)
        except Refused as refusal:
            raise HalfApplied(item, refusal) from refusal
        except Exception as error:
            raise HalfApplied(item, undecidable(error, act.id)) from error

    def _write(self) -> None:
        """Hands over what is decided so far, without waiting for it to be written."""
        changed, made = self._standing.take_changes()
        self._part.write(self._connection, _values(changed), _values(made))
        self._part = Part(self.head + len(self.leaf_hashes))

    def _finish(self) -> None:
        if self._part:
            self._write()
        if self._erased:
            self._connection.execute("DELETE FROM ledger.vault WHERE dossier = ANY(%s)", (self._erased,))
        if self._members_erased:
            self._connection.execute("DELETE FROM ledger.vault WHERE id = ANY(%s)", (self._members_erased,))
        for list_id in self._lists_erased:
            self._connection.execute(FORGET_KEY, (list_id,))
        self._connection.execute("COMMIT" if self.leaf_hashes else "ROLLBACK")


def _attempt(act: VerifiedEvent) -> Attempt:
    said = act.event.__dict__
    return Attempt(act.signers[0], act.statement.type, said.get("campaign"), said.get("unit"))


def _values(records: list[tuple[str, Record]]) -> list[KeyedRecord]:
    return [(key, record.value()) for key, record in records]


def _asked(wanted: Iterable[str]) -> tuple[str, str, str, str]:
    """The keys, the claims, and the campaigns and dossiers whose claimants are wanted, as lines.

    A campaign with a plus before it asks for those of the dossier's household too. In the place of a campaign, an equals
    sign says that it is no dossier but a case, whose person's claim is asked for.
    """
    keys, claims, campaigns, dossiers = [], [], [], []
    for key in wanted:
        if key.startswith(CLAIMANT_PREFIX):
            campaign, dossier = key.removeprefix(CLAIMANT_PREFIX).split("/")
            campaigns.append(campaign)
            dossiers.append(dossier)
        elif key.startswith(CLAIMANTS_PREFIX):
            campaign, dossier = key.removeprefix(CLAIMANTS_PREFIX).split("/")
            campaigns.append(f"+{campaign}")
            dossiers.append(dossier)
        elif key.startswith(SUCCESSOR_PREFIX):
            campaigns.append("=")
            dossiers.append(key.removeprefix(SUCCESSOR_PREFIX))
        elif key.startswith(CLAIM_PREFIX):
            claims.append(key.removeprefix(CLAIM_PREFIX))
        else:
            keys.append(key)
    return "\n".join(keys), "\n".join(claims), "\n".join(campaigns), "\n".join(dossiers)


def _receipt_again(statement_id: str, position: int, entry: bytes) -> tuple[bytes, Receipt]:
    """What was signed, and the first receipt again, for a statement that stands already."""
    value = read_entry(entry)
    payload = decode64(value["envelope"]["payload"], "payload")
    leaf = leaf_hash(entry).hex()
    return payload, Receipt(statement_id, position, value["recorded_at"], leaf, repeated=True)
