"""Keys that were stolen, revoked or read too much: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from datetime import timedelta

from ledger.crypto.keys import key_id_of, new_key
from ledger.domain.event import Grant
from ledger.events.dossier import IdentityRevealed
from ledger.events.nomination import Approved, Confirmed
from ledger.events.payout import Disbursed
from ledger.events.registry import KeyRevoked, KeyRotated, RolesChanged
from ledger.writing.batch import Receipt
from ledger.writing.signing import possessed
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import (
    ON,
    days_ago,
    pay,
    returned,
    subjects,
)


class TestKeyAnomaly:
    def revoke_key(self, views: Views, officer: str, revoked_from: timedelta, compromised: bool) -> str:
        f = views.founded
        key = key_id_of(f.signer(officer).key)
        when = (f.clock() + revoked_from).isoformat(timespec="seconds")
        event = KeyRevoked(key=key, revoked_from=when, compromised=compromised, reason="遗失")
        f.record(views.writer, "registrar", event)
        return key

    def test_f_signed_after_the_moment_from_which_it_is_revoked(self, views: Views) -> None:
        views.founded.paid(views.writer)
        key = self.revoke_key(views, "finance", timedelta(days=-1), compromised=False)
        ((found, _, evidence, amount_fen),) = views.flags("key-anomaly")
        assert (found, len(evidence), amount_fen) == (f"key:-/{key}", 2, 25_050_000)

    def test_f_was_compromised_and_dated_entries_back(self, views: Views) -> None:
        case, dossier = views.founded.approved(views.writer)
        pay(views, dossier, case, 10_000, on=days_ago(3))
        key = self.revoke_key(views, "finance", timedelta(minutes=1), compromised=True)
        ((found, _, evidence, amount_fen),) = views.flags("key-anomaly")
        assert (found, len(evidence), amount_fen) == (f"key:-/{key}", 1, 10_000)

    def test_a_key_that_just_ends_is_innocent(self, views: Views) -> None:
        case, dossier = views.founded.approved(views.writer)
        pay(views, dossier, case, 10_000, on=days_ago(3))
        self.revoke_key(views, "finance", timedelta(minutes=1), compromised=False)
        assert subjects(views, "key-anomaly") == []


def stolen(views: Views, officer: str) -> tuple[str, str, str]:
    """An officer's key is stolen and replaced by the thief's, which signs from now on: both, and since when."""
    f = views.founded
    key, since = f.signer(officer).key, f.clock().isoformat(timespec="microseconds")
    new = new_key()
    mine = possessed(new, f.ledger, officer)
    begins = (f.clock() - timedelta(minutes=1)).isoformat(timespec="seconds")
    f.record(views.writer, officer, KeyRotated(officer=officer, valid_from=begins, **mine))
    f.keys[officer] = new
    return key_id_of(key), key_id_of(new), since


class TestPaidUnderCompromisedKey:
    def revoke(self, views: Views, key: str, since: str) -> int:
        event = KeyRevoked(key=key, revoked_from=since, compromised=True, reason="失窃")
        return views.founded.record(views.writer, "registrar", event).position

    def test_f_was_paid_on_what_the_stolen_key_approved(self, views: Views) -> None:
        f = views.founded
        since = f.clock().isoformat(timespec="microseconds")
        case, dossier = f.approved(views.writer)
        payout = pay(views, dossier, case)
        revoked_at = self.revoke(views, key_id_of(f.signer("approver").key), since)
        assert views.flags("paid-under-compromised-key") == [
            (f"payout:b2026/{payout}", revoked_at, [revoked_at - 2, revoked_at - 1, revoked_at], 50_000)
        ]

    def test_f_was_paid_by_the_key_that_a_stolen_one_put_in_its_place(self, views: Views) -> None:
        views.founded.paid(views.writer)
        old, new, since = stolen(views, "finance")
        case, _, payout = views.founded.paid(views.writer)
        revoked_at = self.revoke(views, old, since)
        paid_at = revoked_at - 1
        assert views.flags("paid-under-compromised-key") == [
            (f"payout:b2026/{payout}", revoked_at, [paid_at, revoked_at], 50_000)
        ]
        assert sorted(map(str, subjects(views, "key-anomaly"))) == sorted([f"key:-/{old}", f"key:-/{new}"])
        views.founded.keys["finance"] = views.founded.key("finance2")
        returned(views, payout, case)
        assert views.flags("paid-under-compromised-key") == []

    def test_a_payout_before_the_loss_is_innocent(self, views: Views) -> None:
        views.founded.paid(views.writer)
        old, _, since = stolen(views, "finance")
        self.revoke(views, old, since)
        assert views.flags("paid-under-compromised-key") == []

    def test_f_was_signed_by_it_beside_another(self, views: Views) -> None:
        f = views.founded
        case, dossier = f.approved(views.writer)
        old, _, since = stolen(views, "finance2")
        paid = Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=50_000)
        views.writer.record(f.signer("finance").sign(paid, second=f.signer("finance2").key))
        self.revoke(views, old, since)
        assert len(views.flags("paid-under-compromised-key")) == 1

    def test_f_was_approved_by_a_role_that_a_stolen_key_gave(self, views: Views) -> None:
        """Taken away again before anybody knew, or held still."""
        f, w = views.founded, views.writer
        f.enrol(w, "second-registrar", "county", [Grant(role="registrar", unit="county")])
        for officer in ("friend", "other-friend"):
            f.enrol(w, officer, "tea", [])
        paid = f.paid(w)
        since = f.clock().isoformat(timespec="microseconds")
        payouts = []
        for officer in ("friend", "other-friend"):
            role = RolesChanged(officer=officer, grants=[Grant(role="approver", unit="tea")], reason="借用")
            w.record(f.signer("second-registrar").sign(role, second=f.signer("registrar").key))
            case, dossier = f.nominated(w)
            f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
            f.record(w, officer, Approved(**ON, case=case, line="workers", amount_fen=50_000))
            payouts.append(pay(views, dossier, case))
        back = RolesChanged(officer="friend", grants=[], reason="收回")
        w.record(f.signer("second-registrar").sign(back, second=f.signer("registrar").key))
        assert views.flags("paid-under-compromised-key") == []
        self.revoke(views, key_id_of(f.signer("second-registrar").key), since)
        assert set(subjects(views, "paid-under-compromised-key")) == {
            f"payout:b2026/{payout}" for payout in payouts
        }
        assert paid[2] not in payouts

    def test_f_was_approved_by_a_role_given_used_and_taken_away_in_one_batch(self, views: Views) -> None:
        f, w = views.founded, views.writer
        f.enrol(w, "second-registrar", "county", [Grant(role="registrar", unit="county")])
        f.enrol(w, "friend", "tea", [])
        case, dossier = f.nominated(w)
        f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
        since = f.clock().isoformat(timespec="microseconds")
        given, back = (
            RolesChanged(officer="friend", grants=grants, reason="借用")
            for grants in ([Grant(role="approver", unit="tea")], [])
        )
        both = f.signer("registrar").key
        batch = [
            f.signer("second-registrar").sign(given, second=both),
            f.sign("friend", Approved(**ON, case=case, line="workers", amount_fen=50_000)),
            f.signer("second-registrar").sign(back, second=both),
        ]
        receipts = w.record_all(batch)
        assert len({receipt.recorded_at for receipt in receipts if isinstance(receipt, Receipt)}) == 1
        payout = pay(views, dossier, case)
        self.revoke(views, key_id_of(f.signer("second-registrar").key), since)
        assert subjects(views, "paid-under-compromised-key") == [f"payout:b2026/{payout}"]


class TestMassReading:
    def read(self, views: Views, officer: str, count: int) -> None:
        """An officer is shown so many identities, one after the other."""
        f, w = views.founded, views.writer
        filed = f.record_all(w, f.dossiers(count))
        for receipt in filed:
            f.record(w, officer, IdentityRevealed(unit="tea", dossier=receipt.id, purpose="核对"))

    def test_f_reads_twenty_on_one_day(self, views: Views) -> None:
        self.read(views, "tea-clerk", 19)
        self.read(views, "inspector", 20)
        F = key_id_of(views.founded.signer("inspector").key)
        ((found, _, evidence, amount_fen),) = views.flags("mass-reading")
        assert (found, len(evidence), amount_fen) == (f"key:-/{F}", 20, 0)

    def test_f_reads_them_under_two_keys(self, views: Views) -> None:
        self.read(views, "inspector", 12)
        _, new, _ = stolen(views, "inspector")
        self.read(views, "inspector", 12)
        ((found, _, evidence, _),) = views.flags("mass-reading")
        assert (found, len(evidence)) == (f"key:-/{new}", 24)

    def test_f_reads_them_under_two_officers_codes(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person = f.officials.person()
        for code in ("reader", "reader-again"):
            f.enrol(w, code, "tea", [Grant(role="inspector", unit="tea")], person)
        self.read(views, "reader", 12)
        self.read(views, "reader-again", 12)
        flags = views.flags("mass-reading")
        assert [len(evidence) for _, _, evidence, _ in flags] == [24]

    def test_the_same_identity_again_is_not_counted_again(self, views: Views) -> None:
        f, w = views.founded, views.writer
        dossier = f.dossier(w)
        for _ in range(25):
            f.record(w, "inspector", IdentityRevealed(unit="tea", dossier=dossier, purpose="核对"))
        assert subjects(views, "mass-reading") == []

    def test_twenty_on_two_days_are_not_many_on_one(self, views: Views) -> None:
        self.read(views, "inspector", 12)
        views.founded.let_pass(views.writer, 1)
        self.read(views, "inspector", 12)
        assert subjects(views, "mass-reading") == []
