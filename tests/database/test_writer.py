"""The writer on a real PostgreSQL: receipts, group commit, idempotency, backpressure, election."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
import pytest

from ledger.crypto.merkle import leaf_hash
from ledger.domain.admission import fold
from ledger.domain.entry import act_of, read_entry
from ledger.domain.event import Grant
from ledger.errors import Refused, Unavailable
from ledger.events.dossier import DossierErased, DossierFiled, Facts, IdentityRevealed
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Confirmed, Nominated, Rejected
from ledger.identity.vault import Sealed
from ledger.postgres.part import PART_STATEMENTS
from ledger.statements.statement import canonical, sign
from ledger.storage.store import OpenStore
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission
from ledger.writing.signing import committed
from ledger.writing.writer import Writer, WriterSettings
from tests.founding import Founded, prepare
from tests.scene import records_of


@pytest.fixture
def founded(store: OpenStore) -> Founded:
    return prepare(store)


@pytest.fixture
def writer(founded: Founded) -> Iterator[Writer]:
    with founded.store.writer() as writer:
        founded.found(writer)
        yield writer


def entries(store: OpenStore) -> list[tuple[int, bytes]]:
    with store.connect() as connection:
        rows = connection.execute("SELECT position, data FROM ledger.entries ORDER BY position").fetchall()
    return [(row[0], bytes(row[1])) for row in rows]


def check_whole(store: OpenStore) -> int:
    """Positions are dense, and the state is the fold of the events; returns the head."""
    recorded = entries(store)
    assert [position for position, _ in recorded] == list(range(1, len(recorded) + 1))
    with store.connect() as connection:
        stored: dict[str, Any] = dict(connection.execute("SELECT key, value FROM ledger.standing").fetchall())
    import orjson

    folded = fold([entry for _, entry in recorded])
    assert {r.key: orjson.loads(r.value()) for r in records_of(folded)} == stored
    return len(recorded)


def fund(founded: Founded, amount_fen: int = 1) -> Submission:
    return founded.sign("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=amount_fen))


def test_a_receipt_says_where_the_statement_stands(founded: Founded, writer: Writer) -> None:
    submission = fund(founded)
    receipt = writer.record(submission)
    position, entry = entries(founded.store)[-1]
    assert receipt.position == position
    assert receipt.leaf_hash == leaf_hash(entry).hex() == sha256(b"\0" + entry).hexdigest()
    value = read_entry(entry)
    assert value["recorded_at"] == receipt.recorded_at
    assert submission.envelope in entry
    assert entry == canonical(value)


def test_the_same_bytes_again_get_the_first_receipt_again(founded: Founded, writer: Writer) -> None:
    submission = fund(founded)
    first = writer.record(submission)
    fund_again = writer.record(submission)
    assert fund_again == first._replace(repeated=True)
    together = writer.submit([submission, submission]).result()
    assert together == [fund_again, fund_again]
    new = fund(founded)
    once, twice = writer.submit([new, new]).result()
    assert isinstance(once, Receipt)
    assert not once.repeated
    assert twice == once._replace(repeated=True)
    assert check_whole(founded.store) == once.position


def test_the_same_id_for_other_content_is_refused(founded: Founded, writer: Writer) -> None:
    signer = founded.signer("finance")
    statement = signer.statement(FundAllocated(campaign="b2026", line="workers", amount_fen=1))
    receipt = writer.record(Submission(sign(statement, signer.key).raw))
    other = statement._replace(body={**statement.body, "amount_fen": 2})
    with pytest.raises(Refused) as refusal:
        writer.record(Submission(sign(other, signer.key).raw))
    assert refusal.value.code == "statement-id-reused"
    assert refusal.value.details["position"] == receipt.position


def test_a_bad_statement_never_fails_its_neighbours(founded: Founded, writer: Writer) -> None:
    bad = fund(founded)
    letter = b"x" if bad.envelope[-9:-8] != b"x" else b"y"
    broken = bad.envelope[:-9] + letter + bad.envelope[-8:]
    nobody = founded.sign("tea-clerk", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
    outcomes = writer.submit([fund(founded), Submission(broken), nobody, fund(founded)]).result()
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, False, False, True]
    assert outcomes[3].position == outcomes[0].position + 1  # type: ignore[union-attr]
    assert outcomes[2].code == "role-not-held"  # type: ignore[union-attr]


def test_statements_of_one_batch_see_each_other(founded: Founded, writer: Writer) -> None:
    clerk = founded.signer("tea-clerk")
    person = founded.people.person()
    made, disclosures = [], []
    for _ in range(2):
        promise, disclosure = committed(person)
        filed = clerk.statement(DossierFiled(unit="tea", identity_commitment=promise, facts=Facts()))
        made += [
            filed,
            clerk.statement(Nominated(campaign="b2026", unit="tea", dossier=filed.id, category="worker")),
        ]
        disclosures += [disclosure, None]
    outcomes = writer.submit(clerk.sign_together(made, disclosures)).result()
    assert [isinstance(o, Receipt) for o in outcomes] == [True, True, True, False]
    assert outcomes[3].code == "already-nominated"  # type: ignore[union-attr]
    check_whole(founded.store)


def test_a_claim_released_can_be_taken_in_the_same_batch(founded: Founded, writer: Writer) -> None:
    case, dossier = founded.nominated(writer)
    again = founded.sign(
        "tea-clerk", Nominated(campaign="b2026", unit="tea", dossier=dossier, category="worker")
    )
    rejected = founded.sign("approver", Rejected(campaign="b2026", unit="tea", case=case, reason="不符"))
    outcomes = writer.submit([rejected, again]).result()
    assert all(isinstance(outcome, Receipt) for outcome in outcomes), outcomes
    check_whole(founded.store)


def test_a_key_enrolled_in_the_same_batch_signs_at_once(founded: Founded, writer: Writer) -> None:
    key = founded.signer("newcomer").key
    enrolled = founded.enrolment("newcomer", "county", [Grant(role="finance", unit="county")])
    good = founded.sign("newcomer", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
    statement = founded.signer("newcomer").statement(
        FundAllocated(campaign="b2026", line="workers", amount_fen=2)
    )
    forged = sign(statement, key)
    forged_raw = forged.raw.replace(b'"sig":"', b'"sig":"A', 1)
    bad = Submission(forged_raw.replace(forged_raw[-6:-5], b"", 1))
    outcomes = writer.submit([enrolled, good, bad]).result()
    assert [isinstance(o, Receipt) for o in outcomes] == [True, True, False]


def test_many_clients_at_once(founded: Founded, writer: Writer) -> None:
    receipts: list[Receipt] = []
    lock = threading.Lock()

    def client(number: int) -> None:
        for _ in range(15):
            receipt = writer.record(fund(founded, number + 1))
            with lock:
                receipts.append(receipt)

    before = len(entries(founded.store))
    threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r.position for r in receipts) == list(range(before + 1, before + 121))
    assert check_whole(founded.store) == before + 120


def test_a_roster_goes_through_processes_of_its_own(founded: Founded) -> None:
    settings = WriterSettings(batch_statements=50, pool_from_statements=100, intake_processes=1)
    with founded.store.writer(settings=settings) as writer:
        founded.found(writer)
        heard: list[int] = []
        submissions = founded.dossiers(230)
        damaged = submissions[77].envelope.replace(b'"index":77', b'"index":78')
        submissions[77] = submissions[77]._replace(envelope=damaged)
        submissions[78] = founded.enrolment("fresh", "tea", [Grant(role="clerk", unit="tea")])
        promise, disclosure = committed(founded.people.person())
        submissions[79] = founded.sign(
            "fresh", DossierFiled(unit="tea", identity_commitment=promise, facts=Facts()), disclosure
        )
        outcomes = writer.record_all(submissions, heard.append)
    assert heard[-1] == len(outcomes) == 230
    assert heard == sorted(heard)
    refused = [index for index, outcome in enumerate(outcomes) if isinstance(outcome, Refused)]
    assert refused == [77]
    assert outcomes[77].code == "proof-invalid"  # type: ignore[union-attr]
    positions = [o.position for o in outcomes if isinstance(o, Receipt)]
    assert positions == list(range(positions[0], positions[0] + 229))
    check_whole(founded.store)


def test_identities_lie_in_the_vault_and_nowhere_else(founded: Founded, writer: Writer) -> None:
    person = founded.people.person()
    dossier = founded.dossier(writer, person)
    with founded.store.connect() as connection:
        row = connection.execute(
            "SELECT id, dossier, key_version, wrapped_key, box FROM ledger.vault WHERE dossier = %s",
            (dossier,),
        ).fetchone()
        assert row is not None
        assert founded.store.vault().open(Sealed(*row)).identity == person
        for table in ("entries", "standing"):
            for (text,) in connection.execute(f"SELECT to_jsonb(t)::text FROM ledger.{table} t"):
                raw = (
                    bytes.fromhex(text[text.index("\\\\x") + 3 :].split('"')[0]).decode()
                    if table == "entries"
                    else text
                )
                assert person.number not in raw
                assert person.name not in raw
                assert str(person.account) not in raw
    founded.record(writer, "inspector", IdentityRevealed(unit="tea", dossier=dossier, purpose="核查"))
    founded.record(writer, "registrar", DossierErased(unit="tea", dossier=dossier, reason="保存期满"))
    with founded.store.connect() as connection:
        assert connection.execute(
            "SELECT count(*) FROM ledger.vault WHERE dossier = %s", (dossier,)
        ).fetchone() == (0,)
    check_whole(founded.store)


def test_a_dossier_of_a_person_comes_with_a_person(founded: Founded, writer: Writer) -> None:
    promise, disclosure = committed(founded.people.enterprise("某县纺织厂"))
    event = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
    with pytest.raises(Refused) as refusal:
        writer.record(founded.sign("tea-clerk", event, disclosure))
    assert refusal.value.code == "recipient-differs"


@pytest.mark.parametrize("case", ["missing", "other", "unasked", "invalid"])
def test_the_identity_must_be_the_one_committed_to(founded: Founded, writer: Writer, case: str) -> None:
    person = founded.people.person()
    if case == "invalid":
        last = "0" if person.number[-1] != "0" else "1"
        person = person.model_copy(update={"number": person.number[:-1] + last})
    promise, disclosure = committed(person)
    event = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
    if case == "unasked":
        submission = founded.sign(
            "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1), disclosure
        )
        code = "disclosure-unasked"
    elif case == "missing":
        submission, code = founded.sign("tea-clerk", event), "disclosure-missing"
    elif case == "other":
        submission = founded.sign("tea-clerk", event, committed(founded.people.person())[1])
        code = "commitment-differs"
    else:
        submission, code = founded.sign("tea-clerk", event, disclosure), "identity-invalid"
    with pytest.raises(Refused) as refusal:
        writer.record(submission)
    assert refusal.value.code == code


def test_an_invalid_number_found_after_the_fact_is_recorded_with_its_fault(
    founded: Founded, writer: Writer
) -> None:
    person = founded.people.person()
    last = "0" if person.number[-1] != "0" else "1"
    promise, disclosure = committed(person.model_copy(update={"number": person.number[:-1] + last}))
    event = DossierFiled(
        unit="tea",
        identity_commitment=promise,
        facts=Facts(),
        after_the_fact=True,
        after_the_fact_reason="旧纸质档案",
    )
    founded.record(writer, "auditor", event, disclosure)
    assert act_of(entries(founded.store)[-1][1]).marks["identity_fault"] == "resident-number-check"


def test_a_full_queue_pushes_back(founded: Founded) -> None:
    settings = WriterSettings(queue_statements=10, lock_timeout_seconds=30)
    with founded.store.writer(settings=settings) as writer, founded.store.connect() as other:
        founded.found(writer)
        other.execute("BEGIN")
        other.execute("SELECT pg_advisory_xact_lock(%s)", (0x736F6E67_00000002,))
        futures, pushed_back = [], 0
        for _ in range(60):
            try:
                futures.append(writer.submit([fund(founded)]))
            except Unavailable as error:
                assert error.code == "queue-full"
                assert error.retry_after_seconds > 0
                pushed_back += 1
        assert pushed_back > 0
        assert len(writer._queue) <= 10
        with pytest.raises(Unavailable) as refusal:
            writer.record_all([fund(founded) for _ in range(5)], wait_seconds=0.0)
        assert refusal.value.code == "queue-full"
        other.execute("COMMIT")
        assert all(isinstance(f.result(timeout=30)[0], Receipt) for f in futures)
    check_whole(founded.store)


def test_a_lock_held_too_long_answers_unavailable_and_nothing_is_recorded(founded: Founded) -> None:
    settings = WriterSettings(lock_timeout_seconds=1)
    with founded.store.writer(settings=settings) as writer, founded.store.connect() as other:
        founded.found(writer)
        before = check_whole(founded.store)
        other.execute("BEGIN")
        other.execute("SELECT pg_advisory_xact_lock(%s)", (0x736F6E67_00000002,))
        submission = fund(founded)
        with pytest.raises(Unavailable) as error:
            writer.record(submission)
        assert error.value.code == "append-locked"
        other.execute("COMMIT")
        assert check_whole(founded.store) == before
        assert writer.record(submission).position == before + 1


def test_one_writer_a_database(founded: Founded, writer: Writer) -> None:
    with pytest.raises(Unavailable) as error:
        founded.store.writer().__enter__()
    assert error.value.code == "writer-elsewhere"


def test_what_another_process_appended_is_not_written_over(founded: Founded, writer: Writer) -> None:
    from eventsourcing.dcb.api import DCBEvent

    from ledger.interop.recorder import PostgresLedgerRecorder
    from ledger.postgres.connection import datastore

    connections = datastore(founded.store.url)
    try:
        position = PostgresLedgerRecorder(connections).append([DCBEvent("Foreign", b"{}", [])])
        assert writer.record(fund(founded)).position == position + 1
    finally:
        connections.close()


def test_a_part_that_the_database_refuses_takes_its_whole_batch_with_it(
    founded: Founded, writer: Writer
) -> None:
    before = len(entries(founded.store))
    submissions = [fund(founded) for _ in range(3 * PART_STATEMENTS + 7)]
    with founded.store.connect() as connection:
        connection.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'unique_violation'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER fail BEFORE INSERT ON ledger.entries FOR EACH ROW"
            f" WHEN (NEW.position = {before + PART_STATEMENTS + 5}) EXECUTE FUNCTION fail()"
        )
    with pytest.raises(Unavailable) as unavailable:
        writer.submit(submissions).result()
    assert unavailable.value.code == "write-conflict"
    assert len(entries(founded.store)) == before
    with founded.store.connect() as connection:
        connection.execute("DROP TRIGGER fail ON ledger.entries")
    outcomes = writer.submit(submissions).result()
    assert [outcome.position for outcome in outcomes if isinstance(outcome, Receipt)] == list(
        range(before + 1, before + 1 + len(submissions))
    )
    check_whole(founded.store)


def test_entries_cannot_be_changed_or_removed(founded: Founded, writer: Writer) -> None:
    with founded.store.connect() as connection:
        for statement in (
            "UPDATE ledger.entries SET type = 'x'",
            "DELETE FROM ledger.entries",
            "TRUNCATE ledger.entries",
        ):
            with pytest.raises(psycopg.IntegrityError):
                connection.execute(statement)


def test_the_database_itself_fences_lines_and_claims(founded: Founded, writer: Writer) -> None:
    case, _ = founded.nominated(writer)
    with founded.store.connect() as connection:
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "UPDATE ledger.standing SET value = jsonb_set(value, '{balance_fen}', '-1')"
                " WHERE key = 'line/b2026/workers'"
            )
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(
                "INSERT INTO ledger.standing (key, value) SELECT 'case/x', value"
                " FROM ledger.standing WHERE key = %s",
                (f"case/{case}",),
            )


def test_times_of_recording_never_go_back(founded: Founded) -> None:
    times = iter([datetime(2026, 1, 10, tzinfo=UTC)])
    clock = lambda: next(times, datetime(2026, 1, 9, tzinfo=UTC))  # noqa: E731
    from ledger.writing.signing import Signer

    with founded.store.writer() as writer:
        founded.found(writer)
    last = read_entry(entries(founded.store)[-1][1])["recorded_at"]
    with founded.store.writer(clock=clock) as writer:
        old = Signer(founded.keys["finance"], founded.ledger, lambda: datetime(2026, 1, 8, tzinfo=UTC))
        receipt = writer.record(
            old.sign(FundAllocated(campaign="b2026", line="workers", amount_fen=1), on=last[:10])
        )
    assert receipt.recorded_at == last


def test_a_restart_goes_on_where_it_stopped(founded: Founded) -> None:
    with founded.store.writer() as writer:
        founded.found(writer)
        case, _ = founded.nominated(writer)
    with founded.store.writer() as writer:
        founded.record(writer, "tea-confirmer", Confirmed(campaign="b2026", unit="tea", case=case))
    check_whole(founded.store)


def test_the_first_statement_of_a_later_day_ends_the_days_before(founded: Founded) -> None:
    fund = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
    with founded.store.writer(clock=founded.clock) as writer:
        founded.found(writer)
        before = len(entries(founded.store))
        founded.ahead = timedelta(days=3)
        receipt = founded.record(writer, "finance", fund)
        founded.record(writer, "finance", fund)
        founded.let_pass(writer, 1)
        writer.end_day()
    said = [act_of(entry) for _, entry in entries(founded.store)[before:]]
    assert receipt.position == before + 2
    assert [(a.event.NAME, getattr(a.event, "day", None)) for a in said] == [
        ("DayPassed", founded.day(-2)),
        ("FundAllocated", None),
        ("FundAllocated", None),
        ("DayPassed", founded.day(-1)),
    ]
    check_whole(founded.store)
