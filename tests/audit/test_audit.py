"""Audits: what each finding says, with its position; and that an audit goes on after the first."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.demo.people import People
from ledger.audit.audit import (
    Disclosed,
    Summary,
    Trust,
    audit,
    figures_of,
)
from ledger.audit.bundle import (
    BundleMalformed,
    Contents,
    opened_bundle,
    write_bundle,
)
from ledger.audit.entry_checks import Held, left_out
from ledger.audit.workers import POOL_FROM_ENTRIES, checked
from ledger.clock import utc_now
from ledger.crypto.keys import key_id_of, new_key, public_hex
from ledger.crypto.merkle import Tree, leaf_hash
from ledger.domain.entry import write_entry
from ledger.domain.event import Event, Grant, utc_text
from ledger.domain.rules_version import NEWEST
from ledger.events.dossier import DossierErased, DossierFiled, Facts
from ledger.events.funds import FundAllocated
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.events.registry import KeyRevoked, KeyRotated, LedgerFounded, OfficerEnrolled, UnitRegistered
from ledger.findings import Finding
from ledger.identity.blind_index import commitment
from ledger.identity.vault import Disclosure
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.note import Note, note_key, sign_text
from ledger.statements.statement import decode64, sign
from ledger.writing.signing import Signer, committed, possessed

LEDGER = "0194f000-0000-4000-8000-000000000001"
LOG_KEY = new_key()


@dataclass
class History:
    """A history in memory: a source for an audit, to be made wrong in one place."""

    lines: list[bytes] = field(default_factory=list)
    known: dict[str, bytes] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    given: list[Disclosed] = field(default_factory=list)
    stamps: list[tuple[int, bytes]] = field(default_factory=list)
    partial: bool = False
    signed: list[tuple[int, bytes]] | None = None
    said: int | None = None

    @property
    def size(self) -> int:
        return len(self.lines) if self.said is None else self.said

    def chunks(self) -> Iterator[Held]:
        """In threes, so that everything happens at a chunk's border too."""
        for start in range(0, len(self.lines), 3):
            yield Held(self.lines[start : start + 3])

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        return iter([self.checkpoint()] if self.signed is None else self.signed)

    def checkpoint(self, size: int | None = None) -> tuple[int, bytes]:
        lines = self.lines[:size]
        leaves = [leaf_hash(line) if line[:1] == b"{" else left_leaf(line) for line in lines]
        text = Checkpoint(origin_of(LEDGER), len(leaves), Tree(leaves).root).text
        return len(leaves), Note(text, (sign_text(text, LOG_KEY, origin_of(LEDGER)),)).raw

    def keys(self) -> Mapping[str, bytes]:
        return self.known

    def figures(self) -> Mapping[str, int]:
        return self.stated

    def identities(self) -> Iterator[Disclosed]:
        return iter(self.given)

    def timestamps(self) -> Iterator[tuple[int, bytes]]:
        return iter(self.stamps)


def left_leaf(line: bytes) -> bytes:
    return decode64(line[1:-1].decode(), "leaf")


