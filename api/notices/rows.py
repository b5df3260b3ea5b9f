"""Public notices as they are answered (公示应答): to officers, and to everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ledger.domain.policy.public_notice import NoticeContacts
from projections.frame.column import Day, Fen, Number, Title


@dataclass
class PostedNotice:
    """A notice that was posted, and how many cases are on it; days both included."""

    notice: str
    position: int
    campaign: str
    unit: str
    start_on: Day
    end_on: Day
    cases: Number


@dataclass
class NoticeCase:
    """A case on a notice as the public sees it: what was approved, or else asked for."""

    case_id: str
    category: str
    state: str
    masked_name: Annotated[str, Title("姓名或名称", "name")]
    category_title: Annotated[str, Title("类别", "category")]
    amount_fen: Annotated[Fen | None, Title("拟慰问金额（元）", "amount (yuan)")]


@dataclass
class Notice:
    """A notice as the public sees it; days both included. Older ones say nothing of who is reached how."""

    notice: str
    campaign: str
    title: str
    unit: str
    unit_name: str
    start_on: str
    end_on: str
    place: str
    contacts: NoticeContacts | None
    position: int
    cases: list[NoticeCase]
