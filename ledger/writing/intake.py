"""Intake (收件): from an envelope's bytes to an act ready to be decided.

Verify, then parse, then trust: what leaves here is verified, but for signatures by keys that are
not enrolled yet; those are asked for again when the statement's turn comes.
"""

from __future__ import annotations

import gc
import multiprocessing
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import ledger.events  # noqa: F401 # makes every event type known, in worker processes too
from ledger.domain.enrolment import check_enrolled_keys
from ledger.domain.event import (
    Event,
    VerifiedEvent,
    parse_event,
    recorded_event,
)
from ledger.domain.possession import check_possession
from ledger.domain.time_range import check_times
from ledger.errors import Attempt, Refused, Rule
from ledger.events.dossier import RECIPIENT_DIFFERS, DossierAmended, DossierFiled
from ledger.events.household import MemberRecorded
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.events.registry import LedgerFounded, OfficerEnrolled, OfficerIdentified
from ledger.gc_tuning import SELDOM
from ledger.identity import documents as identities
from ledger.identity.blind_index import SALT_BYTES, Marker, commitment
from ledger.identity.vault import Disclosure, Sealed, Vault
from ledger.statements.statement import (
    Envelope,
    Signature,
    SignatureChecker,
    Statement,
    parse_envelope,
    parse_statement,
    payload_of,
    read_statement,
)
from ledger.writing.undecidable import undecidable

COMMITMENT_DIFFERS = Rule(
    "commitment-differs",
    zh="随附的身份信息与签署的承诺值不符",
    en="the identity beside the statement is not the one that it commits to",
)
DISCLOSURE_MISSING = Rule(
    "disclosure-missing",
    zh="缺少身份信息：此类签署件须随附身份信息存入保险库",
    en="the identity that the statement commits to must come beside it, for the vault",
)
DISCLOSURE_UNASKED = Rule(
    "disclosure-unasked",
    zh="此签署件不应随附身份信息",
    en="this statement commits to no identity, so none may come beside it",
)
IDENTITY_INVALID = Rule(
    "identity-invalid",
    zh="身份信息不合规：{problem}",
    en="the identity is invalid: {problem_en}",
)

LEDGER_KEY_NOT_HELD = Rule(
    "ledger-key-not-held",
    zh="本服务没有此台账密钥，登记后将无法启动：先把新密钥放入密钥来源并重启服务（公钥 {found}）",
    en="this service does not hold the ledger key {found} and could not start again: put the new key where"
    " its secrets come from first, and restart it",
)

PublicKeyOf = Callable[[str], bytes | None]
"""The public key of an enrolled key id, or None."""


class Submission(NamedTuple):
    """What a client sends: the envelope's bytes, and the identity for the vault where one is due."""

    envelope: bytes
    disclosure: Disclosure | None = None


@dataclass
class Received:
    """A submission read and checked by itself; ``unverified`` waits for its key's enrolment."""

    raw: bytes
    payload: bytes
    signers: tuple[str, ...]
    statement: Statement
    event: Event
    marks: dict[str, str]
    sealed: Sealed | None
    unverified: list[Signature] = field(default_factory=list)

    def act(self, recorded_at: str) -> VerifiedEvent:
        """The act to decide, at that time of recording."""
        return VerifiedEvent(self.statement, self.event, self.signers, self.marks, recorded_at)


