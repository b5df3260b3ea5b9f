"""Random histories: whatever is tried, in whatever order, the invariants hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ledger.domain.admission import admit
from ledger.domain.event import Event
from ledger.domain.state import (
    Case,
    Key,
    Line,
    State,
)
from ledger.errors import Refused
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated, FundTransferred
from ledger.events.nomination import Approved, Confirmed, Nominated, Rejected, Revoked
from ledger.events.payout import Disbursed, PayoutReturned
from tests.scene import Scene, records_of

UNITS = st.sampled_from(["tea", "sugar"])
LINES = st.sampled_from(["workers", "models"])
PEOPLE = st.sampled_from(["张三", "李四", "王五"])
OFFICERS = st.sampled_from(
    [
        "tea-clerk",
        "tea-clerk2",
        "tea-confirmer",
        "sugar-clerk",
        "sugar-confirmer",
        "approver",
        "finance",
        "many-hats",
    ]
)
AMOUNTS = st.sampled_from([1, 20_000, 50_000, 90_000])


class Histories(RuleBasedStateMachine):
    """Tries statements of all kinds by all officers; each is admitted or refused."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.dossiers: list[tuple[str, str]] = []
        self.cases: list[str] = []
        self.payouts: list[str] = []
        self.admitted: Counter[str] = Counter()
        self.paid_without_excuse: dict[str, int] = defaultdict(int)

    def attempt(self, officer: str, event: Event, **options: str | None) -> str | None:
        act = self.scene.act(officer, event, **options)  # type: ignore[arg-type] # all options are texts
        try:
            admit(act, self.scene.state)
        except Refused:
            return None
        self.scene.acts.append(act)
        self.admitted[act.statement.type] += 1
        return act.id

    def a_case(self, data: st.DataObject) -> Case | None:
        if not self.cases:
            return None
        return self.scene.case(data.draw(st.sampled_from(self.cases)))

    @initialize(amount=AMOUNTS)
    def money(self, amount: int) -> None:
        self.attempt("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=amount))

    @rule(line=LINES, amount=AMOUNTS)
    def allocate(self, line: str, amount: int) -> None:
        self.attempt("finance", FundAllocated(campaign="b2026", line=line, amount_fen=amount))

    @rule(line=LINES, amount=AMOUNTS, back=st.booleans())
    def take_from_line(self, line: str, amount: int, back: bool) -> None:
        other = "models" if line == "workers" else "workers"
        event: Event = FundReturned(campaign="b2026", line=line, amount_fen=amount, reason="结余")
        if not back:
            event = FundTransferred(
                campaign="b2026", from_line=line, to_line=other, amount_fen=amount, reason="调剂"
            )
        self.attempt("finance", event, second="finance2")

    @rule(unit=UNITS, person=PEOPLE)
    def file(self, unit: str, person: str) -> None:
        event = DossierFiled(unit=unit, identity_commitment="0" * 64, facts=Facts())
        dossier = self.attempt(f"{unit}-clerk", event, person=person)
        if dossier:
            self.dossiers.append((unit, dossier))

    @rule(data=st.data())
    def nominate(self, data: st.DataObject) -> None:
        if self.dossiers:
            unit, dossier = data.draw(st.sampled_from(self.dossiers))
            case = self.attempt(
                f"{unit}-clerk", Nominated(campaign="b2026", unit=unit, dossier=dossier, category="worker")
            )
            if case:
                self.cases.append(case)

    @rule(data=st.data(), officer=OFFICERS)
    def confirm(self, data: st.DataObject, officer: str) -> None:
        if case := self.a_case(data):
            self.attempt(officer, Confirmed(campaign="b2026", unit=case.unit, case=case.id))

    @rule(data=st.data(), officer=OFFICERS, line=LINES, amount=AMOUNTS)
    def approve(self, data: st.DataObject, officer: str, line: str, amount: int) -> None:
        if case := self.a_case(data):
            event = Approved(campaign="b2026", unit=case.unit, case=case.id, line=line, amount_fen=amount)
            self.attempt(officer, event)

    @rule(data=st.data(), reject=st.booleans(), undone=st.sampled_from(["nomination", "approval"]))
    def undo(self, data: st.DataObject, reject: bool, undone: Literal["nomination", "approval"]) -> None:
        if case := self.a_case(data):
            where = {"campaign": "b2026", "unit": case.unit, "case": case.id, "reason": "复核"}
            self.attempt("approver", Rejected(**where) if reject else Revoked(**where, target=undone))

    @rule(unit=UNITS, line=LINES, amount=AMOUNTS, back=st.booleans())
    def draw(self, unit: str, line: str, amount: int, back: bool) -> None:
        where: dict[str, Any] = {"campaign": "b2026", "unit": unit, "line": line, "amount_fen": amount}
        if back:
            self.attempt("finance2", DrawnReturned(**where, reason="余款"))
        else:
            self.attempt("finance", MoneyDrawn(**where))

    @rule(data=st.data(), officer=OFFICERS, line=LINES, amount=AMOUNTS, drawn=st.booleans())
    def pay(self, data: st.DataObject, officer: str, line: str, amount: int, drawn: bool) -> None:
        if case := self.a_case(data):
            event = self.scene.payout(case.id, amount, line=line, source="drawn" if drawn else "line")
            approved_fen = case.approved_fen
            if payout := self.attempt(officer, event):
                self.payouts.append(payout)
                # At the moment of a payout, all that was paid lies within the approval.
                assert self.scene.case(case.id).paid_fen <= approved_fen

    @rule(data=st.data(), amount=AMOUNTS)
    def give_back(self, data: st.DataObject, amount: int) -> None:
        if self.payouts:
            payout = data.draw(st.sampled_from(self.payouts))
            act = next(act for act in self.scene.acts if act.id == payout)
            assert isinstance(act.event, Disbursed)
            self.attempt(
                "finance2",
                PayoutReturned(
                    campaign="b2026",
                    unit=act.event.unit,
                    payout=payout,
                    case=act.event.case,
                    line=act.event.line,
                    amount_fen=amount,
                    kind="refused",
                    reason="退回",
                ),
            )

    @invariant()
    def no_line_is_below_zero(self) -> None:
        assert all(line.balance_fen >= 0 for line in self.scene.state.records(Line))

    @invariant()
    def nobody_is_live_twice_in_a_campaign(self) -> None:
        claims = [case.claim for case in self.scene.state.records(Case) if case.claim]
        assert len(claims) == len(set(claims))
        live = {
            case.id for case in self.scene.state.records(Case) if case.state not in ("rejected", "revoked")
        }
        assert live == {case.id for case in self.scene.state.records(Case) if case.claim}

    @invariant()
    def duties_are_separated(self) -> None:
        payers: dict[str, set[str]] = defaultdict(set)
        for act in self.scene.acts:
            if isinstance(act.event, Disbursed) and act.event.case:
                payers[act.event.case].add(self.scene.state.get(Key, act.signers[0]).officer)
        for case in self.scene.state.records(Case):
            nominated, approved = set(case.nominated_by), set(case.approved_by)
            assert not nominated & set(case.confirmed_by)
            assert not nominated & approved
            assert not nominated & payers[case.id]

    @invariant()
    def money_is_neither_made_nor_lost(self) -> None:
        came = sum(a.event.amount_fen for a in self.scene.acts if isinstance(a.event, FundAllocated))
        went = sum(a.event.amount_fen for a in self.scene.acts if isinstance(a.event, FundReturned))
        paid = sum(a.event.amount_fen for a in self.scene.acts if isinstance(a.event, Disbursed))
        back = sum(a.event.amount_fen for a in self.scene.acts if isinstance(a.event, PayoutReturned))
        held = sum(line.balance_fen for line in self.scene.state.records(Line))
        assert came - went - paid + back == held

    def teardown(self) -> None:
        """Folding the events anew gives the same state."""
        again = State()
        for act in self.scene.acts:
            act.event.apply(act, again)
        assert {r.key: r.value() for r in records_of(again)} == {
            r.key: r.value() for r in records_of(self.scene.state)
        }


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
