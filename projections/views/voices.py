"""What recipients said of payouts (受助人反馈), called back or by their slips, one row an answer; and the slips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.domain.event import Event
from ledger.events.slip import RecipientSpoke, SlipsIssued
from ledger.events.voice import CallBackRecorded
from projections.frame.column import Fen, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Table


@dataclass
class VoiceRow:
    """An answer of a recipient; where nobody was reached there is none. ``slip`` is the hash of the slip's number."""

    position: Annotated[int, Title("登记序号", "position")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    payout: Annotated[str, Title("发放编号", "payout")]
    source: Annotated[str, Title("途径", "by")]
    answer: Annotated[str, Title("答复", "answer")]
    received_fen: Annotated[Fen | None, Title("实收金额（元）", "received")]
    words: Annotated[str | None, Title("本人所述", "in their words")]
    slip: str | None


@dataclass
class SlipRow:
    """A slip by the hash of its number; of a payout's the one of the highest position counts."""

    digest: str
    payout: str
    campaign: str
    unit: str
    position: int


VOICES = Table("voices", VoiceRow, "position")
SLIPS = Table("slips", SlipRow, "digest")


class Voices:
    """Keeps what recipients said, and which slips they were given."""

    name: ClassVar[str] = "voices"
    title: ClassVar[tuple[str, str]] = ("受助人反馈", "recipients' answers")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 2
    tables: ClassVar[str] = f"""
        {VOICES.create}
        CREATE INDEX voices_payout ON voices (payout, position);
        CREATE INDEX voices_unit ON voices (campaign, unit, position);
        {SLIPS.create}
        CREATE INDEX slips_payout ON slips (payout, position);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        VOICES.add(
            cursor,
            [
                row
                for event, item in of_types(events, CallBackRecorded, RecipientSpoke)
                if (row := _row(event, item))
            ],
        )
        SLIPS.add(
            cursor,
            [
                SlipRow(each.digest, each.payout, event.campaign, event.unit, item.position)
                for event, item in of_types(events, SlipsIssued)
                for each in event.slips
            ],
        )


def _row(event: Event, item: Recorded) -> VoiceRow | None:
    assert isinstance(event, CallBackRecorded | RecipientSpoke)
    if event.answer is None:
        return None
    slip = event.slip if isinstance(event, RecipientSpoke) else None
    return VoiceRow(
        position=item.position,
        campaign=event.campaign,
        unit=event.unit,
        payout=event.payout,
        source="call-back" if slip is None else "slip",
        answer=event.answer,
        received_fen=event.received_fen,
        words=event.words,
        slip=slip,
    )
