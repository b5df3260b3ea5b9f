"""What somebody with good signatures got past the seventh rules, and the eighth refuse; and the dead ends they open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from ledger.domain.event import Document, Role
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import DayReconciled, StatementDay, bank_day_id
from ledger.events.campaign import PolicyAmended
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.household import MemberRecorded
from ledger.events.nomination import Approved, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import AidDelivered, AidItem, PayoutReturned
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from ledger.events.register import EarlierPayoutsListed, ReferenceWithdrawn
from ledger.events.registry import KeyRevoked, KeyRotated, UnitRegistered
from ledger.events.rules import RulesAdopted
from tests.scene import ON, Scene, key_of, policy, public_key
from tests.unit.decisions.as_the_writer import admitted_by_the_writer
from tests.unit.decisions.registrars import enrol, enrolled, grant
from tests.unit.decisions.stricter import Stricter

STRICTER = Stricter(8)
EITHER, outcome = STRICTER.either, STRICTER.outcome
FAR = "2999-01-01T00:00:00+08:00"


class TestRegistrars:
    REVOKED = KeyRevoked(
        key=key_of("registrar"), revoked_from="2026-01-10T09:00:00+08:00", compromised=False, reason="停用"
    )

    @EITHER
    @pytest.mark.parametrize("how", ["enrolled", "rotated"])
    def test_the_last_one_is_not_left_to_a_key_of_a_time_to_come(self, rules: int, how: str) -> None:
        scene = Scene(rules=rules)
        if how == "enrolled":
            second = enrolled("second", grant("registrar", None)).model_copy(update={"valid_from": FAR})
            scene.do("registrar", second, person="second")
        else:
            key = public_key("another")
            scene.do("registrar", KeyRotated(officer="registrar", public_key=key, valid_from=FAR))
        outcome(scene.when("registrar", self.REVOKED), rules, "no-registrar-left")

    def test_nor_where_the_next_one_takes_over_later(self) -> None:
        scene = Scene()
        later = "2026-06-01T00:00:00+08:00"
        rotated = KeyRotated(
            officer="registrar", public_key=public_key("next"), valid_from=later, replaces=key_of("registrar")
        )
        scene.do("registrar", rotated)
        scene.when("registrar", self.REVOKED).refuses("no-registrar-left")

    @EITHER
    def test_a_key_is_stolen_since_a_moment_that_has_been(self, rules: int) -> None:
        """Whoever has one registrar's key would end the others' in 2999: theirs count no more, and the own stays."""
        scene = Scene(rules=rules)
        enrol(scene, "second", grant("registrar", None))
        later = KeyRevoked(key=key_of("registrar"), revoked_from=FAR, compromised=True, reason="外泄")
        outcome(scene.when("second", later), rules, "compromise-to-come")

    @EITHER
    def test_one_whose_key_ends_some_day_counts_till_then(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "thief", grant("registrar", None))
        far = KeyRevoked(key=key_of("registrar"), revoked_from=FAR, compromised=False, reason="停用")
        scene.do("thief", far)
        since = "2026-01-10T09:00:00+08:00"
        ended = KeyRevoked(key=key_of("thief"), revoked_from=since, compromised=False, reason="外泄")
        attempt = scene.when("registrar", ended)
        if rules < 8:
            attempt.refuses("no-registrar-left")
        else:
            attempt.then(lambda s: True)

    def test_a_second_one_who_can_sign_now_is_enough(self) -> None:
        scene = Scene()
        enrol(scene, "second", grant("registrar", None))
        scene.when("registrar", self.REVOKED).then(lambda s: True)

    @EITHER
    @pytest.mark.parametrize("role", ["approver", "finance"])
    def test_a_unit_of_their_own_is_none_above(self, rules: int, role: Role) -> None:
        """Two of the works register a unit below it, and appoint who pays there from the county's line."""
        scene = Scene(rules=rules)
        for name in ("tr1", "tr2"):
            enrol(scene, name, grant("registrar", "tea"), second=None if name == "tr1" else "tr1")
        below = UnitRegistered(unit="shop", name="车间", level="grass-roots", parent="tea")
        scene.do("tr1", below)
        payer = enrolled("payer", grant(role, "shop"), unit="shop")
        outcome(scene.when("tr1", payer, second="tr2", person="payer"), rules, "registrar-above-missing")
        if rules >= 8:
            scene.when("tr1", payer, second="registrar", person="payer").then(lambda s: True)


