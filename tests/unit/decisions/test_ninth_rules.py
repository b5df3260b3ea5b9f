"""What somebody with good signatures got past the eighth rules, and the ninth refuse; and the dead ends they open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from ledger.domain.event import Document, Event
from ledger.domain.federation import Followed
from ledger.domain.policy.collective import CollectiveRules
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import DayReconciled
from ledger.events.campaign import CampaignClosed, CampaignOpened, PolicyAmended
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven
from ledger.events.federation import LedgerFollowed
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated
from ledger.events.nomination import Approved, Confirmed, Nominated, Rejected, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import Disbursed
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from ledger.events.register import EarlierPayoutsListed, ReferenceErased, ReferenceListed, ReferenceWithdrawn
from ledger.events.registry import KeyRevoked, RolesChanged, UnitRegistered
from ledger.events.slip import IssuedSlip, SlipsIssued
from ledger.events.statement_after import AccountStatementTakenBack, OutflowExplained
from ledger.events.voice import CallBackRecorded
from tests.scene import ON, Scene, key_of, policy, public_key
from tests.unit.decisions.as_the_writer import admitted_by_the_writer
from tests.unit.decisions.registrars import enrol, enrolled, grant
from tests.unit.decisions.stricter import LATE, Stricter

STRICTER = Stricter(9)
EITHER, outcome = STRICTER.either, STRICTER.outcome
AGAIN: dict[str, Any] = {"campaign": "b2026", "unit": "tea", "category": "worker"}


def upheld(scene: Scene, case: str) -> None:
    """An objection to a case is lodged, and upheld."""
    objection = scene.do("tea-clerk2", ObjectionLodged(**ON, case=case, text="收入不实"))
    settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=True, reason="属实")
    scene.do("inspector", settled)


def approval(case: str) -> Approved:
    return Approved(**ON, case=case, line="workers", amount_fen=50_000)


def nominated_anew(scene: Scene, case: str) -> str:
    """The person of a case that is over is nominated and confirmed again."""
    made = scene.do("tea-clerk", Nominated(**AGAIN, dossier=scene.case(case).dossier))
    scene.do("tea-confirmer", Confirmed(**ON, case=made))
    return made


class TestWhatWasUpheld:
    @EITHER
    def test_after_the_approval_it_keeps_the_money(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        upheld(scene, case)
        outcome(scene.when("finance", scene.payout(case)), rules, "objection-upheld-since")

    def test_it_is_paid_once_it_was_approved_in_spite(self) -> None:
        scene = Scene().funds()
        case = scene.approved()
        upheld(scene, case)
        scene.do("approver", Revoked(**ON, case=case, target="approval", reason="复核"))
        scene.do("approver", approval(case), second="approver2")
        scene.when("finance", scene.payout(case)).then(lambda s: True)

    def test_one_that_is_open_or_was_refuted_holds_nothing_up(self) -> None:
        scene = Scene().funds()
        case = scene.approved(amount_fen=60_000)
        objection = scene.do("tea-clerk2", ObjectionLodged(**ON, case=case, text="收入不实"))
        scene.when("finance", scene.payout(case, 10_000)).then(lambda s: True)
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="不实")
        scene.do("inspector", settled)
        scene.when("finance", scene.payout(case)).then(lambda s: True)

    @EITHER
    def test_what_was_paid_by_then_is_not_sent_to_the_bank(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        upheld(scene, case)
        line = {"payout": payout, "amount_fen": 50_000, "case": case, "dossier": scene.case(case).dossier}
        said = {"batch": "26011001", "profile": "general", "file": "0" * 64, "count": 1, "sum_fen": 50_000}
        made = PaymentFileMade.model_validate({**ON, **said, "lines": [line]})
        outcome(scene.when("finance", made), rules, "objection-upheld-since")

    @EITHER
    def test_a_payout_of_it_after_the_fact_takes_two(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        upheld(scene, case)
        late = scene.payout(case, **LATE)
        outcome(scene.when("finance", late), rules, "second-person-missing")
        if rules >= 9:
            scene.when("finance", late, second="finance2").then(lambda s: True)

    def test_the_unit_concerned_sends_the_case_back(self) -> None:
        """A dead end before: what was upheld against its own list, the unit could not act upon."""
        for rules in (8, 9):
            scene = Scene(rules=rules)
            case = scene.confirmed()
            upheld(scene, case)
            attempt = scene.when("tea-confirmer", Rejected(**ON, case=case, reason="异议成立"))
            if rules < 9:
                attempt.refuses("objection-outstanding")
                continue
            attempt.then(lambda s: True)
            again = nominated_anew(scene, case)
            scene.when("approver", approval(again)).refuses("second-person-missing")
            scene.when("approver", approval(again), second="approver2").then(lambda s: True)

    def test_while_one_is_open_it_does_not(self) -> None:
        scene = Scene()
        case = scene.confirmed()
        upheld(scene, case)
        scene.do("tea-clerk", ObjectionLodged(**ON, case=case, text="另有住房"))
        scene.when("tea-confirmer", Rejected(**ON, case=case, reason="异议成立")).refuses(
            "objection-outstanding"
        )

    @EITHER
    def test_it_goes_with_the_person_to_the_next_nomination(self, rules: int) -> None:
        scene = Scene(rules=rules)
        case = scene.confirmed()
        upheld(scene, case)
        scene.do("approver", Rejected(**ON, case=case, reason="异议成立"))
        again = nominated_anew(scene, case)
        outcome(scene.when("approver", approval(again)), rules, "second-person-missing")


class TestNominatedAnew:
    @EITHER
    def test_who_was_paid_is_not_approved_anew_by_one(self, rules: int) -> None:
        """The unit's clerk takes the nomination of somebody paid back, and they are paid a second time."""
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case))
        scene.do("tea-clerk", Revoked(**ON, case=case, target="nomination", reason="重报"))
        again = nominated_anew(scene, case)
        outcome(scene.when("approver", approval(again)), rules, "second-person-missing")
        if rules >= 9:
            scene.when("approver", approval(again), second="approver2").then(lambda s: True)

    def test_who_was_paid_nothing_is(self) -> None:
        scene = Scene()
        case = scene.confirmed()
        scene.do("tea-clerk", Revoked(**ON, case=case, target="nomination", reason="重报"))
        scene.when("approver", approval(nominated_anew(scene, case))).then(lambda s: True)

    def test_the_writer_has_the_case_before_at_hand(self) -> None:
        scene = Scene().funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case))
        scene.do("tea-clerk", Revoked(**ON, case=case, target="nomination", reason="重报"))
        state = admitted_by_the_writer(
            scene, "tea-clerk", Nominated(**AGAIN, dossier=scene.case(case).dossier)
        )
        claims = [(each.id == case, each.claim is None) for each in state.records(type(scene.case(case)))]
        assert sorted(claims) == [(False, False), (True, True)]