class Intake:
    """Receives submissions; safe for several threads at once.

    ``ledger_keys`` are the public keys, hex, that this service can sign with as the ledger itself.
    """

    def __init__(
        self,
        marker: Marker,
        vault: Vault,
        public_key_of: PublicKeyOf,
        ledger_keys: Collection[str] = (),
    ) -> None:
        self._marker = marker
        self._vault = vault
        self._public_key_of = public_key_of
        self._ledger_keys = frozenset(ledger_keys)
        self._local = threading.local()

    def receive(self, submission: Submission, today: date) -> Received | Refused:
        """Reads one submission; its refusal comes as a value, so that it stops no neighbour."""
        try:
            return self.finish(*self.open(submission), submission.disclosure, today)
        except Refused as refusal:
            return refusal.as_value()
        except Exception as error:  # whatever it is, it is this statement's alone
            return undecidable(error)

    def open(self, submission: Submission) -> tuple[Envelope, Statement, list[Signature]]:
        """The envelope, its statement, and the signatures whose keys are not enrolled yet.

        Raises:
            Refused: malformed, or a signature by an enrolled key does not hold.
        """
        envelope = parse_envelope(submission.envelope)
        # The signatures are over bytes; what these say is read to know whose ledger it is for.
        statement = parse_statement(envelope.payload)
        check_times(statement)
        return envelope, statement, self.verify(envelope.payload, statement.ledger, envelope.signatures)

    def finish(
        self,
        envelope: Envelope,
        statement: Statement,
        unverified: list[Signature],
        disclosure: Disclosure | None,
        today: date,
    ) -> Received:
        """The event, and the identity beside it marked and sealed.

        Raises:
            Refused: the body or the identity is not what it should be.
        """
        try:
            event = parse_event(statement.type, statement.body, came_on=today)
            self._check_ledger_key(event)
            check_enrolled_keys(event)
            check_possession(event, statement.ledger)
            marks = self._marks(event, disclosure, today)
        except Refused as refusal:
            if not unverified:
                refusal.attempt = Attempt(envelope.signatures[0].keyid, statement.type, None, None)
            raise
        sealed = None
        if disclosure is not None:
            amended = event.dossier if isinstance(event, DossierAmended | MemberRecorded) else statement.id
            sealed = self._vault.seal(statement.id, amended, disclosure)
        signers = tuple([signature.keyid for signature in envelope.signatures])
        return Received(envelope.raw, envelope.payload, signers, statement, event, marks, sealed, unverified)

    def verify(self, payload: bytes, ledger: str, signatures: Sequence[Signature]) -> list[Signature]:
        """Checks the signatures on a statement by enrolled keys, and returns the others.

        Raises:
            NotVerified: a signature does not hold.
        """
        checker: SignatureChecker | None = getattr(self._local, "checker", None)
        if checker is None:
            checker = self._local.checker = SignatureChecker()
        unverified = []
        for signature in signatures:
            public_key = self._public_key_of(signature.keyid)
            if public_key is None:
                unverified.append(signature)
            else:
                checker.verify(payload, ledger, signature, public_key)
        return unverified

    def verify_late(self, item: Received) -> None:
        """Checks signatures whose key was not enrolled when the statement came in.

        A founding is checked by the key that it enrols. A key that is still unknown is left to the
        admission, which refuses it.

        Raises:
            NotVerified: a signature does not hold.
        """
        if isinstance(item.event, LedgerFounded):
            public_key = bytes.fromhex(item.event.public_key)
            for signature in item.unverified:
                SignatureChecker().verify(item.payload, item.statement.ledger, signature, public_key)
            item.unverified = []
        else:
            item.unverified = self.verify(item.payload, item.statement.ledger, item.unverified)

    def _check_ledger_key(self, event: Event) -> None:
        """Refuse to enrol a key as the ledger's own that would lock this service out."""
        if isinstance(event, LedgerFounded):
            named = event.ledger_key
        elif isinstance(event, LedgerKeyRotated):
            named = event.public_key
        else:
            return
        if named not in self._ledger_keys:
            raise LEDGER_KEY_NOT_HELD.refused(found=named)

    def _marks(self, event: Event, disclosure: Disclosure | None, today: date) -> dict[str, str]:
        promised = event.commitment
        if promised is None:
            if disclosure is not None:
                raise DISCLOSURE_UNASKED.refused()
            return {}
        if disclosure is None:
            raise DISCLOSURE_MISSING.refused()
        if len(disclosure.salt) != SALT_BYTES or promised != commitment(disclosure.identity, disclosure.salt):
            raise COMMITMENT_DIFFERS.refused()
        if isinstance(event, DossierFiled) and event.recipient != disclosure.identity.kind:
            raise RECIPIENT_DIFFERS.refused(expected=event.recipient, found=disclosure.identity.kind)
        if (
            isinstance(event, OfficerEnrolled | OfficerIdentified | MemberRecorded)
            and disclosure.identity.kind != "person"
        ):
            raise RECIPIENT_DIFFERS.refused(expected="person", found=disclosure.identity.kind)
        marks = self._marker.marks_of(disclosure.identity)
        fault = identities.faults(disclosure.identity, today=today)
        if fault is not None:
            # What already happened is recorded with its fault, which a flag will show.
            if not getattr(event, "after_the_fact", False):
                raise IDENTITY_INVALID.refused(
                    problem=fault.message("zh"), problem_en=fault.message("en"), fault=fault.code
                )
            marks["identity_fault"] = fault.code
        return marks


