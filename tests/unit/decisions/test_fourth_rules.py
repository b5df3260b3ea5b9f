"""What the fourth version of the rules made stricter; each beside what the third still let through."""

from __future__ import annotations

import pytest

from ledger.domain.state import Campaign, Case, Key, Officer
from ledger.events.campaign import PolicyAmended
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.nomination import Approved, Confirmed, Nominated, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.oversight import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    FlagKey,
    FlagReviewed,
    SanctionImposed,
)
from ledger.events.payout import AidDelivered, AidItem, Disbursed, PayoutReturned
from ledger.events.registry import KeyRevoked, KeyRotated, UnitRegistered
from ledger.events.rules import ExcludedPair, ExclusionsSet
from tests.scene import ON, Scene, key_of, policy, public_key
from tests.unit.decisions.registrars import (
    SINCE,
    compromised,
    enrol,
    enrolled,
    give,
    grant,
    later,
    other_account,
    with_second,
)
from tests.unit.decisions.stricter import LATE, Stricter

STRICTER = Stricter(4)
EITHER, outcome = STRICTER.either, STRICTER.outcome


class TestWhatAStolenKeyIsBehind:
    """It falls with the key, whatever happened to it since."""

    @EITHER
    def test_an_approval_does_not_become_good_by_a_confirmation_after_it(self, rules: int) -> None:
        scene, since = with_second(rules)
        give(scene, "friend", grant("approver"), by="reg2")
        case = scene.confirmed()
        scene.do("friend", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        compromised(scene, "reg2", since)
        scene.when("finance", scene.payout(case)).refuses("approval-distrusted")
        basis = other_account(scene, case)
        scene.do("tea-confirmer", Confirmed(**ON, case=case, basis=basis))
        paid = scene.when("finance", scene.payout(case, dossier_version=basis.version))
        outcome(paid, rules, "approval-distrusted")

    @EITHER
    def test_an_approval_by_a_role_that_was_taken_away_before_anybody_knew(self, rules: int) -> None:
        scene, since = with_second(rules)
        give(scene, "friend", grant("approver"), by="reg2")
        case = scene.confirmed()
        scene.do("friend", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        give(scene, "friend", by="reg2")
        compromised(scene, "reg2", since)
        outcome(scene.when("finance", scene.payout(case)), rules, "approval-distrusted")

    @EITHER
    def test_a_changed_account_confirmed_by_a_role_that_it_gave(self, rules: int) -> None:
        scene, since = with_second(rules)
        case = scene.approved()
        give(scene, "friend", grant("confirmer"), by="reg2")
        basis = other_account(scene, case)
        scene.do("friend", Confirmed(**ON, case=case, basis=basis))
        compromised(scene, "reg2", since)
        paid = scene.when("finance", scene.payout(case, dossier_version=basis.version))
        outcome(paid, rules, "approval-distrusted")

    def test_an_honest_confirmation_leaves_an_honest_approval_good(self) -> None:
        scene, since = with_second(4)
        case = scene.approved()
        give(scene, "friend", grant("confirmer"), by="reg2")
        compromised(scene, "reg2", since)
        basis = other_account(scene, case)
        scene.do("tea-confirmer", Confirmed(**ON, case=case, basis=basis))
        scene.when("finance", scene.payout(case, dossier_version=basis.version)).then(lambda s: True)

    @EITHER
    def test_roles_that_were_given_on_by_a_registrar_who_is_none_any_more(self, rules: int) -> None:
        scene, since = with_second(rules)
        enrol(scene, "third", grant("registrar", None), second="reg2")
        scene.do("registrar", enrolled("accomplice", unit="tea"), person="accomplice")
        since = later(scene)
        give(scene, "friend", grant("registrar"), by="reg2", second="third")
        give(scene, "accomplice", grant("approver"), by="friend")
        give(scene, "friend", by="reg2", second="third")
        compromised(scene, "reg2", since)
        held = scene.state.get(Officer, "accomplice").grants
        assert [each["role"] for each in held] == (["approver"] if rules < 4 else [])

    @EITHER
    def test_keys_that_were_enrolled_by_registrars_whom_it_made(self, rules: int) -> None:
        scene, since = with_second(rules)
        enrol(scene, "other-friend", second="reg2")
        since = later(scene)
        for officer in ("friend", "other-friend"):
            give(scene, officer, grant("registrar"), by="reg2", second="registrar")
        rotated = KeyRotated(officer="tea-clerk", public_key=public_key("thief"), valid_from=SINCE)
        scene.do("friend", rotated, second="other-friend")
        compromised(scene, "reg2", since)
        assert scene.state.get(Officer, "friend").grants == []
        assert scene.state.get(Key, key_of("thief")).compromised == (rules >= 4)

    def test_what_honest_registrars_gave_stands(self) -> None:
        scene, _ = with_second(4)
        give(scene, "friend", grant("approver"), by="registrar")
        case = scene.confirmed()
        scene.do("friend", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        compromised(scene, "reg2", scene.time.isoformat())
        assert [each["role"] for each in scene.state.get(Officer, "friend").grants] == ["approver"]
        scene.when("finance", scene.payout(case)).then(lambda s: True)

    def test_who_holds_the_role_from_an_honest_registrar_too_is_trusted(self) -> None:
        scene, since = with_second(4)
        give(scene, "friend", grant("approver"), by="registrar")
        give(scene, "friend", grant("approver"), grant("approver", "county"), by="registrar", second="reg2")
        case = scene.confirmed()
        scene.do("friend", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        compromised(scene, "reg2", since)
        assert scene.state.get(Officer, "friend").grants == [grant("approver").model_dump()]
        scene.when("finance", scene.payout(case)).then(lambda s: True)

    @EITHER
    def test_a_policy_that_it_made_looser_permits_nothing_until_it_is_amended_anew(self, rules: int) -> None:
        scene = Scene(rules=rules, two_signatures_above_fen=50_000).funds()
        since = scene.time.isoformat()
        loose = PolicyAmended(
            campaign="b2026", policy=policy(two_signatures_above_fen=10**9), reason="简化手续"
        )
        scene.do("approver", loose, second="approver2")
        compromised(scene, "approver2", since)
        case = scene.confirmed()
        large = Approved(**ON, case=case, line="workers", amount_fen=900_000)
        outcome(scene.when("approver", large), rules, "policy-distrusted")
        if rules < 4:
            return
        scene.when("approver", loose).refuses("loosening-takes-two")
        tight = PolicyAmended(campaign="b2026", policy=policy(two_signatures_above_fen=50_000), reason="改回")
        scene.do("approver", tight)
        assert scene.state.get(Campaign, "b2026").loosened == []
        scene.when("approver", large).refuses("second-signature-missing")

    @EITHER
    def test_exclusions_that_it_made_looser_are_the_strict_ones_again(self, rules: int) -> None:
        scene, since = with_second(rules)
        none = ExclusionsSet(exclusions=[], reason="人手不足")
        scene.do("registrar", none, second="reg2")
        compromised(scene, "reg2", since)
        both = enrolled("both", grant("approver"), grant("finance"), unit="tea")
        outcome(scene.when("registrar", both, person="both"), rules, "roles-exclude-each-other")

    def test_exclusions_that_two_registrars_set_hold(self) -> None:
        scene, _ = with_second(4)
        pair = ExcludedPair(role="clerk", other="finance", anywhere=True)
        scene.do("registrar", ExclusionsSet(exclusions=[pair], reason="人手不足"), second="reg2")
        both = enrolled("both", grant("approver"), grant("finance"), unit="tea")
        scene.when("registrar", both, person="both").then(lambda s: True)

    @EITHER
    def test_one_use_of_a_registrars_key_leaves_nobody_alone(self, rules: int) -> None:
        scene, _ = with_second(rules)
        own = KeyRevoked(
            key=key_of("reg2"), revoked_from=scene.time.isoformat(), compromised=False, reason="离职"
        )
        scene.do("reg2", own)
        high = enrolled("high", grant("finance", "county"))
        outcome(scene.when("registrar", high, person="high"), rules, "second-registrar-missing")

    @EITHER
    def test_nor_does_one_who_gave_up_the_role(self, rules: int) -> None:
        scene, _ = with_second(rules)
        give(scene, "reg2", by="registrar", second="reg2")
        high = enrolled("high", grant("finance", "county"))
        outcome(scene.when("registrar", high, person="high"), rules, "second-registrar-missing")


class TestOwnDoing:
    """Nobody judges what they had a part in, whatever the judgement is called."""

    def paid(self, rules: int) -> tuple[Scene, FlagKey]:
        scene = Scene(rules=rules).funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        return scene, FlagKey(rule="backdated", subject=f"payout:b2026/{payout}", raised_at=5)

    @EITHER
    def test_a_case_is_not_opened_on_it(self, rules: int) -> None:
        scene, flag = self.paid(rules)
        give(scene, "finance", grant("inspector", "county"), by="registrar")
        opened = CaseOpened(**ON, title="核查", flags=[flag], text="核查发放")
        outcome(scene.when("finance", opened), rules, "own-doing-reviewed")

    @EITHER
    def test_nor_closed(self, rules: int) -> None:
        scene, flag = self.paid(rules)
        case = scene.do("inspector", CaseOpened(**ON, title="核查", flags=[flag], text="核查发放"))
        give(scene, "finance", grant("inspector", "county"), by="registrar")
        closed = CaseClosed(
            **ON, investigation=case, finding="unsubstantiated", amount_fen=0, text="未发现问题"
        )
        outcome(scene.when("finance", closed), rules, "own-doing-reviewed")

    @EITHER
    def test_nor_extended_by_it(self, rules: int) -> None:
        scene, flag = self.paid(rules)
        case = scene.do("inspector", CaseOpened(**ON, title="核查", text="核查发放"))
        give(scene, "finance", grant("inspector", "county"), by="registrar")
        more = CaseExtended(**ON, investigation=case, flags=[flag], text="并案")
        outcome(scene.when("finance", more), rules, "own-doing-reviewed")
        scene.do("inspector", more)

    def test_who_had_no_part_closes_it(self) -> None:
        scene, flag = self.paid(4)
        case = scene.do("inspector", CaseOpened(**ON, title="核查", flags=[flag], text="核查发放"))
        closed = CaseClosed(**ON, investigation=case, finding="unsubstantiated", amount_fen=0, text="未发现")
        scene.when("inspector", closed).then(lambda s: True)

    @EITHER
    def test_auditor_and_inspector_are_two(self, rules: int) -> None:
        scene = Scene(rules=rules)
        both = enrolled("both", grant("auditor"), grant("inspector"))
        outcome(scene.when("registrar", both, person="both"), rules, "roles-exclude-each-other")

    @EITHER
    def test_a_role_that_fell_with_a_stolen_key_was_one(self, rules: int) -> None:
        scene, since = with_second(rules)
        give(scene, "friend", grant("finance"), by="reg2")
        compromised(scene, "reg2", since)
        give(scene, "friend", grant("inspector", "county"), by="registrar")
        flag = FlagKey(rule="idle-funds", subject="unit:b2026/tea", raised_at=5)
        reviewed = FlagReviewed(**ON, flag=flag, disposition="dismissed", reason="无误")
        outcome(scene.when("friend", reviewed), rules, "own-doing-reviewed")

    @EITHER
    def test_who_was_helped_reviews_and_settles_nothing_about_it(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "neighbour", grant("inspector", "county"))
        case = scene.nominated("neighbour")
        flag = FlagKey(rule="stale-dossier", subject=f"case:b2026/{case}", raised_at=5)
        reviewed = FlagReviewed(**ON, flag=flag, disposition="dismissed", reason="无误")
        outcome(scene.when("neighbour", reviewed), rules, "own-doing-reviewed")
        objection = scene.do("tea-confirmer", ObjectionLodged(**ON, case=case, text="不符合条件"))
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="符合")
        outcome(scene.when("neighbour", settled), rules, "own-case")

    @EITHER
    def test_who_is_helped_neither_confirms_approves_nor_pays(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        for officer in ("tea-confirmer", "approver", "finance"):
            case = scene.nominated(officer)
            confirming = scene.when("tea-confirmer", Confirmed(**ON, case=case))
            if officer == "tea-confirmer":
                outcome(confirming, rules, "own-case")
                continue
            approving = scene.when("approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
            if officer == "approver":
                outcome(approving, rules, "own-case")
                continue
            outcome(scene.when("finance", scene.payout(case)), rules, "own-case")

    @EITHER
    def test_who_filed_the_dossier_settles_no_objection_to_it(self, rules: int) -> None:
        scene = Scene(rules=rules)
        enrol(scene, "filer", grant("clerk"))
        filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
        dossier = scene.do("filer", filed, person="李四")
        case = scene.do("tea-clerk", Nominated(**ON, dossier=dossier, category="worker"))
        scene.state.get(Campaign, "b2026").opened_at = scene.time.isoformat().replace("+00:00", "Z")
        scene.state.get(Officer, "filer").grants = [grant("inspector", "county").model_dump()]
        objection = scene.do("tea-confirmer", ObjectionLodged(**ON, case=case, text="不符合条件"))
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="符合")
        outcome(scene.when("filer", settled), rules, "duties-not-separated")

    @EITHER
    def test_a_flag_on_an_officer_lies_in_all_that_they_hold(self, rules: int) -> None:
        scene = Scene(rules=rules)
        scene.do("registrar", enrolled("big", grant("finance", "county"), unit="tea"), person="big")
        scene.do(
            "registrar", enrolled("tea-inspector", grant("inspector"), unit="tea"), person="tea-inspector"
        )
        flag = FlagKey(rule="key-anomaly", subject="officer:-/big", raised_at=5)
        reviewed = FlagReviewed(unit="tea", flag=flag, disposition="dismissed", reason="无误")
        outcome(scene.when("tea-inspector", reviewed), rules, "beyond-own-scope")


class TestPaying:
    @EITHER
    def test_who_changed_the_payee_does_not_pay(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        enrol(scene, "both", grant("clerk"), grant("finance"))
        case = scene.approved()
        basis = other_account(scene, case, "both")
        scene.do("tea-confirmer", Confirmed(**ON, case=case, basis=basis))
        paid = scene.when("both", scene.payout(case, dossier_version=basis.version))
        outcome(paid, rules, "duties-not-separated")

    @EITHER
    def test_who_confirmed_does_not_pay(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        enrol(scene, "both", grant("confirmer"), grant("finance"))
        case = scene.nominated()
        scene.do("both", Confirmed(**ON, case=case))
        scene.do("approver", Approved(**ON, case=case, line="workers", amount_fen=50_000))
        outcome(scene.when("both", scene.payout(case)), rules, "duties-not-separated")

    @EITHER
    def test_money_and_then_goods_on_a_case_are_one_sum(self, rules: int) -> None:
        scene = Scene(rules=rules, two_signatures_above_fen=50_000).funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case))
        scene.do("approver", Revoked(**ON, case=case, target="approval", reason="改送物资"))
        goods = Approved(**ON, case=case, forms=["goods"], goods_fen=50_000)
        outcome(scene.when("approver", goods), rules, "second-signature-missing")

    @EITHER
    def test_goods_that_one_delivers_after_money_take_two(self, rules: int) -> None:
        scene = Scene(rules=rules, two_signatures_above_fen=50_000).funds()
        case = scene.confirmed()
        both = Approved(
            **ON, case=case, line="workers", amount_fen=50_000, forms=["money", "goods"], goods_fen=50_000
        )
        scene.do("approver", both, second="approver2")
        scene.do("finance", scene.payout(case))
        outcome(scene.when("finance", delivered(scene, case)), rules, "second-signature-missing")

    @EITHER
    def test_who_nominated_records_no_return_of_goods(self, rules: int) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.confirmed()
        scene.do("approver", Approved(**ON, case=case, forms=["goods"], goods_fen=50_000))
        payout = scene.do("tea-clerk2", delivered(scene, case))
        back = PayoutReturned(
            **ON, payout=payout, case=case, line=None, amount_fen=50_000, kind="refused", reason="不要"
        )
        outcome(scene.when("tea-clerk", back), rules, "duties-not-separated")

    @EITHER
    @pytest.mark.parametrize("ended", ["rejected", "revoked"])
    def test_what_was_refused_or_taken_back_is_paid_after_the_fact_by_two(
        self, rules: int, ended: str
    ) -> None:
        scene = Scene(rules=rules).funds()
        case = scene.confirmed()
        scene.state.get(Case, case).state = ended
        paid = Disbursed(
            **ON, case=case, dossier=scene.case(case).dossier, line="workers", amount_fen=50_000, **LATE
        )
        outcome(scene.when("finance", paid), rules, "second-person-missing")
        scene.when("finance", paid, second="finance2").then(lambda s: True)

    @EITHER
    def test_a_unit_below_one_that_is_not_eligible_is_not_either(self, rules: int) -> None:
        scene = Scene(rules=rules)
        scene.do("registrar", UnitRegistered(unit="tea-shop", name="车间", level="grass-roots", parent="tea"))
        scene.do("inspector", SanctionImposed(unit="tea", year=2026, reason="虚报"))
        filed = DossierFiled(unit="tea-shop", identity_commitment="0" * 64, facts=Facts())
        dossier = scene.do("tea-clerk", filed, person="李四")
        nominated = Nominated(campaign="b2026", unit="tea-shop", dossier=dossier, category="worker")
        outcome(scene.when("tea-clerk", nominated), rules, "unit-banned")


def delivered(scene: Scene, case: str) -> AidDelivered:
    """Goods worth 500 yuan, to be tried."""
    items = [AidItem(name="大米", quantity=1, measure="袋", value_fen=50_000)]
    return AidDelivered(**ON, case=case, dossier=scene.case(case).dossier, form="goods", items=items)


def test_a_registrar_learns_nothing_of_a_person_beyond_the_own_scope() -> None:
    for rules, code in ((3, "roles-exclude-each-other"), (4, "officer-beyond-scope")):
        scene = Scene(rules=rules)
        enrol(scene, "tea-registrar", grant("registrar"))
        scene.do("registrar", enrolled("elsewhere", grant("approver", "sugar"), unit="sugar"), person="P")
        probe = enrolled("probe", grant("finance"), unit="tea")
        scene.when("tea-registrar", probe, person="P").refuses(code)
