"""HTTP statuses (状态码) of what is refused, each declared beside its rule; 422 where none is."""

from __future__ import annotations

from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import Explained, Rule
from ledger.events.slip import SLIP_UNKNOWN
from ledger.federation.drilling import NOT_MIRRORED
from ledger.log.proofs import NO_CHECKPOINT, NOT_YET_PUBLISHED
from ledger.writing.batch import STATEMENT_ID_REUSED

# The ledger's own rules know nothing of HTTP.
_STATUSES: dict[Rule, int] = {
    STATEMENT_ID_REUSED: 409,
    NO_CHECKPOINT: 404,
    NOT_MIRRORED: 404,
    NOT_YET_PUBLISHED: 404,
    UNKNOWN_REFERENCE: 404,
    SLIP_UNKNOWN: 404,
}


def answered_with(status: int, rule: Rule) -> Rule:
    """The rule, whose refusals are answered with a status (RFC 9110, section 15)."""
    _STATUSES[rule] = status
    return rule


def status_of(rule: Rule) -> int:
    """The status that a rule's refusals are answered with."""
    return _STATUSES.get(rule, 422)


class Malformed(Explained):
    """What came cannot be read as what it should be; its ``status`` is the class's own."""

    status = 400
