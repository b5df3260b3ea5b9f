"""Every invariant, given/when/then (DOMAIN, "Block or record?")."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.event import Grant
from ledger.events.calendar import DayPassed
from ledger.events.campaign import CampaignClosed, CampaignOpened, PolicyAmended
from ledger.events.dossier import DossierAmended, DossierErased, DossierFiled, Facts, IdentityRevealed
from ledger.events.funds import FundAllocated, FundReturned, FundTransferred
from ledger.events.linkage import LinkageStarted, LinkedPair, PersonsLinked
from ledger.events.nomination import (
    Approved,
    Confirmed,
    Nominated,
    NoticePosted,
    ObjectionLodged,
    ObjectionSettled,
    Rejected,
    Revoked,
)
from ledger.events.oversight import CaseClosed, CaseOpened, SanctionImposed, SanctionLifted
from ledger.events.payout import (
    AidDelivered,
    AidItem,
    BankLineMatched,
    Disbursed,
    DrawnReturned,
    MoneyDrawn,
    PayoutReturned,
)
from ledger.events.registry import (
    KeyRevoked,
    KeyRotated,
    LedgerFounded,
    OfficerEnrolled,
    RolesChanged,
    UnitRegistered,
)
from ledger.standing import Book, Standing
from ledger.statement import key_id
from tests.scene import LEDGER, Scene, policy, public_key

NOBODY = "019bf000-0000-7000-8000-000000000000"
ON = {"campaign": "b2026", "unit": "tea"}


def key_of(officer: str) -> str:
    return key_id(bytes.fromhex(public_key(officer)))


NOBODY_7 = "01920000-0000-7000-8000-000000000000"


class TestWhoMaySign:
    def test_a_ledger_is_founded_once(self, scene: Scene) -> None:
        again = LedgerFounded(
            name="又一本",
            officer="r2",
            officer_name="乙",
            public_key=public_key("registrar"),
            ledger_key=public_key("ledger"),
        )
        scene.when("registrar", again).refuses("already-founded")

    def test_nothing_comes_before_the_founding(self) -> None:
        scene = Scene()
        scene.standing = Standing()
        scene.when("registrar", UnitRegistered(unit="x", name="某处", level="city")).refuses("not-founded")

    def test_a_founding_is_signed_by_the_key_that_it_enrols(self) -> None:
        scene = Scene()
        scene.standing = Standing()
        founding = LedgerFounded(
            name="账本",
            officer="r",
            officer_name="甲",
            public_key=public_key("approver"),
            ledger_key=public_key("ledger"),
        )
        scene.when("registrar", founding).refuses("not-self-signed")

    def test_a_statement_for_another_ledger(self, scene: Scene) -> None:
        scene.when(
            "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1), ledger=NOBODY
        ).refuses("wrong-ledger", expected=LEDGER)

    def test_an_unknown_key(self, scene: Scene) -> None:
        scene.when("stranger", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).refuses(
            "key-unknown"
        )

    def test_a_revoked_key(self, scene: Scene) -> None:
        revocation = KeyRevoked(
            key=key_of("finance"), revoked_from="2026-01-10T09:00:00+08:00", compromised=False, reason="离职"
        )
        scene.given(lambda s: s.do("registrar", revocation)).when(
            "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        ).refuses("key-revoked")

    def test_a_key_revoked_from_tomorrow_still_signs_today(self, scene: Scene) -> None:
        revocation = KeyRevoked(
            key=key_of("finance"), revoked_from="2026-01-12T00:00:00+08:00", compromised=False, reason="离职"
        )
        scene.given(lambda s: s.do("registrar", revocation)).when(
            "finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        ).then(lambda s: s.balance_fen() == 1)

    def test_a_key_before_its_time(self, scene: Scene) -> None:
        late = OfficerEnrolled(
            officer="late",
            name="迟",
            unit="county",
            public_key=public_key("late"),
            valid_from="2026-02-01T00:00:00+08:00",
            grants=[Grant(role="finance", unit="county")],
        )
        scene.given(lambda s: s.do("registrar", late)).when(
            "late", FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        ).refuses("key-not-yet-valid")

    def test_a_statement_of_a_time_before_the_key(self, scene: Scene) -> None:
        scene.when(
            "finance",
            FundAllocated(campaign="b2026", line="workers", amount_fen=1),
            made_at="2025-12-31T12:00:00+08:00",
        ).refuses("key-not-yet-valid")

    def test_a_rotated_key_ends_when_the_new_one_begins(self, scene: Scene) -> None:
        rotation = KeyRotated(
            officer="finance",
            public_key=public_key("finance-new"),
            valid_from="2026-01-10T09:00:00+08:00",
            replaces=key_of("finance"),
        )
        scene.given(lambda s: s.do("finance", rotation))
        scene.when("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).refuses(
            "key-revoked"
        )
        scene.when("finance-new", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).then(
            lambda s: s.balance_fen() == 1
        )

    def test_only_oneself_or_a_registrar_changes_a_key(self, scene: Scene) -> None:
        scene.when(
            "tea-clerk",
            KeyRevoked(
                key=key_of("finance"),
                revoked_from="2026-01-10T09:00:00+08:00",
                compromised=True,
                reason="不满",
            ),
        ).refuses("not-own-key")

    def test_a_time_to_come(self, scene: Scene) -> None:
        event = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        scene.when("finance", event, made_at="2026-01-11T12:00:00+08:00").refuses("made-in-future")
        scene.when("finance", event, on="2026-03-01").refuses("made-in-future")

    @pytest.mark.parametrize("officer", ["tea-clerk", "auditor", "approver", "registrar"])
    def test_a_role_not_held(self, scene: Scene, officer: str) -> None:
        scene.when(officer, FundAllocated(campaign="b2026", line="workers", amount_fen=1)).refuses(
            "role-not-held", roles=["finance"]
        )

    def test_a_role_for_another_unit(self, scene: Scene) -> None:
        dossier = scene.dossier(unit="tea")
        scene.when("sugar-clerk", Nominated(**ON, dossier=dossier, category="worker")).refuses(
            "role-not-held"
        )

    def test_a_role_holds_for_all_units_below(self, scene: Scene) -> None:
        case = scene.confirmed()
        scene.when("approver", Rejected(**ON, case=case, reason="材料不实")).then(
            lambda s: s.case(case).state == "rejected"
        )

    def test_a_role_for_one_campaign_only(self, scene: Scene) -> None:
        scene.given(
            lambda s: s.do(
                "registrar",
                RolesChanged(
                    officer="finance2",
                    reason="专管",
                    grants=[Grant(role="finance", unit="county", campaign="b2026")],
                ),
            ),
            lambda s: s.do(
                "approver", CampaignOpened(campaign="c2026", unit="county", title="另一活动", policy=policy())
            ),
        )
        scene.when("finance2", FundAllocated(campaign="c2026", line="workers", amount_fen=1)).refuses(
            "role-not-held"
        )
        scene.when("finance2", FundAllocated(campaign="b2026", line="workers", amount_fen=1)).then(
            lambda s: s.balance_fen() == 1
        )

    def test_a_registrar_grants_only_within_their_own_units(self, scene: Scene) -> None:
        scene.given(
            lambda s: s.do(
                "registrar",
                RolesChanged(
                    officer="tea-confirmer", grants=[Grant(role="registrar", unit="tea")], reason="分管"
                ),
            )
        )
        wide = RolesChanged(officer="tea-clerk", grants=[Grant(role="registrar")], reason="越权")
        scene.when("tea-confirmer", wide).refuses("grant-too-wide")
        own = RolesChanged(officer="tea-clerk", grants=[Grant(role="confirmer", unit="tea")], reason="调岗")
        scene.when("tea-confirmer", own).then(lambda s: True)

    def test_the_same_officer_key_or_unit_twice(self, scene: Scene) -> None:
        def enrol(officer: str, key: str) -> OfficerEnrolled:
            return OfficerEnrolled(
                officer=officer,
                name="某",
                unit="tea",
                public_key=public_key(key),
                valid_from="2026-01-01T00:00:00+08:00",
                grants=[],
            )

        scene.when("registrar", enrol("finance", "fresh")).refuses("already-registered", kind="officer")
        scene.when("registrar", enrol("fresh", "finance")).refuses("already-registered", kind="key")
        scene.when(
            "registrar", UnitRegistered(unit="tea", name="茶厂", level="town", parent="county")
        ).refuses("already-registered", kind="unit")


class TestReferences:
    @pytest.mark.parametrize(
        ("officer", "event"),
        [
            ("tea-clerk", Nominated(campaign="none", unit="tea", dossier=NOBODY, category="worker")),
            ("tea-clerk", Nominated(**ON, dossier=NOBODY, category="worker")),
            ("tea-confirmer", Confirmed(**ON, case=NOBODY)),
            ("approver", Approved(**ON, case=NOBODY, line="workers", amount_fen=1)),
            ("finance", FundAllocated(campaign="b2026", line="none", amount_fen=1)),
            (
                "finance",
                PayoutReturned(**ON, payout=NOBODY, line="workers", amount_fen=1, kind="refused", reason="x"),
            ),
            (
                "finance",
                BankLineMatched(
                    **ON,
                    payout=NOBODY,
                    bank_reference="0" * 64,
                    amount_fen=1,
                    booked_on="2026-01-10",
                    result="paid",
                ),
            ),
            ("tea-clerk", DossierAmended(unit="tea", dossier=NOBODY, facts=Facts(), reason="更正")),
            ("inspector", SanctionLifted(unit="tea", sanction=NOBODY, reason="复查")),
            (
                "inspector",
                CaseClosed(investigation=NOBODY, finding="partly", amount_fen=0, text="无", unit="tea"),
            ),
            ("registrar", UnitRegistered(unit="new", name="新设", level="town", parent="none")),
            ("registrar", RolesChanged(officer="none", grants=[], reason="离任")),
        ],
    )
    def test_an_unknown_reference(self, scene: Scene, officer: str, event: object) -> None:
        scene.when(officer, event).refuses("reference-unknown")  # type: ignore[arg-type]

    def test_a_case_of_another_unit(self, scene: Scene) -> None:
        case = scene.nominated(unit="sugar")
        scene.when("tea-confirmer", Confirmed(**ON, case=case)).refuses("unit-differs", expected="sugar")

    def test_a_payout_on_another_dossier(self, scene: Scene) -> None:
        scene.funds()
        case, other = scene.approved(), scene.dossier("李四")
        scene.when("finance", scene.payout(case).model_copy(update={"dossier": other})).refuses(
            "dossier-differs"
        )


class TestNominations:
    def test_a_person_is_nominated_once_in_a_campaign(self, scene: Scene) -> None:
        first = scene.nominated("张三", "tea")
        dossier = scene.dossier("张三", "sugar")
        scene.when(
            "sugar-clerk", Nominated(campaign="b2026", unit="sugar", dossier=dossier, category="worker")
        ).refuses("already-nominated", case=first)

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
        here = {"campaign": "b2026", "unit": "county"}
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


class TestMoney:
    def test_a_line_never_goes_below_zero(self, scene: Scene) -> None:
        scene.funds(40_000)
        case = scene.approved()
        scene.when("finance", scene.payout(case)).refuses("line-below-zero", expected=50_000, found=40_000)
        for event in (
            MoneyDrawn(**ON, line="workers", amount_fen=40_001),
            FundReturned(campaign="b2026", line="workers", amount_fen=40_001, reason="结余"),
            FundTransferred(
                campaign="b2026", from_line="workers", to_line="models", amount_fen=40_001, reason="调剂"
            ),
            DrawnReturned(**ON, line="workers", amount_fen=1, reason="余款"),
        ):
            scene.when("finance", event).refuses("line-below-zero")

    def test_money_moves_between_lines_and_back_to_its_source(self, scene: Scene) -> None:
        scene.funds(100)
        scene.do(
            "finance",
            FundTransferred(
                campaign="b2026", from_line="workers", to_line="models", amount_fen=30, reason="调剂"
            ),
        )
        scene.do("finance", FundReturned(campaign="b2026", line="models", amount_fen=10, reason="结余"))
        assert (scene.balance_fen(), scene.balance_fen("b2026/models")) == (70, 20)
        same = FundTransferred(
            campaign="b2026", from_line="workers", to_line="workers", amount_fen=1, reason="误"
        )
        scene.when("finance", same).refuses("same-line")

    def test_a_payout_within_what_is_approved_and_unpaid(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.do("finance", scene.payout(case, 30_000))
        scene.when("finance", scene.payout(case, 20_001)).refuses(
            "payout-above-approval", expected=20_000, found=20_001
        )
        scene.when("finance", scene.payout(case, 20_000)).then(lambda s: s.case(case).paid_fen == 50_000)

    def test_no_payout_without_approval_or_case(self, scene: Scene) -> None:
        scene.funds()
        case = scene.confirmed()
        scene.when("finance", scene.payout(case)).refuses("not-approved")
        scene.when("finance", scene.payout(case).model_copy(update={"case": None})).refuses("case-missing")

    def test_no_payout_on_what_is_revoked(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.do("inspector", Revoked(**ON, case=case, target="nomination", reason="不实"))
        scene.when("finance", scene.payout(case)).refuses("case-revoked", case=case)

    def test_nobody_pays_what_they_nominated_or_approved(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.drawn(50_000)
        out_of_hand = scene.payout(case, source="drawn", method="cash")
        scene.when("tea-clerk", out_of_hand).refuses("duties-not-separated", officer="tea-clerk")
        scene.when("tea-clerk2", out_of_hand).then(lambda s: s.balance_fen("b2026/workers@tea") == 0)
        scene.do(
            "registrar",
            RolesChanged(
                officer="approver",
                reason="兼任",
                grants=[Grant(role="approver", unit="county"), Grant(role="finance", unit="county")],
            ),
        )
        other = scene.approved("李四")
        scene.when("approver", scene.payout(other)).refuses("duties-not-separated", officer="approver")

    def test_a_clerk_pays_only_out_of_drawn_money(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        scene.when("tea-clerk2", scene.payout(case)).refuses("role-not-held", roles=["finance"])
        scene.when("tea-clerk2", scene.payout(case, source="drawn")).refuses("line-below-zero", found=0)

    def test_a_return_is_no_more_than_was_paid(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        back = PayoutReturned(
            **ON,
            payout=payout,
            case=case,
            line="workers",
            amount_fen=50_001,
            kind="bounced",
            reason="户名不符",
        )
        scene.when("finance", back).refuses("return-above-payout", expected=50_000)
        scene.do("finance", back.model_copy(update={"amount_fen": 20_000}))
        scene.when("finance", back.model_copy(update={"amount_fen": 30_001})).refuses(
            "return-above-payout", expected=30_000
        )
        scene.when("finance", back.model_copy(update={"amount_fen": 30_000})).then(
            lambda s: (s.balance_fen(), s.case(case).paid_fen) == (25_000_000, 0)
        )

    def test_a_return_goes_where_the_money_came_from(self, scene: Scene) -> None:
        scene.funds()
        case = scene.approved()
        payout = scene.do("finance", scene.payout(case))
        back = PayoutReturned(
            **ON, payout=payout, case=case, line="workers", amount_fen=1, kind="refused", reason="拒收"
        )
        scene.when("finance", back.model_copy(update={"to": "drawn"})).refuses("state-not-allowed")
        scene.when("finance", back.model_copy(update={"line": "models"})).refuses("state-not-allowed")
        scene.when("finance", back.model_copy(update={"case": None})).refuses("state-not-allowed")

    def test_goods_need_their_form_approved_and_charge_no_line(self, scene: Scene) -> None:
        scene.funds(100)
        case = scene.approved()
        rice = AidDelivered(
            **ON,
            dossier=scene.case(case).dossier,
            case=case,
            form="goods",
            items=[AidItem(name="大米", quantity=1, measure="袋", value_fen=6_000)],
        )
        scene.when("finance", rice).refuses("not-approved")
        other = scene.confirmed("李四")
        scene.do("approver", Approved(**ON, case=other, forms=["goods"]))
        delivered = scene.when(
            "finance", rice.model_copy(update={"case": other, "dossier": scene.case(other).dossier})
        )
        delivered.then(lambda s: s.balance_fen() == 100)
        back = PayoutReturned(
            **ON, payout=delivered.id, case=other, line=None, amount_fen=6_000, kind="refused", reason="拒收"
        )
        scene.when("finance", back).then(lambda s: s.balance_fen() == 100)

    def test_two_persons_draw_a_large_sum(self) -> None:
        scene = Scene(two_signatures_above_fen=100_000).funds()
        event = MoneyDrawn(**ON, line="workers", amount_fen=100_001)
        scene.when("finance", event).refuses("second-signature-missing")
        scene.when("finance", event, second="finance2").then(
            lambda s: s.balance_fen("b2026/workers@tea") == 100_001
        )


class TestAfterTheFact:
    def paper(self, scene: Scene, **changes: object) -> Disbursed:
        dossier = scene.dossier()
        fields: dict[str, object] = {
            "line": "workers",
            "after_the_fact": True,
            "after_the_fact_reason": "审计发现纸质签收单",
            **changes,
        }
        return Disbursed(**ON, dossier=dossier, amount_fen=50_000, method="cash", **fields)

    def test_it_skips_approval_and_balance_and_is_marked(self, scene: Scene) -> None:
        scene.when("auditor", self.paper(scene)).then(lambda s: s.balance_fen() == -50_000)
        line = scene.standing.line("b2026/workers")
        assert line.after_the_fact_fen == 50_000

    def test_only_finance_or_an_auditor_may(self, scene: Scene) -> None:
        for officer in ("tea-clerk2", "approver", "inspector"):
            scene.when(officer, self.paper(scene)).refuses("role-not-held", roles=["auditor", "finance"])

    def test_an_ordinary_payout_does_not_profit_from_it(self, scene: Scene) -> None:
        scene.do("auditor", self.paper(scene))
        scene.funds(60_000)
        case = scene.approved("李四")
        scene.when("finance", scene.payout(case)).refuses("line-below-zero", found=10_000)

    def test_it_needs_its_reason(self) -> None:
        for changes in ({"after_the_fact": True}, {"after_the_fact_reason": "无"}):
            with pytest.raises(ValueError, match="go together"):
                Disbursed(**ON, dossier=NOBODY, line="workers", amount_fen=1, **changes)

    def test_it_still_needs_known_references_and_a_valid_key(self, scene: Scene) -> None:
        scene.when("auditor", self.paper(scene, line="none")).refuses("reference-unknown")
        scene.when("stranger", self.paper(scene)).refuses("key-unknown")

    def test_a_person_live_in_the_campaign_is_still_not_nominated_twice(self, scene: Scene) -> None:
        scene.nominated("张三", "tea")
        dossier = scene.dossier("张三", "sugar")
        event = Nominated(
            campaign="b2026",
            unit="sugar",
            dossier=dossier,
            category="worker",
            after_the_fact=True,
            after_the_fact_reason="补录",
        )
        scene.when("auditor", event).refuses("already-nominated")


class TestOversight:
    def test_a_case_is_closed_once(self, scene: Scene) -> None:
        case = scene.do("inspector", CaseOpened(unit="tea", title="重复领取", text="见证据"))
        close = CaseClosed(
            unit="tea", investigation=case, finding="substantiated", amount_fen=50_000, text="属实"
        )
        scene.when("inspector", close.model_copy(update={"officers": ["none"]})).refuses("reference-unknown")
        scene.do("inspector", close)
        scene.when("inspector", close).refuses("state-not-allowed", found="closed")


class TestTheRest:
    def test_the_first_signature_is_by_who_states(self, scene: Scene) -> None:
        from ledger.admission import decide
        from ledger.errors import Refused

        act = scene.act("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=1))
        swapped = act._replace(signers=(key_of("finance2"), key_of("finance")))
        with pytest.raises(Refused) as refusal:
            decide(swapped, scene.standing)
        assert refusal.value.code == "signer-differs"

    def test_a_case_of_another_campaign(self, scene: Scene) -> None:
        scene.do(
            "approver", CampaignOpened(campaign="c2026", unit="county", title="另一活动", policy=policy())
        )
        case = scene.nominated()
        event = Confirmed(campaign="c2026", unit="tea", case=case)
        scene.when("tea-confirmer", event).refuses("campaign-differs", expected="b2026", found="c2026")

    def test_an_entry_has_a_largest_size(self) -> None:
        from ledger.entry import write_entry
        from ledger.errors import Refused

        with pytest.raises(Refused) as refusal:
            write_entry(b"x" * 65_500, {}, "2026-01-10T00:00:00.000000Z")
        assert refusal.value.code == "entry-too-large"


class TestDayPassed:
    """The scene's day is 10 January; the founding was on it."""

    def later(self, scene: Scene, days: int) -> Scene:
        scene.time += timedelta(days=days)
        return scene

    def test_the_ledger_says_that_a_day_ended(self, scene: Scene) -> None:
        self.later(scene, 2).when("ledger", DayPassed(day="2026-01-11")).then(
            lambda s: s.standing.get(Book, "ledger").day_passed == "2026-01-11"
        )

    @pytest.mark.parametrize("day", ["2026-01-09", "2026-01-12", "2026-02-01"])
    def test_only_a_day_that_ended_since_the_last(self, scene: Scene, day: str) -> None:
        self.later(scene, 2).when("ledger", DayPassed(day=day)).refuses("day-not-next", found=day)

    def test_each_day_once(self, scene: Scene) -> None:
        self.later(scene, 2).do("ledger", DayPassed(day="2026-01-11"))
        scene.when("ledger", DayPassed(day="2026-01-11")).refuses("day-not-next")

    @pytest.mark.parametrize("officer", ["registrar", "finance"])
    def test_no_officer_can_say_so(self, scene: Scene, officer: str) -> None:
        self.later(scene, 2).when(officer, DayPassed(day="2026-01-11")).refuses("not-the-ledger")

    def test_the_ledgers_key_signs_nothing_else(self, scene: Scene) -> None:
        fund = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
        scene.when("ledger", fund).refuses("reference-unknown")
        revocation = KeyRevoked(
            key=key_of("finance"), revoked_from="2026-01-10T09:00:00+08:00", compromised=False, reason="离职"
        )
        scene.when("ledger", revocation).refuses("reference-unknown")

    def test_the_ledgers_key_is_not_its_first_officers(self) -> None:
        scene = Scene()
        scene.standing = Standing()
        founding = LedgerFounded(
            name="账本",
            officer="registrar",
            officer_name="甲",
            public_key=public_key("registrar"),
            ledger_key=public_key("registrar"),
        )
        scene.when("registrar", founding).refuses("already-registered")