# --- Intake in worker processes, for rosters -----------------------------------------------------

_Opened = tuple[tuple[str, ...], dict[str, str], Sealed | None]
"""Signing keys, marks, vault row: what a worker hands back, all plain. The bytes are here already."""

_worker: Intake | None = None
_worker_keys: dict[str, bytes] = {}


class IntakePool:
    """Receives large submissions in processes of their own, so that rosters use every core."""

    def __init__(self, marker: Marker, vault: Vault, processes: int, ledger_keys: Collection[str]) -> None:
        self._processes = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(marker, vault, frozenset(ledger_keys)),
        )

    def receive(
        self, submissions: Sequence[Submission], keys: Mapping[str, bytes], today: date
    ) -> Future[list[_Opened | Refused | None]]:
        """Starts receiving; :func:`widened` makes the answer whole."""
        return self._processes.submit(_receive_in_worker, list(submissions), dict(keys), today)

    def close(self) -> None:
        """Ends the processes."""
        self._processes.shutdown(cancel_futures=True)


def widened(
    answers: Sequence[_Opened | Refused | None],
    submissions: Sequence[Submission],
    intake: Intake,
    today: date,
) -> list[Received | Refused]:
    """A worker's answers as they would have been received here.

    None stands for a statement whose key the worker did not know, or on which it failed; it is
    received here.
    """
    items: list[Received | Refused] = []
    for answer, submission in zip(answers, submissions, strict=True):
        if answer is None:
            items.append(intake.receive(submission, today))
        elif isinstance(answer, Refused):
            items.append(answer)
        else:
            keyids, marks, sealed = answer
            raw = submission.envelope
            payload = payload_of(raw)
            statement = read_statement(payload)
            event = recorded_event(statement.type, statement.body)
            items.append(Received(raw, payload, keyids, statement, event, marks, sealed))
    return items


def _start_worker(marker: Marker, vault: Vault, ledger_keys: Collection[str]) -> None:
    global _worker
    # The process does nothing else until it ends.
    gc.freeze()
    gc.set_threshold(*SELDOM)
    _worker = Intake(marker, vault, _worker_keys.get, ledger_keys)


def _receive_in_worker(
    submissions: list[Submission], keys: dict[str, bytes], today: date
) -> list[_Opened | Refused | None]:
    assert _worker is not None
    _worker_keys.clear()
    _worker_keys.update(keys)
    return [_open_in_worker(_worker, submission, today) for submission in submissions]


def _open_in_worker(worker: Intake, submission: Submission, today: date) -> _Opened | Refused | None:
    try:
        envelope, statement, unverified = worker.open(submission)
        if unverified:
            return None
        item = worker.finish(envelope, statement, unverified, submission.disclosure, today)
    except Refused as refusal:
        return refusal.as_value()
    except Exception:  # received again where the log is
        return None
    return item.signers, item.marks, item.sealed
