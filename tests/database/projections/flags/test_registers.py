"""Lists from outside, as flags: guilty F, innocent look-alike, cleared; in both directions."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ledger.domain.register_kinds import KINDS, RegisterKind, read_kinds
from ledger.events.nomination import Revoked
from ledger.events.register import ReferenceErased, ReferenceWithdrawn
from ledger.identity.documents import PersonIdentity
from ledger.writing.registers import prune
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import days_ago, returned, subjects

KIN = "[cadres-kin]\ntitle_zh='干部亲属'\ntitle_en='kin'\nmeaning_zh='回避'\nmeaning_en='kin'\n"
COUNTYS = read_kinds(KIN)


def listed(views: Views, kind: str, *rows: tuple[PersonIdentity, dict[str, Any]], **said: Any) -> str:
    return views.founded.listed(views.writer, kind, rows, **said)


def of_case(case: str) -> str:
    return f"case:b2026/{case}"


def person(views: Views) -> PersonIdentity:
    return views.founded.people.person()


class OnAList:
    """What every kind's rule does. ``meets`` are facts by which help of today meets a row, ``misses`` others."""

    rule: str
    kind: str
    meets: ClassVar[dict[str, Any]]
    misses: ClassVar[dict[str, Any]]
    said: ClassVar[dict[str, Any]] = {}
    kinds: ClassVar[dict[str, RegisterKind]] = dict(KINDS)

    def list(self, views: Views, who: PersonIdentity, facts: dict[str, Any], **said: Any) -> str:
        return listed(views, self.kind, (who, facts), kinds=self.kinds, **{**self.said, **said})

    def test_f_was_on_the_list_before_the_help(self, views: Views) -> None:
        who = person(views)
        self.list(views, who, self.meets)
        case, *_ = views.founded.paid(views.writer, who)
        ((found, _, evidence, amount_fen),) = views.flags(self.rule)
        assert (found, len(evidence), amount_fen) == (of_case(case), 3, 50_000)

    def test_f_is_found_when_the_list_comes_later(self, views: Views) -> None:
        who = person(views)
        case, *_ = views.founded.paid(views.writer, who)
        assert subjects(views, self.rule) == []
        self.list(views, who, self.meets)
        assert subjects(views, self.rule) == [of_case(case)]

    def test_others_and_other_days_are_innocent(self, views: Views) -> None:
        who = person(views)
        views.founded.paid(views.writer, who)
        self.list(views, person(views), self.meets)
        self.list(views, who, self.misses)
        assert subjects(views, self.rule) == []

    def test_it_is_cleared_when_the_list_is_withdrawn_or_replaced(self, views: Views) -> None:
        who = person(views)
        case, *_ = views.founded.nominated(views.writer, who)
        first = self.list(views, who, self.meets)
        assert subjects(views, self.rule) == [of_case(case)]
        second = self.list(views, person(views), self.meets, replaces=first)
        assert subjects(views, self.rule) == []
        third = self.list(views, who, self.meets, replaces=second)
        assert subjects(views, self.rule) == [of_case(case)]
        event = ReferenceWithdrawn(unit="county", reference=third, reason="来源有误")
        views.founded.record(views.writer, "inspector", event, second="auditor")
        assert subjects(views, self.rule) == []