class TestOversight:
    @EITHER
    @pytest.mark.parametrize("role", ["auditor", "inspector"])
    def test_one_registrar_does_not_choose_who_looks_into_things(self, rules: int, role: Any) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "second", grant("registrar", None))
        friend = enrolled("friend", grant(role, None))
        outcome(scene.when("registrar", friend, person="friend"), rules, "second-registrar-missing")
        ended = RolesChanged(officer="inspector", grants=[], reason="调整")
        outcome(scene.when("registrar", ended), rules, "second-registrar-missing")

    def test_the_only_registrar_does(self) -> None:
        Scene().when("registrar", enrolled("friend", grant("inspector", None)), person="friend").then(
            lambda s: True
        )

    @EITHER
    def test_a_units_own_registrars_do_not_appoint_its_inspector(self, rules: int) -> None:
        scene = Scene(rules=rules)
        for name in ("tr1", "tr2"):
            enrol(scene, name, grant("registrar", "tea"), second=None if name == "tr1" else "tr1")
        theirs = enrolled("theirs", grant("inspector", "tea"), unit="tea")
        attempt = scene.when("tr1", theirs, second="tr2", person="theirs")
        outcome(attempt, rules, "registrar-above-missing")

    @EITHER
    def test_who_oversees_a_unit_from_within_calls_nobody_back(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        enrol(scene, "within", grant("inspector", "tea"))
        payout = scene.do("finance", scene.payout(scene.approved()))
        call = CallBackRecorded(
            **ON, payout=payout, seed="1", size=1, drawn_at=5, reached=True, answer="received"
        )
        outcome(scene.when("within", call), rules, "own-doing-called-back")
        if rules >= 9:
            scene.when("inspector", call).then(lambda s: True)

    @EITHER
    def test_nor_strikes_off_what_it_answers_for(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "within", grant("inspector", "tea"))
        item = {"what": "补齐签收单", "unit": "tea", "due": "2026-02-01"}
        ordered = RectificationOrdered.model_validate(
            {**ON, "document": {"number": "整改1号"}, "items": [item]}
        )
        made = scene.do("inspector", ordered)
        struck_off = RectificationStruckOff(
            **ON, rectification=made, item=1, evidence=Document(number="佐证1"), text="已补"
        )
        outcome(scene.when("within", struck_off), rules, "own-rectification")


class TestAppointedBelowTheSponsor:
    def shop(self, rules: int, **open_as: Any) -> Scene:
        """Two registrars of the works appoint a payer in a shop of theirs while no campaign is open; then one is."""
        scene = Scene(rules=rules)
        for name in ("tr1", "tr2"):
            enrol(scene, name, grant("registrar", "tea"), second=None if name == "tr1" else "tr1")
        scene.do("approver", CampaignClosed(campaign="b2026"))
        scene.do("tr1", UnitRegistered(unit="shop", name="车间", level="grass-roots", parent="tea"))
        payer = enrolled("payer", grant("finance", "shop"), unit="shop")
        scene.do("tr1", payer, second=open_as.get("second", "tr2"), person="payer")
        for name, role in (("shop-clerk", "clerk"), ("shop-confirmer", "confirmer")):
            scene.do("tr1", enrolled(name, grant(role, "shop"), unit="shop"), person=name)  # type: ignore[arg-type]
        opened = CampaignOpened(campaign="c2026", unit="county", title="送温暖", policy=policy())
        scene.do("approver", opened)
        scene.do("finance", FundAllocated(campaign="c2026", line="workers", amount_fen=1_000_000))
        return scene

    def payout(self, scene: Scene) -> Disbursed:
        on: dict[str, Any] = {"campaign": "c2026", "unit": "shop"}
        dossier = scene.dossier("李四", "shop")
        case = scene.do("shop-clerk", Nominated(**on, dossier=dossier, category="worker"))
        scene.do("shop-confirmer", Confirmed(**on, case=case))
        scene.do("approver", Approved(**on, case=case, line="workers", amount_fen=50_000))
        return Disbursed(**on, dossier=dossier, case=case, line="workers", amount_fen=50_000)

    @EITHER
    def test_who_was_appointed_before_it_opened_does_not_pay_the_sponsors_money(self, rules: int) -> None:
        scene = self.shop(rules)
        payout = self.payout(scene)
        outcome(scene.when("payer", payout), rules, "role-not-from-sponsor")
        if rules >= 9:
            scene.when("finance", payout).then(lambda s: True)

    def test_whom_the_sponsors_registrar_appointed_does(self) -> None:
        scene = self.shop(9, second="registrar")
        scene.when("payer", self.payout(scene)).then(lambda s: True)

    def test_and_whom_they_appointed_again(self) -> None:
        scene = self.shop(9)
        payout = self.payout(scene)
        finance = RolesChanged(officer="payer", grants=[grant("finance", "shop")], reason="重新授权")
        scene.do("tr1", finance.model_copy(update={"grants": []}), second="registrar")
        scene.do("tr1", finance, second="registrar")
        scene.when("payer", payout).then(lambda s: True)


def statement(*entries: dict[str, Any], **changes: Any) -> AccountStatementRecorded:
    """A statement of the account, from the first of January until the ninth."""
    out_fen = sum(entry["amount_fen"] for entry in entries)
    said = {"campaign": "b2026", "account": "icbc", "lines": ["workers"], "file": "5" * 64}
    days = {"from_day": "2026-01-01", "to_day": "2026-01-09"}
    sums = {"opening_fen": 100_000, "closing_fen": 100_000 - out_fen}
    return AccountStatementRecorded.model_validate(
        {**said, **days, **sums, "entries": list(entries), **changes}
    )


def debit(amount_fen: int = 50_000, **more: Any) -> dict[str, Any]:
    of = {"bank_reference": "a" * 64, "booked_on": "2026-01-09", "direction": "debit"}
    return {**of, "amount_fen": amount_fen, **more}


class TestTheAccount:
    @EITHER
    def test_nobody_alone_returns_money_to_its_source(self, rules: int) -> None:
        """They take it to another account, and the line is as empty as it should be."""
        scene = Scene(rules=rules).funds()
        back = FundReturned(campaign="b2026", line="workers", amount_fen=1_000, reason="结余")
        outcome(scene.when("finance", back), rules, "second-person-missing")
        if rules >= 9:
            admitted_by_the_writer(scene, "finance", back, second="finance2")

    def test_a_cashier_signs_beside_the_accountant(self) -> None:
        scene = Scene().funds()
        enrol(scene, "cashier", grant("cashier", "county"))
        enrol(scene, "accountant", grant("accountant", "county"))
        back = FundReturned(campaign="b2026", line="workers", amount_fen=1_000, reason="结余")
        scene.when("cashier", back).refuses("fund-return-without-accountant")
        scene.when("cashier", back, second="accountant").then(lambda s: True)

    def test_nor_do_two_who_closed_the_day(self) -> None:
        scene = Scene().funds()
        closed = DayReconciled(campaign="b2026", line="workers", day="2026-01-10", ledger_fen=0, bank_fen=0)
        scene.do("finance", closed, second="finance2")
        back = FundReturned(campaign="b2026", line="workers", amount_fen=1_000, reason="结余")
        scene.when("finance", back, second="finance2").refuses("paid-by-closer")

    @EITHER
    def test_finance_alone_explains_no_outflow(self, rules: int) -> None:
        """Who took the money did not record the statement, and says what it was for."""
        scene = Scene(rules=rules).funds()
        made = scene.do("finance2", statement(debit()))
        said = OutflowExplained(
            campaign="b2026", account_statement=made, bank_reference="a" * 64, reason="手续费"
        )
        outcome(scene.when("finance", said), rules, "second-person-missing")
        if rules >= 9:
            scene.when("auditor", said).then(lambda s: True)


class TestTakingAStatementBack:
    """A dead end before: what was recorded wrongly, the next statement could never go on from."""

    @staticmethod
    def back(made: str) -> AccountStatementTakenBack:
        return AccountStatementTakenBack(
            campaign="b2026", account="icbc", account_statement=made, reason="录错文件"
        )

    def test_two_take_it_back_and_it_is_recorded_right(self) -> None:
        scene = Scene().funds()
        made = scene.do("finance2", statement(debit()))
        scene.when("finance", self.back(made)).refuses("second-person-missing")
        scene.when("finance", self.back(made), second="finance2").then(lambda s: True)
        scene.when("finance", self.back(made), second="finance2").refuses("statement-not-last")
        right = statement(debit(40_000), opening_fen=90_000, closing_fen=50_000)
        admitted_by_the_writer(scene, "finance2", right)

    def test_what_it_showed_may_be_shown_again(self) -> None:
        scene = Scene().funds()
        payout = scene.do("finance", scene.payout(scene.approved()))
        entry = {**debit(payouts=[payout]), "booked_on": "2026-01-10"}
        said = statement(entry, to_day="2026-01-10")
        made = scene.do("finance2", said)
        scene.do("finance", self.back(made), second="finance2")
        # Nothing is stated of the day any more, so that it closes by what the bank's answers say.
        closed = DayReconciled(
            campaign="b2026", line="workers", day="2026-01-10", ledger_fen=50_000, bank_fen=50_000
        )
        scene.do("finance2", closed)
        scene.when("finance2", said).then(lambda s: True)
        wrong = closed.model_copy(update={"bank_fen": 1, "explanation": "差额"})
        scene.when("finance2", wrong).refuses("closing-differs-from-statement", expected=50_000)

    def test_the_last_one_first(self) -> None:
        scene = Scene().funds()
        first = scene.do("finance2", statement())
        later = {"from_day": "2026-01-10", "to_day": "2026-01-10", "file": "6" * 64}
        second = scene.do("finance2", statement(lines=["workers", "models"], **later))
        scene.when("finance", self.back(first), second="finance2").refuses("statement-not-last")
        scene.do("finance", self.back(second), second="finance2")
        # Nor does the line stay that it should not have named.
        scene.when("finance2", statement(**later)).then(lambda s: True)

    def test_the_writer_has_the_account_at_hand(self) -> None:
        scene = Scene().funds()
        made = scene.do("finance2", statement(debit()))
        admitted_by_the_writer(scene, "finance", self.back(made), second="finance2")


class TestSites:
    @EITHER
    def test_none_is_paid_for_that_was_approved_while_a_stolen_key_loosened_the_policy(
        self, rules: int
    ) -> None:
        firm, loose = (CollectiveRules(per_visit_cap_fen=fen, source="方案") for fen in (1_000, 100_000))
        scene = Scene(rules=rules, collective=firm).funds()
        amend: Callable[[CollectiveRules], Event] = lambda terms: PolicyAmended(  # noqa: E731 # said twice
            campaign="b2026", policy=policy(collective=terms), reason="调整"
        )
        scene.do("approver", amend(loose), second="approver2")
        site = {**ON, "line": "workers", "amount_fen": 100_000}
        approved = CollectiveHelpApproved.model_validate(
            {**site, "site": "工地", "headcount": 20, "reason": "慰问"}
        )
        enrol(scene, "approver3", grant("approver", "county"))
        made = scene.do("approver3", approved)
        scene.do("approver3", amend(firm))
        stolen = KeyRevoked(
            key=key_of("approver2"), revoked_from="2026-01-01T00:00:00+08:00", compromised=True, reason="外泄"
        )
        scene.do("registrar", stolen)
        given = CollectiveHelpGiven.model_validate({**site, "help": made, "document": {"number": "1"}})
        outcome(scene.when("finance", given), rules, "collective-approval-distrusted")


class TestSlips:
    @EITHER
    def test_who_paid_does_not_make_the_recipients_slip_useless(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        scene.drawn(50_000)
        payout = scene.do("tea-clerk2", scene.payout(case, source="drawn", method="cash"))
        issued = SlipsIssued(**ON, slips=[IssuedSlip(payout=payout, digest="a" * 64)])
        scene.when("tea-clerk2", issued).then(lambda s: True)
        another = SlipsIssued(**ON, slips=[IssuedSlip(payout=payout, digest="c" * 64)])
        outcome(scene.when("tea-clerk2", another), rules, "slip-reissued-alone")
        if rules >= 9:
            admitted_by_the_writer(scene, "tea-clerk2", another, second="tea-clerk")


class TestLists:
    LISTED: ClassVar[dict[str, Any]] = {
        "unit": "county", "kind": "vehicles", "title": "车辆登记", "source": "车管所", "data_on": "2026-01-01",
        "digest": "0" * 64, "root": "1" * 64, "rows": 3,
    }  # fmt: skip

    @EITHER
    def test_one_registrar_erases_none_the_day_after_it_came(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "second", grant("registrar", None))
        made = scene.do("auditor", ReferenceListed(**self.LISTED, keep_until="2026-01-10"))
        scene.time += timedelta(days=1)
        erased = ReferenceErased(unit="county", reference=made, reason="到期")
        outcome(scene.when("registrar", erased), rules, "second-registrar-missing")
        if rules >= 9:
            scene.when("registrar", erased, second="second").then(lambda s: True)

    def test_one_that_two_withdrew_goes_by_one(self) -> None:
        scene = Scene()
        enrol(scene, "second", grant("registrar", None))
        made = scene.do("auditor", ReferenceListed(**self.LISTED, keep_until="2026-12-31"))
        withdrawn = ReferenceWithdrawn(unit="county", reference=made, reason="误登")
        scene.do("auditor", withdrawn, second="inspector")
        erased = ReferenceErased(unit="county", reference=made, reason="误登")
        scene.when("registrar", erased).then(lambda s: True)

    @EITHER
    def test_the_same_rows_in_another_file_take_two(self, rules: int) -> None:
        scene = Scene(rules=rules)
        said: dict[str, Any] = {
            "unit": "county", "title": "2025年两节慰问", "source": "财务", "data_on": "2025-12-31",
            "keep_until": "2030-12-31", "rows": 3, "year": 2025, "total_fen": 150_000,
        }  # fmt: skip
        scene.do("finance", EarlierPayoutsListed(**said, digest="0" * 64, root="1" * 64))
        again = EarlierPayoutsListed(**said, digest="1" * 64, root="2" * 64)
        outcome(scene.when("finance", again), rules, "second-person-missing")
        if rules >= 9:
            admitted_by_the_writer(scene, "finance", again, second="auditor")


class TestLedgersBelow:
    SAID: ClassVar[dict[str, Any]] = {
        "followed": "county-a", "ledger": "0b3f0d3a-9f3e-4c55-8f3e-5d1f0c9a7b12", "name": "甲县", "level": "county",
        "region": "000000", "public_key": public_key("log"),
    }  # fmt: skip

    @EITHER
    @pytest.mark.parametrize("how", ["anew", "key", "figures", "fork"])
    def test_one_registrar_forgets_nothing_that_was_seen(self, rules: int, how: str) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "second", grant("registrar", None))
        scene.do("registrar", LedgerFollowed(**self.SAID))
        changes: dict[str, dict[str, Any]] = {
            "anew": {"anew": True}, "key": {"public_key": public_key("other")}, "figures": {"gives": "figures"},
        }  # fmt: skip
        more = changes.get(how, {})
        if how == "fork":
            known = scene.state.get(Followed, "county-a")
            known.fault = "fork"
            scene.state.put(known)
        again = LedgerFollowed(**{**self.SAID, **more})
        outcome(scene.when("registrar", again), rules, "second-registrar-missing")
        if rules >= 9:
            scene.when("registrar", again, second="second").then(lambda s: True)

    def test_another_name_is_one_registrars(self) -> None:
        scene = Scene()
        enrol(scene, "second", grant("registrar", None))
        scene.do("registrar", LedgerFollowed(**self.SAID))
        renamed = LedgerFollowed(**{**self.SAID, "name": "甲县总工会"})
        scene.when("registrar", renamed).then(lambda s: True)
