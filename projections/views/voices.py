"""What recipients said of payouts when they were called back (受助人反馈), one row an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.events.voice import CallBackRecorded
from projections.frame.column import Fen, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Table


@dataclass
class VoiceRow:
    """An answer of a recipient; where nobody was reached there is none."""

    position: Annotated[int, Title("登记序号", "position")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    payout: Annotated[str, Title("发放编号", "payout")]
    answer: Annotated[str, Title("答复", "answer")]
    received_fen: Annotated[Fen | None, Title("实收金额（元）", "received")]


VOICES = Table("voices", VoiceRow, "position")


class Voices:
    """Keeps what recipients said."""

    name: ClassVar[str] = "voices"
    title: ClassVar[tuple[str, str]] = ("受助人反馈", "recipients' answers")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    tables: ClassVar[str] = f"""
        {VOICES.create}
        CREATE INDEX voices_payout ON voices (payout, position);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        VOICES.add(
            cursor,
            [
                VoiceRow(
                    item.position, event.campaign, event.unit, event.payout, event.answer, event.received_fen
                )
                for event, item in of_types(events, CallBackRecorded)
                if event.answer is not None
            ],
        )