class TestPaidToListedDeceased(OnAList):
    rule = "paid-to-listed-deceased"
    kind = "deaths"
    meets: ClassVar[dict[str, Any]] = {"died_on": days_ago(20)}
    misses: ClassVar[dict[str, Any]] = {"died_on": days_ago(0)}

    def test_it_is_cleared_when_the_case_is_over_and_the_money_came_back(self, views: Views) -> None:
        f, w = views.founded, views.writer
        dead = person(views)
        case, _, payout = f.paid(w, dead)
        listed(views, self.kind, (dead, self.meets))
        returned(views, payout, case)
        revoked = Revoked(campaign="b2026", unit="tea", case=case, target="nomination", reason="已故")
        assert subjects(views, self.rule) == [of_case(case)]
        f.record(w, "tea-clerk", revoked)
        assert subjects(views, self.rule) == []

    def test_a_list_counts_in_its_unit_and_below(self, views: Views) -> None:
        here, there = person(views), person(views)
        case, *_ = views.founded.nominated(views.writer, here, "tea")
        views.founded.nominated(views.writer, there, "sugar")
        self.list(views, here, self.meets)
        assert subjects(views, self.rule) == [of_case(case)]

    def test_a_hit_says_on_which_list_and_nothing_of_what_it_says(self, views: Views) -> None:
        who = person(views)
        views.founded.nominated(views.writer, who)
        self.list(views, who, self.meets, data_on=days_ago(3))
        ((details,),) = views.rows(
            "SELECT details FROM views.flags WHERE rule = %s AND to_position IS NULL", self.rule
        )
        assert details == {"lists": [f"外部名单 {days_ago(3)}"]}

    def test_an_erased_list_keeps_its_hits_and_raises_no_others(
        self, views: Views, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its day was still to come when it was registered."""
        monkeypatch.setattr("ledger.events.register.check_kept_for", lambda *_: None)
        f, w = views.founded, views.writer
        met, later = person(views), person(views)
        case, *_ = f.nominated(w, met)
        made = listed(views, self.kind, (met, self.meets), (later, self.meets), keep_until=days_ago(1))
        f.record(w, "registrar", ReferenceErased(unit="county", reference=made, reason="到期"))
        f.nominated(w, later)
        assert subjects(views, self.rule) == [of_case(case)]
        prune(views.connection, made)
        f.nominated(w, person(views))
        assert subjects(views, self.rule) == [of_case(case)]


class TestOnPublicPayroll(OnAList):
    rule = "on-public-payroll"
    kind = "public-payroll"
    meets: ClassVar[dict[str, Any]] = {"since": "2015-07-01", "position": "在编"}
    misses: ClassVar[dict[str, Any]] = {"since": "2015-07-01", "until": days_ago(30)}


class TestPaidByAnotherDepartment(OnAList):
    rule = "paid-by-another-department"
    kind = "other-payments"
    meets: ClassVar[dict[str, Any]] = {"paid_on": days_ago(60), "amount_fen": 80_000}
    misses: ClassVar[dict[str, Any]] = {"paid_on": days_ago(400), "amount_fen": 80_000}


class TestInsuredWhileHelped(OnAList):
    rule = "insured-while-helped"
    kind = "social-insurance"
    meets: ClassVar[dict[str, Any]] = {"since": "2020-01-01", "employer": "某公司"}
    misses: ClassVar[dict[str, Any]] = {"since": "2020-01-01", "until": days_ago(100)}


class TestOwnsCompany(OnAList):
    rule = "owns-company"
    kind = "companies"
    meets: ClassVar[dict[str, Any]] = {"since": "2020-01-01", "company": "某公司"}
    misses: ClassVar[dict[str, Any]] = {"since": "2010-01-01", "until": days_ago(100)}


class TestOwnsVehicleOrHouses(OnAList):
    rule = "owns-vehicle-or-houses"
    kind = "assets"
    meets: ClassVar[dict[str, Any]] = {"since": "2020-01-01", "count": 2}
    misses: ClassVar[dict[str, Any]] = {"since": "2010-01-01", "until": days_ago(100)}


class TestOnReferenceList(OnAList):
    rule = "on-reference-list"
    kind = "cadres-kin"
    meets: ClassVar[dict[str, Any]] = {}
    misses: ClassVar[dict[str, Any]] = {}
    kinds = COUNTYS

    def test_others_and_other_days_are_innocent(self, views: Views) -> None:
        views.founded.paid(views.writer, person(views))
        self.list(views, person(views), {})
        assert subjects(views, self.rule) == []


class TestEligibleNotReached:
    rule = "eligible-not-reached"

    def test_f_is_on_the_list_and_has_no_dossier(self, views: Views) -> None:
        f, w = views.founded, views.writer
        reached, late = person(views), person(views)
        f.dossier(w, reached)
        rows: list[tuple[PersonIdentity, dict[str, Any]]] = [
            (reached, {}),
            (late, {}),
            (person(views), {}),
            (late, {}),
        ]
        listed(views, "subsistence", *rows)
        ((found, _, evidence, _),) = views.flags(self.rule)
        assert (found, len(evidence)) == ("unit:-/county", 1)
        ((details,),) = views.rows("SELECT details FROM views.flags WHERE rule = %s", self.rule)
        assert details["not_reached"] == 2

    def test_it_is_cleared_when_all_have_one(self, views: Views) -> None:
        f, w = views.founded, views.writer
        late = person(views)
        first = listed(views, "subsistence", (late, {}))
        assert subjects(views, self.rule) == ["unit:-/county"]
        f.dossier(w, late)
        listed(views, "subsistence", (late, {}), replaces=first)
        assert subjects(views, self.rule) == []

    def test_it_is_asked_again_on_mondays(self, views: Views) -> None:
        f, w = views.founded, views.writer
        late = person(views)
        listed(views, "subsistence", (late, {}))
        f.dossier(w, late)
        assert subjects(views, self.rule) == ["unit:-/county"]
        f.let_pass(w, 8)
        assert subjects(views, self.rule) == []

    def test_a_list_of_those_reached_is_innocent(self, views: Views) -> None:
        who = person(views)
        views.founded.dossier(views.writer, who)
        listed(views, "subsistence", (who, {}))
        assert subjects(views, self.rule) == []


@pytest.mark.parametrize(
    "kind", [each for each in KINDS.values() if each.relation != "given"], ids=lambda kind: kind.code
)
def test_every_kind_is_tried(kind: RegisterKind) -> None:
    tried: set[str] = {each.rule for each in OnAList.__subclasses__()}
    assert kind.rule in tried | {TestEligibleNotReached.rule}
