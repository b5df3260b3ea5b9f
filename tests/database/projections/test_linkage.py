"""Linkage finds one person under two identities, and not families, twins, namesakes or phones passed on."""

from __future__ import annotations

import pytest
from stdnum.cn import ric

from api.demo.people import People
from ledger.identity.documents import PersonIdentity
from projections.linkage.pairs import Known, Pair, find_pairs


def numbered(person: PersonIdentity, digits: str, **changes: str | None) -> PersonIdentity:
    """The same person under another number, given its first 17 digits."""
    return person.model_copy(update={"number": digits + ric.calc_check_digit(digits + "0"), **changes})


def other_digit(digits: str, at: int) -> str:
    return digits[:at] + str((int(digits[at]) + 1) % 10) + digits[at + 1 :]


PEOPLE = People(41)
CROWD = [Known(f"c{number}", f"u{number % 7}", PEOPLE.person()) for number in range(300)]
NAMED = PEOPLE.person(name="陈文辉", household="H900")


def found(*people: PersonIdentity) -> list[Pair]:
    """The guarded pairs among these, in a crowd."""
    known = [Known(f"d{number}", "u1", person) for number, person in enumerate(people)]
    return [pair for pair in find_pairs([*CROWD, *known]) if pair.guarded]


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
    ],
)
def test_it_finds(what: str, again: PersonIdentity) -> None:
    ((first, second, weight, levels, _, one_edit),) = found(NAMED, again)
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
    assert find_pairs([]) == find_pairs(CROWD[:1]) == []


def test_it_finds_nearly_all_and_nearly_nothing_else_in_a_crowd() -> None:
    from tests.bench.linkage import crowd

    people, truth = crowd(8000, seed=2)
    guarded = {frozenset(pair[:2]) for pair in find_pairs(people) if pair.guarded}
    right = len(guarded & truth)
    precision, recall = right / len(guarded), right / len(truth)
    assert 2 * precision * recall / (precision + recall) >= 0.97
