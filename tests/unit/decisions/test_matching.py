"""Evaluators, marks and matches: what each ledger admits of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ledger.domain.evaluation import Asker, ListMarks, Marked
from ledger.domain.matches import Match
from ledger.events.dossier import DossierErased
from ledger.events.evaluation import AskerAdmitted, BatchEvaluated, EvaluatorKeyed, QuotaGranted
from ledger.events.federation import LedgerFollowed
from ledger.events.marking import DossierMarked, EvaluatorAccepted, MatchAnswerFiled, ReferenceMarked
from ledger.events.matching import ComparedLedger, ComparisonRun, MatchAnswered, MatchFound
from ledger.events.register import ReferenceWithdrawn
from tests.scene import Scene, public_key
from tests.unit.decisions.test_federation import BELOW, reader
from tests.unit.decisions.test_registers import deaths

ASKER: dict[str, Any] = {
    "asker": "north", "ledger": BELOW["ledger"], "name": "北县", "public_key": public_key("north's machine"),
    "proof_of_possession": "0" * 128,
}  # fmt: skip


def batch(count: int, digest: str, year: int = 2026, campaign: str = "b") -> BatchEvaluated:
    return BatchEvaluated(asker="north", of_campaign=campaign, version=year, count=count, batch=digest * 64)


@pytest.fixture
def evaluator(scene: Scene) -> Scene:
    """A ledger that evaluates for one county, which filed ten dossiers."""
    scene.do("registrar", EvaluatorKeyed(version=2026, evaluation_key="a" * 64))
    scene.do("registrar", AskerAdmitted(**ASKER))
    scene.do("registrar", QuotaGranted(asker="north", of_campaign="b", dossiers=10))
    return scene


class TestEvaluating:
    def test_a_year_has_one_key(self, evaluator: Scene) -> None:
        for year, key in ((2026, "b"), (2027, "a")):
            event = EvaluatorKeyed(version=year, evaluation_key=key * 64)
            evaluator.when("registrar", event).refuses("already-registered")
        evaluator.when("auditor", EvaluatorKeyed(version=2027, evaluation_key="b" * 64)).refuses(
            "role-not-held"
        )

    def test_a_ledger_has_one_code_and_may_change_its_key(self, evaluator: Scene) -> None:
        for change in ({"asker": "south"}, {"ledger": BELOW["ledger"][:-1] + "9"}, {}):
            evaluator.when("registrar", AskerAdmitted(**ASKER | change)).refuses("already-registered")
        evaluator.do("ledger", batch(3, "1"))
        evaluator.do("registrar", AskerAdmitted(**ASKER | {"public_key": public_key("another machine")}))
        assert evaluator.state.get(Asker, "north").left("b", 2026) == 30

    def test_points_are_counted_up_to_eleven_tenths_of_the_dossiers(self, evaluator: Scene) -> None:
        evaluator.do("ledger", batch(30, "1"))
        evaluator.when("ledger", batch(4, "2")).refuses("quota-exceeded")
        evaluator.when("ledger", batch(1, "2", campaign="c")).refuses("quota-exceeded")
        evaluator.do("ledger", batch(3, "2"))
        evaluator.do("registrar", QuotaGranted(asker="north", of_campaign="b", dossiers=0))
        evaluator.when("ledger", batch(1, "3")).refuses("quota-exceeded")
        again = QuotaGranted(asker="north", of_campaign="b", dossiers=0)
        evaluator.when("registrar", again).refuses("state-not-allowed")

    def test_a_batch_counts_once(self, evaluator: Scene) -> None:
        evaluator.do("ledger", batch(3, "1"))
        evaluator.when("ledger", batch(3, "1")).refuses("batch-counted")

    def test_a_key_is_good_in_its_year_and_the_next(self, evaluator: Scene) -> None:
        evaluator.when("ledger", batch(1, "1", 2025)).refuses("key-year-not-valid")
        evaluator.do("registrar", EvaluatorKeyed(version=2027, evaluation_key="b" * 64))
        evaluator.when("ledger", batch(1, "1", 2027)).refuses("key-year-not-valid")
        evaluator.time = datetime.fromisoformat("2027-02-01T01:00:00+00:00")
        evaluator.do("ledger", batch(1, "1", 2026))
        evaluator.do("ledger", batch(1, "2", 2027))
        evaluator.time = datetime.fromisoformat("2028-01-02T01:00:00+00:00")
        evaluator.when("ledger", batch(1, "3", 2026)).refuses("key-year-not-valid")


def marked(scene: Scene, dossier: str, **changes: Any) -> DossierMarked:
    said: dict[str, Any] = {
        "dossier": dossier, "dossier_version": dossier, "version": 2026, "evaluators": ["city", "audit"],
        "person": "1" * 64,
    }  # fmt: skip
    return DossierMarked(**said | changes)


@pytest.fixture
def county(scene: Scene) -> Scene:
    """A county that has accepted both evaluators."""
    for code in ("city", "audit"):
        accepted = EvaluatorAccepted(evaluator=code, name=code, version=2026, evaluation_key=public_key(code))
        scene.do("registrar", accepted)
    return scene


class TestMarking:
    def test_an_evaluators_key_of_a_year_stays_and_is_nobody_elses(self, county: Scene) -> None:
        for code, year, key in (("city", 2026, "x"), ("city", 2027, "audit"), ("third", 2026, "city")):
            event = EvaluatorAccepted(evaluator=code, name=code, version=year, evaluation_key=public_key(key))
            county.when("registrar", event).refuses("already-registered")

    def test_a_dossier_is_marked_once_a_version_and_year(self, county: Scene) -> None:
        dossier = county.dossier()
        county.do("ledger", marked(county, dossier))
        assert county.state.get(Marked, dossier).years == [2026]
        county.when("ledger", marked(county, dossier)).refuses("dossier-marked")
        county.when("auditor", marked(county, dossier)).refuses("not-the-ledger")

    def test_by_two_evaluators_whose_key_of_that_year_is_accepted(self, county: Scene) -> None:
        dossier = county.dossier()
        for evaluators in (["city"], ["city", "city"], ["city", "audit", "city"]):
            county.when("ledger", marked(county, dossier, evaluators=evaluators)).refuses(
                "evaluators-not-two"
            )
        wrong_year = marked(county, dossier, version=2025)
        county.when("ledger", wrong_year).refuses("evaluator-not-accepted")
        unknown = marked(county, dossier, evaluators=["city", "third"])
        county.when("ledger", unknown).refuses("reference-unknown")

    def test_never_of_another_version_nor_once_it_is_erased(self, county: Scene) -> None:
        dossier = county.dossier()
        other = marked(county, dossier, dossier_version=county.dossier())
        county.when("ledger", other).refuses("marked-version-differs")
        county.do("registrar", DossierErased(unit="tea", dossier=dossier, reason="到期"))
        county.when("ledger", marked(county, dossier)).refuses("dossier-erased")

    def test_a_list_is_marked_row_after_row_while_it_is_in_force(self, county: Scene) -> None:
        listed = county.do("auditor", deaths())

        def rows(first: int, **changes: Any) -> ReferenceMarked:
            said: dict[str, Any] = {
                "reference": listed, "version": 2026, "evaluators": ["city", "audit"], "first": first,
                "rows": [{"mark": "1" * 64, "since": "2025-06-02"}] * 2,
            }  # fmt: skip
            return ReferenceMarked.model_validate(said | changes)

        county.do("ledger", rows(0))
        county.when("ledger", rows(0)).refuses("list-marks-not-next")
        county.when("ledger", rows(2, evaluators=["city", "city"])).refuses("evaluators-not-two")
        county.do("ledger", rows(2))
        assert county.state.get(ListMarks, f"{listed}/2026").count == 4
        helped = county.do("auditor", deaths("2", kind="subsistence"))
        county.when("ledger", rows(0, reference=helped)).refuses("list-not-marked")
        county.do(
            "auditor", ReferenceWithdrawn(unit="county", reference=listed, reason="有误"), second="inspector"
        )
        county.when("ledger", rows(4)).refuses("register-ended")

    def test_the_county_answers_about_its_own_dossier(self, county: Scene) -> None:
        county.do("registrar", reader())
        said: dict[str, Any] = {
            "unit": "tea", "dossier": county.dossier(), "upper": "city", "match": "1" * 64,
            "rule": "person-paid-twice", "answer": "returned", "text": "款项已追回",
        }  # fmt: skip
        county.do("inspector", MatchAnswerFiled(**said))
        county.when("tea-clerk", MatchAnswerFiled(**said)).refuses("role-not-held")
        county.when("inspector", MatchAnswerFiled(**said | {"unit": "sugar"})).refuses("unit-differs")


class TestMatches:
    @pytest.fixture
    def above(self, scene: Scene) -> Scene:
        scene.do("registrar", LedgerFollowed(**BELOW))
        other = {"followed": "south", "ledger": BELOW["ledger"][:-1] + "2", "public_key": public_key("south")}
        scene.do("registrar", LedgerFollowed(**BELOW | other))
        return scene

    def test_a_match_is_found_once_between_two_ledgers_and_answered_by_both(self, above: Scene) -> None:
        compared = [ComparedLedger(followed=code, size=1) for code in ("north", "south")]
        run = ComparisonRun(day="2026-01-10", engine="duckdb", ledgers=compared, marks=2, found=1, new=1)
        above.do("ledger", run)
        said: dict[str, Any] = {
            "day": "2026-01-10", "match": "1" * 64, "rule": "person-paid-twice", "first": "north",
            "first_position": 3, "second": "south", "second_position": 4, "year": 2026,
        }  # fmt: skip
        above.when("ledger", MatchFound(**said | {"second": "north"})).refuses("state-not-allowed")
        above.do("ledger", MatchFound(**said))
        above.when("ledger", MatchFound(**said)).refuses("match-stands")
        answer: dict[str, Any] = {
            "day": "2026-01-11",
            "match": "1" * 64,
            "position": 9,
            "answer": "inquiring",
        }
        above.do("ledger", MatchAnswered(**answer, followed="north"))
        above.when("ledger", MatchAnswered(**answer, followed="north")).refuses("answer-not-next")
        above.do("ledger", MatchAnswered(**answer | {"answer": "returned"}, followed="south"))
        later = answer | {"position": 12, "answer": "both-due"}
        above.do("ledger", MatchAnswered(**later, followed="north"))
        assert above.state.get(Match, "1" * 64).answers == {
            "north": [12, "both-due"],
            "south": [9, "returned"],
        }
        unknown = MatchAnswered(**answer | {"match": "2" * 64}, followed="north")
        above.when("ledger", unknown).refuses("reference-unknown")
