"""Public notices, objections and what units file (公示、异议、报送), clauses A-5, A-9, A-10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.domain.event import Event
from ledger.domain.policy.public_notice import NoticeContacts
from ledger.events.campaign import RosterFiled, SummaryFiled
from ledger.events.inbox import ObjectionReceived
from ledger.events.nomination import NoticePosted
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from ledger.events.registry import KeyRevoked
from ledger.events.rules import RulesAdopted
from projections.frame.column import Day, json_of
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import (
    Cursor,
    Row,
    Table,
    TemporalTable,
    Versions,
    found,
)
from projections.views.unsound import unsound_at


@dataclass
class ObjectionRow(Row):
    """An objection as it stood; ``upheld`` is null while it is open.

    ``received`` is the number under which the public wrote it, where an officer took that down.
    """

    objection: str
    case_id: str
    campaign: str
    lodged_at: int
    upheld: bool | None
    received: str | None


@dataclass
class NoticeRow:
    """A case on a posted notice; days both included."""

    case_id: str
    position: int
    notice: str
    campaign: str
    unit: str
    start_on: Day
    end_on: Day
    place: str
    contacts: Annotated[str | None, json_of(NoticeContacts)]


@dataclass
class ReceivedRow:
    """An objection that the ledger committed to when the public wrote it."""

    number: str
    case_id: str
    campaign: str
    position: int


@dataclass
class FilingRow:
    """What a unit filed: an annex of its roster, or its summary."""

    position: int
    campaign: str
    unit: str
    kind: str
    filed_on: Day


OBJECTIONS = TemporalTable("objections", ObjectionRow)
NOTICES = Table("notices", NoticeRow, "case_id", "position")
RECEIVED = Table("received", ReceivedRow, "number")
FILINGS = Table("filings", FilingRow, "position")
TAKEN: tuple[type[Event], ...] = (
    NoticePosted,
    ObjectionReceived,
    ObjectionLodged,
    ObjectionSettled,
    RosterFiled,
    SummaryFiled,
    KeyRevoked,
    RulesAdopted,
)


class Notices:
    """Keeps notices by case, objections, received and taken down, and what units filed: rosters, summaries.

    By the fifth version of the rules, an objection that a stolen key settled is open again once that is known.
    """

    name: ClassVar[str] = "notices"
    title: ClassVar[tuple[str, str]] = ("公示与报送", "notices")
    needs: ClassVar[tuple[str, ...]] = ("registry", "timeline")
    version: ClassVar[int] = 4
    tables: ClassVar[str] = f"""
        {NOTICES.create}
        {OBJECTIONS.create}
        CREATE INDEX objections_case ON objections (case_id);
        {RECEIVED.create}
        CREATE INDEX received_case ON received (case_id);
        {FILINGS.create}
        CREATE INDEX filings_unit ON filings (campaign, unit, position);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        notices: list[NoticeRow] = []
        filings: list[FilingRow] = []
        received: list[ReceivedRow] = []
        objections = OBJECTIONS.load(cursor, _objections_wanted(cursor, events))
        for event, item in of_types(events, *TAKEN):
            match event:
                case NoticePosted() as e:
                    notices += (
                        NoticeRow(
                            case,
                            item.position,
                            item.act.id,
                            e.campaign,
                            e.unit,
                            e.start,
                            e.end,
                            e.place,
                            None if e.contacts is None else e.contacts.model_dump_json(),
                        )
                        for case in sorted(set(e.cases))
                    )
                case ObjectionReceived() as e:
                    received.append(ReceivedRow(e.number, e.case, e.campaign, item.position))
                case ObjectionLodged() as e:
                    row = ObjectionRow(item.act.id, e.case, e.campaign, item.position, None, e.received)
                    objections.put(row, item.position)
                case ObjectionSettled() as e:
                    row = found(objections.get(e.objection), e.objection)
                    objections.put(row.changed(upheld=e.upheld), item.position)
                case KeyRevoked() | RulesAdopted():
                    for row in _settled_unsoundly(cursor, objections, item.position):
                        objections.put(row.changed(upheld=None), item.position)
                case RosterFiled() as e:
                    kind = f"annex-{e.annex}"
                    filings.append(FilingRow(item.position, e.campaign, e.unit, kind, item.act.statement.on))
                case SummaryFiled() as e:
                    on = item.act.statement.on
                    filings.append(FilingRow(item.position, e.campaign, e.unit, "summary", on))
        NOTICES.add(cursor, notices)
        RECEIVED.add(cursor, received)
        FILINGS.add(cursor, filings)
        OBJECTIONS.save(cursor, objections.finish())


def _objections_wanted(cursor: Cursor, events: Sequence[Recorded]) -> list[str]:
    """The objections that the events change: all of them where a key may have settled some that was stolen."""
    if any(event.compromised for event, _ in of_types(events, KeyRevoked)) or of_types(events, RulesAdopted):
        return [name for (name,) in cursor.execute("SELECT DISTINCT objection FROM objections").fetchall()]
    return [event.objection for event, _ in of_types(events, ObjectionSettled)]


def _settled_unsoundly(
    cursor: Cursor, objections: Versions[ObjectionRow], position: int
) -> list[ObjectionRow]:
    """Those settled objections of which it is known by a position that a stolen key is behind that."""
    settled = {objections.since(row.objection): row for row in objections.current() if row.upheld is not None}
    if not settled:
        return []
    found = cursor.execute(
        f"SELECT s.position FROM unnest(%s::bigint[]) AS s (position) WHERE"
        f" {unsound_at('s.position', 'inspector')} <= %s AND coalesce((SELECT r.version FROM rules r"
        " WHERE r.position <= %s ORDER BY r.position DESC LIMIT 1), 1) >= 5",
        (list(settled), position, position),
    ).fetchall()
    return [settled[each] for (each,) in found]
