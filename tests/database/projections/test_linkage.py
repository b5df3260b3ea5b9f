"""Linkage finds one person under two identities, and not families, twins, namesakes or phones passed on."""

from __future__ import annotations

import random
from itertools import pairwise
from math import log2

import duckdb
import pytest
from stdnum.cn import ric

from api.demo.people import People
from ledger.errors import Misconfigured
from ledger.identity.documents import PersonIdentity
from ledger.spark import check_spark
from projections.linkage import pairs
from projections.linkage.jaro_winkler import jaro_winkler
from projections.linkage.kinds import Kind
from projections.linkage.model import settings
from projections.linkage.name_frequency import COMMONEST, RAREST, name_frequency
from projections.linkage.on_spark import OnSpark
from projections.linkage.pairs import Known, Pair, find_pairs
from tests.bench.crowds import CROWDS
from tests.bench.linkage import by_points, comparable, score


def numbered(person: PersonIdentity, digits: str, **changes: str | None) -> PersonIdentity:
    """The same person under another number, given its first 17 digits."""
    return person.model_copy(update={"number": digits + ric.calc_check_digit(digits + "0"), **changes})


def other_digit(digits: str, at: int) -> str:
    return digits[:at] + str((int(digits[at]) + 1) % 10) + digits[at + 1 :]


PEOPLE = People(41)
CROWD = [Known(f"c{number}", f"u{number % 7}", PEOPLE.person()) for number in range(300)]
NAMED = PEOPLE.person(name="陈文辉", household="H900")
PEOPLE_OF_TWO = PEOPLE.person(name="陈明", household="H901")


def found(*people: PersonIdentity, kind: Kind = "one-person") -> list[Pair]:
    """The pairs of that kind among these, in a crowd."""
    known = [Known(f"d{number}", "u1", person) for number, person in enumerate(people)]
    return [pair for pair in find_pairs([*CROWD, *known]).pairs if pair.kind == kind]


@pytest.mark.parametrize(
    ("what", "again"),
    [
        ("a homophone and a wrong digit", numbered(NAMED, other_digit(NAMED.number[:17], 15), name="陈文晖")),
        (
            "a look-alike and a wrong birth date",
            numbered(NAMED, other_digit(NAMED.number[:17], 11), name="陈又辉"),
        ),
        (
            "two digits swapped",
            numbered(NAMED, NAMED.number[:14] + NAMED.number[15] + NAMED.number[14] + NAMED.number[16]),
        ),
        ("a wrong region, without phone", numbered(NAMED, other_digit(NAMED.number[:17], 5), phone=None)),
        (
            "the syllables in another order",
            numbered(NAMED, other_digit(NAMED.number[:17], 16), name="陈辉文"),
        ),
        ("a character left out", numbered(NAMED, other_digit(NAMED.number[:17], 9), name="陈辉")),
        (
            "a name of two with a look-alike",
            numbered(PEOPLE_OF_TWO, other_digit(PEOPLE_OF_TWO.number[:17], 9), name="陈朋"),
        ),
    ],
)
def test_it_finds(what: str, again: PersonIdentity) -> None:
    original = PEOPLE_OF_TWO if len(again.name) == 2 and again.name != "陈辉" else NAMED
    ((first, second, weight, levels, _, one_edit),) = found(original, again)
    assert {first, second} == {"d0", "d1"}, what
    assert weight >= 6
    assert levels["number"] >= 2
    assert one_edit == (levels["number"] >= 3)


def test_the_old_number_of_15_digits_is_the_same_number() -> None:
    from datetime import date

    from ledger.identity.documents import resident_number

    old = NAMED.number[:6] + NAMED.number[8:17]
    same = NAMED.model_copy(update={"number": resident_number(old, today=date(2026, 1, 1))})
    assert same.number == NAMED.number
    assert found(NAMED, same) == []


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("twins", numbered(NAMED, other_digit(NAMED.number[:17], 16), name="陈文强")),
        ("spouses on one phone", PEOPLE.person(name="林秀英", phone=NAMED.phone, household="H900")),
        ("namesakes", PEOPLE.person(name=NAMED.name)),
        ("a phone that was passed on", PEOPLE.person(phone=NAMED.phone)),
        ("a sibling with a near number", numbered(NAMED, other_digit(NAMED.number[:17], 9), name="陈秀兰")),
    ],
)
def test_it_does_not_find(what: str, other: PersonIdentity) -> None:
    assert found(NAMED, other) == [], what


def test_fewer_than_two_have_no_pairs() -> None:
    assert find_pairs([]) == find_pairs(CROWD[:1]) == ([], 0, [])


def test_homophone_twins_are_for_review() -> None:
    twin = numbered(
        NAMED, NAMED.number[:14] + f"{int(NAMED.number[14:17]) + 2:03d}", name="陈雯晖", account=None
    )
    assert found(NAMED, twin) == found(NAMED, twin, kind="one-edit") == []
    assert len(found(NAMED, twin, kind="review")) == 1


