"""What may become of a case: nominated, confirmed, approved, overseen (given/when/then)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.domain.event import Event, Grant
from ledger.domain.state import Dossier
from ledger.events.campaign import CampaignClosed, CampaignOpened, PolicyAmended
from ledger.events.dossier import (
    MOST_REVEALED_A_DAY,
    DossierAmended,
    DossierErased,
    DossierFiled,
    DossierSealed,
    Facts,
    IdentityRevealed,
)
from ledger.events.inbox import ObjectionReceived
from ledger.events.nomination import (
    Approved,
    Confirmed,
    Nominated,
    NoticePosted,
    Rejected,
    Revoked,
)
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.opening import Opening
from ledger.events.oversight import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    FlagKey,
    SanctionImposed,
    SanctionLifted,
)
from ledger.events.payout import AidDelivered, AidItem, Disbursed
from ledger.events.registry import (
    KeyRotated,
    RolesChanged,
)
from tests.scene import NOBODY, ON, Scene, policy, public_key


class TestNominations:
    def test_a_person_is_nominated_once_in_a_campaign(self, scene: Scene) -> None:
        first = scene.nominated("张三", "tea")
        dossier = scene.dossier("张三", "sugar")
        attempt = scene.when(
            "sugar-clerk", Nominated(campaign="b2026", unit="sugar", dossier=dossier, category="worker")
        ).refuses("already-nominated")
        # Whose list it is, and which case, is not the clerk's to know.
        assert attempt.refusal is not None
        assert first not in str(attempt.refusal.to_json())

    @pytest.mark.parametrize("ended", ["rejected", "revoked"])
    def test_after_a_rejection_or_revocation_again(self, scene: Scene, ended: str) -> None:
        case = scene.confirmed()
        event = (
            Rejected(**ON, case=case, reason="不符")
            if ended == "rejected"
            else Revoked(**ON, case=case, target="nomination", reason="误报")
        )
        scene.do("approver", event)
        again = Nominated(**ON, dossier=scene.case(case).dossier, category="worker")
        scene.when("tea-clerk", again).then(lambda s: s.case(case).state == ended)

    def test_a_confirmer_sends_back_what_is_not_approved(self, scene: Scene) -> None:
        case = scene.nominated()
        back = Rejected(**ON, case=case, reason="缺低保证明")
        scene.when("tea-clerk", back).refuses("role-not-held")
        scene.when("tea-confirmer", back).then(lambda s: s.case(case).state == "rejected")
        approved = scene.approved("李四")
        scene.when("tea-confirmer", back.model_copy(update={"case": approved})).refuses("state-not-allowed")

    def test_in_another_campaign_too(self, scene: Scene) -> None:
        case = scene.nominated()
        scene.do(
            "approver", CampaignOpened(campaign="c2026", unit="county", title="另一活动", policy=policy())
        )
        event = Nominated(campaign="c2026", unit="tea", dossier=scene.case(case).dossier, category="worker")
        scene.when("tea-clerk", event).then(lambda s: True)

    def test_a_category_that_the_policy_lacks_is_recorded(self, scene: Scene) -> None:
        event = Nominated(**ON, dossier=scene.dossier(), category="friends")
        scene.when("tea-clerk", event).then(lambda s: True)

    def test_a_sanctioned_unit(self, scene: Scene) -> None:
        sanction = scene.do("inspector", SanctionImposed(unit="tea", year=2026, reason="扩大范围"))
        event = Nominated(**ON, dossier=scene.dossier(), category="worker")
        scene.when("tea-clerk", event).refuses("unit-banned", year=2026)
        scene.do("inspector", SanctionLifted(unit="tea", sanction=sanction, reason="申诉成立"))
        scene.when("tea-clerk", event).then(lambda s: True)

    def test_a_sanction_is_for_its_year(self, scene: Scene) -> None:
        scene.do("inspector", SanctionImposed(unit="tea", year=2027, reason="扩大范围"))
        scene.when("tea-clerk", Nominated(**ON, dossier=scene.dossier(), category="worker")).then(
            lambda s: True
        )
        scene.when("inspector", SanctionImposed(unit="tea", year=2027, reason="再次")).refuses(
            "already-registered"
        )

    def test_a_closed_campaign(self, scene: Scene) -> None:
        dossier = scene.dossier()
        scene.do("approver", CampaignClosed(campaign="b2026"))
        scene.when("tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).refuses(
            "campaign-closed"
        )
        scene.when("approver", PolicyAmended(campaign="b2026", policy=policy(), reason="晚了")).refuses(
            "campaign-closed"
        )

    def test_an_erased_dossier(self, scene: Scene) -> None:
        dossier = scene.dossier()
        scene.do("registrar", DossierErased(unit="tea", dossier=dossier, reason="期满"))
        scene.when("tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).refuses("dossier-erased")
        scene.when("inspector", IdentityRevealed(unit="tea", dossier=dossier, purpose="核查")).refuses(
            "dossier-erased"
        )

    def test_a_sealed_dossier_is_used_no_more(self, scene: Scene) -> None:
        dossier = scene.dossier()
        seal = DossierSealed(unit="tea", dossier=dossier, reason="本人申请删除")
        scene.when("tea-clerk", seal).refuses("role-not-held")
        scene.do("registrar", seal)
        scene.when("registrar", seal).refuses("dossier-sealed")
        scene.when("tea-clerk", Nominated(**ON, dossier=dossier, category="worker")).refuses("dossier-sealed")
        amended = DossierAmended(unit="tea", dossier=dossier, facts=Facts(), reason="变更")
        scene.when("tea-clerk", amended).refuses("dossier-sealed")
        shown = IdentityRevealed(unit="tea", dossier=dossier, purpose="核查")
        scene.when("tea-clerk", shown).refuses("dossier-sealed")
        scene.when("inspector", shown).then(lambda s: True)
        scene.do("registrar", DossierErased(unit="tea", dossier=dossier, reason="从未发放"))
        scene.when("registrar", seal).refuses("dossier-erased")

    @pytest.mark.parametrize("kind", ["money", "goods"])
    def test_who_was_given_something_is_kept_for_the_statutory_years(self, kind: str) -> None:
        scene = Scene(retention_years=2, forms=["money", "goods"])
        scene.funds()
        case = scene.approved()
        dossier = scene.case(case).dossier
        on = {**ON, "dossier": dossier, "case": case}
        if kind == "money":
            given: Event = Disbursed(**on, line="workers", amount_fen=1)
        else:
            item = AidItem(name="大米", quantity=1, measure="袋", value_fen=100)
            given = AidDelivered(
                **on, form="goods", items=[item], after_the_fact=True, after_the_fact_reason="补录"
            )
        scene.do("finance", given, on="2026-01-09")
        scene.do("inspector", Revoked(**ON, case=case, target="nomination", reason="已故"))
        erase = DossierErased(unit="tea", dossier=dossier, reason="期满")
        scene.when("registrar", erase).refuses("retention-not-over", expected="2028-12-31")
        scene.time = datetime(2028, 12, 31, 15, 59, 58, tzinfo=UTC)
        scene.when("registrar", erase).refuses("retention-not-over")
        scene.when("registrar", erase).then(lambda s: s.state.get(Dossier, dossier).erased)

    def test_too_many_identities_on_one_day(self, scene: Scene) -> None:
        dossier = scene.dossier()
        event = IdentityRevealed(unit="tea", dossier=dossier, purpose="核查")
        for _ in range(MOST_REVEALED_A_DAY):
            scene.do("inspector", event)
        scene.when("inspector", event).refuses("reveals-too-many", expected=500, found=501)
        scene.when("tea-clerk", event).then(lambda s: True)

    def test_a_dossier_cannot_become_another_person(self, scene: Scene) -> None:
        dossier = scene.dossier("张三")
        event = DossierAmended(
            unit="tea", dossier=dossier, facts=Facts(), identity_commitment="1" * 64, reason="换号"
        )
        scene.when("tea-clerk", event, person="李四").refuses("person-changed")
        scene.when("tea-clerk", event, person="张三").then(lambda s: True)


class TestApproval:
    def test_nobody_confirms_or_approves_what_they_nominated(self, scene: Scene) -> None:
        dossier = scene.do(
            "many-hats",
            DossierFiled(unit="county", identity_commitment="0" * 64, facts=Facts()),
            person="张三",
        )
        here: dict[str, Any] = {"campaign": "b2026", "unit": "county"}
        case = scene.do("many-hats", Nominated(**here, dossier=dossier, category="worker"))
        scene.when("many-hats", Confirmed(**here, case=case)).refuses(
            "duties-not-separated", officer="many-hats"
        )
        scene.do(
            "registrar",
            RolesChanged(officer="inspector", reason="代理", grants=[Grant(role="confirmer", unit="county")]),
        )
        scene.do("inspector", Confirmed(**here, case=case))
        scene.when("many-hats", Approved(**here, case=case, line="workers", amount_fen=1)).refuses(
            "duties-not-separated"
        )

    def test_the_second_signer_must_be_separate_too(self, scene: Scene) -> None:
        scene.do(
            "registrar",
            RolesChanged(
                officer="tea-clerk",
                reason="兼任",
                grants=[Grant(role="clerk", unit="tea"), Grant(role="approver", unit="tea")],
            ),
        )
        case = scene.confirmed()
        event = Approved(**ON, case=case, line="workers", amount_fen=1)
        scene.when("approver", event, second="tea-clerk").refuses("duties-not-separated", officer="tea-clerk")

    def test_confirmation_comes_first_where_the_policy_asks(self, scene: Scene) -> None:
        case = scene.nominated()
        event = Approved(**ON, case=case, line="workers", amount_fen=1)
        scene.when("approver", event).refuses("state-not-allowed", expected="confirmed", found="nominated")
        loose = Scene(confirmation_required=False)
        case = loose.nominated()
        loose.when("approver", event.model_copy(update={"case": case})).then(
            lambda s: s.case(case).state == "approved"
        )

    def test_an_approval_needs_sum_and_line_exactly_for_money(self, scene: Scene) -> None:
        case = scene.confirmed()
        for fields in (
            {"line": "workers"},
            {"amount_fen": 5},
            {"forms": ["goods"], "line": "workers", "amount_fen": 5},
        ):
            scene.when("approver", Approved(**ON, case=case, **fields)).refuses("form-without-amount")
        scene.when("approver", Approved(**ON, case=case, line="none", amount_fen=5)).refuses(
            "reference-unknown"
        )

    def test_two_persons_above_the_policys_sum(self) -> None:
        scene = Scene(two_signatures_above_fen=100_000)
        case = scene.confirmed()
        event = Approved(**ON, case=case, line="workers", amount_fen=100_001)
        scene.when("approver", event).refuses("second-signature-missing", expected=100_000, found=100_001)
        scene.when("approver", event, second="tea-clerk").refuses("role-not-held")
        scene.when("approver", event, second="approver2").then(
            lambda s: s.case(case).approved_by == ["approver", "approver2"]
        )

    def test_two_keys_of_one_person_are_one_person(self) -> None:
        scene = Scene(two_signatures_above_fen=100_000)
        scene.do(
            "approver",
            KeyRotated(
                officer="approver",
                public_key=public_key("approver-new"),
                valid_from="2026-01-10T09:00:00+08:00",
            ),
        )
        case = scene.confirmed()
        event = Approved(**ON, case=case, line="workers", amount_fen=100_001)
        scene.when("approver", event, second="approver-new").refuses("second-signature-missing")

    def test_above_the_standard_is_recorded(self, scene: Scene) -> None:
        case = scene.confirmed()
        scene.when("approver", Approved(**ON, case=case, line="workers", amount_fen=80_000)).then(
            lambda s: True
        )

    def test_an_approval_revoked_can_be_given_anew(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.do("approver", Revoked(**ON, case=case, target="approval", reason="复核"))
        scene.when("finance", scene.payout(case)).refuses("case-revoked")
        scene.do("approver", Approved(**ON, case=case, line="workers", amount_fen=30_000))
        scene.when("finance", scene.payout(case, 30_000)).then(lambda s: s.case(case).paid_fen == 30_000)

    def test_a_rejected_case_stays_rejected(self, scene: Scene) -> None:
        case = scene.confirmed()
        scene.do("approver", Rejected(**ON, case=case, reason="不符"))
        scene.when("approver", Approved(**ON, case=case, line="workers", amount_fen=1)).refuses(
            "state-not-allowed"
        )

    def test_notices_and_objections(self, scene: Scene) -> None:
        case = scene.confirmed()
        notice = NoticePosted(**ON, cases=[case], start="2026-01-10", end="2026-01-17", place="公告栏")
        posted = scene.do("tea-confirmer", notice)
        scene.when("tea-confirmer", notice.model_copy(update={"cases": [case, NOBODY]})).refuses(
            "reference-unknown"
        )
        objection = scene.do(
            "tea-confirmer", ObjectionLodged(**ON, case=case, notice=posted, text="家境尚可")
        )
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="查无实据")
        scene.do("inspector", settled)
        scene.when("inspector", settled).refuses("state-not-allowed")


class TestOversight:
    def test_a_case_is_closed_once(self, scene: Scene) -> None:
        case = scene.do("inspector", CaseOpened(unit="tea", title="重复领取", text="见证据"))
        close = CaseClosed(
            unit="tea", investigation=case, finding="substantiated", amount_fen=50_000, text="属实"
        )
        scene.when("inspector", close.model_copy(update={"officers": ["none"]})).refuses("reference-unknown")
        key = FlagKey(rule="over-standard", subject=f"case:b2026/{scene.nominated()}", raised_at=1)
        join = CaseExtended(unit="tea", investigation=case, flags=[key], text="并案")
        scene.do("inspector", join)
        scene.when("auditor", join).refuses("role-not-held")
        scene.do("inspector", close)
        scene.when("inspector", close).refuses("state-not-allowed", found="closed")
        scene.when("inspector", join).refuses("state-not-allowed", found="closed")


class TestThePublicsWords:
    NUMBER = "ABCDEFGHJKLM"
    OPENING = Opening(salt="ab" * 16, received_at="2026-01-11T01:02:03.000004+08:00")

    def received(self, scene: Scene) -> str:
        case = scene.confirmed()
        notice = scene.do(
            "tea-confirmer",
            NoticePosted(**ON, cases=[case], start="2026-01-10", end="2026-01-17", place="门口"),
        )
        digest = self.OPENING.digest_of("不实")
        event = ObjectionReceived(**ON, case=case, notice=notice, number=self.NUMBER, digest=digest)
        scene.do("ledger", event)
        return case

    def test_are_taken_down_from_above_the_unit_and_once(self, scene: Scene) -> None:
        case = self.received(scene)
        lodged = ObjectionLodged(**ON, case=case, received=self.NUMBER, opening=self.OPENING, text="不实")
        for officer in ("tea-clerk", "tea-confirmer"):
            scene.when(officer, lodged).refuses("role-not-held", unit="county")
        scene.when("approver", lodged).then(lambda s: True)
        scene.when("inspector", lodged).refuses("state-not-allowed")

    def test_are_taken_down_as_they_were_written(self, scene: Scene) -> None:
        case = self.received(scene)
        lodged = ObjectionLodged(**ON, case=case, received=self.NUMBER, opening=self.OPENING, text="不实")
        later = self.OPENING.model_copy(update={"received_at": "2026-01-12T00:00:00+08:00"})
        for changes in ({"text": "属实"}, {"opening": None}, {"opening": later}):
            scene.when("approver", lodged.model_copy(update=changes)).refuses("objection-reworded")

    def test_are_about_the_case_that_they_were_about(self, scene: Scene) -> None:
        self.received(scene)
        other = scene.nominated("李四")
        lodged = ObjectionLodged(**ON, case=other, received=self.NUMBER, text="不实")
        scene.when("inspector", lodged).refuses("state-not-allowed")

    def test_what_is_said_to_an_officer_is_taken_down_in_the_unit(self, scene: Scene) -> None:
        case = self.received(scene)
        scene.when("tea-clerk", ObjectionLodged(**ON, case=case, text="不实")).then(lambda s: True)

    def test_are_answered_from_above_the_unit(self, scene: Scene) -> None:
        case = self.received(scene)
        lodged = ObjectionLodged(**ON, case=case, received=self.NUMBER, opening=self.OPENING, text="不实")
        objection = scene.do("inspector", lodged)
        scene.do(
            "registrar",
            RolesChanged(officer="tea-clerk2", grants=[Grant(role="inspector", unit="tea")], reason="兼任"),
        )
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="已查")
        scene.when("tea-clerk2", settled).refuses("role-not-held", unit="county")
        # A role over the county makes nobody of another unit than their own, nor an outsider to the case.
        for officer, code in (
            ("tea-clerk2", "officer-of-the-unit-concerned"),
            ("tea-confirmer", "duties-not-separated"),
        ):
            above = RolesChanged(
                officer=officer, grants=[Grant(role="inspector", unit="county")], reason="借调"
            )
            scene.do("registrar", above)
            scene.when(officer, settled).refuses(code)
        scene.when("inspector", settled).then(lambda s: True)

    def test_by_the_first_rules_the_unit_itself_answered(self) -> None:
        old = Scene(rules=1)
        case = self.received(old)
        objection = old.do("tea-clerk", ObjectionLodged(**ON, case=case, text="不实"))
        old.do(
            "registrar",
            RolesChanged(officer="tea-clerk2", grants=[Grant(role="inspector", unit="tea")], reason="兼任"),
        )
        settled = ObjectionSettled(**ON, case=case, objection=objection, upheld=False, reason="已查")
        old.when("tea-clerk2", settled).then(lambda s: True)
