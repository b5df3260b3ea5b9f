"""Lists from outside as they stood (名单); their rows lie beside the ledger's entries, and rules read them there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.domain.event import Event
from ledger.events.register import (
    LISTINGS,
    EarlierPayoutsListed,
    ReferenceErased,
    ReferenceListed,
    ReferenceWithdrawn,
)
from projections.frame.column import Day, Fen, Number, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Row, TemporalTable, found

STATE_TITLES = {
    "in-force": ("使用中", "in force"),
    "replaced": ("已被替换", "replaced"),
    "withdrawn": ("已撤回", "withdrawn"),
    "erased": ("已删除", "erased"),
}


@dataclass
class RegisterRow(Row):
    """A list as it stood. ``in_force`` says that its hits count; an erased list's do, up to ``erased_at``.

    ``year`` and ``total_fen`` are of payouts that were brought in: of which year, and what they come to.
    """

    list_id: str
    position: Annotated[int, Title("登记序号", "position")]
    unit: Annotated[str | None, Title("单位", "unit")]
    kind: Annotated[str, Title("种类", "kind")]
    title: Annotated[str, Title("名单", "list")]
    source: Annotated[str, Title("来源", "source")]
    data_on: Annotated[Day, Title("数据日期", "as of")]
    keep_until: Annotated[Day, Title("保存至", "kept until")]
    rows: Annotated[Number, Title("行数", "rows")]
    invalid: Annotated[Number, Title("号码有误", "invalid")]
    duplicates: Annotated[Number, Title("号码重复", "duplicates")]
    year: Annotated[Number | None, Title("年度", "year")]
    total_fen: Annotated[Fen | None, Title("补录金额（元）", "brought in")]
    state: Annotated[str, Title("状态", "state")]
    root: str
    in_force: bool
    erased_at: int | None
    replaced_by: str | None


REGISTERS = TemporalTable("registers", RegisterRow)

TAKEN: tuple[type[Event], ...] = (*LISTINGS, ReferenceWithdrawn, ReferenceErased)


class Registers:
    """Keeps lists from outside."""

    name: ClassVar[str] = "registers"
    title: ClassVar[tuple[str, str]] = ("外部名单", "lists")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 2
    tables: ClassVar[str] = f"""
        {REGISTERS.create}
        CREATE INDEX registers_root ON registers (root);
        CREATE INDEX registers_position ON registers (position);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        named = [event.reference for event, _ in of_types(events, ReferenceWithdrawn, ReferenceErased)]
        replaced = [event.replaces for event, _ in of_types(events, *LISTINGS) if event.replaces]
        lists = REGISTERS.load(cursor, [*named, *replaced])
        for event, item in of_types(events, *TAKEN):
            match event:
                case ReferenceListed() as e:
                    if e.replaces is not None:
                        row = found(lists.get(e.replaces), e.replaces)
                        row = row.changed(state="replaced", in_force=False, replaced_by=item.act.id)
                        lists.put(row, item.position)
                    lists.put(_listed(e, item), item.position)
                case ReferenceWithdrawn() as e:
                    row = found(lists.get(e.reference), e.reference)
                    lists.put(row.changed(state="withdrawn", in_force=False), item.position)
                case ReferenceErased() as e:
                    row = found(lists.get(e.reference), e.reference)
                    lists.put(row.changed(state="erased", erased_at=item.position), item.position)
        REGISTERS.save(cursor, lists.finish())


def _listed(event: ReferenceListed, item: Recorded) -> RegisterRow:
    earlier = event if isinstance(event, EarlierPayoutsListed) else None
    return RegisterRow(
        list_id=item.act.id,
        position=item.position,
        unit=event.unit,
        kind=event.kind,
        title=event.title,
        source=event.source,
        data_on=event.data_on,
        keep_until=event.keep_until,
        rows=event.rows,
        invalid=event.invalid,
        duplicates=event.duplicates,
        year=None if earlier is None else earlier.year,
        total_fen=None if earlier is None else earlier.total_fen,
        state="in-force",
        root=event.root,
        in_force=True,
        erased_at=None,
        replaced_by=None,
    )