def test_numbers_two_edits_apart_under_a_common_name_are_for_review() -> None:
    common = PEOPLE.person(name="王伟")
    digits = other_digit(other_digit(common.number[:17], 14), 16)
    assert len(found(common, numbered(PEOPLE.person(name="王伟"), digits), kind="review")) == 1


def test_one_number_under_two_names_is_a_finding_and_a_misspelt_name_is_none() -> None:
    stranger = NAMED.model_copy(update={"name": "林秀英"})
    ((first, second, *_),) = found(NAMED, stranger, kind="two-names")
    assert {first, second} == {"d0", "d1"}
    misspelt = NAMED.model_copy(update={"name": "陈文晖"})
    known = [Known("a", "u1", NAMED), Known("b", "u2", misspelt)]
    assert find_pairs([*CROWD, *known]).pairs == []


def test_a_pair_weighs_the_same_among_few_and_among_many() -> None:
    """One digit off, another phone and account: recorded whatever it weighs, and its weight is its own."""
    again = PEOPLE.person(name=NAMED.name, address=NAMED.address)
    pair = [Known("a", "u1", NAMED), Known("b", "u2", numbered(again, other_digit(NAMED.number[:17], 13)))]
    many, _ = CROWDS["neighbours"](20_000, 3)
    weights = {
        round(found.weight, 6)
        for crowd in ([], CROWD, many)
        for found in find_pairs([*crowd, *pair]).pairs
        if {found.first, found.second} == {"a", "b"} and found.one_edit
    }
    assert len(weights) == 1


@pytest.mark.parametrize("again", ["one digit off, all else new", "a homophone, one digit off, one phone"])
def test_the_same_pair_is_found_at_300_and_at_300_000_persons(
    again: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the reference size only the prior differs, and not what the pair is taken for."""
    other = numbered(PEOPLE.person(name=NAMED.name), other_digit(NAMED.number[:17], 13))
    if again.startswith("a homophone"):
        other = other.model_copy(update={"name": "陈文晖", "phone": NAMED.phone})
    pair = [Known("a", "u1", NAMED), Known("b", "u2", other)]
    found = {}
    for persons in (300, 3_000, 300_000):
        monkeypatch.setattr(pairs, "settings", lambda count, goes_on, persons=persons: settings(persons))
        (found[persons],) = find_pairs(pair).pairs
    assert len({each.kind for each in found.values()}) == 1
    assert found[300].weight == found[3_000].weight
    assert found[300].weight - found[300_000].weight == pytest.approx(log2(1.5), abs=0.01)


def test_spark_finds_the_same_to_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        check_spark()
    except Misconfigured as missing:
        pytest.skip(missing.message("en"))
    # Of so few persons most of the time would go to compiling: once is enough.
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    people = [*CROWDS["neighbours"](100, 1)[0], *CROWDS["townspeople"](100, 2)[0]]
    people = [known._replace(dossier=f"d{number}") for number, known in enumerate(people)]
    here, there = find_pairs(people), find_pairs(people, engine=OnSpark("local[1]"))
    assert len(here.pairs) > 3
    assert comparable(here) == comparable(there)
    assert here.set_aside == there.set_aside


def test_names_sound_alike_on_every_engine() -> None:
    """Engines differ in a float's last bit alone, and the limits of the model leave room for that."""
    drawn, letters = random.Random(1), "aceghinou"
    names = ["".join(drawn.choices(letters, k=drawn.randint(1, 12))) for _ in range(4_000)]
    said = [f"{name[:4]}{other[2:]}" for name, other in pairwise([*names, names[0]])]
    query = "SELECT jaro_winkler_similarity(a, b) FROM (SELECT unnest($1) AS a, unnest($2) AS b)"
    expected = [row[0] for row in duckdb.execute(query, [[*names, ""], [*said, ""]]).fetchall()]
    assert [jaro_winkler(*each) for each in zip([*names, ""], [*said, ""], strict=True)] == pytest.approx(
        expected, abs=1e-12
    )
    assert jaro_winkler(None, "wang") is None


def test_points_are_no_better_than_the_weighed_model() -> None:
    precision, recall = by_points("townspeople", 2000)
    found = score("townspeople", 2000)
    assert found.precision >= precision
    assert found.f1 >= 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("name", ["张伟", "欧阳菲菲", "阿依古丽·买买提", "龘", "王李"])
def test_any_name_has_a_frequency(name: str) -> None:
    assert RAREST <= name_frequency(name) <= COMMONEST


def test_a_common_name_is_more_frequent_than_a_rare_one() -> None:
    assert name_frequency("王伟") > name_frequency("王志明") > name_frequency("覃彧翀")


@pytest.mark.parametrize("crowd", CROWDS)
def test_it_finds_nearly_all_and_nearly_nothing_else_in_a_crowd(crowd: str) -> None:
    found = score(crowd, 8000, seed=2)
    assert found.precision >= 0.995
    assert found.f1 >= 0.97
