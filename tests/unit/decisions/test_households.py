"""Households: members, what is declared, consent; a dossier's life, and what a policy asks of it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.household import DossierLife, Household, Member
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.domain.state import Dossier
from ledger.events.dossier import DossierErased, DossierFiled, DossierSealed, Facts
from ledger.events.dossier_life import (
    DossierDiscussed,
    DossierEnded,
    DossierReviewed,
    HouseholdVisited,
    PlacedOnFile,
)
from ledger.events.household import (
    ConsentRecorded,
    ConsentWithdrawn,
    HouseholdDeclared,
    MemberErased,
    MemberLeft,
    MemberRecorded,
    MemberRevealed,
)
from ledger.events.nomination import Nominated
from tests.scene import NOBODY, ON, Scene

BY = "某县困难职工认定办法"
PAPER = {"number": "2026-1"}
EXCLUSIONS = ExclusionRules.model_validate({
    "source": BY,
    "exclusions": [
        {"code": "housing", "title": "两套以上住房", "source": BY},
        {"code": "vehicles", "title": "机动车", "register_kind": "assets", "source": BY},
    ],
})  # fmt: skip
HARDSHIP = HardshipRules.model_validate({
    "source": BY, "classes": [{"code": "deep", "title": "深度困难", "fixed_fen": 80_000, "source": BY}],
})  # fmt: skip


class Family:
    """A dossier of the tea works, and sentences about its household."""

    def __init__(self, recipient: str = "person", **policy: Any) -> None:
        self.scene = Scene(**policy)
        filed = DossierFiled.model_validate(
            {"unit": "tea", "recipient": recipient, "identity_commitment": "0" * 64, "facts": Facts()}
        )
        self.dossier = self.scene.do("tea-clerk", filed, person="lin")
        self.of: dict[str, Any] = {"unit": "tea", "dossier": self.dossier}

    def member(self, person: str, relation: Any = "spouse") -> str:
        event = MemberRecorded(**self.of, relation=relation, identity_commitment="0" * 64)
        return self.scene.do("tea-clerk", event, person=person)

    def declared(self, *members: str, **changes: Any) -> HouseholdDeclared:
        return HouseholdDeclared.model_validate({
            **self.of, "locality": "某县", "year": 2026, "applicant": {"income_fen": 1_200_000},
            "members": [{"member": each, "income_fen": 600_000} for each in members], **changes,
        })  # fmt: skip

    def visit(self, officer: str = "tea-clerk", **options: Any) -> str:
        event = HouseholdVisited(**self.of, visitors=["甲", "乙"], found="与申报相符", agrees=True)
        return self.scene.do(officer, event, **options)

    def place(self, **options: Any) -> str:
        return self.scene.do("tea-confirmer", PlacedOnFile(**self.of), **options)

    def nominate(self, **changes: Any) -> Any:
        return self.scene.when(
            "tea-clerk", Nominated(**ON, dossier=self.dossier, category="worker", **changes)
        )

    def life(self) -> DossierLife:
        return self.scene.state.get(DossierLife, self.dossier)


def answers(*exclusions: str, applies: bool = False) -> dict[str, Any]:
    return {"exclusions": [{"exclusion": each, "applies": applies} for each in exclusions]}


class TestMembers:
    def test_a_member_stands_with_a_mark_of_their_own(self) -> None:
        family = Family()
        spouse = family.member("wang")
        assert family.scene.state.get(Household, family.dossier).members.keys() == {spouse}
        assert family.scene.state.get(Member, spouse).unit == "tea"

    @pytest.mark.parametrize("person", ["lin", "wang"])
    def test_nobody_is_in_a_household_twice(self, person: str) -> None:
        family = Family()
        family.member("wang")
        event = MemberRecorded(**family.of, relation="child", identity_commitment="0" * 64)
        family.scene.when("tea-clerk", event, person=person).refuses("member-recorded-already")

    def test_who_left_may_come_back_and_is_declared_on_no_more(self) -> None:
        family = Family()
        child = family.member("li", "child")
        left = MemberLeft(**family.of, member=child, reason="婚后另立户")
        family.scene.do("tea-clerk", left)
        family.scene.when("tea-clerk", left).refuses("member-of-another")
        family.scene.when("tea-clerk", family.declared(child)).refuses("member-of-another")
        assert family.member("li", "child") != child

    def test_an_enterprise_has_no_household(self) -> None:
        family = Family("enterprise")
        family.scene.when("tea-clerk", family.declared()).refuses("household-of-enterprise")

    def test_a_member_of_another_dossier_is_not_this_ones(self) -> None:
        family = Family()
        filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
        other = family.scene.do("tea-clerk", filed, person="zhao")
        record = MemberRecorded(unit="tea", dossier=other, relation="spouse", identity_commitment="0" * 64)
        member = family.scene.do("tea-clerk", record, person="qian")
        family.scene.when("tea-clerk", family.declared(member)).refuses("member-of-another")
        family.scene.when("tea-clerk", MemberLeft(**family.of, member=member, reason="有误")).refuses(
            "member-of-another"
        )
        family.scene.when("tea-clerk", family.declared(NOBODY)).refuses("reference-unknown")


class TestIdentities:
    def test_a_member_is_erased_alone_once_the_years_are_over(self) -> None:
        family = Family()
        spouse = family.member("wang")
        family.scene.state.get(Dossier, family.dossier).kept_until = "2056-12-31"
        erase = MemberErased(**family.of, member=spouse, reason="申请删除")
        family.scene.when("registrar", erase).refuses("retention-not-over")
        family.scene.state.get(Dossier, family.dossier).kept_until = None
        family.scene.do("registrar", erase)
        family.scene.when("registrar", erase).refuses("member-erased")
        show = MemberRevealed(**family.of, member=spouse, purpose="核对")
        family.scene.when("tea-clerk", show).refuses("member-erased")

    def test_what_is_sealed_or_erased_takes_its_household_along(self) -> None:
        family = Family()
        spouse = family.member("wang")
        show = MemberRevealed(**family.of, member=spouse, purpose="核对")
        family.scene.do("tea-clerk", show)
        family.scene.do("registrar", DossierSealed(**family.of, reason="申请"))
        for event in (show, family.declared(spouse)):
            family.scene.when("tea-clerk", event).refuses("dossier-sealed")
        family.scene.do("registrar", DossierErased(**family.of, reason="到期"))
        family.scene.when("tea-clerk", show).refuses("dossier-erased")


class TestConsent:
    def test_it_stands_until_it_is_withdrawn(self) -> None:
        family = Family()
        spouse = family.member("wang")
        withdrawn = ConsentWithdrawn(**family.of, reason="家庭提出")
        family.scene.when("tea-clerk", withdrawn).refuses("no-consent")
        event = ConsentRecorded.model_validate({**family.of, "document": PAPER, "members": [spouse]})
        family.scene.do("tea-clerk", event)
        assert family.scene.state.get(Household, family.dossier).consented == [spouse]
        family.scene.do("tea-clerk", withdrawn)
        family.scene.when("tea-clerk", withdrawn).refuses("no-consent")

    def test_one_that_is_over_or_of_somebody_else_is_none(self) -> None:
        family = Family()
        late = ConsentRecorded.model_validate({**family.of, "document": PAPER, "until": "2025-12-31"})
        family.scene.when("tea-clerk", late).refuses("consent-ends-early")
        event = ConsentRecorded.model_validate(
            {**family.of, "document": PAPER, "members": [family.member("a")]}
        )
        family.scene.do("tea-clerk", MemberLeft(**family.of, member=event.members[0], reason="迁出"))
        family.scene.when("tea-clerk", event).refuses("member-of-another")


class TestFigures:
    def test_who_does_not_live_there_counts_neither_as_person_nor_by_income(self) -> None:
        family = Family()
        spouse, child = family.member("wang"), family.member("li", "child")
        members = [
            {"member": spouse, "income_fen": 300},
            {"member": child, "income_fen": 5, "lives_together": False},
        ]
        figures = family.declared(members=members, applicant={"income_fen": 1000}).figures
        assert (figures.persons, figures.income_fen) == (2, 1300)

    @pytest.mark.parametrize("twice", [answers("housing", "housing"), {"members": "twice"}])
    def test_nothing_stands_twice_in_a_declaration(self, twice: dict[str, Any]) -> None:
        family = Family()
        spouse = family.member("wang")
        if twice == {"members": "twice"}:
            twice = {"members": [{"member": spouse, "income_fen": 1}] * 2}
        with pytest.raises(ValueError, match=r"重复|twice"):
            family.declared(**twice)


class TestLife:
    def test_from_the_visit_to_the_end_and_anew(self) -> None:
        family = Family()
        family.visit()
        event = DossierDiscussed.model_validate({**family.of, "minutes": PAPER, "agreed": True})
        family.scene.do("tea-confirmer", event)
        review = DossierReviewed(**family.of, outcome="unchanged", found="情况未变")
        family.scene.when("tea-confirmer", review).refuses("state-not-allowed")
        family.place()
        family.scene.do("tea-confirmer", review)
        ended = DossierEnded(**family.of, ending="out-of-hardship", reason="收入恢复")
        family.scene.do("tea-confirmer", ended)
        assert family.life().state == "ended"
        for event_ in (ended, review, PlacedOnFile(**family.of), event):
            family.scene.when("tea-confirmer", event_).refuses("state-not-allowed")
        family.visit()
        assert (family.life().state, family.life().discussed_on) == ("applied", None)
        family.place()

    def test_who_filed_it_does_not_place_it_on_file(self) -> None:
        scene = Scene()
        filed = DossierFiled(unit="tea", identity_commitment="0" * 64, facts=Facts())
        dossier = scene.do("many-hats", filed.model_copy(update={"unit": "county"}), person="lin")
        event = PlacedOnFile(unit="county", dossier=dossier)
        scene.when("many-hats", event).refuses("duties-not-separated")

    def test_a_meeting_that_did_not_agree_is_no_discussion_passed(self) -> None:
        family = Family(
            dossier_life=DossierLifeRules(
                source=BY, discussion_required=True, on_file_required=False, visit_required=False
            )
        )
        no = DossierDiscussed.model_validate({**family.of, "minutes": PAPER, "agreed": False})
        family.scene.do("tea-confirmer", no)
        family.nominate().refuses("dossier-not-discussed")
        family.scene.do("tea-confirmer", no.model_copy(update={"agreed": True}))
        family.nominate().then(lambda scene: True)


class TestNomination:
    def test_without_a_word_in_the_policy_nothing_is_asked(self) -> None:
        Family().nominate().then(lambda scene: True)

    def test_it_is_on_file_and_visited(self) -> None:
        family = Family(dossier_life=DossierLifeRules(source=BY))
        family.nominate().refuses("dossier-not-on-file", found="applied")
        family.place()
        family.nominate().refuses("household-not-visited")
        family.visit()
        family.nominate().then(lambda scene: True)

    def test_one_that_has_ended_is_on_file_no_more(self) -> None:
        family = Family(dossier_life=DossierLifeRules(source=BY, visit_required=False))
        family.place()
        family.scene.do("tea-confirmer", DossierEnded(**family.of, ending="withdrawn", reason="本人申请"))
        family.nominate().refuses("dossier-not-on-file", found="ended")

    @pytest.mark.parametrize(("on", "refused"), [("2025-12-10", False), ("2025-12-09", True)])
    def test_its_review_is_not_too_long_ago(self, on: str, refused: bool) -> None:
        rules = DossierLifeRules(source=BY, visit_required=False, review_months=1)
        family = Family(dossier_life=rules)
        family.place(on=on)
        attempt = family.nominate()
        if not refused:
            attempt.then(lambda scene: True)
            return
        attempt.refuses("dossier-not-reviewed", found=on, expected=1)
        review = DossierReviewed(**family.of, outcome="unchanged", found="情况未变")
        family.scene.do("tea-confirmer", review)
        family.nominate().then(lambda scene: True)

    def test_a_household_to_be_judged_is_declared(self) -> None:
        family = Family(hardship=HARDSHIP)
        family.nominate().refuses("household-not-declared")
        family.scene.do("tea-clerk", family.declared())
        family.nominate().then(lambda scene: True)

    def test_the_family_answers_on_every_exclusion_and_consents(self) -> None:
        family = Family(exclusions=EXCLUSIONS)
        family.scene.do("tea-clerk", family.declared(**answers("housing")))
        family.nominate().refuses("exclusions-not-declared", missing="机动车")
        # Yes is an answer; what it means is a flag's to say.
        family.scene.do("tea-clerk", family.declared(**answers("housing", "vehicles", applies=True)))
        family.nominate().refuses("consent-missing")
        family.scene.do(
            "tea-clerk",
            ConsentRecorded.model_validate({**family.of, "document": PAPER, "until": "2026-01-10"}),
        )
        family.nominate().then(lambda scene: True)

    def test_what_happened_outside_is_recorded_all_the_same(self) -> None:
        family = Family(dossier_life=DossierLifeRules(source=BY))
        late = Nominated(
            **ON,
            dossier=family.dossier,
            category="worker",
            after_the_fact=True,
            after_the_fact_reason="审计发现",
        )
        family.scene.when("auditor", late).then(lambda scene: True)
