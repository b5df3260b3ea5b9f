"""Replay finds what was changed in any live view; a view is rebuilt beside the old one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.crypto.keys import new_key, public_hex
from ledger.domain.event import Grant
from ledger.domain.policy.collective import CollectiveRules
from ledger.domain.possession import prove_possession
from ledger.events import federation, oversight
from ledger.events.bank import BankLineMatched, DayReconciled
from ledger.events.campaign import RosterFiled
from ledger.events.case_chart import ChartFiled
from ledger.events.collective import CollectiveHelpApproved
from ledger.events.dossier_life import PlacedOnFile
from ledger.events.drawing import MoneyDrawn
from ledger.events.evaluation import AskerAdmitted, BatchEvaluated, EvaluatorKeyed, QuotaGranted
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.household import ConsentRecorded
from ledger.events.marking import DossierMarked, EvaluatorAccepted, MatchAnswerFiled, ReferenceMarked
from ledger.events.matching import ComparedLedger, ComparisonRun, MatchAnswered, MatchFound
from ledger.events.nomination import Confirmed, NoticePosted
from ledger.events.objection import ObjectionLodged
from ledger.events.oversight import SampleExamined
from ledger.events.payment_file import PaymentFileMade, PaymentLine
from ledger.events.payout import PayoutReturned
from ledger.events.rectification import RectificationOrdered
from ledger.events.registry import KinDeclared
from ledger.events.statement_after import AccountStatementTakenBack, OutflowExplained
from ledger.events.verification import VerificationDecided
from ledger.events.voice import CallBackRecorded
from ledger.postgres.connection import datastore
from ledger.writing.signing import Signer, committed
from projections.flags.catalogue import all_rules
from projections.flags.engine import Flags
from projections.following.follower import SCHEMA, Follower, remove
from projections.following.runner import Followers, standard_views
from projections.frame.view import table_names
from projections.replaying.comparing import Comparison, Difference
from projections.replaying.rebuild import rebuild
from projections.replaying.replay import Replayed, replay
from tests.database.projections.conftest import Views, views_of
from tests.database.projections.flags.steps import (
    ON,
    approve,
    days_ago,
    on_paper,
    open_campaign,
    receive,
    set_policy,
    slip_of,
    speak,
)
from tests.database.projections.flags.test_bank import statement
from tests.database.projections.flags.test_households import declare, member
from tests.database.projections.flags.test_households import file as file_dossier
from tests.database.projections.flags.test_linked import linked
from tests.database.projections.tampered_columns import TEXTS
from tests.founding import Founded
from tests.http.test_steps import PROCEDURE, discussed
from tests.patterns import Patterns
from tests.unit.decisions.test_households import HARDSHIP


def history(founded: Founded) -> None:
    """Something in every table."""
    with views_of(founded) as views:
        record_history(views)


def record_history(views: Views) -> None:
    f, w = views.founded, views.writer
    set_policy(views, retention_years=29)
    open_campaign(views, "a2026")
    case, _, payout = f.paid(w, amount_fen=80_000)
    sent_case, sent_dossier, sent = f.paid(w, group="farmer")
    back = PayoutReturned(
        **ON, payout=payout, case=case, line="workers", amount_fen=10_000, kind="refused", reason="退回"
    )
    f.record(w, "finance2", back)
    on_paper(views, f.people.person())
    f.record(w, "finance", MoneyDrawn(**ON, line="workers", amount_fen=20_000))
    sampled(views)
    bank = BankLineMatched(
        **ON, payout=payout, bank_reference="ab" * 32, amount_fen=1, booked_on=days_ago(0), result="different"
    )
    f.record(w, "finance", bank)
    closed = DayReconciled(campaign="b2026", line="workers", day=days_ago(0), ledger_fen=1, bank_fen=1)
    f.record(w, "finance2", closed)
    line = PaymentLine(payout=sent, amount_fen=50_000, case=sent_case, dossier=sent_dossier)
    file: dict[str, Any] = {"batch": "20260115", "profile": "general", "file": "0" * 64}
    made = PaymentFileMade(**ON, **file, lines=[line], count=1, sum_fen=50_000)
    f.record(w, "finance", made)
    recorded, recorded_said = statement(views, {"amount_fen": 50_000, "payouts": [sent]}, {"amount_fen": 700})
    explained = OutflowExplained(
        campaign="b2026",
        account_statement=recorded.id,
        bank_reference=f"{1_000_001:064x}",
        reason="手续费",
    )
    f.record(w, "auditor", explained)
    taken_back = AccountStatementTakenBack(
        campaign="b2026",
        account=recorded_said.account,
        account_statement=recorded.id,
        reason="录错文件",
    )
    f.record(w, "finance", taken_back, second="finance2")
    drawn: dict[str, Any] = {"payout": sent, **f.ordered(w, "call-back", "inspector")}
    f.record(w, "inspector", CallBackRecorded(**ON, **drawn, reached=True, answer="never"))
    speak(views, sent, slip_of(views, sent), "given-back")
    notice = NoticePosted(**ON, cases=[case], start=days_ago(8), end=days_ago(1), place="公告栏")
    f.record(w, "tea-confirmer", notice)
    f.record(w, "tea-confirmer", ObjectionLodged(**ON, case=case, text="不符合"))
    receive(views, case)
    promise, disclosure = committed(f.people.person())
    kin = KinDeclared(officer="tea-clerk", relation="child", identity_commitment=promise)
    f.record(w, "tea-clerk", kin, disclosure)
    flag = oversight.FlagKey(rule="over-standard", subject="person:b2026/x", raised_at=1)
    f.record(w, "inspector", oversight.FlagReviewed(**ON, flag=flag, disposition="dismissed", reason="查过"))
    decided = VerificationDecided(
        **ON, flags=[flag, flag], outcome="kept", kept_until=days_ago(-30), reason="待查"
    )
    f.record(w, "inspector", decided)
    opened = f.record(w, "inspector", oversight.CaseOpened(**ON, title="案", flags=[flag], text="查")).id
    f.record(w, "inspector", oversight.CaseExtended(**ON, investigation=opened, flags=[flag], text="并"))
    chart = {
        **ON,
        "investigation": opened,
        "drawn_at": 1,
        "nodes": [{"node": "unit:tea", "x": 0, "y": 0}],
        "text": "图",
    }
    f.record(w, "inspector", ChartFiled.model_validate(chart))
    what = {"what": "补件", "unit": "tea", "due": days_ago(-3), "flag": flag.model_dump()}
    ordered = {"campaign": "b2026", "document": {"number": "整改1号"}, "items": [what]}
    f.record(w, "inspector", RectificationOrdered.model_validate(ordered))
    handed = {**ON, "organ": "监委", "letter": {"number": "1"}, "handed_over_on": days_ago(0), "what": "线索"}
    matter = f.record(w, "inspector", MatterHandedOver.model_validate(handed)).id
    filed = {**ON, "organ": "监委", "file_number": "1", "filed_on": days_ago(0), "what": "违纪"}
    f.record(w, "inspector", OutsideCaseRecorded.model_validate({**filed, "handover": matter}))
    linked(views, f.dossier(w), f.dossier(w))
    f.listed(w, "subsistence", [(f.people.person(), {})])
    f.record(w, "inspector", oversight.SanctionImposed(unit="sugar", year=2027, reason="不实"))
    f.record(w, "inspector", oversight.ConductReported(**ON, kind="gift", text="土特产"))
    f.record(w, "tea-clerk", RosterFiled(**ON, annex="2", count=2))
    household_on_file(views)
    site_and_step(views)
    ledgers_below(views)
    f.let_pass(w, 6)


def ledgers_below(views: Views) -> None:
    """A ledger that is followed, whose summary differs and which is silent."""
    f, w = views.founded, views.writer
    event = federation.LedgerFollowed(
        followed="north", ledger="0194f000-0000-4000-8000-000000000001", name="北县", level="county",
        region="430181", public_key=public_hex(new_key()),
    )  # fmt: skip
    f.record(w, "registrar", event)
    figures: dict[str, Any] = {
        "declared_persons": 1,
        "declared_fen": 2,
        "recomputed_persons": 1,
        "recomputed_fen": 1,
    }
    own = Signer(f.store.ledger_key(), f.ledger, f.clock)
    about: dict[str, Any] = {"followed": "north", "day": f.day()}
    where: dict[str, Any] = {
        "of_campaign": "b",
        "of_unit": "tea",
        "filed_on": f.day(),
        "position": 2,
        "as_of": 2,
    }
    w.record(own.sign(federation.CheckpointSeen(**about, size=2, root="0" * 64)))
    w.record(
        own.sign(
            federation.SummaryTaken(
                **about, **where, **figures, differences=[federation.Discrepancy(**figures)]
            )
        )
    )
    w.record(own.sign(federation.MirrorFault(**about, fault="silent", size=2)))
    marks_and_matches(views, own)


def marks_and_matches(views: Views, own: Signer) -> None:
    """An evaluator's batch, a dossier's marks, a match with another ledger, and what was answered."""
    f, w = views.founded, views.writer
    year, machine = int(f.day()[:4]), new_key()
    f.record(w, "registrar", EvaluatorKeyed(version=year, evaluation_key="1" * 64))
    asker = AskerAdmitted(
        asker="north", ledger="0194f000-0000-4000-8000-000000000001", name="北县", public_key=public_hex(machine),
        proof_of_possession=prove_possession(machine, f.ledger, "north"),
    )  # fmt: skip
    f.record(w, "registrar", asker)
    f.record(w, "registrar", QuotaGranted(asker="north", of_campaign="b", dossiers=1))
    w.record(own.sign(BatchEvaluated(asker="north", of_campaign="b", version=year, count=3, batch="2" * 64)))
    for code, key in (("city", "3"), ("audit", "4")):
        accepted = EvaluatorAccepted(evaluator=code, name=code, version=year, evaluation_key=key * 64)
        f.record(w, "registrar", accepted)
    dossier = file_dossier(views)
    by: dict[str, Any] = {"version": year, "evaluators": ["city", "audit"]}
    w.record(own.sign(DossierMarked(dossier=dossier, dossier_version=dossier, person="5" * 64, **by)))
    listed = f.listed(w, "deaths", [(f.people.person(), {"died_on": f.day(-9)})])
    of_list = {"reference": listed, "first": 0, "rows": [{"mark": "7" * 64}]}
    w.record(own.sign(ReferenceMarked.model_validate(by | of_list)))
    reader = new_key()
    enrolled = federation.UpperEnrolled(
        upper="city", name="某市", level="city", region="430100", public_key=public_hex(reader),
        proof_of_possession=prove_possession(reader, f.ledger, "city"),
    )  # fmt: skip
    f.record(w, "registrar", enrolled)
    south = federation.LedgerFollowed(
        followed="south", ledger="0194f000-0000-4000-8000-000000000002", name="南县", level="county",
        region="430182", public_key=public_hex(new_key()),
    )  # fmt: skip
    f.record(w, "registrar", south)
    match: dict[str, Any] = {"match": "6" * 64, "day": f.day()}
    between: dict[str, Any] = {"first": "north", "first_position": 1, "second": "south", "second_position": 2}
    w.record(own.sign(MatchFound(**match, **between, rule="person-paid-twice", year=year)))
    compared = [ComparedLedger(followed=code, size=2) for code in ("north", "south")]
    w.record(own.sign(ComparisonRun(day=f.day(), engine="duckdb", ledgers=compared, marks=2, found=1, new=1)))
    answer: dict[str, Any] = {"unit": "tea", "dossier": dossier, "upper": "city", "rule": "person-paid-twice"}
    filed = MatchAnswerFiled(**answer, match="6" * 64, answer="returned", text="已追回")
    f.record(w, "inspector", filed)
    w.record(own.sign(MatchAnswered(**match, followed="north", position=3, answer="returned")))


def household_on_file(views: Views) -> None:
    """A household declared, its member, its consent, and the class that the policy makes of it."""
    set_policy(views, retention_years=29, hardship=HARDSHIP)
    dossier = file_dossier(views)
    member(views, dossier, views.founded.people.person())
    declare(views, dossier, 100, stated_class="deep")
    approve(views, dossier)
    unit: dict[str, Any] = {"unit": "tea", "dossier": dossier}
    consent = ConsentRecorded.model_validate({**unit, "document": {"number": "1"}})
    views.founded.record(views.writer, "tea-clerk", consent)
    views.founded.record(views.writer, "tea-confirmer", PlacedOnFile(**unit))


def sampled(views: Views) -> None:
    """A sample that was ordered, drawn and examined."""
    f, w = views.founded, views.writer
    f.enrol(w, "auditor2", "county", [Grant(role="auditor", unit="county")])
    drawn = f.ordered(w, "sample", "auditor2")
    examined = SampleExamined(campaign="b2026", method="random", **drawn, examined=1, conclusion="合规")
    f.record(w, "auditor2", examined)


def site_and_step(views: Views) -> None:
    """A site that is helped, and a step of the policy's own that was taken."""
    f, w = views.founded, views.writer
    sites = CollectiveRules(per_visit_cap_fen=1_000, source="方案")
    set_policy(views, retention_years=29, collective=sites, procedure=PROCEDURE)
    site: dict[str, Any] = {
        "line": "workers",
        "amount_fen": 100,
        "site": "一车间",
        "headcount": 2,
        "reason": "坚守岗位",
    }
    f.record(w, "approver", CollectiveHelpApproved(**ON, **site))
    case, _ = f.nominated(w)
    f.record(w, "tea-confirmer", Confirmed(**ON, case=case))
    f.record(w, "approver", discussed(case))
    # What comes after goes by the short chain again.
    set_policy(views, retention_years=29)


