"""What an officer signs of a bank's answer (回盘所签): what the bank says of each payout, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.bank.answers import MatchedLine
from ledger.domain.event import Event
from ledger.events.bank import BankLineMatched
from ledger.events.payout import PayoutReturned


def acts_of(lines: Iterable[MatchedLine], file: str) -> Iterator[Event]:
    """The acts of all lines that the ledger does not know yet; what bounced is back on its line."""
    for line in lines:
        if not line.to_record:
            continue
        assert line.payout is not None
        assert line.amount_fen is not None
        assert line.result is not None
        assert line.campaign is not None
        assert line.unit is not None
        yield BankLineMatched(
            campaign=line.campaign,
            unit=line.unit,
            payout=line.payout,
            bank_reference=line.bank_reference,
            amount_fen=line.amount_fen,
            booked_on=line.booked_on,
            result=line.result,
            differs=line.differs or None,
            matched_by=line.matched_by,
            file=file,
        )
        if line.result == "bounced" and line.kept_fen:
            yield PayoutReturned(
                campaign=line.campaign,
                unit=line.unit,
                payout=line.payout,
                case=line.case,
                line=line.line,
                amount_fen=line.kept_fen,
                kind="bounced",
                reason=line.reason or "银行退票",
            )
