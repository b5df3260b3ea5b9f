"""The second verifier, written from docs/verify.md: it accepts and refuses what ours does."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.audit.audit import Disclosed
from ledger.identity.vault import Disclosure
from ledger.log.checkpoint import origin_of
from ledger.log.note import note_key
from tests.audit.conftest import Original, exported
from tests.audit.standalone import faults
from tests.audit.tampering import TAMPERED, tamper
from tests.audit.test_audit import LEDGER, LOG_KEY, Book, History, write

FOUND_BY_BOTH = [
    what
    for what, tampered in TAMPERED.items()
    if tampered.bundle & {"root-differs", "signature-invalid", "remembered-differs", "tail-cut"}
    or tampered.bundle & {"checkpoint-missing", "statement-twice", "checkpoint-not-verified"}
]


def test_both_accept_what_was_not_changed(original: Original, tmp_path: Path) -> None:
    exported(original, original.now, tmp_path / "bundle")
    key = original.founded.log_key.text
    assert list(faults(tmp_path / "bundle", key, original.trust.remembered)) == []


@pytest.mark.parametrize("what", FOUND_BY_BOTH)
def test_both_find_what_was_changed(original: Original, what: str, tmp_path: Path) -> None:
    with original.copy(original.now) as database:
        tamper(original, database, TAMPERED[what])
        exported(original, database, tmp_path / "bundle")
    assert list(faults(tmp_path / "bundle", original.founded.log_key.text, original.trust.remembered))


def test_both_hold_identities_against_their_commitments(tmp_path: Path) -> None:
    book = Book()
    dossier, disclosure = book.dossier()
    key = note_key(LOG_KEY, origin_of(LEDGER)).text

    def given(history: History, which: Disclosure) -> Path:
        history.given = [Disclosed(dossier, which.salt, which.identity)]
        return write(history, tmp_path / "bundle")

    assert list(faults(given(book.history, disclosure), key)) == []
    _, other = book.dossier()
    book.history.lines.pop()
    assert list(faults(given(book.history, other), key)) == [f"identity {dossier}"]
