"""What linkage runs recorded, as flags: guilty F, innocent look-alike, cleared."""

from __future__ import annotations

from typing import Any

from ledger.events.dossier import DossierErased
from ledger.events.linkage import LinkageStarted, LinkedPair, PersonsLinked
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import ON, subjects

LEVELS = {"name": 2, "number": 3, "phone": 2, "account": 1, "home": 1, "unit": 1}


def linked(views: Views, first: str, second: str, **changes: Any) -> None:
    """A run over the whole county that found one pair."""
    f, w = views.founded, views.writer
    over = {**ON, "unit": "county"}
    run = f.record(w, "inspector", LinkageStarted(**over, purpose="查重", model="splink-5-frozen-1")).id
    pair = {"weight_milli": 21_000, "guarded": True, "one_edit": False, **LEVELS, **changes}
    event = PersonsLinked(
        **over, run=run, compared=2, set_aside=0, pairs=[LinkedPair(first=first, second=second, **pair)]
    )
    f.record(w, "inspector", event)


def name_of(first: str, second: str) -> str:
    return f"pair:-/{'+'.join(sorted((first, second)))}"


class TestSimilarPerson:
    def test_f_is_probably_one_person_and_was_paid_twice(self, views: Views) -> None:
        f, w = views.founded, views.writer
        _, first, _ = f.paid(w)
        _, second, _ = f.paid(w, unit="sugar")
        linked(views, first, second)
        ((found, _, evidence, amount_fen),) = views.flags("similar-person")
        assert (found, len(evidence), amount_fen) == (name_of(first, second), 3, 100_000)

    def test_it_is_cleared_when_one_of_the_dossiers_is_erased(self, views: Views) -> None:
        f, w = views.founded, views.writer
        first, second = f.dossier(w), f.dossier(w)
        linked(views, first, second)
        assert len(subjects(views, "similar-person")) == 1
        f.record(w, "registrar", DossierErased(unit="tea", dossier=second, reason="误建"))
        assert subjects(views, "similar-person") == []

    def test_below_the_threshold_or_without_the_guard_is_innocent(self, views: Views) -> None:
        first, second = views.founded.dossier(views.writer), views.founded.dossier(views.writer)
        linked(views, first, second, weight_milli=5_999)
        linked(views, first, second, guarded=False)
        assert subjects(views, "similar-person") == []

    def test_two_dossiers_of_one_number_are_innocent(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        linked(views, f.dossier(w, person), f.dossier(w, person, "sugar"))
        assert subjects(views, "similar-person") == []

    def test_it_is_cleared_by_a_later_run(self, views: Views) -> None:
        first, second = views.founded.dossier(views.writer), views.founded.dossier(views.writer)
        linked(views, first, second)
        assert len(subjects(views, "similar-person")) == 1
        linked(views, second, first, weight_milli=100)
        assert subjects(views, "similar-person") == []


class TestIdentityOneEdit:
    def test_f_has_two_numbers_one_edit_apart(self, views: Views) -> None:
        f, w = views.founded, views.writer
        first, second = f.dossier(w), f.dossier(w)
        linked(views, first, second)
        assert subjects(views, "identity-one-edit") == []
        linked(views, first, second, one_edit=True)
        assert subjects(views, "identity-one-edit") == [name_of(first, second)]
        f.record(w, "registrar", DossierErased(unit="tea", dossier=first, reason="到期"))
        assert subjects(views, "identity-one-edit") == []


class TestSimilarPersonToReview:
    def test_f_is_near_another_and_not_taken_for_them(self, views: Views) -> None:
        first, second = views.founded.dossier(views.writer), views.founded.dossier(views.writer)
        linked(views, first, second, guarded=False)
        assert subjects(views, "similar-person-to-review") == [name_of(first, second)]

    def test_what_a_graver_flag_says_is_not_for_review_too(self, views: Views) -> None:
        first, second = views.founded.dossier(views.writer), views.founded.dossier(views.writer)
        linked(views, first, second, guarded=False)
        for graver in ({"one_edit": True}, {"guarded": True}):
            linked(views, first, second, **{"guarded": False, **graver})
            assert subjects(views, "similar-person-to-review") == []
        linked(views, first, second, guarded=True, weight_milli=5_999)
        assert subjects(views, "similar-person-to-review") == [name_of(first, second)]


class TestNumberUnderTwoNames:
    def test_f_has_the_number_of_somebody_of_another_name(self, views: Views) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        stranger = person.model_copy(update={"name": "林秀英", "account_holder": "林秀英"})
        first, second = f.dossier(w, person), f.dossier(w, stranger, "sugar")
        linked(views, first, second, guarded=False, number=4, name=0)
        assert subjects(views, "number-under-two-names") == [name_of(first, second)]
        assert subjects(views, "similar-person") == subjects(views, "similar-person-to-review") == []
        f.record(w, "registrar", DossierErased(unit="tea", dossier=first, reason="误建"))
        assert subjects(views, "number-under-two-names") == []

    def test_one_number_under_one_name_and_two_numbers_under_two_names_are_innocent(
        self, views: Views
    ) -> None:
        f, w = views.founded, views.writer
        person = f.people.person()
        linked(views, f.dossier(w, person), f.dossier(w, person, "sugar"), number=4, name=3)
        linked(views, f.dossier(w), f.dossier(w), number=0, name=0)
        assert subjects(views, "number-under-two-names") == []
