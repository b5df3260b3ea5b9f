"""Marks by two evaluators in a chain (联合标记): what is evaluated, by whom after whom, and what comes of it.

The first evaluator's output is the second one's input, blinded anew: neither alone, nor whoever holds the numbers, can
try a number out. A mark is the first 32 bytes of what the second makes of it, in hex.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from ledger.crypto.oprf import Blinding
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity

SCHEME = "songnuan-federation-mark/1"
MARK_BYTES = 32

Kind = Literal["person", "enterprise", "account", "household"]
"""What a value is of, so that none is taken for another."""


class Asked(Protocol):
    """An evaluator that can be asked: its code here, its public keys by year, and the way to it."""

    @property
    def code(self) -> str:
        """Its code in this ledger."""

    @property
    def keys(self) -> Mapping[int, str]:
        """Its accepted public keys by year, hex."""

    def check(self, year: int) -> None:
        """Raise what keeps it from answering under the accepted key of a year; asks for nothing that counts."""

    def evaluate(self, points: Sequence[bytes], *, campaign: str, year: int) -> bytes:
        """Its answer to blinded points."""


class DossierIdentity(NamedTuple):
    """A dossier whose marks are to be made: its id, its version, and whose it is."""

    dossier: str
    version: str
    identity: PersonIdentity | EnterpriseIdentity


class Marks(NamedTuple):
    """A dossier's marks, 64 hexadecimal digits each."""

    dossier: str
    version: str
    person: str
    account: str | None
    household: str | None


def inputs_of(identity: PersonIdentity | EnterpriseIdentity) -> dict[str, bytes]:
    """What is evaluated of an identity, by field, each with the scheme and its field before it.

    A person's number and an enterprise's code are told apart, so that neither is ever taken for the other.
    """
    values: dict[str, tuple[Kind, str | None]] = {}
    if isinstance(identity, PersonIdentity):
        values["person"] = "person", identity.number
        values["household"] = "household", identity.household
    else:
        values["person"] = "enterprise", identity.credit_code
    values["account"] = "account", identity.account
    return {field: input_of(kind, value) for field, (kind, value) in values.items() if value is not None}


def input_of(kind: Kind, value: str) -> bytes:
    """What is evaluated of a value: with the scheme and its kind before it."""
    return f"{SCHEME}\0{kind}\0{value}".encode()


def chained(values: Sequence[bytes], evaluators: Sequence[Asked], *, campaign: str, year: int) -> list[str]:
    """The marks of values: evaluated by one after the other, each proof verified, in hex.

    All are looked at first: what the first has counted would be lost where the second is down.

    Raises:
        NotVerified: ``evaluation-proof-wrong``.
    """
    found = list(values)
    for evaluator in evaluators:
        evaluator.check(year)
    for evaluator in evaluators:
        blinding = Blinding(found)
        answer = evaluator.evaluate(blinding.points, campaign=campaign, year=year)
        found = blinding.outputs(answer, evaluator.keys[year], evaluator=evaluator.code, year=year)
    return [output[:MARK_BYTES].hex() for output in found]


def marks_of(
    dossiers: Sequence[DossierIdentity], evaluators: Sequence[Asked], *, campaign: str, year: int
) -> Iterator[Marks]:
    """Each dossier's marks, all made in one question to each evaluator."""
    asked = [
        (number, *item) for number, each in enumerate(dossiers) for item in inputs_of(each.identity).items()
    ]
    made = chained([value for _, _, value in asked], evaluators, campaign=campaign, year=year)
    found: list[dict[str, str]] = [{} for _ in dossiers]
    for (number, field, _), mark in zip(asked, made, strict=True):
        found[number][field] = mark
    for each, marks in zip(dossiers, found, strict=True):
        yield Marks(each.dossier, each.version, marks["person"], marks.get("account"), marks.get("household"))
