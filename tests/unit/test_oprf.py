"""Oblivious evaluation: RFC 9497's vectors, proofs that do not hold, and marks by two evaluators in a chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from api.demo.people import People
from ledger.crypto.oprf import Blinding, EvaluationKey, split_points
from ledger.errors import NotVerified, Refused
from ledger.federation.marks import DossierIdentity, chained, inputs_of, marks_of

# RFC 9497, appendix A.1.2: VOPRF mode, ristretto255-SHA512.
RFC_KEY = EvaluationKey(bytes([0xA3] * 32), b"test key")
RFC_PUBLIC_KEY = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"
VECTORS = [
    (
        "00",
        "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
        "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
        "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
        "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
    ),
    (
        "5a" * 17,
        "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
        "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
        "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
        "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
    ),
]


class Evaluates:
    """An evaluator in memory, which keeps what it saw."""

    def __init__(self, code: str, seed: int, claims: int | None = None) -> None:
        self.code = code
        self.key = EvaluationKey(bytes([seed] * 32), b"2026")
        claimed = self.key if claims is None else EvaluationKey(bytes([claims] * 32), b"2026")
        self.keys = {2026: claimed.public_key}
        self.saw: list[bytes] = []

    def check(self, year: int) -> None:
        pass

    def evaluate(self, points: Sequence[bytes], *, campaign: str, year: int) -> bytes:
        self.saw += points
        return self.key.evaluate(points)


@pytest.mark.parametrize(("value", "blinded", "evaluated", "output"), VECTORS)
def test_the_rfcs_vectors(value: str, blinded: str, evaluated: str, output: str) -> None:
    assert RFC_KEY.public_key == RFC_PUBLIC_KEY
    assert RFC_KEY.evaluate([bytes.fromhex(blinded)])[64:].hex() == evaluated
    assert RFC_KEY.known(bytes.fromhex(value)).hex() == output
    blinding = Blinding([bytes.fromhex(value)])
    answer = RFC_KEY.evaluate(blinding.points)
    assert blinding.outputs(answer, RFC_PUBLIC_KEY, evaluator="a", year=2026)[0].hex() == output


def test_a_proof_that_does_not_hold_is_a_finding() -> None:
    other = EvaluationKey(bytes(32), b"2026")
    for count in (1, 2):
        blinding = Blinding([b"a", b"b"][:count])
        honest = RFC_KEY.evaluate(blinding.points)
        turned = (
            honest[:-32] + honest[64:96] if count == 2 else honest[:64] + other.evaluate(blinding.points)[64:]
        )
        for answer in (other.evaluate(blinding.points), turned, honest[:-1], b"", bytes(len(honest))):
            with pytest.raises(NotVerified) as refusal:
                blinding.outputs(answer, RFC_PUBLIC_KEY, evaluator="audit", year=2026)
            assert refusal.value.code == "evaluation-proof-wrong"


@pytest.mark.parametrize("raw", [b"", b"1" * 33, bytes(32), b"\xff" * 32])
def test_what_is_no_point_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        RFC_KEY.evaluate(split_points(raw))
    assert refusal.value.code == "points-malformed"


def test_marks_are_the_same_wherever_they_are_made_and_take_both_evaluators() -> None:
    person = People(3).person().model_copy(update={"household": "H1", "account": "6222020000000000017"})
    one, two = Evaluates("city", 1), Evaluates("audit", 2)
    made: list[Any] = [
        [*marks_of([DossierIdentity("d", "v", person)], (one, two), campaign="b", year=2026)]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    [marks] = made[0]
    value = inputs_of(person)["person"]
    assert marks.person == two.key.known(one.key.known(value))[:32].hex()
    assert len({marks.person, marks.account, marks.household}) == 3
    # Neither alone makes it, nor in the other order; and what each sees is another point each time.
    assert marks.person not in {each.key.known(value)[:32].hex() for each in (one, two)}
    assert chained([value], (two, one), campaign="b", year=2026) != [marks.person]
    assert len(set(one.saw)) == len(one.saw) and not set(one.saw) & set(two.saw)


def test_an_evaluator_that_uses_another_key_than_it_published_is_found() -> None:
    with pytest.raises(NotVerified) as refusal:
        chained([b"x"], (Evaluates("city", 1), Evaluates("audit", 3, claims=2)), campaign="b", year=2026)
    assert refusal.value.details == {"evaluator": "audit", "year": 2026}