@pytest.fixture
def lived(patterns: Patterns, tmp_path: Path) -> Iterator[Views]:
    """A ledger with something in every table."""
    with patterns.copy(tmp_path / "data", then=history) as founded, views_of(founded) as views:
        yield views


def test_a_replay_is_the_same_row_by_row_at_every_position(lived: Views) -> None:
    head = lived.follower.position()
    for position in (head, head - 1, head // 2, 20, 1, 0):
        found = replay(lived.follower._datastore, lived.follower, to=position)
        assert (found.position, found.differences) == (position, [])
        assert (found.rows > 0) == (position > 0)
    assert lived.rows("SELECT to_regnamespace('replay')::text") == [(None,)]


TABLES = [(view.name, table) for view in standard_views() for table in table_names(view)]


def test_every_changed_missing_or_added_row_is_named(lived: Views) -> None:
    head = lived.follower.position()
    assert {table for _, table in TABLES} == set(TEXTS)
    expected = Followers(lived.follower._datastore, schema="expected")
    expected.prepare()
    expected.catch_up()

    def differences() -> list[Difference]:
        with lived.founded.store.connect() as connection, connection.cursor() as cursor:
            comparison = Comparison(cursor, "views", "expected", head)
            return [found for view in standard_views() for found in comparison.of(view)]

    one = "ctid = (SELECT ctid FROM views.{0} ORDER BY ctid LIMIT 1)"
    for _, table in TABLES:
        lived.connection.execute(f"CREATE TABLE kept_{table} AS TABLE views.{table}")
        assert lived.connection.execute(f"SELECT count(*) FROM kept_{table}").fetchone() != (0,), table
    for kind, tampering in (
        ("changed", "UPDATE views.{0} SET {1} WHERE " + one),
        ("missing", "DELETE FROM views.{0} WHERE " + one),
    ):
        tampered = [(view, table) for view, table in TABLES if kind == "missing" or TEXTS[table]]
        for _, table in tampered:
            lived.connection.execute(tampering.format(table, TEXTS[table]))
        found = differences()
        assert sorted((each.view, each.table) for each in found) == sorted(tampered)
        for each in found:
            assert each.kind == kind, each
            assert each.key
            assert (kind == "changed") == bool(each.columns)
        for _, table in TABLES:
            lived.connection.execute(f"DELETE FROM views.{table}")
            lived.connection.execute(f"INSERT INTO views.{table} TABLE kept_{table}")
        assert differences() == []
    lived.connection.execute("INSERT INTO views.days VALUES (2, '1999-01-01')")
    ((view, table, kind, key, *_),) = replay(lived.follower._datastore, lived.follower).differences
    assert (view, table, kind, key) == ("registry", "days", "added", "2")


class TestRebuild:
    def test_a_new_rule_is_shown_before_it_takes_over(self, views: Views) -> None:
        views.founded.nominated(views.writer, group="farmer")
        connections = datastore(views.founded.store.url)
        fewer = Flags([rule for rule in all_rules() if rule.id != "out-of-category"])
        remove(connections, SCHEMA)
        old = Followers(connections, [*standard_views()[:-1], fewer])
        old.prepare()
        old.catch_up()
        asked = "SELECT count(*) FROM views.flags WHERE rule = 'out-of-category'"
        new = Followers(connections)
        seen: list[Difference] = []

        def look(differences: list[Difference]) -> bool:
            seen.extend(differences)
            assert views.connection.execute(asked).fetchone() == (0,)
            return len(seen) > 1

        assert not rebuild(connections, new, "flags", agree=look)
        assert views.connection.execute(asked).fetchone() == (0,)
        assert [(d.kind, d.expected and d.expected["rule"]) for d in seen] == [("missing", "out-of-category")]
        assert rebuild(connections, new, "flags", agree=look)
        assert views.connection.execute(asked).fetchone() == (1,)
        views.founded.nominated(views.writer)
        assert old.outdated() == ["flags"]
        assert old.catch_up() < new.catch_up()
        assert replay(connections, new).differences == []
        connections.close()

    @pytest.mark.parametrize("name", [view.name for view in standard_views()])
    def test_every_view_can_be_made_anew_while_it_is_read(self, lived: Views, name: str) -> None:
        table = table_names(lived.follower.followers[name].view)[0]
        counts: list[int] = []
        stop = threading.Event()

        def read() -> None:
            with lived.founded.store.connect() as connection:
                while not stop.is_set():
                    row = connection.execute(f"SELECT count(*) FROM views.{table}").fetchone()
                    counts.append(row[0] if row else -1)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            assert rebuild(lived.follower._datastore, lived.follower, name, agree=lambda found: found == [])
        finally:
            stop.set()
            reader.join()
        assert len(set(counts)) == 1
        lived.founded.paid(lived.writer)
        lived.follower.catch_up()
        assert replay(lived.follower._datastore, lived.follower).differences == []


def test_two_processes_that_follow_do_not_double_anything(
    lived: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Follower, "BATCH_EVENTS", 3)
    connections = datastore(lived.founded.store.url)
    both = [Followers(connections, schema="twice") for _ in range(2)]
    both[0].prepare()
    threads = [threading.Thread(target=each.catch_up) for each in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status.reason for status in both[0].status()} == {None}
    assert both[0].position() == lived.follower.position()
    with lived.founded.store.connect() as connection, connection.cursor() as cursor:
        comparison = Comparison(cursor, "twice", "views", both[0].position())
        assert [d for view in standard_views() for d in comparison.of(view)] == []
    connections.close()


class TestOwnSchema:
    """Each replay has a schema of its own."""

    def schemas(self, views: Views) -> list[str]:
        rows = views.connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replay%' UNION ALL"
            " SELECT application_name FROM ledger.views_tracking WHERE application_name LIKE 'replay%'"
        ).fetchall()
        return [name for (name,) in rows]

    def test_two_at_once_do_not_disturb_each_other(self, lived: Views) -> None:
        """The second runs from beginning to end while the first stands in the middle."""
        connections = [datastore(lived.founded.store.url) for _ in range(2)]
        inner: list[Replayed] = []

        def meanwhile(position: int) -> None:
            if not inner:
                inner.append(replay(connections[1], lived.follower))

        outer = replay(connections[0], lived.follower, progress=meanwhile)
        assert [each.differences for each in (outer, *inner)] == [[], []]
        assert outer.rows == inner[0].rows > 0
        assert self.schemas(lived) == []
        for each in connections:
            each.close()

    def test_what_a_dead_run_left_is_removed_and_what_a_living_one_has_is_not(self, views: Views) -> None:
        """A run lives as long as its session holds the lock of its name."""
        dead, living = "replay_" + "d" * 12, "replay_" + "a" * 12
        for name in (dead, living, "replay"):
            views.connection.execute(f"CREATE SCHEMA {name}")
        with views.founded.store.connect() as held:
            held.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (living,))
            views.follower.catch_up()
            assert replay(views.follower._datastore, views.follower).differences == []
            assert self.schemas(views) == [living]
        assert replay(views.follower._datastore, views.follower).differences == []
        assert self.schemas(views) == []

    def test_one_that_fails_leaves_nothing(self, lived: Views) -> None:

        def stop(position: int) -> None:
            raise RuntimeError("stopped")

        with pytest.raises(RuntimeError, match="stopped"):
            replay(lived.follower._datastore, lived.follower, progress=stop)
        assert self.schemas(lived) == []

    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            ("UPDATE views.cases SET to_position = 1::bigint << 61 WHERE to_position IS NULL", "beyond"),
            (
                "UPDATE ledger.views_tracking SET notification_id = 10000 WHERE application_name = 'views:flags'",
                "ahead",
            ),
            ("UPDATE views.made SET version = 'other' WHERE view = 'links'", "outdated"),
            ("INSERT INTO views.made VALUES ('other', '1', '{}')", "unknown"),
        ],
    )
    def test_what_the_head_alone_does_not_show_is_found(self, lived: Views, change: str, kind: str) -> None:
        lived.connection.execute(change)
        found = replay(lived.follower._datastore, lived.follower).differences
        assert {each.kind for each in found} == {kind}
