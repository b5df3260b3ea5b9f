"""A ledger recorded by an earlier release opens, verifies and goes on; its verdicts stay as they were.

``tests/data/ledger-by-rules-…`` is what the last release with these rules left: the schema ``ledger`` as pg_dump
wrote it, the folder's secrets, and some officers' keys. Each ledger holds statements that the version after it
refuses.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from api.audit.verification import verify_store
from ledger.audit.audit import Trust
from ledger.crypto.keys import load_key
from ledger.domain.event import Event
from ledger.domain.linkage import Linkage
from ledger.domain.record import record_from
from ledger.domain.state import Investigation, Officer
from ledger.errors import Misconfigured, Refused
from ledger.events.bank import BankLineMatched
from ledger.events.dossier import DossierSealed
from ledger.events.dossier_life import PlacedOnFile
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.nomination import NoticePosted, Revoked
from ledger.events.oversight import CaseClosed, FlagKey, FlagReviewed
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import Disbursed, PayoutReturned
from ledger.events.rules import RulesAdopted
from ledger.events.statement_after import AccountStatementTakenBack
from ledger.findings import Finding
from ledger.postgres import migrations
from ledger.postgres.connection import datastore
from ledger.storage.state_version import STATE_VERSION, bring_up_to_date
from ledger.storage.store import OpenStore, Store
from ledger.writing.signing import Signer
from ledger.writing.writer import Writer
from projections.following.runner import Followers
from tests.flushing import flushing

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(params=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
def rules(request: pytest.FixtureRequest) -> int:
    """The version of the rules by which the ledger was recorded."""
    return int(request.param)


@pytest.fixture
def old(rules: int) -> Path:
    return DATA / f"ledger-by-rules-{rules}"


@pytest.fixture
def old_store(database_url: str, tmp_path: Path, old: Path) -> Iterator[OpenStore]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ledger CASCADE")
        connection.execute(gzip.decompress((old / "ledger.sql.gz").read_bytes()))
    shutil.copytree(old / "data", tmp_path / "data")
    (tmp_path / "data" / "secrets").chmod(0o700)
    for secret in (tmp_path / "data" / "secrets").iterdir():
        secret.chmod(0o600)
    with OpenStore(Store(tmp_path / "data", database_url)) as store:
        yield store


def found_in(store: OpenStore) -> list[Finding]:
    """What an examination of every table and a replay of every view find."""
    findings: list[Finding] = []
    connections = datastore(store.url)
    try:
        live = Followers(connections)
        live.prepare()
        live.catch_up()
        with flushing(store.url):
            summary = verify_store(store, live, Trust(store.log_keys()), findings.append)
    finally:
        connections.close()
    assert summary.read == summary.size > 30
    # That a key was compromised is said, and is nothing wrong with the ledger.
    return [finding for finding in findings if finding.grave]


def refusal_of(writer: Writer, signer: Signer, event: Event) -> str:
    """The code by which a statement is refused."""
    with pytest.raises(Refused) as refusal:
        writer.record(signer.sign(event))
    return refusal.value.code


@pytest.fixture
def signer(old: Path, old_store: OpenStore) -> Callable[[str], Signer]:
    """The officers whose keys were kept."""

    def of(officer: str) -> Signer:
        assert old_store.ledger is not None
        return Signer(load_key(old / "keys" / f"{officer}.pem", ""), old_store.ledger)

    return of


def test_it_opens_verifies_and_replays(old_store: OpenStore) -> None:
    assert found_in(old_store) == []


def test_its_flags_are_found_as_they_were(old: Path, old_store: OpenStore) -> None:
    """Every row, from its evidence to its details: what a rule finds changes with its version alone.

    Who raises a version, or adds a rule that finds something here, puts the new rows into the file.
    """
    connections = datastore(old_store.url)
    try:
        live = Followers(connections)
        live.prepare()
        live.catch_up()
    finally:
        connections.close()
    with old_store.connect() as connection:
        query = "SELECT to_jsonb(f) FROM views.flags f ORDER BY flag, from_position"
        found = [row for (row,) in connection.execute(query).fetchall()]
    assert found == orjson.loads((old / "flags.json").read_bytes())


@pytest.mark.parametrize("rules", [1], indirect=True)
def test_its_state_is_made_anew_with_what_is_kept_of_it_now(old_store: OpenStore) -> None:
    with old_store.connect() as connection:
        stored = [
            record_from(key, value)
            for key, value in connection.execute("SELECT key, value FROM ledger.standing").fetchall()
        ]
        assert not bring_up_to_date(connection)
    named = next(each for each in stored if isinstance(each, Officer) and each.id == "named")
    assert named.person is not None
    assert {each.unit for each in stored if isinstance(each, Investigation)} == {"tea", "sugar"}
    assert [each.unit for each in stored if isinstance(each, Linkage)] == ["county"]


@pytest.mark.parametrize("rules", [1], indirect=True)
def test_it_goes_on_by_the_first_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    with old_store.connect() as connection:
        rows = connection.execute(
            "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'dossier/%%'"
            " AND value ->> 'unit' = 'tea'"
        ).fetchall()
        [(open_case,)] = connection.execute(
            "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'investigation/%%'"
            " AND value ->> 'open' = 'true'"
        ).fetchall()
    seal = DossierSealed(unit="sugar", dossier=rows[0][0], reason="误封")
    closed = CaseClosed(
        unit="sugar", investigation=open_case, finding="partly", amount_fen=0, text="部分属实"
    )
    adopted = RulesAdopted(version=2, reason="上级要求")
    with old_store.writer() as writer:
        writer.record(signer("registrar").sign(adopted))
        assert refusal_of(writer, signer("registrar"), seal) == "unit-differs"
        assert refusal_of(writer, signer("inspector"), closed) == "unit-differs"
        own = closed.model_copy(update={"unit": "tea"})
        writer.record(signer("inspector").sign(own))
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [2], indirect=True)
def test_it_goes_on_by_the_second_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """A unit that lies below no sponsor draws and takes part, until the third bind."""
    elsewhere: dict[str, Any] = {"campaign": "b2026", "unit": "other"}
    draw = MoneyDrawn(**elsewhere, line="workers", amount_fen=1_000)
    with old_store.connect() as connection:
        [(case,)] = connection.execute(
            "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'case/%%'"
            " AND value ->> 'unit' = 'other'"
        ).fetchall()
    with old_store.writer() as writer:
        writer.record(signer("other-finance").sign(draw))
        writer.record(signer("registrar").sign(RulesAdopted(version=3, reason="上级要求")))
        assert refusal_of(writer, signer("other-finance"), draw) == "unit-not-in-campaign"
        notice = NoticePosted(**elsewhere, cases=[case], start="2026-11-27", end="2026-12-05", place="门口")
        assert refusal_of(writer, signer("other-confirmer"), notice) == "unit-not-in-campaign"
        back = DrawnReturned(**elsewhere, line="workers", amount_fen=61_000, reason="交回")
        writer.record(signer("other-finance").sign(back))
        writer.record(
            signer("other-clerk").sign(Revoked(**elsewhere, case=case, target="nomination", reason="误报"))
        )
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [3], indirect=True)
def test_it_goes_on_by_the_third_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """A stolen key gave a role, by which two cases were approved, and took it back before it was called stolen."""
    with old_store.connect() as connection:
        [(case, dossier)] = connection.execute(
            "SELECT value ->> 'id', value ->> 'dossier' FROM ledger.standing WHERE key LIKE 'case/%%'"
            " AND value ->> 'state' = 'approved' AND value -> 'approved_by' ? 'friend'"
            " AND NOT value ? 'paid_fen'"
        ).fetchall()
    paid = Disbursed(
        campaign="b2026", unit="tea", dossier=dossier, case=case, line="workers", amount_fen=10_000
    )
    with old_store.writer() as writer:
        writer.record(signer("finance").sign(paid))
        writer.record(signer("registrar").sign(RulesAdopted(version=4, reason="上级要求")))
        assert refusal_of(writer, signer("finance2"), paid) == "approval-distrusted"
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [4], indirect=True)
def test_it_goes_on_by_the_fourth_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """A line of the bank cleared two payouts, and a third until the fifth bind."""
    with old_store.connect() as connection:
        payouts = [
            payout
            for (payout,) in connection.execute(
                "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'payout/%%' ORDER BY 1"
            ).fetchall()
        ]

    def line_for(payout: str) -> BankLineMatched:
        return BankLineMatched(
            campaign="b2026",
            unit="tea",
            payout=payout,
            bank_reference="1" * 64,
            amount_fen=50_000,
            booked_on="2026-11-28",
            result="paid",
        )

    with old_store.writer() as writer:
        writer.record(signer("finance").sign(line_for(payouts[2])))
        writer.record(signer("registrar").sign(RulesAdopted(version=5, reason="上级要求")))
        assert refusal_of(writer, signer("finance"), line_for(payouts[1])) == "bank-line-used"
        writer.record(signer("finance").sign(line_for(payouts[0])))
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [5], indirect=True)
def test_it_goes_on_by_the_fifth_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """A payout whose approval was revoked was sent to the bank, until the sixth bind."""
    with old_store.connect() as connection:
        [(payout, case)] = connection.execute(
            "SELECT p.value ->> 'id', k.value ->> 'id' FROM ledger.standing p"
            " JOIN ledger.standing k ON k.key = 'case/' || (p.value ->> 'case')"
            " WHERE p.key LIKE 'payout/%%' AND (k.value ->> 'approval_revoked')::boolean"
        ).fetchall()
        [(dossier,)] = connection.execute(
            "SELECT value ->> 'dossier' FROM ledger.standing WHERE key = 'case/' || %s", (case,)
        ).fetchall()

    def sent(batch: str, **more: str) -> PaymentFileMade:
        line = {"payout": payout, "amount_fen": 50_000, "case": case, "dossier": dossier}
        said = {"campaign": "b2026", "unit": "tea", "profile": "general", "file": "0" * 64, "count": 1}
        return PaymentFileMade.model_validate(
            {**said, "batch": batch, "sum_fen": 50_000, "lines": [line], **more}
        )

    with old_store.writer() as writer:
        writer.record(signer("finance").sign(sent("26112801")))
        writer.record(signer("registrar").sign(RulesAdopted(version=6, reason="上级要求")))
        again = sent("26112802", replaces="26112801")
        assert refusal_of(writer, signer("finance"), again) == "case-revoked"
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [6], indirect=True)
def test_it_goes_on_by_the_sixth_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """A clerk who drew money said alone that it came back, until the seventh bind."""

    def given_back(amount_fen: int) -> DrawnReturned:
        return DrawnReturned(
            campaign="b2026", unit="tea", line="workers", amount_fen=amount_fen, reason="余款"
        )

    with old_store.writer() as writer:
        writer.record(signer("tea-clerk").sign(given_back(10_000)))
        writer.record(signer("registrar").sign(RulesAdopted(version=7, reason="上级要求")))
        assert refusal_of(writer, signer("tea-clerk"), given_back(20_000)) == "return-is-finances"
        writer.record(signer("finance").sign(given_back(20_000)))
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [7], indirect=True)
def test_it_goes_on_by_the_seventh_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """Who had changed a dossier's facts placed it on file, until the eighth bind, also on what was changed before."""
    with old_store.connect() as connection:
        dossiers = connection.execute(
            "SELECT l.value ->> 'id', coalesce(l.value ->> 'state', '') FROM ledger.standing l"
            " WHERE l.key LIKE 'dossier-life/%%'"
        ).fetchall()
    [waiting] = [dossier for dossier, life in dossiers if life != "on-file"]
    placed = PlacedOnFile(unit="tea", dossier=waiting)
    with old_store.writer() as writer:
        writer.record(signer("registrar").sign(RulesAdopted(version=8, reason="上级要求")))
        assert refusal_of(writer, signer("many-hats"), placed) == "duties-not-separated"
        writer.record(signer("tea-confirmer").sign(placed))
    assert len(dossiers) == 2
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [8], indirect=True)
def test_it_goes_on_by_the_eighth_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """What was paid before an objection was upheld was sent to the bank, until the ninth bind, also for those before."""
    with old_store.connect() as connection:
        [(payout, case, dossier)] = connection.execute(
            "SELECT p.value ->> 'id', k.value ->> 'id', k.value ->> 'dossier' FROM ledger.standing p"
            " JOIN ledger.standing k ON k.key = 'case/' || (p.value ->> 'case') WHERE p.key LIKE 'payout/%%'"
            " AND NOT EXISTS (SELECT FROM ledger.standing s WHERE s.key = 'sent-payout/' || (p.value ->> 'id'))"
        ).fetchall()
        [(statement,)] = connection.execute(
            "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'account-statement/%%'"
        ).fetchall()
    line = {"payout": payout, "amount_fen": 50_000, "case": case, "dossier": dossier}
    said = {"campaign": "b2026", "unit": "tea", "profile": "general", "file": "0" * 64, "count": 1}
    sent = PaymentFileMade.model_validate({**said, "batch": "26112802", "sum_fen": 50_000, "lines": [line]})
    back = AccountStatementTakenBack(
        campaign="b2026", account="icbc", account_statement=statement, reason="录错文件"
    )
    with old_store.writer() as writer:
        writer.record(signer("registrar").sign(RulesAdopted(version=9, reason="上级要求")))
        assert refusal_of(writer, signer("finance"), sent) == "objection-upheld-since"
        # What was recorded wrongly under the rules of before is taken back.
        writer.record(signer("finance").sign(back, second=signer("finance2").key))
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [9], indirect=True)
def test_it_goes_on_by_the_ninth_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """A clerk said alone that cash was back, until the tenth bind, also of what was handed out before."""
    with old_store.connect() as connection:
        [(payout, case)] = connection.execute(
            "SELECT value ->> 'id', value ->> 'case' FROM ledger.standing WHERE key LIKE 'payout/%%'"
            " AND (value ->> 'drawn')::boolean AND coalesce((value ->> 'returned_fen')::int, 0) = 0"
        ).fetchall()
    back = PayoutReturned(
        campaign="b2026", unit="tea", case=case, payout=payout, line="workers", amount_fen=50_000, kind="refused",
        to="drawn", reason="本人不要",
    )  # fmt: skip
    with old_store.writer() as writer:
        writer.record(signer("registrar").sign(RulesAdopted(version=10, reason="上级要求")))
        assert refusal_of(writer, signer("tea-clerk2"), back) == "return-unseen"
        writer.record(signer("tea-clerk2").sign(back, second=signer("finance").key))
    assert found_in(old_store) == []