class Book:
    """Officers who write a history, each statement a second after the last."""

    def __init__(self) -> None:
        self.history = History()
        self.now = utc_now() - timedelta(days=1)
        self.keys = {name: new_key() for name in ("registrar", "clerk", "stranger")}
        for key in self.keys.values():
            self.history.known[key_id_of(key)] = key.public_key().public_bytes_raw()
        self.write(
            "registrar",
            LedgerFounded(
                name="台账",
                officer="registrar",
                officer_name="授权管理员",
                public_key=public_hex(self.keys["registrar"]),
                ledger_key=public_hex(LOG_KEY),
                rules=NEWEST,
                identity_commitment="0" * 64,
            ),
            person="1:registrar",
        )
        self.write("registrar", UnitRegistered(unit="tea", name="茶厂工会", level="grass-roots"))
        self.write(
            "registrar",
            OfficerEnrolled(
                officer="clerk",
                name="经办人",
                unit="tea",
                **possessed(self.keys["clerk"], LEDGER, "clerk"),
                valid_from=self.now.isoformat(timespec="seconds"),
                grants=[Grant(role="clerk", unit="tea")],
                identity_commitment="0" * 64,
            ),
            person="1:clerk",
        )

    def write(self, officer: str, event: Event, **marks: str) -> str:
        """Signs and appends; nothing decides whether it may."""
        self.now += timedelta(seconds=1)
        signer = Signer(self.keys[officer], LEDGER, lambda: self.now)
        statement = signer.statement(event)
        envelope = sign(statement, signer.key).raw
        self.history.lines.append(write_entry(envelope, marks, utc_text(self.now)))
        return statement.id

    def dossier(self) -> tuple[str, Disclosure]:
        promise, disclosure = committed(PEOPLE.person())
        event = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts(cause="illness"))
        return self.write("clerk", event, person="0" * 64), disclosure


PEOPLE = People(3)


@pytest.fixture
def book() -> Book:
    book = Book()
    for _ in range(4):
        book.dossier()
    return book


def trust(*remembered: bytes) -> Trust:
    return Trust((note_key(LOG_KEY, origin_of(LEDGER)),), remembered=remembered)


def audited(history: Any, *remembered: bytes) -> list[Finding]:
    findings: list[Finding] = []
    audit(history, trust(*remembered), findings.append)
    return findings


def found(findings: Sequence[Finding]) -> list[tuple[int | None, str]]:
    return [(finding.position, finding.fault.code) for finding in findings]


def test_a_right_history_has_no_findings(book: Book) -> None:
    assert audited(book.history) == []
    summary, state = audit(book.history, trust(), lambda finding: None)
    root = Tree([leaf_hash(line) for line in book.history.lines]).root
    assert summary == Summary(7, 7, 1, root.hex(), (), unchecked=summary.unchecked)
    assert [each.code for each in summary.unchecked] == ["none-remembered", "witnesses-unknown"]
    assert figures_of(state) == {}


