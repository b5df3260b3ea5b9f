"""Words of bodies stand in the release's vocabulary or in a policy's, and are read in rosters by the same."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api.roster.words import WORDS, category_of, coded, words_under
from ledger.domain.policy.campaign_policy import Category
from ledger.domain.policy.vocabulary import LISTS, Vocabulary, read_vocabulary, shipped_words, words_of
from ledger.events.campaign import CampaignClosed
from ledger.events.dossier import DossierAmended, DossierFiled, Facts
from ledger.events.household import HouseholdDeclared, MemberRecorded
from ledger.events.nomination import Nominated
from tests.scene import ON, Scene, policy

BY = "某县总工会帮扶办法（2025）"
RECORDED_ONCE = {
    "cause": "illness disaster family-change both-laid-off accident schooling other",
    "subsistence": "none edge on",
    "employment": "employed laid-off registered-unemployed retired",
    "model_worker": "national provincial municipal",
    "ownership": "state collective other",
    "closing": "closure bankruptcy",
    "purpose": "living medical schooling employment",
    "visit_mode": "county-leaders federation-leaders union-county-funds union-own-funds",
    "relation": "spouse child parent parent-in-law child-in-law grandparent grandchild sibling other",
    "studies": "none compulsory senior vocational college university postgraduate",
    "illness": "none chronic serious",
    "work": "employed new-forms casual laid-off early-retired awaiting-post unemployed registered-unemployed"
    " retired student unable child",
}
"""What bodies could say before words were data: old ledgers hold it, so that it stays known."""


def vocabulary(of: str, *words: tuple[str, str], synonyms: tuple[str, ...] = (), **more: Any) -> Vocabulary:
    return Vocabulary.model_validate(
        {
            "of": of,
            "source": BY,
            "words": [
                {"code": code, "title": title, "source": BY, "synonyms": list(synonyms)}
                for code, title in words
            ],
            **more,
        }
    )


DISABILITY = vocabulary("cause", ("disability", "因残"), synonyms=("残疾", "因残致困"))


def filed(**facts: Any) -> DossierFiled:
    return DossierFiled(unit="tea", identity_commitment="ab" * 32, facts=Facts(**facts))


def test_whatever_was_recorded_stays_known() -> None:
    for name, words in RECORDED_ONCE.items():
        assert set(words.split()) <= shipped_words()[name].keys()  # type: ignore[index]
    assert read_vocabulary("").keys() == set(LISTS)
    with pytest.raises(ValueError, match="unknown lists: colour"):
        read_vocabulary('[colour.red]\ntitle = "红"\nsource = "-"')


def test_no_word_means_two_things_in_its_list() -> None:
    for words in shipped_words().values():
        names = [name for word in words.values() for name in dict.fromkeys(word.names)]
        assert len(names) == len(set(names))


def test_a_dossier_is_said_in_known_words() -> None:
    scene = Scene()
    scene.when("tea-clerk", filed(cause="illness"), person="甲").then(lambda scene: True)
    scene.when("tea-clerk", filed(cause="disability"), person="甲").refuses(
        "word-unknown", found="disability", list_zh="致困原因"
    )
    scene.when("tea-clerk", filed(employment="unemployed"), person="甲").refuses("word-unknown")


def test_a_policy_adds_a_word_that_its_units_use_also_once_it_is_over() -> None:
    scene = Scene(vocabularies=[DISABILITY])
    dossier = scene.do("tea-clerk", filed(cause="disability"), person="甲")
    scene.do("approver", CampaignClosed(campaign="b2026"))
    amended = DossierAmended(unit="tea", dossier=dossier, facts=Facts(cause="disability"), reason="-")
    scene.when("tea-clerk", amended).then(lambda scene: True)
    other = DossierAmended(unit="tea", dossier=dossier, facts=Facts(cause="debt"), reason="-")
    scene.when("tea-clerk", other).refuses("word-unknown")


def test_a_household_is_said_in_known_words() -> None:
    scene = Scene()
    dossier = scene.do("tea-clerk", filed(), person="甲")
    on = {"unit": "tea", "dossier": dossier}
    member = MemberRecorded(**on, relation="cousin", identity_commitment="cd" * 32)
    scene.when("tea-clerk", member, person="乙").refuses("word-unknown")
    said = {"locality": "某县", "year": 2026, "applicant": {"income_fen": 0, "work": "idle"}}
    scene.when("tea-clerk", HouseholdDeclared.model_validate(on | said)).refuses("word-unknown")


def test_a_nomination_is_held_to_its_campaigns_words() -> None:
    replaced = vocabulary("purpose", ("winter", "冬季取暖"), replaces=True)
    scene = Scene(vocabularies=[replaced])
    dossier = scene.do("tea-clerk", filed(), person="甲")
    case = {**ON, "dossier": dossier, "category": "worker", "amount_fen": 50_000}
    scene.when("tea-clerk", Nominated(**case, purpose="living")).refuses("word-unknown", expected="冬季取暖")
    scene.when("tea-clerk", Nominated(**case, visit_mode="by-bus")).refuses("word-unknown")
    scene.when("tea-clerk", Nominated(**case, purpose="winter")).then(lambda scene: True)


def test_a_policys_word_takes_its_synonyms_from_the_releases() -> None:
    flood = vocabulary("cause", ("flood", "因洪涝受灾"), synonyms=("水灾",))
    words = words_of("cause", [flood])
    assert "水灾" not in words["disaster"].names
    assert words["flood"].source == BY


def test_rosters_are_read_by_the_policys_words() -> None:
    assert words_under([policy()]) is WORDS
    under = words_under([policy(vocabularies=[DISABILITY])])
    assert coded(under["cause"], "残疾") == "disability"
    assert coded(under["cause"], "意外灾害") == "disaster"
    assert coded(WORDS["cause"], "残疾") is None
    assert coded(WORDS["group"], "特困职工") == "worker"
    named = policy(categories=[Category(code="carers", title="护工", line="workers", synonyms=["护理人员"])])
    assert category_of(named, "护理人员", "person") == "carers"


def test_a_vocabulary_is_no_riddle() -> None:
    two = [
        {"code": "a", "title": "甲", "source": BY, "synonyms": ["丙"]},
        {"code": "b", "title": "丙", "source": BY},
    ]
    for words in (two, [two[0], two[0]]):
        with pytest.raises(ValidationError):
            Vocabulary.model_validate({"of": "cause", "words": words, "source": BY})
    with pytest.raises(ValidationError):
        policy(vocabularies=[DISABILITY, DISABILITY])
