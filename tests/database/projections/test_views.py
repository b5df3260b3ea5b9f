"""The views: rosters and balances as of any position, exact restarts, a poison event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from api.gate import LATEST, every_view
from api.money import queries as balances
from api.roster import queries as roster
from api.roster.queries import RosterFilter
from ledger.crypto.keys import key_id_of
from ledger.domain.event import Grant
from ledger.domain.policy.funding import Funding, FundSource
from ledger.domain.state import Officer
from ledger.events.campaign import CampaignOpened
from ledger.events.carry_over import FundsCarriedOver
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundTransferred
from ledger.events.nomination import Nominated, Rejected, Revoked
from ledger.events.payout import AidDelivered, AidItem, PayoutReturned
from ledger.events.registry import KeyRevoked, RolesChanged
from projections.following.follower import SCHEMA, Follower, ViewFailed, remove
from projections.following.runner import LONGEST_REST_SECONDS, Followers, rest
from projections.replaying.rebuild import rebuild
from projections.views.balances import Balances
from projections.views.roster import Roster
from projections.views.roster_rows import STATE_TITLES, STATES
from tests.database.projections.conftest import Views
from tests.scene import policy

ON: dict[str, Any] = {"campaign": "b2026", "unit": "tea"}


def state(views: Views, case: str, as_of: int = LATEST) -> str:
    views.follower.catch_up()
    found = [row for row in roster.cases(every_view(views.connection), as_of=as_of) if row["case_id"] == case]
    return found[0]["state"] if found else "—"


def test_every_state_of_a_case_as_of_every_position(views: Views) -> None:
    f, w = views.founded, views.writer
    case, dossier = f.approved(w)
    part = f.record(w, "finance", pay_event(dossier, case, 20_000))
    rest = f.record(w, "finance", pay_event(dossier, case, 30_000))
    back = f.record(
        w,
        "finance2",
        PayoutReturned(
            **ON, payout=part.id, case=case, line="workers", amount_fen=20_000, kind="bounced", reason="退票"
        ),
    )
    last = f.record(
        w,
        "finance2",
        PayoutReturned(
            **ON, payout=rest.id, case=case, line="workers", amount_fen=30_000, kind="bounced", reason="退票"
        ),
    )
    revoked = f.record(w, "inspector", Revoked(**ON, case=case, target="nomination", reason="不实"))
    expected = {
        part.position - 4: "—",
        part.position - 3: "nominated",
        part.position - 2: "confirmed",
        part.position - 1: "approved",
        part.position: "paid-in-part",
        rest.position: "paid",
        back.position: "paid-in-part",
        last.position: "returned",
        revoked.position: "revoked",
    }
    assert {position: state(views, case, position) for position in expected} == expected


def pay_event(dossier: str, case: str, amount_fen: int, **changes: Any) -> Any:
    from ledger.events.payout import Disbursed

    return Disbursed(**ON, dossier=dossier, case=case, line="workers", amount_fen=amount_fen, **changes)


def test_what_is_available_is_what_is_left_and_not_yet_promised(views: Views) -> None:
    f, w = views.founded, views.writer

    def figures(by: balances.By = "line") -> tuple[int, int, int]:
        views.follower.catch_up()
        [row] = balances.sums(every_view(views.connection), by=by)
        return row["left_fen"], row["committed_fen"], row["available_fen"]

    case, dossier = f.approved(w)
    assert figures() == figures("campaign") == figures("source") == (25_000_000, 50_000, 24_950_000)
    # What the unit draws for its own cases is not owed by the line a second time; what it draws above is none of it.
    f.record(w, "finance", MoneyDrawn(**ON, line="workers", amount_fen=20_000))
    assert figures() == (24_980_000, 50_000, 24_950_000)
    f.record(w, "finance", MoneyDrawn(**ON, line="workers", amount_fen=40_000))
    assert figures() == (24_940_000, 50_000, 24_940_000)
    f.record(w, "finance", pay_event(dossier, case, 50_000, source="drawn"))
    assert figures() == (24_940_000, 0, 24_940_000)


def test_what_is_carried_over_stands_on_both_sides(views: Views) -> None:
    f, w = views.founded, views.writer
    county = FundSource(code="county", title="县级帮扶专项", kind="财政专项", carries_over=True)
    funding = Funding(source="办法", sources=[county])
    next_year = policy(year=2027, funding=funding)
    f.record(w, "approver", CampaignOpened(campaign="b2027", unit="county", title="送温暖", policy=next_year))
    carried = FundsCarriedOver(
        campaign="b2026",
        from_line="workers",
        to_campaign="b2027",
        to_line="workers",
        amount_fen=100,
        reason="结转",
    )
    f.record(w, "finance", carried, second="finance2")
    views.follower.catch_up()
    shown = every_view(views.connection)
    found = {row["campaign"]: row for row in balances.sums(shown) if row["line"] == "workers"}
    assert (found["b2026"]["carried_fen"], found["b2026"]["left_fen"]) == (-100, 24_999_900)
    assert (found["b2027"]["carried_fen"], found["b2027"]["left_fen"]) == (100, 100)
    [by_source] = balances.sums(shown, campaign="b2027", by="source")
    assert (by_source["source_title"], by_source["source_kind"]) == ("县级帮扶专项", "财政专项")
    assert [row["balance_fen"] for row in balances.postings(shown, "line/b2027/workers")] == [100]
    assert views.rows("SELECT campaign FROM views.postings WHERE account = 'line/b2027/workers'") == [
        ("b2027",)
    ]
    assert views.rows("SELECT to_line FROM views.timeline WHERE type = 'FundsCarriedOver'") == [
        ("b2027/workers",)
    ]


def test_rejected_and_goods_only(views: Views) -> None:
    from ledger.events.nomination import Approved, Confirmed

    f, w = views.founded, views.writer
    rejected, _ = f.nominated(w)
    f.record(w, "approver", Rejected(**ON, case=rejected, reason="不符"))
    goods, dossier = f.nominated(w)
    f.record(w, "tea-confirmer", Confirmed(**ON, case=goods))
    f.record(w, "approver", Approved(**ON, case=goods, forms=["goods"], goods_fen=12_000))
    assert state(views, goods) == "approved"
    f.record(
        w,
        "finance",
        AidDelivered(
            **ON,
            dossier=dossier,
            case=goods,
            form="goods",
            items=[AidItem(name="大米", quantity=2, measure="袋", value_fen=12_000)],
        ),
    )
    assert (state(views, rejected), state(views, goods)) == ("rejected", "paid")
    assert set(STATES) == set(STATE_TITLES)


def test_an_approval_after_the_fact_is_a_state_of_its_own(views: Views) -> None:
    from ledger.events.nomination import Approved, Confirmed

    f, w = views.founded, views.writer
    late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "审计发现"}
    bare, dossier = f.nominated(w)
    confirmed, _ = f.nominated(w)
    f.record(w, "tea-confirmer", Confirmed(**ON, case=confirmed))
    for case in (bare, confirmed):
        f.record(w, "auditor", Approved(**ON, case=case, line="workers", amount_fen=50_000, **late))
        assert state(views, case) == "approved-after-the-fact"
    views.follower.catch_up()
    # It permits nothing, and so commits nothing.
    [line] = [r for r in balances.sums(every_view(views.connection)) if r["line"] == "workers"]
    assert line["committed_fen"] == 0
    paid = f.record(w, "finance", pay_event(dossier, bare, 50_000, **late))
    assert state(views, bare) == "paid"
    for case in (bare, confirmed):
        f.record(w, "approver", Revoked(**ON, case=case, target="approval", reason="误录"))
    assert state(views, confirmed) == "confirmed"
    assert state(views, bare, paid.position - 1) == "approved-after-the-fact"


def test_a_case_is_suspended_while_its_payee_is_another_than_was_approved(views: Views) -> None:
    from ledger.events.nomination import Confirmed
    from ledger.events.versions import Basis
    from tests.database.projections.flags.steps import amend

    f, w = views.founded, views.writer
    person, other = f.people.person(), f.people.person()
    case, dossier = f.approved(w, person)
    paid, _, _ = f.paid(w, person.model_copy(update={"number": other.number}))
    amend(views, dossier, person, cause="illness")
    assert state(views, case) == "approved"
    at = amend(views, dossier, person.model_copy(update={"account": other.account}))
    assert (state(views, case), state(views, case, at - 1)) == ("suspended", "approved")
    [row] = [r for r in roster.cases(every_view(views.connection)) if r["case_id"] == case]
    version = row["dossier_version"]
    assert row["agreed_version"] == dossier != version
    again = Confirmed(**ON, case=case, basis=Basis(dossier=dossier, version=version))
    f.record(w, "tea-confirmer", again)
    assert state(views, case) == "approved"
    f.record(w, "finance", pay_event(dossier, case, 50_000, dossier_version=version))
    amend(views, dossier, person)
    assert (state(views, case), state(views, paid)) == ("paid", "paid")


def test_the_roster_is_filtered_and_paged(views: Views) -> None:
    f, w = views.founded, views.writer
    tea = [f.nominated(w)[0] for _ in range(5)]
    sugar = f.nominated(w, unit="sugar")[0]
    views.follower.catch_up()

    def ask(limit: int = 50, after: int = 0, **wanted: Any) -> list[str]:
        found = roster.cases(every_view(views.connection), RosterFilter(**wanted), after=after, limit=limit)
        return [row["case_id"] for row in found]

    assert ask() == [*tea, sugar]
    assert ask(unit="sugar") == [sugar]
    assert ask(limit=2) == tea[:2]
    after = roster.cases(every_view(views.connection), limit=2)[-1]["nominated_position"]
    assert ask(after=after) == [*tea[2:], sugar]
    assert ask(state="paid") == ask(category="none") == ask(campaign="none") == []


def test_balances_of_lines_and_units(views: Views) -> None:
    f, w = views.founded, views.writer
    case, dossier, payout = f.paid(w)
    f.record(
        w,
        "finance2",
        PayoutReturned(
            **ON, payout=payout, case=case, line="workers", amount_fen=10_000, kind="refused", reason="退回"
        ),
    )
    f.record(w, "finance", MoneyDrawn(**ON, line="workers", amount_fen=70_000))
    f.record(w, "tea-clerk2", pay_event(dossier, case, 10_000, source="drawn"))
    f.record(w, "finance2", DrawnReturned(**ON, line="workers", amount_fen=20_000, reason="余款"))
    f.record(
        w,
        "finance",
        FundTransferred(
            campaign="b2026", from_line="workers", to_line="models", amount_fen=5_000, reason="调剂"
        ),
        second="finance2",
    )
    back = FundReturned(campaign="b2026", line="models", amount_fen=1_000, reason="结余")
    last = f.record(w, "finance", back, second="finance2")
    views.follower.catch_up()
    workers, models = sorted(
        balances.sums(every_view(views.connection)), key=lambda r: r["line"], reverse=True
    )
    assert workers == {
        "campaign": "b2026",
        "line": "workers",
        "source": "county",
        "source_title": None,
        "source_kind": None,
        "carried_fen": 0,
        "collective_fen": 0,
        "committed_fen": 0,
        "allocated_fen": 25_000_000,
        "transferred_fen": -5_000,
        "drawn_fen": 50_000,
        "held_fen": 40_000,
        "paid_fen": 60_000,
        "returned_fen": 10_000,
        "left_fen": 25_000_000 - 50_000 + 10_000 - 70_000 + 20_000 - 5_000,
        "available_fen": 25_000_000 - 50_000 + 10_000 - 70_000 + 20_000 - 5_000,
    }
    assert (models["left_fen"], models["transferred_fen"], models["allocated_fen"]) == (4_000, 5_000, -1_000)
    before = balances.sums(every_view(views.connection), last.position - 1)
    assert {r["line"]: r["left_fen"] for r in before}["models"] == 5_000
    rows = views.rows("SELECT value ->> 'balance_fen' FROM ledger.standing WHERE key = 'line/b2026/workers'")
    assert int(str(rows[0][0])) == workers["left_fen"]


def test_the_sum_of_all_postings_is_zero_at_every_position(views: Views) -> None:
    f, w = views.founded, views.writer
    f.paid(w)
    f.record(w, "finance", MoneyDrawn(**ON, line="workers", amount_fen=70_000))
    assert views.rows("SELECT DISTINCT sum(amount_fen) OVER (PARTITION BY position) FROM views.postings") == [
        (0,)
    ]
    wrong = views.rows(
        "SELECT account FROM (SELECT account, balance_fen, sum(amount_fen) OVER (PARTITION BY account"
        " ORDER BY position) AS summed FROM views.postings) p WHERE balance_fen <> summed"
    )
    assert wrong == []


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_size_of_batches_changes_nothing(
    views: Views, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    f, w = views.founded, views.writer
    monkeypatch.setattr(Follower, "BATCH_EVENTS", size)
    person = f.people.person()
    case, dossier, payout = f.paid(w, person, amount_fen=80_000)
    f.record(
        w,
        "finance2",
        PayoutReturned(
            **ON, payout=payout, case=case, line="workers", amount_fen=80_000, kind="refused", reason="退回"
        ),
    )
    f.record(w, "finance", pay_event(dossier, case, 80_000))
    f.approved(w)
    views.follower.catch_up()
    other = Followers(views.follower._datastore, schema=f"other_{size}")
    other.prepare()
    monkeypatch.setattr(Follower, "BATCH_EVENTS", 7)
    other.catch_up()
    for table in (
        "cases",
        "dossiers",
        "terms",
        "payouts",
        "returns",
        "postings",
        "totals",
        "owners",
        "flags",
    ):
        here, there = (
            views.connection.execute(f"SELECT * FROM {schema}.{table} ORDER BY {table}::text").fetchall()
            for schema in ("views", f"other_{size}")
        )
        assert here == there, table
        assert here or table == "returns"


def test_a_restart_resumes_exactly(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    f, w = views.founded, views.writer
    for _ in range(3):
        f.paid(w)
    halfway = views.follower.position() + 10
    assert views.follower.catch_up(to=halfway) == halfway
    assert views.follower.position() == halfway
    again = Followers(views.follower._datastore)
    again.prepare()
    assert again.position() == halfway
    head = again.catch_up()
    assert again.catch_up() == head
    assert views.rows("SELECT count(*) FROM views.payouts") == [(3,)]
    assert again.position() == head


class Poisoned:
    """A view that cannot take one event."""

    name: ClassVar[str] = "poisoned"
    title: ClassVar[tuple[str, str]] = ("毒", "poisoned")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    tables: ClassVar[str] = "CREATE TABLE seen (position bigint PRIMARY KEY);"

    def __init__(self, poison: int) -> None:
        self.poison = poison

    def project(self, cursor: Any, events: Any) -> None:
        for item in events:
            if item.position == self.poison:
                raise ValueError("cannot take it")
            cursor.execute("INSERT INTO seen VALUES (%s)", (item.position,))


class Dependent(Poisoned):
    """A view that reads the poisoned one."""

    name: ClassVar[str] = "dependent"
    needs: ClassVar[tuple[str, ...]] = ("poisoned",)
    tables: ClassVar[str] = "CREATE TABLE seen_too (position bigint PRIMARY KEY);"

    def project(self, cursor: Any, events: Any) -> None:
        for item in events:
            cursor.execute("INSERT INTO seen_too VALUES (%s)", (item.position,))


@pytest.mark.parametrize("size", [5, 1000])
def test_a_poison_event_stops_its_own_view_and_no_other(
    views: Views, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Follower, "BATCH_EVENTS", size)
    poisoned = Poisoned(12)
    follower = Followers(
        views.follower._datastore, [poisoned, Dependent(0), Roster(), Balances()], schema=f"poison_{size}"
    )
    follower.prepare()
    with pytest.raises(ViewFailed) as failure:
        follower.catch_up()
    assert (failure.value.view, failure.value.position) == ("poisoned", 12)
    assert "cannot take it" in failure.value.message()
    ((head,),) = views.rows("SELECT max(position) FROM ledger.entries")
    status = {s.view: (s.position, s.behind, s.failed_before) for s in follower.status()}
    assert status == {
        "poisoned": (11, head - 11, 12),
        "dependent": (11, head - 11, None),
        "roster": (head, 0, None),
        "balances": (head, 0, None),
    }
    assert "cannot take it" in str(next(s.reason for s in follower.status() if s.view == "poisoned"))
    poisoned.poison = 0
    assert follower.catch_up() == head
    assert {(s.position, s.failed_before) for s in follower.status()} == {(head, None)}
    seen = views.connection.execute(f"SELECT count(*), max(position) FROM poison_{size}.seen_too")
    assert seen.fetchone() == (head, head)


def test_a_view_of_another_version_stays_as_it_is_until_it_is_rebuilt(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    views.founded.paid(views.writer)
    before = views.follower.catch_up()

    monkeypatch.setattr(Roster, "version", Roster.version + 1)
    views.follower.prepare()
    views.founded.paid(views.writer)
    assert views.follower.catch_up() == before
    head = views.follower.head()
    status = {s.view: (s.position, s.outdated) for s in views.follower.status()}
    # Those that read the roster wait for it; the others go on.
    assert {view for view, (at, _) in status.items() if at == before} == {
        "roster",
        "steps",
        "balances",
        "households",
        "flags",
    }
    assert {view for view, (_, outdated) in status.items() if outdated} == {"roster"}
    assert views.connection.execute("SELECT count(*) FROM views.payouts").fetchone() == (1,)
    assert views.follower.outdated() == ["roster"]
    rebuild(views.follower._datastore, views.follower, "roster", agree=lambda differences: True)
    assert views.follower.catch_up() == head
    assert views.follower.outdated() == []


def test_a_view_that_holds_nothing_is_made_in_its_newest_version(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove(views.follower._datastore, SCHEMA)
    views.follower.prepare()
    monkeypatch.setattr(Roster, "version", Roster.version + 1)
    views.follower.prepare()
    assert views.follower.outdated() == []


def test_views_rest_twice_as_long_as_they_worked_and_never_long() -> None:
    assert rest(0.01, 0.1) == 0.1
    assert rest(0.1, 0.1) == 0.2
    assert rest(60.0, 0.1) == LONGEST_REST_SECONDS


def test_roles_that_a_stolen_key_gave_end_in_the_views_as_in_the_state(views: Views) -> None:
    f, w = views.founded, views.writer
    f.enrol(w, "second", "county", [Grant(role="registrar")])
    held = [Grant(role="clerk", unit="sugar"), Grant(role="clerk", unit="tea")]
    f.record(w, "second", RolesChanged(officer="sugar-clerk", grants=held, reason="兼任"))
    since = (f.clock() - timedelta(minutes=1)).isoformat(timespec="seconds")
    taken = KeyRevoked(key=key_id_of(f.keys["second"]), revoked_from=since, compromised=True, reason="失窃")
    at = f.record(w, "registrar", taken).position
    rows = (
        "SELECT grants, from_position FROM views.grants WHERE officer = 'sugar-clerk' AND to_position IS NULL"
    )
    assert views.rows(rows) == [([held[0].model_dump()], at)]
    assert w.state.get(Officer, "sugar-clerk").grants == [held[0].model_dump()]


def test_who_was_paid_and_taken_back_is_on_no_list_and_nominated_anew(views: Views) -> None:
    f, w = views.founded, views.writer
    case, dossier, _ = f.paid(w)
    f.record(w, "tea-clerk", Revoked(**ON, case=case, target="nomination", reason="重报"))
    claims = "SELECT case_id FROM claims WHERE claim IS NOT NULL"
    assert every_view(views.connection).rows(claims) == []
    # Written by one statement beside the other: the claim goes from the case before to this one.
    again = f.record(w, "tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).id
    assert [row["case_id"] for row in every_view(views.connection).rows(claims)] == [again]