def test_an_audit_goes_on_after_the_first_finding(book: Book) -> None:
    lines = book.history.lines
    lines[3] = lines[3].replace(b'"recorded_at":"2', b'"recorded_at": "2')
    book.write("stranger", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
    lines.append(lines[4])
    book.history.signed = [book.history.checkpoint()]
    assert found(audited(book.history)) == [
        (4, "entry-malformed"),
        (8, "verdict-differs"),
        (9, "time-went-back"),
        (9, "statement-twice"),
        (None, "figure-differs"),
    ]


def test_what_is_no_statement_is_said(book: Book) -> None:
    book.history.lines.append(b'{"foreign":1}')
    book.history.lines.append(left_out(leaf_hash(b"what?")))
    assert found(audited(book.history)) == [(8, "entry-foreign"), (9, "entry-foreign")]


def test_a_history_in_part_leaves_out_and_says_what_cannot_be_decided(book: Book) -> None:
    dossier, _ = book.dossier()
    book.write("registrar", DossierErased(unit="tea", dossier=dossier, reason="保存期满"))
    lines = book.history.lines
    lines[7] = left_out(leaf_hash(lines[7]))
    book.history.partial = True
    findings = audited(book.history)
    assert found(findings) == [(9, "verdict-not-checked")]
    assert not findings[0].grave


def test_a_key_that_is_missing_or_another_is_said(book: Book) -> None:
    clerk, registrar = (key_id_of(book.keys[name]) for name in ("clerk", "registrar"))
    del book.history.known[clerk]
    assert found(audited(book.history)) == [(n, "key-missing") for n in (4, 5, 6, 7)]
    book.history.known[clerk] = book.history.known[registrar]
    assert found(audited(book.history))[0] == (None, "key-differs")


def test_a_log_of_another_ledger_is_said(book: Book) -> None:
    findings: list[Finding] = []
    other = note_key(LOG_KEY, origin_of("another"))
    audit(book.history, Trust((other,)), findings.append)
    assert found(findings) == [
        (None, "checkpoint-not-verified"),
        (None, "checkpoint-missing"),
        (None, "ledger-differs"),
    ]


def test_a_bundle_that_says_more_than_it_has_is_said(book: Book) -> None:
    book.history.said = 9
    assert found(audited(book.history)) == [(None, "tail-cut")]


def test_a_checkpoint_listed_at_another_size_is_said(book: Book) -> None:
    book.history.signed = [(5, book.history.checkpoint()[1])]
    findings = audited(book.history)
    assert found(findings) == [(None, "checkpoint-not-verified"), (None, "checkpoint-missing")]
    assert findings[0].fault.details["code"] == "size-differs"


def test_a_time_that_does_not_exist_is_said(book: Book) -> None:
    line = book.history.lines[3]
    book.history.lines[3] = re.sub(rb'"recorded_at":"(\d{4})-\d\d', rb'"recorded_at":"\1-31', line)
    assert found(audited(book.history)) == [(4, "entry-malformed")]


def test_an_entry_without_the_marks_of_its_event_is_said(book: Book) -> None:
    book.dossier()
    line = book.history.lines[-1]
    book.history.lines[-1] = line.replace(b'"marks":{"person"', b'"marks":{"persom"')
    assert (len(book.history.lines), "entry-malformed") in found(audited(book.history))


def test_where_a_change_lies_is_said_between_two_checkpoints(book: Book) -> None:
    book.history.signed = [book.history.checkpoint(size) for size in (3, 5, 7)]
    book.history.lines[3] = book.history.lines[3].replace(b'"person":"0', b'"person":"1')
    findings = audited(book.history)
    assert [(f.fault.code, f.fault.details["after"], f.fault.details["size"]) for f in findings] == [
        ("root-differs", 3, 5),
        ("root-differs", 3, 7),
    ]


def test_a_remembered_checkpoint_shows_what_was_changed_and_what_was_cut(book: Book) -> None:
    kept = book.history.checkpoint()[1]
    assert audited(book.history, kept) == []
    last = book.history.lines.pop()
    assert found(audited(book.history, kept)) == [(None, "tail-cut")]
    book.history.lines.append(last.replace(b'"person":"0', b'"person":"1'))
    assert found(audited(book.history, kept)) == [(None, "remembered-differs")]


def test_a_figure_that_does_not_add_up_is_said(book: Book) -> None:
    book.history.stated = {"line/b2026/workers": 5}
    findings = audited(book.history)
    assert found(findings) == [(None, "figure-differs")]
    assert findings[0].fault.details == {"name": "line/b2026/workers", "expected": 0, "found": 5}


def test_statements_under_a_compromised_key_are_named_and_those_before_stand(book: Book) -> None:
    since = book.now + timedelta(seconds=1)
    late = [len(book.history.lines) + 1, len(book.history.lines) + 2]
    book.dossier()
    book.dossier()
    revoked = KeyRevoked(
        key=key_id_of(book.keys["clerk"]),
        revoked_from=since.isoformat(timespec="seconds"),
        compromised=True,
        reason="电脑被盗",
    )
    book.write("registrar", revoked)
    findings = audited(book.history)
    assert found(findings) == [(position, "key-compromised") for position in late]
    assert not any(finding.grave for finding in findings)


def test_a_rotated_key_ends_and_the_new_one_signs(book: Book) -> None:
    new = new_key()
    book.history.known[key_id_of(new)] = new.public_key().public_bytes_raw()
    rotated = KeyRotated(
        officer="clerk",
        **possessed(new, LEDGER, "clerk"),
        valid_from=(book.now + timedelta(seconds=1)).isoformat(timespec="seconds"),
        replaces=key_id_of(book.keys["clerk"]),
    )
    book.write("clerk", rotated)
    book.dossier()
    book.keys["clerk"] = new
    book.dossier()
    # The old key signed once more after it had ended; the new one is in force.
    assert found(audited(book.history)) == [(9, "verdict-differs")]


def test_a_rotated_ledger_key_is_vouched_for_by_the_old_one(book: Book) -> None:
    new = new_key()
    event = LedgerKeyRotated(public_key=public_hex(new), reason="定期更换")
    book.write("registrar", event)
    old_log = book.history.checkpoint()
    book.dossier()
    origin = origin_of(LEDGER)
    leaves = [leaf_hash(line) for line in book.history.lines]
    text = Checkpoint(origin, len(leaves), Tree(leaves).root).text
    new_log = len(leaves), Note(text, (sign_text(text, new, origin),)).raw
    book.history.signed = [old_log, new_log]
    findings: list[Finding] = []
    both = Trust((note_key(LOG_KEY, origin), note_key(new, origin)))
    audit(book.history, both, findings.append)
    assert findings == []
    audit(book.history, trust(), findings.append)
    assert found(findings) == [(None, "checkpoint-not-verified"), (None, "checkpoint-missing")]


def test_disclosed_identities_are_held_against_their_commitments(book: Book) -> None:
    dossier, disclosure = book.dossier()
    book.history.given = [Disclosed(dossier, disclosure.salt, disclosure.identity)]
    assert audited(book.history) == []
    other = PEOPLE.person()
    assert commitment(other, disclosure.salt) != commitment(disclosure.identity, disclosure.salt)
    book.history.given = [Disclosed(dossier, disclosure.salt, other), Disclosed("nothing", b"", other)]
    assert found(audited(book.history)) == [(8, "disclosure-differs"), (None, "disclosure-differs")]


def test_many_entries_are_checked_in_processes_with_the_same_findings(book: Book) -> None:
    for _ in range(POOL_FROM_ENTRIES):
        book.dossier()
    spoiled = book.history.lines[2_000]
    book.history.lines[2_000] = spoiled.replace(b'"person":"0', b'"person":"1')
    heard: list[int] = []
    findings: list[Finding] = []
    book.history.signed = [book.history.checkpoint(1_500), book.history.checkpoint(2_000)]
    audit(book.history, trust(), findings.append, progress=heard.append, processes=2)
    assert found(findings) == [(None, "checkpoint-missing")]
    assert heard[-1] == len(book.history.lines)
    assert heard == sorted(heard)


def write(history: History, path: Path) -> Path:
    write_bundle(
        path,
        Contents(
            ledger=LEDGER,
            size=history.size,
            campaign=None,
            entries=history.lines,
            checkpoints=history.checkpoints(),
            keys=history.keys(),
            figures=history.figures(),
            identities=history.identities(),
        ),
    )
    return path


def test_a_bundle_reads_back_as_it_was_written(book: Book, tmp_path: Path) -> None:
    dossier, disclosure = book.dossier()
    book.history.given = [Disclosed(dossier, disclosure.salt, disclosure.identity)]
    with opened_bundle(write(book.history, tmp_path / "bundle.zip")) as bundle:
        assert [line for chunk in bundle.chunks() for line in chunk.read()] == book.history.lines
        assert list(bundle.checkpoints()) == list(book.history.checkpoints())
        assert bundle.keys() == book.history.known
        assert list(bundle.identities()) == book.history.given
        assert (bundle.size, bundle.partial, bundle.ledger) == (8, False, LEDGER)
        assert audited(bundle) == []
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.zip"]


def test_checkpoints_out_of_order(book: Book) -> None:
    history = book.history
    history.signed = [history.checkpoint(4), history.checkpoint(2), history.checkpoint()]
    assert found(audited(history)) == [(None, "checkpoint-out-of-order")]
    history.signed = [history.checkpoint(2), history.checkpoint(4), history.checkpoint()]
    assert audited(history, history.checkpoint(3)[1], history.checkpoint(1)[1]) == []


class Deadly(NamedTuple):
    """A chunk at which the process that checks it ends; here it is whole."""

    here: int

    def read(self) -> list[bytes]:
        if os.getpid() != self.here:
            os._exit(3)
        return []


def test_an_audit_ends_with_an_error_where_a_process_that_checks_dies() -> None:
    chunks = [Deadly(os.getpid())] * 3
    with pytest.raises(RuntimeError, match="a checking process ended with 3"):
        list(checked(chunks, POOL_FROM_ENTRIES, {}, processes=2))


def test_a_bundles_chunks_end_with_lines(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(book.history, tmp_path / "bundle.zip")
    for size in (1, 100, len(book.history.lines[0]), len(book.history.lines[0]) + 1, 2_000):
        monkeypatch.setattr("ledger.audit.bundle.CHUNK_BYTES", size)
        with opened_bundle(path) as bundle:
            assert [line for chunk in bundle.chunks() for line in chunk.read()] == book.history.lines
    monkeypatch.setattr("ledger.audit.bundle.LONGEST_LINE", 100)
    with opened_bundle(path) as bundle, pytest.raises(BundleMalformed, match="a line of more"):
        list(bundle.chunks())


def test_a_compressed_bundle_is_not_read(book: Book, tmp_path: Path) -> None:
    path = write(book.history, tmp_path / "bundle.zip")
    with (
        zipfile.ZipFile(path) as plain,
        zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for name in plain.namelist():
            small.writestr(name, plain.read(name))
    with opened_bundle(tmp_path / "b.zip") as bundle, pytest.raises(BundleMalformed, match="compressed"):
        audited(bundle)


def test_a_bundle_that_broke_off_leaves_nothing_behind(book: Book, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield book.history.lines[0]
        raise OSError("the database went away")

    contents = Contents(LEDGER, 7, None, broken(), [], {}, {})
    with pytest.raises(OSError, match="went away"):
        write_bundle(tmp_path / "bundle.zip", contents)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_bundle_is_said_to_be(book: Book, tmp_path: Path) -> None:
    path = write(book.history, tmp_path / "bundle.zip")
    whole = path.read_bytes()
    at = whole.index(book.history.lines[3]) + 40
    path.write_bytes(whole[:at] + b"?" + whole[at + 1 :])
    with opened_bundle(path) as bundle:
        assert (4, "envelope-malformed") in found(audited(bundle))
    at = whole.index(b"checkpoints.ndjson") + 60
    path.write_bytes(whole[:at] + b"?" + whole[at + 1 :])
    with opened_bundle(path) as bundle, pytest.raises(BundleMalformed):
        audited(bundle)
    for spoiled in (b"", b"not a bundle", whole[:-200]):
        path.write_bytes(spoiled)
        with pytest.raises(BundleMalformed), opened_bundle(path) as bundle:
            audited(bundle)


def test_statements_under_a_key_that_a_compromised_one_enrolled_are_named_too(book: Book) -> None:
    since = book.now + timedelta(seconds=1)
    first = len(book.history.lines) + 1
    stolen, new = book.keys["clerk"], new_key()
    book.history.known[key_id_of(new)] = new.public_key().public_bytes_raw()
    rotated = KeyRotated(
        officer="clerk",
        **possessed(new, LEDGER, "clerk"),
        valid_from=book.now.isoformat(timespec="seconds"),
    )
    book.write("clerk", rotated)
    book.keys["clerk"] = new
    book.dossier()
    book.dossier()
    revoked = KeyRevoked(
        key=key_id_of(stolen),
        revoked_from=since.isoformat(timespec="seconds"),
        compromised=True,
        reason="电脑被盗",
    )
    book.write("registrar", revoked)
    findings = audited(book.history)
    assert found(findings) == [(position, "key-compromised") for position in range(first, first + 3)]
    assert [each.fault.details["key"] for each in findings] == [key_id_of(key) for key in (stolen, new, new)]
    book.dossier()
    assert (first + 4, "verdict-differs") in found(audited(book.history))
