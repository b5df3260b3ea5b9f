"""A crowd with families, siblings with near numbers, and persons entered twice; and linkage's measure on it."""

from __future__ import annotations

import random
import resource
import sys
import time

from stdnum.cn import ric

from api.demo.people import People
from ledger.identity.documents import PersonIdentity
from projections.linkage.pairs import (
    LEAST_WEIGHT,
    MODEL,
    Known,
    find_pairs,
)

_HOMOPHONES = dict(
    zip("伟芳秀英静丽勇杰涛明霞平刚文辉华红国福荣", "玮方绣鹰婧莉永洁韬鸣遐萍钢纹晖桦虹帼富蓉", strict=True)
)
TWICE = 0.03


def crowd(count: int, seed: int) -> tuple[list[Known], set[frozenset[str]]]:
    """So many persons, three in ten of them of the family before, and 3 % entered twice with mistakes.

    Returns the persons and the pairs of dossiers that are one person's.
    """
    draw, drawn = random.Random(seed), People(seed)
    people: list[Known] = []
    for number in range(count):
        person = drawn.person(phone=f"13{number:09d}", account=f"6228{number:015d}", household=f"H{number}")
        if people and draw.random() < 0.3:
            person = _relative(draw, person, people[-1].identity)
        people.append(Known(f"d{number}", f"u{draw.randrange(50)}", person))
    originals = draw.sample(people, int(count * TWICE))
    truth = set()
    for number, original in enumerate(originals):
        again = Known(f"x{number}", f"u{draw.randrange(50)}", _entered_again(draw, original.identity))
        people.append(again)
        truth.add(frozenset((original.dossier, again.dossier)))
    return people, truth


def _relative(draw: random.Random, person: PersonIdentity, of: PersonIdentity) -> PersonIdentity:
    changes: dict[str, str | None] = {"household": of.household, "address": of.address}
    if draw.random() < 0.5:
        changes["phone"] = of.phone
    if draw.random() < 0.3:
        changes["account"] = of.account
    if draw.random() < 0.1:
        # A twin, or one registered on the same day: surname and most of the number are the same.
        digits = of.number[:14] + f"{(int(of.number[14:17]) + draw.choice((1, 2, 7))) % 1000:03d}"
        changes["name"] = of.name[0] + person.name[1:]
        changes["number"] = digits + ric.calc_check_digit(digits + "0")
    return person.model_copy(update=changes)


def _entered_again(draw: random.Random, person: PersonIdentity) -> PersonIdentity:
    digits = list(person.number[:17])
    at = draw.randrange(6, 16)
    if draw.random() < 0.6 and digits[at] != digits[at + 1]:
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        digits[16] = str((int(digits[16]) + draw.randrange(1, 10)) % 10)
    number = "".join(digits)
    changes: dict[str, str | None] = {"number": number + ric.calc_check_digit(number + "0")}
    alike = [character for character in person.name[1:] if character in _HOMOPHONES]
    if alike and draw.random() < 0.4:
        changes["name"] = person.name.replace(alike[0], _HOMOPHONES[alike[0]])
    for field in ("phone", "account", "household", "address"):
        if draw.random() < 0.35:
            changes[field] = None
    return person.model_copy(update=changes)


def main(counts: list[int]) -> None:
    """Prints the table of docs/precision.md."""
    print(f"Model {MODEL}, weight ≥ {LEAST_WEIGHT:g}.\n")
    print("| persons | precision | recall | F1 | time | memory |\n|---|---|---|---|---|---|")
    for count in counts:
        people, truth = crowd(count, seed=1)
        started = time.perf_counter()
        found = {frozenset(pair[:2]) for pair in find_pairs(people) if pair.guarded}
        seconds = time.perf_counter() - started
        right = len(found & truth)
        precision, recall = right / len(found), right / len(truth)
        f1 = 2 * precision * recall / (precision + recall)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"| {count:,} | {precision:.4f} | {recall:.4f} | {f1:.4f} | {seconds:.1f} s | {memory:.2f} GiB |"
        )


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [20_000, 200_000])
