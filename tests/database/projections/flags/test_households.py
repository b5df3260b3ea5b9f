"""Households: for each rule a guilty subject, an innocent look-alike, and one that is cleared."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.events.dossier import DossierErased, DossierFiled, Facts
from ledger.events.dossier_life import DossierEnded, DossierReviewed, HouseholdVisited, PlacedOnFile
from ledger.events.household import (
    ConsentRecorded,
    HouseholdDeclared,
    MemberErased,
    MemberLeft,
    MemberRecorded,
)
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import approve, pay, returned, revoke, set_policy, subjects
from tests.unit.decisions.test_households import EXCLUSIONS, HARDSHIP

BY = "某县认定办法"


def file(views: Views, person: PersonIdentity | None = None, unit: str = "tea") -> str:
    promise, disclosure = committed(person or views.founded.people.person())
    event = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts())
    return views.founded.record(views.writer, f"{unit}-clerk", event, disclosure).id


def member(views: Views, dossier: str, person: PersonIdentity, unit: str = "tea") -> str:
    promise, disclosure = committed(person)
    event = MemberRecorded(unit=unit, dossier=dossier, relation="spouse", identity_commitment=promise)
    return views.founded.record(views.writer, f"{unit}-clerk", event, disclosure).id


def declare(views: Views, dossier: str, income_fen: int, **changes: Any) -> int:
    body = {"unit": "tea", "dossier": dossier, "locality": "某县", "year": 2026, **changes}
    event = HouseholdDeclared.model_validate({**body, "applicant": {"income_fen": income_fen}})
    return views.founded.record(views.writer, "tea-clerk", event).position


class TestClassDiffers:
    def test_f_is_stated_otherwise_and_another_is_not(self, views: Views) -> None:
        set_policy(views, hardship=HARDSHIP)
        cases = []
        for stated, income_fen in (
            ("deep", 12 * 80_000),
            ("deep", 12 * 80_000 - 1),
            (None, 100),
            (None, 10**7),
        ):
            dossier = file(views)
            declare(views, dossier, income_fen, stated_class=stated)
            cases.append(approve(views, dossier))
        # One whose class is not met, and one of whom nobody says that they are in hardship, but who is nominated.
        assert subjects(views, "class-differs") == sorted(
            [f"case:b2026/{cases[0]}", f"case:b2026/{cases[3]}"]
        )
        [(details,)] = views.rows(
            "SELECT details FROM views.flags WHERE rule = 'class-differs' AND subject = %s",
            f"case:b2026/{cases[0]}",
        )
        assert details == {"stated_class": "deep", "computed_class": None}

    def test_put_right_before_the_payout_it_is_cleared_and_afterwards_it_is_not(self, views: Views) -> None:
        set_policy(views, hardship=HARDSHIP)
        dossier = file(views)
        declare(views, dossier, 10**7, stated_class="deep")
        case = approve(views, dossier)
        assert subjects(views, "class-differs")
        declare(views, dossier, 100, stated_class="deep")
        assert subjects(views, "class-differs") == []
        declare(views, dossier, 10**7, stated_class="deep")
        payout = pay(views, dossier, case)
        declare(views, dossier, 100, stated_class="deep")
        assert subjects(views, "class-differs")
        returned(views, payout, case)
        revoke(views, case)
        assert subjects(views, "class-differs") == []

    def test_a_policy_that_comes_to_have_classes_judges_what_is_there(self, views: Views) -> None:
        dossier = file(views)
        case = approve(views, dossier)
        declare(views, dossier, 10**7, stated_class="deep")
        assert subjects(views, "class-differs") == []
        set_policy(views, hardship=HARDSHIP)
        assert subjects(views, "class-differs") == [f"case:b2026/{case}"]
        set_policy(views)
        assert subjects(views, "class-differs") == []


class TestDeclaredExcluded:
    def test_f_said_yes_and_another_no(self, views: Views) -> None:
        set_policy(views, exclusions=EXCLUSIONS.model_copy(update={"consent_required": False}))
        cases = {}
        for applies in (True, False):
            dossier = file(views)
            said = [{"exclusion": "housing", "applies": applies}, {"exclusion": "vehicles", "applies": False}]
            declare(views, dossier, 100, exclusions=said)
            cases[applies] = approve(views, dossier)
        assert subjects(views, "declared-excluded") == [f"case:b2026/{cases[True]}"]
        revoke(views, cases[True])
        assert subjects(views, "declared-excluded") == []


class TestReviewOverdue:
    def place(self, views: Views, dossier: str, days: int) -> None:
        event = PlacedOnFile(unit="tea", dossier=dossier)
        views.founded.record(views.writer, "tea-confirmer", event, on=views.founded.day(days))

    def test_f_was_reviewed_too_long_ago_and_another_lately(self, views: Views) -> None:
        rules = DossierLifeRules(source=BY, on_file_required=False, visit_required=False, review_months=1)
        set_policy(views, dossier_life=rules)
        f, other, ended, unfiled = (file(views) for _ in range(4))
        for dossier in (f, other, ended):
            self.place(views, dossier, -40)
        review = DossierReviewed(unit="tea", dossier=other, outcome="unchanged", found="未变")
        views.founded.record(views.writer, "tea-confirmer", review)
        end = DossierEnded(unit="tea", dossier=ended, ending="out-of-hardship", reason="收入恢复")
        views.founded.record(views.writer, "tea-confirmer", end, on=views.founded.day(-3))
        cases = {each: approve(views, each) for each in (f, other, ended, unfiled)}
        guilty = sorted(f"case:b2026/{cases[each]}" for each in (f, ended))
        assert subjects(views, "review-overdue") == guilty
        # A review afterwards does not make it good.
        views.founded.record(views.writer, "tea-confirmer", review.model_copy(update={"dossier": f}))
        assert subjects(views, "review-overdue") == guilty
        revoke(views, cases[f], "approval")
        revoke(views, cases[ended])
        assert subjects(views, "review-overdue") == []


class TestHouseholdFiledApart:
    def test_a_couple_files_apart_in_two_units_under_two_numbers(self, views: Views) -> None:
        husband, wife, neighbour = (views.founded.people.person() for _ in range(3))
        his, hers, other = file(views, husband), file(views, wife, "sugar"), file(views, neighbour)
        member(views, his, wife)
        cases = [approve(views, his), approve(views, hers, unit="sugar"), approve(views, other)]
        pair = "+".join(sorted([his, hers]))
        assert subjects(views, "household-filed-apart") == [f"pair:b2026/{pair}"]
        revoke(views, cases[0])
        assert subjects(views, "household-filed-apart") == []

    def test_a_member_of_two_households_is_found_when_the_second_names_them(self, views: Views) -> None:
        mother = views.founded.people.person()
        first, second = file(views), file(views)
        member(views, first, mother)
        for dossier in (first, second):
            approve(views, dossier)
        assert subjects(views, "household-filed-apart") == []
        there = member(views, second, mother)
        assert len(subjects(views, "household-filed-apart")) == 1
        left = MemberLeft(unit="tea", dossier=second, member=there, reason="登记有误")
        views.founded.record(views.writer, "tea-clerk", left)
        assert subjects(views, "household-filed-apart") == []

    @pytest.mark.parametrize("is_paid", [True, False])
    def test_leaving_after_the_approval_does_not_make_it_good(self, views: Views, is_paid: bool) -> None:
        husband, wife = (views.founded.people.person() for _ in range(2))
        his, hers = file(views, husband), file(views, wife)
        there = member(views, his, wife)
        cases = [approve(views, his), approve(views, hers)]
        if is_paid:
            pay(views, his, cases[0])
        left = MemberLeft(unit="tea", dossier=his, member=there, reason="离婚")
        views.founded.record(views.writer, "tea-clerk", left)
        assert len(subjects(views, "household-filed-apart")) == 1


class TestIdentities:
    def vault(self, views: Views) -> set[str]:
        return {row for (row,) in views.rows("SELECT id FROM ledger.vault")}

    def test_a_member_goes_alone_or_with_the_dossier(self, views: Views) -> None:
        dossier = file(views)
        first, second = (member(views, dossier, views.founded.people.person()) for _ in range(2))
        assert {dossier, first, second} <= self.vault(views)
        erased = MemberErased(unit="tea", dossier=dossier, member=first, reason="申请")
        views.founded.record(views.writer, "registrar", erased)
        assert first not in self.vault(views)
        assert {dossier, second} <= self.vault(views)
        views.founded.record(
            views.writer, "registrar", DossierErased(unit="tea", dossier=dossier, reason="申请")
        )
        assert not {dossier, second} & self.vault(views)

    def test_the_life_and_the_consent_stand_in_the_view(self, views: Views) -> None:
        dossier = file(views)
        visit = HouseholdVisited(
            unit="tea", dossier=dossier, visitors=["甲", "乙"], found="属实", agrees=True
        )
        views.founded.record(views.writer, "tea-clerk", visit)
        paper = {"unit": "tea", "dossier": dossier, "document": {"number": "授权1"}}
        views.founded.record(views.writer, "tea-clerk", ConsentRecorded.model_validate(paper))
        assert views.rows(
            "SELECT l.state, l.visitors, c.document FROM views.dossier_lives l JOIN views.consents c USING (dossier)"
        ) == [("applied", "甲、乙", "授权1")]