def statement(*entries: dict[str, Any], **changes: Any) -> AccountStatementRecorded:
    """A statement of the account, from the first of January until today."""
    out_fen = sum(entry["amount_fen"] for entry in entries)
    said = {"campaign": "b2026", "account": "icbc", "lines": ["workers"], "file": "5" * 64}
    days = {"from_day": "2026-01-01", "to_day": "2026-01-10"}
    sums = {"opening_fen": 100_000, "closing_fen": 100_000 - out_fen}
    return AccountStatementRecorded.model_validate(
        {**said, **days, **sums, "entries": list(entries), **changes}
    )


def debit(payout: str, amount_fen: int = 50_000) -> dict[str, Any]:
    """What a statement says of a payout."""
    of = {"bank_reference": "a" * 64, "booked_on": "2026-01-10", "direction": "debit"}
    return {**of, "amount_fen": amount_fen, "payouts": [payout]}


class TestTheBanksBooks:
    @EITHER
    @pytest.mark.parametrize("moves", ["pays", "draws"])
    def test_who_stated_today_moves_no_money_today(self, rules: int, moves: str) -> None:
        """The bank's own statement would not go on from one that is older than the payout."""
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        scene.do("finance", statement())
        event = scene.payout(case) if moves == "pays" else MoneyDrawn(**ON, line="workers", amount_fen=100)
        outcome(scene.when("finance", event), rules, "paid-by-recorder")
        if rules >= 8:
            scene.when("finance", event, second="finance2").then(lambda s: True)

    def test_tomorrow_they_do(self) -> None:
        scene = Scene().funds()
        case = scene.approved()
        scene.do("finance", statement())
        scene.time += timedelta(days=1)
        scene.when("finance", scene.payout(case)).then(lambda s: True)

    @EITHER
    @pytest.mark.parametrize("moves", ["pays", "draws"])
    def test_who_closed_today_moves_none_under_another_date(self, rules: int, moves: str) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        closed = DayReconciled(campaign="b2026", line="workers", day="2026-01-10", ledger_fen=0, bank_fen=0)
        scene.do("finance", closed)
        event = scene.payout(case) if moves == "pays" else MoneyDrawn(**ON, line="workers", amount_fen=100)
        outcome(scene.when("finance", event, on="2026-01-09"), rules, "paid-by-closer")

    @EITHER
    def test_a_payer_does_not_state_the_account_without_the_line_that_they_paid_from(
        self, rules: int
    ) -> None:
        scene = Scene(rules=rules).funds()
        scene.do("finance", scene.payout(scene.approved()))
        said = statement(lines=["models"])
        outcome(scene.when("finance", said), rules, "statement-recorded-by-payer")
        if rules >= 8:
            admitted_by_the_writer(scene, "finance2", said)

    @EITHER
    def test_an_account_keeps_its_lines(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.do("finance", statement(to_day="2026-01-08"))
        fewer = statement(lines=["models"], from_day="2026-01-09", file="6" * 64)
        outcome(scene.when("finance", fewer), rules, "statement-lines-left-out")

    def test_another_accounts_line_is_none_of_this_one(self) -> None:
        scene = Scene().funds()
        scene.do("finance2", statement(account="abc", to_day="2026-01-08"))
        scene.do("finance", scene.payout(scene.approved()))
        scene.when("finance", statement(lines=["models"], file="6" * 64)).then(lambda s: True)

    @EITHER
    def test_a_debit_may_be_of_what_stood_when_it_was_sent(self, rules: int) -> None:
        """A dead end before: the file was of 400 yuan, and so is the bank's debit."""
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        said = {"payout": payout, "case": case, "line": "workers", "kind": "refused", "reason": "多报"}
        scene.do("finance2", PayoutReturned.model_validate({**ON, **said, "amount_fen": 10_000}))
        enrol(scene, "finance3", grant("finance", "county"))
        attempt = scene.when("finance3", statement(debit(payout, 40_000)))
        if rules < 8:
            attempt.refuses("statement-entry-differs")
            return
        attempt.then(lambda s: True)
        day = scene.state.get(StatementDay, bank_day_id("b2026", "workers", "2026-01-10"))
        assert day.debited_fen == 40_000


class TestWhatComesBack:
    BACK = DrawnReturned(**ON, line="workers", amount_fen=200, reason="余款")

    @EITHER
    def test_two_of_finance_say_it_together(self, rules: int) -> None:
        """A dead end before, where all of finance had drawn for the unit once."""
        scene = Scene(rules=rules).funds()
        for officer in ("finance", "finance2"):
            scene.do(officer, MoneyDrawn(**ON, line="workers", amount_fen=100))
        scene.when("finance", self.BACK).refuses("return-by-payer")
        attempt = scene.when("finance", self.BACK, second="finance2")
        if rules < 8:
            attempt.refuses("return-by-payer")
        else:
            attempt.then(lambda s: s.balance_fen() == 25_000_000)

    @EITHER
    def test_who_delivered_goods_does_not_say_alone_that_they_came_back(self, rules: int) -> None:
        scene = Scene(rules=rules)
        case = scene.confirmed()
        scene.do("approver", Approved(**ON, case=case, forms=["goods"], goods_fen=10_000))
        rice = AidItem(name="大米", quantity=1, measure="袋", value_fen=10_000)
        dossier = scene.case(case).dossier
        given = AidDelivered(**ON, dossier=dossier, case=case, form="goods", items=[rice])
        payout = scene.do("tea-clerk2", given)
        said = {"payout": payout, "case": case, "line": None, "kind": "refused", "reason": "拒收"}
        back = PayoutReturned.model_validate({**ON, **said, "amount_fen": 10_000})
        outcome(scene.when("tea-clerk2", back), rules, "return-by-payer")


def brought_in(root: str = "1", **changes: Any) -> EarlierPayoutsListed:
    """A list of what was paid the year before."""
    said: dict[str, Any] = {
        "unit": "county", "title": "2025年两节慰问", "source": "县总工会财务", "data_on": "2025-12-31",
        "keep_until": "2030-12-31", "digest": "0" * 64, "root": root.rjust(64, "0"), "rows": 3,
        "year": 2025, "total_fen": 150_000,
    }  # fmt: skip
    return EarlierPayoutsListed(**{**said, **changes})


class TestEarlierPayouts:
    @EITHER
    def test_another_units_word_on_a_file_keeps_it_from_nobody(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "tea-finance", grant("finance", "tea"))
        scene.do("tea-finance", brought_in(unit="tea", year=1990, rows=1, total_fen=1))
        attempt = scene.when("finance", brought_in("2"))
        if rules < 8:
            attempt.refuses("earlier-payouts-listed")
        else:
            attempt.then(lambda s: True)
            scene.when("finance", brought_in("3")).refuses("earlier-payouts-listed")

    @EITHER
    def test_a_withdrawn_file_is_listed_anew(self, rules: int) -> None:
        """A dead end before: with a wrong year, it could never be brought in again."""
        scene = Scene(rules=rules)
        made = scene.do("finance", brought_in(year=2024))
        scene.do(
            "auditor",
            ReferenceWithdrawn(unit="county", reference=made, reason="年度有误"),
            second="inspector",
        )
        attempt = scene.when("finance", brought_in())
        if rules < 8:
            attempt.refuses("register-listed-already")
        else:
            attempt.then(lambda s: True)

    def test_the_writer_has_both_files_at_hand(self) -> None:
        admitted_by_the_writer(Scene(), "finance", brought_in())

    @EITHER
    @pytest.mark.parametrize("keep_until", ["2020-01-01", "9999-12-31"])
    def test_no_list_can_be_erased_at_once_or_is_kept_for_ever(self, rules: int, keep_until: str) -> None:
        outcome(Scene(rules=rules).when("finance", brought_in(keep_until=keep_until)), rules, "list-kept-for")


class TestObjections:
    def upheld(self, scene: Scene) -> str:
        """A case to which an objection was upheld."""
        case = scene.confirmed()
        objection = scene.do("inspector", ObjectionLodged(**ON, case=case, text="收入不实"))
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=True, reason="属实")
        scene.do("inspector", settled)
        return case

    @EITHER
    def test_the_unit_concerned_does_not_approve_by_itself(self, rules: int) -> None:
        scene = Scene(rules=rules)
        for name in ("ta1", "ta2"):
            scene.do("registrar", enrolled(name, grant("approver"), unit="tea"), person=name)
        case = self.upheld(scene)
        approval = Approved(**ON, case=case, line="workers", amount_fen=50_000)
        outcome(scene.when("ta1", approval, second="ta2"), rules, "objection-outstanding")
        if rules >= 8:
            scene.when("ta1", approval, second="approver").then(lambda s: True)

    @EITHER
    def test_who_works_there_alone_is_of_the_unit_wherever_they_are_enrolled(self, rules: int) -> None:
        scene = Scene(rules=rules)
        scene.do("registrar", enrolled("lent", grant("clerk", "tea"), unit="county"), person="lent")
        case = self.upheld(scene)
        taken_back = Revoked(**ON, case=case, target="nomination", reason="重报")
        outcome(scene.when("lent", taken_back), rules, "objection-outstanding")

    @EITHER
    def test_an_officer_has_one_open_to_a_case(self, rules: int) -> None:
        scene = Scene(rules=rules)
        case = scene.confirmed()
        objection = ObjectionLodged(**ON, case=case, text="收入不实")
        first = scene.do("tea-clerk", objection)
        outcome(scene.when("tea-clerk", objection), rules, "objected-already")
        scene.when("tea-clerk2", objection).then(lambda s: True)
        settled = ObjectionSettled(**ON, case=case, objection=first, upheld=False, reason="不属实")
        scene.do("inspector", settled)
        scene.when("tea-clerk", objection).then(lambda s: True)

    @EITHER
    def test_a_household_has_as_many_members_as_it_may_declare(self, rules: int) -> None:
        scene = Scene(rules=rules)
        dossier = scene.dossier()
        said = {"unit": "tea", "dossier": dossier, "relation": "child", "identity_commitment": "0" * 64}
        member = MemberRecorded.model_validate(said)
        for number in range(29):
            scene.do("tea-clerk", member, person=f"p{number}")
        outcome(scene.when("tea-clerk", member, person="p30"), rules, "household-full")