@pytest.mark.parametrize("rules", [10], indirect=True)
def test_it_goes_on_by_the_tenth_rules_and_takes_up_newer_ones(
    old_store: OpenStore, signer: Callable[[str], Signer]
) -> None:
    """Money of a nomination that is over comes back, and the next was made before the eleventh bind."""
    with old_store.connect() as connection:
        [(payout, case)] = connection.execute(
            "SELECT p.value ->> 'id', p.value ->> 'case' FROM ledger.standing p"
            " JOIN ledger.standing k ON k.key = 'case/' || (p.value ->> 'case') AND k.value ->> 'state' = 'revoked'"
            " WHERE p.key LIKE 'payout/%%'"
        ).fetchall()
        paid_before = "SELECT value ->> 'id' FROM ledger.standing WHERE key LIKE 'case/%%' AND value ? 'paid_before_fen'"
        [(again,)] = connection.execute(paid_before).fetchall()
    on: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}
    back = PayoutReturned(
        **on, case=case, payout=payout, line="workers", amount_fen=50_000, kind="refused", reason="退款"
    )
    flag = FlagKey(rule="split-payout", subject="unit:b2026/tea", raised_at=20)
    review = FlagReviewed(**on, flag=flag, disposition="dismissed", reason="查过")
    with old_store.writer() as writer:
        both = signer("tea-inspector").sign(review, second=signer("tea-inspector2").key)
        writer.record(both)
        writer.record(signer("registrar").sign(RulesAdopted(version=11, reason="上级要求")))
        writer.record(signer("finance2").sign(back))
        with pytest.raises(Refused) as refusal:
            writer.record(signer("tea-inspector").sign(review, second=signer("tea-inspector2").key))
        assert refusal.value.code == "dismissed-below"
    with old_store.connect() as connection:
        assert connection.execute(paid_before).fetchall() == [], again
    assert found_in(old_store) == []


def test_a_state_of_a_later_release_is_left_alone(old_store: OpenStore) -> None:
    with old_store.connect() as connection:
        connection.execute("UPDATE ledger.state_version SET version = %s", (STATE_VERSION + 1,))
        with pytest.raises(Misconfigured) as newer:
            bring_up_to_date(connection)
    assert newer.value.code == "state-newer"


def test_entries_that_cannot_be_gone_over_are_named(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        migrations.migrate(connection)
        connection.execute(
            "INSERT INTO ledger.entries (position, type, data, tags) VALUES (1, 'X.v1', 'no entry', '{}')"
        )
        with pytest.raises(Misconfigured) as broken:
            bring_up_to_date(connection)
    assert broken.value.code == "state-not-made"
