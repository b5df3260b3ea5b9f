"""What the sixth version of the rules made stricter; each beside what the fifth still let through."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.state import Payout
from ledger.events.account_statement import AccountStatementRecorded
from ledger.events.bank import BankLineMatched
from ledger.events.linkage import ComparedPair, LinkageStarted, LinkedPair, PersonsLinked
from ledger.events.nomination import Approved, Confirmed, Revoked
from ledger.events.payment_file import PaymentFileMade
from ledger.events.payout import PayoutReturned
from ledger.events.register import ReferenceListed, ReferenceWithdrawn
from tests.scene import NOBODY, ON, Scene
from tests.unit.decisions.registrars import (
    compromised,
    enrol,
    give,
    grant,
    later,
    other_account,
    with_second,
)
from tests.unit.decisions.stricter import LATE, Stricter

STRICTER = Stricter(6)
EITHER, outcome = STRICTER.either, STRICTER.outcome
DAY = "2026-01-10"


def sent(scene: Scene, payout: str, batch: str = "26011001", **more: Any) -> PaymentFileMade:
    """A file with one payout, to be tried."""
    case = scene.case(scene.state.get(Payout, payout).case or "")
    line = {"payout": payout, "amount_fen": 50_000, "case": case.id, "dossier": case.dossier}
    said = {
        "batch": batch,
        "profile": "general",
        "file": "0" * 64,
        "count": 1,
        "sum_fen": 50_000,
        "lines": [line],
    }
    return PaymentFileMade.model_validate({**ON, **said, **more})


def paid(scene: Scene, name: str = "张三", by: str = "finance", **more: Any) -> str:
    return scene.do(by, scene.payout(scene.approved(name), **more))


class TestPaymentFiles:
    @EITHER
    @pytest.mark.parametrize("target", ["nomination", "approval"])
    def test_what_was_revoked_since_is_in_none(self, rules: int, target: str) -> None:
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        case = scene.state.get(Payout, payout).case or ""
        scene.do("approver", Revoked.model_validate({**ON, "case": case, "target": target, "reason": "误批"}))
        outcome(scene.when("finance", sent(scene, payout)), rules, "case-revoked")

    @EITHER
    def test_what_a_stolen_key_paid_is_in_none(self, rules: int) -> None:
        scene, _ = with_second(rules)
        since = later(scene)
        payout = paid(scene)
        compromised(scene, "finance", since)
        outcome(scene.when("finance2", sent(scene, payout)), rules, "payout-distrusted")

    @EITHER
    def test_what_a_stolen_key_approved_is_in_none(self, rules: int) -> None:
        scene, _ = with_second(rules)
        since = later(scene)
        payout = paid(scene)
        compromised(scene, "approver", since)
        outcome(scene.when("finance", sent(scene, payout)), rules, "approval-distrusted")

    @EITHER
    def test_what_has_another_payee_since_is_in_none(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        case = scene.state.get(Payout, payout).case or ""
        basis = other_account(scene, case)
        outcome(scene.when("finance", sent(scene, payout)), rules, "case-suspended")
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        case = scene.state.get(Payout, payout).case or ""
        basis = other_account(scene, case)
        scene.do("tea-confirmer", Confirmed(**ON, case=case, basis=basis))
        outcome(scene.when("finance", sent(scene, payout)), rules, "dossier-version-differs")

    @EITHER
    def test_what_the_bank_paid_is_not_sent_again_in_the_place_of_a_file(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        scene.do("finance", sent(scene, payout))
        said = {"bank_reference": "1" * 64, "amount_fen": 50_000, "booked_on": DAY, "result": "paid"}
        scene.do("finance", BankLineMatched.model_validate({**ON, "payout": payout, **said}))
        again = sent(scene, payout, batch="26011002", replaces="26011001")
        outcome(scene.when("finance", again), rules, "payment-paid-already")

    @EITHER
    def test_two_send_again_what_was_in_a_file(self, rules: int) -> None:
        """That the bank did not take the first is one person's word."""
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        scene.do("finance", sent(scene, payout))
        again = sent(scene, payout, batch="26011002", replaces="26011001")
        outcome(scene.when("finance", again), rules, "second-person-missing")
        if rules >= 6:
            scene.when("finance", again, second="finance2").then(lambda s: True)

    @EITHER
    def test_what_is_said_after_the_bank_paid_does_not_send_it_again(self, rules: int) -> None:
        """The payer invents an answer by which the payout bounced."""
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        scene.do("finance", sent(scene, payout))
        said = {**ON, "payout": payout, "amount_fen": 50_000, "booked_on": DAY}
        for reference, result in (("1", "paid"), ("2", "bounced")):
            word = {**said, "bank_reference": reference * 64, "result": result}
            scene.do("finance", BankLineMatched.model_validate(word))
        again = sent(scene, payout, batch="26011002", replaces="26011001")
        outcome(scene.when("finance", again), rules, "payment-paid-already")

    @EITHER
    def test_what_is_above_the_approval_since_is_in_none(self, rules: int) -> None:
        """Paid, the approval revoked, and approved anew for less."""
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        case = scene.state.get(Payout, payout).case or ""
        scene.do("approver", Revoked(**ON, case=case, target="approval", reason="误批"))
        scene.do("approver2", Approved(**ON, case=case, line="workers", amount_fen=10_000))
        outcome(scene.when("finance", sent(scene, payout)), rules, "payment-above-approval")

    @EITHER
    def test_each_line_names_case_and_dossier(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        bare = sent(scene, payout, lines=[{"payout": payout, "amount_fen": 50_000}])
        outcome(scene.when("finance", bare), rules, "payment-line-incomplete")
        scene = Scene(rules=6).funds()
        one, other = paid(scene), scene.case(scene.approved("李四"))
        line = {"payout": one, "amount_fen": 50_000, "case": other.id, "dossier": other.dossier}
        scene.when("finance", sent(scene, one, lines=[line])).refuses("payment-line-incomplete")


class TestPayouts:
    @EITHER
    def test_after_the_fact_on_a_suspended_case_takes_two(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        version = other_account(scene, case).version
        late = scene.payout(case, dossier_version=version, **LATE)
        outcome(scene.when("finance", late), rules, "second-person-missing")
        if rules >= 6:
            scene.when("finance", late, second="finance2").then(lambda s: s.case(case).paid_fen == 50_000)

    @EITHER
    def test_what_comes_back_to_the_line_is_finances_word(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.drawn(50_000)
        payout = paid(scene, by="tea-clerk2", source="drawn", method="cash")
        case = scene.state.get(Payout, payout).case
        said = {"case": case, "line": "workers", "amount_fen": 50_000, "kind": "refused", "reason": "不要"}
        back = PayoutReturned.model_validate({**ON, "payout": payout, **said})
        outcome(scene.when("tea-clerk2", back), rules, "return-is-finances")
        if rules >= 6:
            scene.when("finance", back).then(lambda s: True)


def statement(*entries: dict[str, Any], file: str = "1", **more: Any) -> AccountStatementRecorded:
    """A statement of the account, to be tried; it opens with 1,000 yuan."""
    moved = sum(each["amount_fen"] * (1 if each["direction"] == "credit" else -1) for each in entries)
    said = {"from_day": DAY, "to_day": DAY, "opening_fen": 100_000, "closing_fen": 100_000 + moved}
    return AccountStatementRecorded.model_validate(
        {
            "campaign": "b2026", "account": "icbc", "lines": ["workers"], "file": file * 64,
            "entries": list(entries), **said, **more,
        }
    )  # fmt: skip


def entry(reference: str = "a", amount_fen: int = 50_000, **more: Any) -> dict[str, Any]:
    said = {"booked_on": DAY, "direction": "debit", **more}
    return {"bank_reference": reference * 64, "amount_fen": amount_fen, **said}


class TestStatements:
    @EITHER
    def test_a_file_is_recorded_once_whatever_the_account_is_called(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.do("finance", statement(entry()))
        again = statement(entry(), account="other")
        outcome(scene.when("finance", again, second="finance2"), rules, "statement-file-recorded")

    @EITHER
    def test_a_line_goes_on_with_its_account_unless_two_say_otherwise(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        scene.do("finance", statement(entry()))
        other = statement(entry("b"), file="2", account="ccb")
        outcome(scene.when("finance", other), rules, "second-person-missing")
        if rules >= 6:
            scene.when("finance", other, second="finance2").then(lambda s: True)

    @EITHER
    @pytest.mark.parametrize("named", [True, False])
    def test_who_paid_does_not_record_it_alone(self, rules: int, named: bool) -> None:
        """Neither where it names the payouts, nor where it leaves them out on the days of these."""
        scene = Scene(rules=rules).funds()
        payout = paid(scene)
        said = statement(entry(payouts=[payout]) if named else entry())
        outcome(scene.when("finance", said), rules, "statement-recorded-by-payer")
        if rules >= 6:
            scene.when("finance", said, second="finance2").then(lambda s: True)

    @EITHER
    @pytest.mark.parametrize("elsewhere", [True, False])
    def test_nor_one_that_is_silent_of_the_days_on_which_they_paid(self, rules: int, elsewhere: bool) -> None:
        """With entries of other days alone, or with none: the bank's own would not go on from it."""
        scene = Scene(rules=rules).funds()
        paid(scene)
        scene.time = scene.time.replace(day=12)
        entries = [entry(booked_on="2026-01-12")] if elsewhere else []
        silent = statement(*entries, from_day="2026-01-09", to_day="2026-01-12")
        outcome(scene.when("finance", silent), rules, "statement-recorded-by-payer")
        if rules >= 6:
            scene.when("finance2", silent).then(lambda s: True)

    @EITHER
    def test_it_covers_a_year_at_most_and_ends_after_it_starts(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        long = statement(from_day="2025-01-09", to_day=DAY)
        outcome(scene.when("finance", long), rules, "statement-too-long")
        scene = Scene(rules=rules).funds()
        scene.when("finance", statement(from_day="2025-01-10", to_day=DAY)).then(lambda s: True)
        scene = Scene(rules=rules).funds()
        back = statement(from_day=DAY, to_day="2026-01-09")
        outcome(scene.when("finance", back), rules, "statement-days-reversed")

    @EITHER
    def test_one_debit_is_not_a_payout_and_a_drawing_at_once(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        both = entry(payouts=[paid(scene)], moved_by=scene.drawn(50_000))
        outcome(scene.when("finance2", statement(both)), rules, "statement-move-differs")

    @EITHER
    def test_what_moved_money_is_on_record(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        outcome(scene.when("finance", statement(entry(moved_by=NOBODY))), rules, "statement-move-differs")

    @pytest.mark.parametrize(
        "said",
        [
            {"direction": "credit"},
            {"amount_fen": 40_000},
            {"lines": ["models"]},
        ],
    )
    def test_it_is_of_that_sum_direction_and_line(self, said: dict[str, Any]) -> None:
        scene = Scene(rules=6).funds()
        drawn = scene.drawn(50_000)
        lines = {name: value for name, value in said.items() if name == "lines"}
        of_entry = {name: value for name, value in said.items() if name not in lines}
        wrong = statement(entry(moved_by=drawn, **of_entry), **lines)
        scene.when("finance", wrong).refuses("statement-move-differs", moved_by=drawn)
        scene.do("finance", statement(entry(moved_by=drawn)))
        next_day: dict[str, Any] = {"from_day": "2026-01-11", "to_day": "2026-01-11", "opening_fen": 50_000}
        scene.time = scene.time.replace(day=12)
        again = statement(
            entry("b", moved_by=drawn, booked_on="2026-01-11"), file="2", closing_fen=0, **next_day
        )
        scene.when("finance", again).refuses("statement-move-differs")

    @EITHER
    def test_it_stands_in_a_statement_once(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        drawn = scene.drawn(50_000)
        twice = statement(entry("a", moved_by=drawn), entry("b", moved_by=drawn))
        outcome(scene.when("finance", twice), rules, "statement-move-differs")


def listed(root: str, **more: Any) -> ReferenceListed:
    said = {
        "unit": "county",
        "kind": "deaths",
        "title": "死亡人口",
        "source": "民政局",
        "data_on": "2025-12-31",
    }
    rest = {"keep_until": "2027-12-31", "digest": "0" * 64, "root": root * 64, "rows": 3}
    return ReferenceListed.model_validate({**said, **rest, **more})


def served_there(scene: Scene) -> None:
    """An inspector, ``changed``, who was finance at the tea factory."""
    enrol(scene, "changed", grant("finance", "tea"))
    give(scene, "changed", by="registrar")
    give(scene, "changed", grant("inspector", "county"), by="registrar")


class TestLists:
    @EITHER
    def test_two_withdraw_one(self, rules: int) -> None:
        scene = Scene(rules=rules)
        made = scene.do("auditor", listed("1"))
        gone = ReferenceWithdrawn(unit="county", reference=made, reason="有误")
        outcome(scene.when("auditor", gone), rules, "second-person-missing")
        if rules >= 6:
            scene.when("auditor", gone, second="inspector").then(lambda s: True)

    @EITHER
    def test_who_was_at_work_where_it_counts_neither_replaces_nor_withdraws_it(self, rules: int) -> None:
        scene = Scene(rules=rules)
        served_there(scene)
        made = scene.do("auditor", listed("1"))
        gone = ReferenceWithdrawn(unit="county", reference=made, reason="有误")
        if rules >= 6:
            scene.when("auditor", gone, second="changed").refuses("list-over-own-unit", officer="changed")
        outcome(scene.when("changed", listed("2", replaces=made)), rules, "list-over-own-unit")
        # A list of their own they may register: it takes nothing away.
        scene.when("changed", listed("3")).then(lambda s: True)


class TestLinkage:
    RUN = LinkageStarted(unit="tea", purpose="查重", model="m1")

    @EITHER
    def test_who_was_at_work_there_starts_no_run(self, rules: int) -> None:
        scene = Scene(rules=rules)
        served_there(scene)
        outcome(scene.when("changed", self.RUN), rules, "own-unit-compared")
        scene.when("changed", LinkageStarted(unit="sugar", purpose="查重", model="m1")).then(lambda s: True)

    @EITHER
    def test_nor_signs_what_one_found_in_a_unit_below(self, rules: int) -> None:
        scene = Scene(rules=rules)
        one, other = scene.dossier(), scene.dossier("李四")
        enrol(scene, "changed", grant("inspector", "county"))
        run = scene.do("changed", LinkageStarted(unit="county", purpose="查重", model="m1"))
        give(scene, "changed", by="registrar")
        give(scene, "changed", grant("finance", "tea"), by="registrar")
        give(scene, "changed", by="registrar")
        give(scene, "changed", grant("inspector", "county"), by="registrar")
        levels = {"name": 1, "number": 1, "phone": 1, "account": 1, "home": 1, "unit": 1}
        pair = LinkedPair(first=one, second=other, weight_milli=1, guarded=True, one_edit=False, **levels)
        found = PersonsLinked(unit="county", run=run, compared=2, set_aside=0, pairs=[pair])
        outcome(scene.when("changed", found), rules, "own-unit-compared")
        gone = found.model_copy(update={"pairs": [], "not_found": [ComparedPair(first=one, second=other)]})
        outcome(scene.when("changed", gone), rules, "own-unit-compared")

    @EITHER
    def test_a_run_goes_on_from_one_of_its_own_unit(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "looker", grant("inspector", "county"))
        run = scene.do("looker", LinkageStarted(unit="tea", purpose="查重", model="m1"))
        again = LinkageStarted(unit="tea", purpose="查重", model="m1", since=run)
        scene.when("looker", again).then(lambda s: True)
        wider = again.model_copy(update={"unit": "county"})
        scene.when("looker", wider).refuses("unit-differs")
