"""Rectification and handing over (整改、移送) as they stood: items with their days, matters handed over, outside cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.domain.event import Event
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from projections.frame.column import Day, Number, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Row, Table, TemporalTable, found
from projections.views.oversight import flag_of


@dataclass
class RectificationRow(Row):
    """An item of a rectification list as it stood. ``ordered_by`` is who its notice states, None the sponsor.

    ``struck_off_at`` and ``evidence`` are null while it is to be put right. ``raised_at`` goes with ``flag``.
    """

    item: str
    rectification: str
    document: Annotated[str, Title("整改通知文号", "notice")]
    number: Annotated[Number, Title("序号", "number")]
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("责任单位", "unit answerable")]
    what: Annotated[str, Title("整改事项", "what")]
    due: Annotated[Day, Title("整改期限", "due")]
    ordered_by: str | None
    ordered_at: Annotated[int, Title("下达序号", "ordered at")]
    flag: Annotated[str | None, Title("来源疑点", "flag")]
    raised_at: int | None
    investigation: str | None
    struck_off_at: Annotated[int | None, Title("销号序号", "struck off at")]
    struck_off_on: Annotated[Day | None, Title("销号日期", "struck off on")]
    evidence: Annotated[str | None, Title("佐证材料", "evidence")]


@dataclass
class HandoverRow:
    """A matter handed over to another organ; a sum of flags went with it."""

    handover: str
    position: Annotated[int, Title("登记序号", "position")]
    campaign: Annotated[str | None, Title("活动", "campaign")]
    unit: Annotated[str | None, Title("所涉单位", "unit")]
    organ: Annotated[str, Title("受移送机关", "organ")]
    letter: Annotated[str, Title("移送函文号", "letter")]
    handed_over_on: Annotated[Day, Title("移送日期", "handed over on")]
    what: Annotated[str, Title("移送事项", "what")]
    flags: Annotated[Number, Title("所涉疑点（条）", "flags")]
    investigation: str | None


@dataclass
class OutsideCaseRow:
    """A case that another organ filed."""

    position: Annotated[int, Title("登记序号", "position")]
    campaign: Annotated[str | None, Title("活动", "campaign")]
    unit: Annotated[str | None, Title("所涉单位", "unit")]
    organ: Annotated[str, Title("立案机关", "organ")]
    file_number: Annotated[str, Title("立案文号", "file number")]
    filed_on: Annotated[Day, Title("立案日期", "filed on")]
    what: Annotated[str, Title("立案事项", "what")]
    handover: str | None
    investigation: str | None


RECTIFICATIONS = TemporalTable("rectifications", RectificationRow)
HANDOVERS = Table("handovers", HandoverRow, "handover")
OUTSIDE_CASES = Table("outside_cases", OutsideCaseRow, "position")

TAKEN: tuple[type[Event], ...] = (
    RectificationOrdered,
    RectificationStruckOff,
    MatterHandedOver,
    OutsideCaseRecorded,
)


class Rectifications:
    """Keeps what is to be put right, what was handed over, and what outside organs made of it."""

    name: ClassVar[str] = "rectifications"
    title: ClassVar[tuple[str, str]] = ("整改与移送", "rectification and handing over")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    tables: ClassVar[str] = f"""
        {RECTIFICATIONS.create}
        CREATE INDEX rectifications_due ON rectifications (due) WHERE struck_off_at IS NULL;
        CREATE INDEX rectifications_unit ON rectifications (campaign, unit);
        CREATE INDEX rectifications_position ON rectifications (from_position);
        {HANDOVERS.create}
        {OUTSIDE_CASES.create}
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        struck_off = [_item(e.rectification, e.item) for e, _ in of_types(events, RectificationStruckOff)]
        items = RECTIFICATIONS.load(cursor, struck_off)
        handovers: list[HandoverRow] = []
        cases: list[OutsideCaseRow] = []
        for event, item in of_types(events, *TAKEN):
            match event:
                case RectificationOrdered() as e:
                    for row in _ordered(e, item):
                        items.put(row, item.position)
                case RectificationStruckOff() as e:
                    key = _item(e.rectification, e.item)
                    row = found(items.get(key), key).changed(
                        struck_off_at=item.position,
                        struck_off_on=item.act.statement.on,
                        evidence=e.evidence.number,
                    )
                    items.put(row, item.position)
                case MatterHandedOver() as e:
                    handovers.append(
                        HandoverRow(
                            item.act.id, item.position, e.campaign, e.unit, e.organ, e.letter.number,
                            e.handed_over_on, e.what, len(e.flags), e.investigation,
                        )
                    )  # fmt: skip
                case OutsideCaseRecorded() as e:
                    cases.append(
                        OutsideCaseRow(
                            item.position, e.campaign, e.unit, e.organ, e.file_number, e.filed_on, e.what,
                            e.handover, e.investigation,
                        )
                    )  # fmt: skip
        RECTIFICATIONS.save(cursor, items.finish())
        HANDOVERS.add(cursor, handovers)
        OUTSIDE_CASES.add(cursor, cases)


def _item(rectification: str, number: int) -> str:
    """An item's name in the views: ``rectification/number``."""
    return f"{rectification}/{number}"


def _ordered(event: RectificationOrdered, item: Recorded) -> list[RectificationRow]:
    return [
        RectificationRow(
            _item(item.act.id, number),
            item.act.id,
            event.document.number,
            number,
            event.campaign,
            each.unit,
            each.what,
            each.due,
            event.unit,
            item.position,
            None if each.flag is None else flag_of(each.flag),
            None if each.flag is None else each.flag.raised_at,
            each.investigation,
            None,
            None,
            None,
        )
        for number, each in enumerate(event.items, 1)
    ]