class TestPaymentFiles:
    @EITHER
    def test_none_is_made_under_a_policy_that_a_stolen_key_loosened(self, rules: int) -> None:
        scene = Scene(rules=rules, two_signatures_above_fen=10_000).funds()
        loose = PolicyAmended(
            campaign="b2026", policy=policy(two_signatures_above_fen=500_000), reason="放宽"
        )
        scene.do("approver", loose, second="approver2")
        enrol(scene, "approver3", grant("approver"))
        case = scene.confirmed()
        scene.do("approver3", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        payout = scene.do("finance", scene.payout(case))
        stolen = KeyRevoked(
            key=key_of("approver2"), revoked_from="2026-01-01T00:00:00+08:00", compromised=True, reason="外泄"
        )
        scene.do("registrar", stolen)
        line = {"payout": payout, "amount_fen": 50_000, "case": case, "dossier": scene.case(case).dossier}
        said = {"batch": "26011001", "profile": "general", "file": "0" * 64, "count": 1, "sum_fen": 50_000}
        made = PaymentFileMade.model_validate({**ON, **said, "lines": [line]})
        outcome(scene.when("finance", made, second="finance2"), rules, "policy-distrusted")


class TestStrikingOffAtTheTop:
    ITEM: ClassVar[dict[str, Any]] = {"what": "补齐签收单", "unit": "county", "due": "2026-02-01"}

    @EITHER
    def test_two_strike_off_what_the_topmost_unit_answers_for(self, rules: int) -> None:
        """A dead end before: everybody in the ledger is of that unit."""
        scene = Scene(rules=rules)
        ordered = RectificationOrdered.model_validate(
            {"campaign": "b2026", "document": {"number": "整改1号"}, "items": [self.ITEM]}
        )
        made = scene.do("inspector", ordered)
        struck_off = RectificationStruckOff(
            campaign="b2026", rectification=made, item=1, evidence=Document(number="佐证1"), text="已补"
        )
        attempt = scene.when("inspector", struck_off, second="auditor")
        if rules < 8:
            attempt.refuses("own-rectification")
        else:
            attempt.then(lambda s: True)


class TestStandingRoles:
    @EITHER
    def test_who_is_at_work_there_settles_no_objection_as_who_was(self, rules: int) -> None:
        """Roles that the first rules let go together stand on; only those that ended were asked about."""
        scene = Scene(rules=1)
        both = enrolled("both", grant("clerk", "tea"), grant("inspector", "county")).model_copy(
            update={"proof_of_possession": None}
        )
        scene.do("registrar", both, person="both")
        scene.do("registrar", RulesAdopted(version=rules, reason="上级要求"))
        case = scene.nominated()
        objection = scene.do("inspector", ObjectionLodged(**ON, case=case, text="收入不实"))
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="不实")
        outcome(scene.when("both", settled), rules, "officer-of-the-unit-concerned")
