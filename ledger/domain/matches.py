"""Matches between ledgers (跨台账比中), as decisions know them: two ledgers, two positions, and what each answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ledger.domain.record import Record

MatchRule = Literal["person-paid-twice", "account-shared", "household-paid-twice", "person-paid-before"]
"""By which rule two ledgers match."""

MATCH_RULE_TITLES: dict[str, tuple[str, str]] = {
    "person-paid-twice": ("同一人同年在两个台账受助", "one person paid by two ledgers in one year"),
    "account-shared": ("不同人员使用同一账户", "one account for different persons"),
    "household-paid-twice": ("同一户同年在两个台账受助", "one household paid by two ledgers in one year"),
    "person-paid-before": ("上一年度已在另一台账受助", "paid by another ledger the year before"),
}

Answer = Literal["returned", "both-due", "another-person", "erased", "inquiring"]
"""What a county says of a match."""

ANSWER_TITLES: dict[str, tuple[str, str]] = {
    "returned": ("属重复救助，款项已追回", "paid twice, the money was returned"),
    "both-due": ("经核实，两次救助均符合规定", "both payments were due"),
    "another-person": ("经核实，不是同一人", "not the same person"),
    "erased": ("身份信息已删除，无法核实", "the identity was erased"),
    "inquiring": ("正在核查", "under inquiry"),
}


@dataclass
class Match(Record):
    """A match between two ledgers that are followed (比中), by its digest.

    ``answers`` has for each of the two the position of its last answer in its own log, and the answer.
    """

    KIND: ClassVar[str] = "match"
    id: str
    rule: str
    first: str
    first_position: int
    second: str
    second_position: int
    year: int
    found_on: str
    answers: dict[str, list[Any]] = field(default_factory=dict)
