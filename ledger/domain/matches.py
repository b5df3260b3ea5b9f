"""Matches between ledgers (跨台账比中), as decisions know them: two ledgers, two positions, and what each answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ledger.domain.record import Record

MatchRule = Literal[
    "person-paid-twice", "account-shared", "household-paid-twice", "person-paid-before", "on-register"
]
"""By which rule two ledgers match."""

MATCH_RULE_TITLES: dict[str, tuple[str, str]] = {
    "person-paid-twice": ("同一人同年在两个台账受助", "one person paid by two ledgers in one year"),
    "account-shared": ("不同人员使用同一账户", "one account for different persons"),
    "household-paid-twice": ("同一户同年在两个台账受助", "one household paid by two ledgers in one year"),
    "person-paid-before": ("上一年度已在另一台账受助", "paid by another ledger the year before"),
    "on-register": ("受助人列于另一台账的名单", "helped, and on a list of another ledger"),
}

Answer = Literal["returned", "both-due", "another-person", "erased", "inquiring"]
"""What a county says of a match."""

ANSWER_TITLES: dict[str, tuple[str, str]] = {
    "returned": ("经核实属实，款项已追回", "it is so, and the money was returned"),
    "both-due": ("经核实，两次救助均符合规定", "both payments were due"),
    "another-person": ("经核实，不是同一人", "not the same person"),
    "erased": ("身份信息已删除，无法核实", "the identity was erased"),
    "inquiring": ("正在核查", "under inquiry"),
}

ANSWER_DAYS = 30
"""Within how many days of a match the counties that it names are to settle it (核查期限)."""

MatchState = Literal["waiting", "inquiring", "contradicting", "confirmed", "settled"]
"""How far a match is looked into (处理情况)."""

MATCH_STATE_TITLES: dict[str, tuple[str, str]] = {
    "waiting": ("待核查回复", "waiting for an answer"),
    "inquiring": ("正在核查", "under inquiry"),
    "contradicting": ("两方结论相互矛盾", "the answers contradict one another"),
    "confirmed": ("已核实属实", "confirmed"),
    "settled": ("经核查无异常", "settled: nothing amiss"),
}


def state_of(rule: str, first_answer: str | None, second_answer: str | None) -> MatchState:
    """How far a match is, by what both ledgers answered.

    That money was returned confirms it, whatever the other says. Of a list, the ledger that paid answers alone.

    >>> state_of("person-paid-twice", "both-due", None)
    'waiting'
    >>> state_of("person-paid-twice", "returned", None)
    'confirmed'
    >>> state_of("person-paid-twice", "another-person", "both-due")
    'contradicting'
    >>> state_of("on-register", "another-person", None)
    'settled'
    """
    answers = [first_answer] if rule == "on-register" else [first_answer, second_answer]
    if "returned" in answers:
        return "confirmed"
    if None in answers:
        return "waiting"
    if "inquiring" in answers:
        return "inquiring"
    if len(answers) == 2 and answers.count("another-person") == 1 and "erased" not in answers:
        return "contradicting"
    return "settled"


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
