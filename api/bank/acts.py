"""What an officer signs of a bank's answer (回盘所签): what the bank says of each payout, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from api.bank.answers import MatchedLine
from ledger.domain.event import Event
from ledger.events.bank import BankLineMatched
from ledger.events.payout import PayoutReturned


def acts_of(lines: Iterable[MatchedLine], file: str) -> Iterator[Event]:
    """The acts of all lines: what the ledger does not know yet, and what bounced goes back to its line.

    A return stands by itself: where whoever paid signed the answer, somebody else signs what came back of it.
    """
    for line in lines:
        if not (line.to_record or line.to_return):
            continue
        assert line.payout is not None
        assert line.campaign is not None
        assert line.unit is not None
        of: dict[str, Any] = {"campaign": line.campaign, "unit": line.unit, "payout": line.payout}
        if line.to_record:
            assert line.amount_fen is not None
            assert line.result is not None
            yield BankLineMatched(
                **of,
                bank_reference=line.bank_reference,
                amount_fen=line.amount_fen,
                booked_on=line.booked_on,
                result=line.result,
                differs=line.differs or None,
                matched_by=line.matched_by,
                file=file,
            )
        if line.to_return:
            assert line.kept_fen is not None
            yield PayoutReturned(
                **of,
                case=line.case,
                line=line.line,
                amount_fen=line.kept_fen,
                kind="bounced",
                reason=line.reason or "银行退票",
            )
