"""A run goes on from the one before: what is new or changed against all, and what is gone is said to be."""

from __future__ import annotations

from stdnum.cn import ric

from api.linkage.comparing import Compared, compare
from api.linkage.runs import Run, run_before
from ledger.events.dossier import DossierAmended, DossierErased, Facts
from ledger.events.linkage import LinkageStarted
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from projections.linkage.kinds import MODEL
from tests.database.projections.conftest import Views
from tests.database.projections.flags.steps import ON, subjects

OVER = {**ON, "unit": "county", "campaign": None}


def near(person: PersonIdentity, at: int = 13) -> PersonIdentity:
    """The same person under a number of which one digit is other."""
    digits = person.number[:at] + str((int(person.number[at]) + 1) % 10) + person.number[at + 1 : 17]
    return person.model_copy(update={"number": digits + ric.calc_check_digit(digits + "0")})


def run(views: Views, *, upto: int | None = None) -> Compared:
    """A run from start to end; only the first ``upto`` of its parts come on record."""
    f, w = views.founded, views.writer
    before = run_before(views.connection, "county", MODEL)
    since, after = before or (None, 0)
    started = f.record(w, "inspector", LinkageStarted(**OVER, purpose="查重", model=MODEL, since=since))
    views.follower.catch_up()
    this = Run(started.id, "county", after)
    compared = compare(views.connection, f.store.vault(), this)
    for event in compared.statements(this)[:upto]:
        f.record(w, "inspector", event)
    return compared


def test_a_run_goes_on_from_the_one_before(views: Views) -> None:
    f, w = views.founded, views.writer
    one, other = f.people.person(), f.people.person()
    f.dossier(w, one)
    f.dossier(w, other)
    assert run(views, upto=0).fresh == 2
    whole = run(views)
    assert (whole.dossiers, whole.fresh, whole.found.pairs) == (2, 2, []), "a run that said nothing is none"
    third = f.dossier(w, near(one), "sugar")
    again = run(views)
    assert (again.dossiers, again.fresh) == (3, 1)
    assert [third in pair[:2] for pair in again.found.pairs] == [True]
    nothing = run(views)
    assert (nothing.fresh, nothing.found.pairs, nothing.found.not_found) == (0, [], [])
    assert len(subjects(views, "identity-one-edit")) == 1


def test_another_model_compares_all_again(views: Views) -> None:
    views.founded.dossier(views.writer)
    run(views)
    assert run_before(views.connection, "county", MODEL) is not None
    assert (
        run_before(views.connection, "county", "another") is run_before(views.connection, None, MODEL) is None
    )


def test_a_pair_that_is_compared_and_not_found_again_is_cleared(views: Views) -> None:
    f, w = views.founded, views.writer
    person = f.people.person()
    f.dossier(w, person)
    mistyped = f.dossier(w, near(person), "sugar")
    run(views)
    assert len(subjects(views, "identity-one-edit")) == 1
    promise, disclosure = committed(near(person).model_copy(update={"name": "欧阳翠翠"}))
    amended = DossierAmended(
        unit="sugar", dossier=mistyped, identity_commitment=promise, facts=Facts(), reason="录入有误"
    )
    f.record(w, "sugar-clerk", amended, disclosure)
    ((_, second),) = run(views).found.not_found
    assert second == mistyped
    assert subjects(views, "identity-one-edit") == []


def test_who_stands_in_for_an_erased_dossier_is_compared(views: Views) -> None:
    """Of two dossiers of one person one is compared; when it goes, the other is."""
    f, w = views.founded, views.writer
    person = f.people.person()
    first = f.dossier(w, person)
    second = f.dossier(w, person, "sugar")
    f.dossier(w, near(person))
    assert len(run(views).found.pairs) == 1
    f.record(w, "registrar", DossierErased(unit="tea", dossier=first, reason="误建"))
    (pair,) = run(views).found.pairs
    assert second in pair[:2]
