"""Words of bodies stand in the release's vocabulary or in a policy's, and are read in rosters by the same."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api.campaigns.plans import TEMPLATES, template
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
    assert coded(under["cause"], "意外灾害") is None  # an accident or a disaster: asked
    assert coded(WORDS["cause"], "残疾") is None
    assert coded(WORDS["group"], "特困职工") == "worker"
    named = policy(categories=[Category(code="carers", title="护工", line="workers", synonyms=["护理人员"])])
    assert category_of(named, "护理人员", "person") == "carers"


CHANGED = (
    ("group", "职工"), ("group", "企业职工"), ("group", "居民"), ("group", "劳模工匠"), ("group", "一线职工"),
    ("group", "退休职工"), ("group", "工伤职工"), ("group", "外来务工人员"), ("cause", "意外致困"), ("cause", "残疾"),
    ("employment", "失业"), ("employment", "内退"), ("employment", "待岗"), ("employment", "离退休"),
    ("ownership", "股份制"), ("model_worker", "市级工匠"), ("model_worker", "工匠"),
)  # fmt: skip
"""Words by which a fact would change if a release's word were read for them."""
QUALIFIED = ("困难", "特困", "登记", "坚守", "致残", "牺牲")
"""What a class says of its people beside what they do: who is read as one of them is said to be so, too."""
IS_SO = {"困难": ("困难", "特困", "致困", "困")}
"""What says as much."""


def test_no_word_changes_a_fact() -> None:
    assert [(of, word) for of, word in CHANGED if coded(WORDS[of], word) is not None] == []
    policies = [policy(), *(template(name, 2026).policy for name in TEMPLATES)]
    for each in policies:
        for of in ("group", "category", "employment"):
            for word in each.words(of).values():
                for said in (mark for mark in QUALIFIED if mark in word.title):
                    lacking = [
                        name
                        for name in word.read_as
                        if not any(mark in name for mark in IS_SO.get(said, (said,)))
                    ]
                    assert not lacking, (of, word.title, lacking)


def test_a_category_takes_words_of_its_kind_alone() -> None:
    a, b, today = (template(name, 2026).policy for name in ("a", "b", "union-today"))
    assert category_of(b, "特困职工", "person") == "hardship-worker"
    assert category_of(b, "市级劳动模范", "person") == "model-worker"
    for wider in ("困难职工", "特困职工", "困难企业特困职工", "困难失业人员", "失业人员"):
        assert category_of(a, wider, "person") is None
    for other in ("职工", "农民工", "外来务工人员", "工匠", "市级工匠", "劳模工匠", "困难企业特困职工"):
        assert category_of(b, other, "person") is None
    assert category_of(b, "困难企业职工", "person") == "difficult-enterprise-worker"
    # Which of its classes a worker in hardship is of, the list must say.
    assert category_of(today, "困难职工", "person") is None
    assert category_of(today, "市级工匠", "person") == "model-worker"
    levels = words_under([today])["model_worker"]
    assert [coded(levels, word) for word in ("市级工匠", "省级工匠", "大国工匠", "工匠", "市级劳模")] == [
        "craftsman-municipal", "craftsman-provincial", "craftsman-national", "craftsman", "municipal",
    ]  # fmt: skip


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
