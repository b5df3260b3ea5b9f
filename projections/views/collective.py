"""Help to units and sites without named persons, as it stands (集体慰问)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.domain.event import Event
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven, CollectiveHelpReturned
from projections.frame.column import Day, Fen, Number, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Row, TemporalTable, found


@dataclass
class CollectiveRow(Row):
    """A help to a site as it stood. Sums in fen; ``given_on`` is when something was given last."""

    help_id: str
    position: Annotated[int, Title("登记序号", "position")]
    campaign: Annotated[str, Title("活动", "campaign", only="command")]
    unit: Annotated[str, Title("单位", "unit")]
    line: Annotated[str, Title("资金项目", "line")]
    site: Annotated[str, Title("慰问点", "site")]
    headcount: Annotated[Number, Title("人数", "headcount")]
    reason: Annotated[str, Title("事由", "reason")]
    approved_fen: Annotated[Fen, Title("批准（元）", "approved")]
    given_fen: Annotated[Fen, Title("支出（元）", "given")]
    returned_fen: Annotated[Fen, Title("退回（元）", "returned")]
    approved_on: Annotated[Day, Title("审批日期", "approved on")]
    given_on: Annotated[Day | None, Title("发放日期", "given on")]


COLLECTIVE = TemporalTable("collective_help", CollectiveRow)

TAKEN: tuple[type[Event], ...] = (CollectiveHelpApproved, CollectiveHelpGiven, CollectiveHelpReturned)


class Collective:
    """Keeps what was approved for sites, given and returned."""

    name: ClassVar[str] = "collective"
    title: ClassVar[tuple[str, str]] = ("集体慰问", "help to sites")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    tables: ClassVar[str] = f"""
        {COLLECTIVE.create}
        CREATE INDEX collective_help_line ON collective_help (campaign, line);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        named = [event.help for event, _ in of_types(events, CollectiveHelpGiven, CollectiveHelpReturned)]
        rows = COLLECTIVE.load(cursor, named)
        for event, item in of_types(events, *TAKEN):
            match event:
                case CollectiveHelpApproved() as e:
                    rows.put(_approved(e, item), item.position)
                case CollectiveHelpGiven() as e:
                    row = found(rows.get(e.help), e.help)
                    on, fen = item.act.statement.on, row.given_fen + e.amount_fen
                    rows.put(row.changed(given_fen=fen, given_on=on), item.position)
                case CollectiveHelpReturned() as e:
                    row = found(rows.get(e.help), e.help)
                    rows.put(row.changed(returned_fen=row.returned_fen + e.amount_fen), item.position)
        COLLECTIVE.save(cursor, rows.finish())


def _approved(event: CollectiveHelpApproved, item: Recorded) -> CollectiveRow:
    return CollectiveRow(
        help_id=item.act.id,
        position=item.position,
        campaign=event.campaign,
        unit=event.unit,
        line=event.line,
        site=event.site,
        headcount=event.headcount,
        reason=event.reason,
        approved_fen=event.amount_fen,
        given_fen=0,
        returned_fen=0,
        approved_on=item.act.statement.on,
        given_on=None,
    )
