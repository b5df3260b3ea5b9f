"""Bounds on what a new statement may say: times, amounts, lines, the ledger's own key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from uuid_utils import uuid7

from ledger.crypto.keys import key_id_of, new_key, public_hex
from ledger.domain.event import parse_event
from ledger.domain.fields import LARGEST_AMOUNT_FEN
from ledger.domain.line_size import LARGEST_LINE_FEN
from ledger.errors import Refused
from ledger.events.funds import FundAllocated
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.events.registry import KeyRevoked
from ledger.log.checkpoint import open_checkpoint, parse_checkpoint
from ledger.log.note import NoteKey, parse_note
from ledger.log.proofs import latest_checkpoint
from ledger.statements.statement import sign
from ledger.storage.store import OpenStore
from ledger.writing.committer import Committer
from ledger.writing.intake import Submission
from ledger.writing.writer import Writer
from tests.database.test_writer import check_whole
from tests.founding import Founded


@pytest.fixture
def writer(founded: Founded) -> Iterator[Writer]:
    with founded.store.writer() as writer:
        yield writer
        founded.record(writer, "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1))


def refusal(writer: Writer, submission: Submission) -> Refused:
    with pytest.raises(Refused) as error:
        writer.record(submission)
    return error.value


@pytest.mark.parametrize(
    ("made_at", "code"),
    [
        ("0001-01-01T00:00:00+14:00", "statement-malformed"),
        ("9999-12-31T23:59:59-12:00", "statement-malformed"),
        ("0001-01-01T00:00:00Z", "time-out-of-range"),
        ("9999-12-31T23:59:59Z", "time-out-of-range"),
        ("1899-12-31T23:59:59+08:00", "time-out-of-range"),
    ],
)
@pytest.mark.parametrize("officer", ["finance", "a stranger"])
def test_a_time_at_the_edge_of_the_calendar_is_refused(
    founded: Founded, writer: Writer, made_at: str, code: str, officer: str
) -> None:
    signer = founded.signer(officer)
    statement = signer.statement(FundAllocated(campaign="b2026", line="workers", amount_fen=1))
    submission = Submission(sign(statement._replace(made_at=made_at), signer.key).raw)
    assert refusal(writer, submission).code == code


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_that_utc_does_not_have_is_refused_in_a_body_too(
    founded: Founded, writer: Writer, moment: str
) -> None:
    signer = founded.signer("registrar")
    good = signer.statement(
        KeyRevoked(
            key=key_id_of(founded.keys["finance2"]),
            revoked_from="2026-01-01T00:00:00Z",
            compromised=False,
            reason="离职",
        )
    )
    bad = good._replace(body={**good.body, "revoked_from": moment})
    assert refusal(writer, Submission(sign(bad, signer.key).raw)).code == "body-invalid"
    far = good._replace(body={**good.body, "revoked_from": "9999-12-31T00:00:00Z"})
    found = refusal(writer, Submission(sign(far, signer.key).raw))
    assert found.code == "time-out-of-range"
    assert "?" not in found.message("zh") + found.message("en")


def test_what_was_recorded_before_the_bounds_is_still_read() -> None:
    body: dict[str, Any] = {"campaign": "b2026", "line": "workers", "amount_fen": LARGEST_AMOUNT_FEN + 1}
    assert parse_event("FundAllocated.v1", body) == FundAllocated(**body)
    with pytest.raises(Refused) as error:
        parse_event("FundAllocated.v1", body, came_on=date(2026, 1, 15))
    assert error.value.code == "amount-too-large"
    assert "100,000,000,000.00" in error.value.message("zh")


def test_what_is_dated_has_happened() -> None:
    came_on = date(2026, 1, 15)
    body = {
        "campaign": "b2026", "unit": "tea", "payout": str(uuid7()), "bank_reference": "0" * 64, "amount_fen": 100,
        "booked_on": "2026-01-16", "result": "paid",
    }  # fmt: skip
    assert parse_event("BankLineMatched.v1", body, came_on=came_on).__dict__["booked_on"] == "2026-01-16"
    body["booked_on"] = "2026-01-17"
    assert parse_event("BankLineMatched.v1", body).__dict__["booked_on"] == "2026-01-17"
    with pytest.raises(Refused) as error:
        parse_event("BankLineMatched.v1", body, came_on=came_on)
    assert error.value.code == "day-not-passed"
    assert "2026-01-17" in error.value.message("zh") and "2026-01-16" in error.value.message("en")


def test_a_line_holds_no_more_than_sums_can_be_told_exactly(founded: Founded, writer: Writer) -> None:
    def fund(amount_fen: int) -> Submission:
        return founded.sign("finance", FundAllocated(campaign="b2026", line="models", amount_fen=amount_fen))

    assert refusal(writer, fund(LARGEST_AMOUNT_FEN + 1)).code == "amount-too-large"
    many = [fund(LARGEST_AMOUNT_FEN) for _ in range(LARGEST_LINE_FEN // LARGEST_AMOUNT_FEN)]
    founded.record_all(writer, many)
    outcomes = writer.submit(
        [fund(1), founded.sign("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1))]
    ).result()
    assert [getattr(outcome, "code", "") for outcome in outcomes] == ["line-too-large", ""]
    check_whole(founded.store)


def test_a_ledger_key_that_the_service_does_not_hold_cannot_lock_it_out(
    founded: Founded, writer: Writer
) -> None:
    event = LedgerKeyRotated(public_key=public_hex(new_key()), reason="更换")
    assert refusal(writer, founded.sign("registrar", event)).code == "ledger-key-not-held"


def published(store: OpenStore, position: int) -> bytes:
    """The newest checkpoint, once there is one over that position."""
    until = time.monotonic() + 30
    with store.connect() as connection:
        while time.monotonic() < until:
            found = latest_checkpoint(connection)
            if found is not None and parse_checkpoint(parse_note(found).text).size >= position:
                return found
            time.sleep(0.05)
    raise AssertionError("no checkpoint in half a minute")


def is_signed_by(key: NoteKey, note: bytes) -> bool:
    try:
        open_checkpoint(note, [key])
    except Refused:
        return False
    return True


def test_days_and_checkpoints_are_signed_by_a_new_ledger_key_at_once(founded: Founded) -> None:
    store = founded.store
    old = store.verifier_key()
    event = LedgerKeyRotated(public_key=public_hex(store.next_ledger_key()), reason="年度更换")
    with store.writer(clock=founded.clock) as writer:
        at = founded.record(writer, "registrar", event).position
        # The old key's last checkpoint is over the entry that names the new one.
        assert is_signed_by(old, published(store, at))
        assert store.verifier_key() != old
        founded.let_pass(writer, 2)
        founded.record(writer, "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
        assert is_signed_by(store.verifier_key(), published(store, at + 2))
    check_whole(store)


def test_the_old_ledger_key_vouches_for_the_new_one_after_a_stop_in_between(
    founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = founded.store
    old = store.verifier_key()
    event = LedgerKeyRotated(public_key=public_hex(store.next_ledger_key()), reason="年度更换")
    with monkeypatch.context() as patch:
        patch.setattr(Committer, "publish", lambda self: None)
        with store.writer() as writer:
            at = founded.record(writer, "registrar", event).position
    with store.writer() as writer:
        assert is_signed_by(old, published(store, at))
        later = founded.record(
            writer, "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        )
        assert is_signed_by(store.verifier_key(), published(store, later.position))