class TestLinkage:
    def pair(self, scene: Scene) -> LinkedPair:
        return LinkedPair(
            first=scene.dossier("甲"),
            second=scene.dossier("乙"),
            weight_milli=9000,
            guarded=True,
            one_edit=False,
            name=3,
            number=2,
            phone=-1,
            account=0,
            home=0,
            unit=1,
        )

    def start(self, scene: Scene, officer: str = "inspector") -> str:
        return scene.do(officer, LinkageStarted(unit="county", purpose="查重", model="m-1"))

    def test_who_started_the_run_records_what_it_found(self, scene: Scene) -> None:
        run = self.start(scene)
        event = PersonsLinked(unit="county", run=run, compared=2, set_aside=0, pairs=[self.pair(scene)])
        scene.when("inspector", event).then(lambda s: True)
        scene.when("auditor", event).refuses("run-of-another", expected="inspector", found="auditor")

    @pytest.mark.parametrize("officer", ["finance", "tea-clerk", "approver"])
    def test_only_inspectors_and_auditors_may(self, scene: Scene, officer: str) -> None:
        start = LinkageStarted(unit="county", purpose="查重", model="m-1")
        scene.when(officer, start).refuses("role-not-held")

    def test_a_run_and_dossiers_must_be_known(self, scene: Scene) -> None:
        pair = self.pair(scene)
        unknown = PersonsLinked(unit="county", run=NOBODY_7, compared=0, set_aside=0, pairs=[])
        scene.when("inspector", unknown).refuses("reference-unknown")
        run = self.start(scene)
        other = pair.model_copy(update={"second": NOBODY_7})
        event = PersonsLinked(unit="county", run=run, compared=2, set_aside=0, pairs=[other])
        scene.when("inspector", event).refuses("reference-unknown")
