"""Public notices, objections and what units file (公示、异议、报送), clauses A-5, A-9, A-10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ledger.domain.event import Event
from ledger.events.campaign import RosterFiled, SummaryFiled
from ledger.events.inbox import ObjectionReceived
from ledger.events.nomination import NoticePosted
from ledger.events.objection import ObjectionLodged, ObjectionSettled
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import (
    Cursor,
    Row,
    TemporalTable,
    copy_rows,
    found,
)


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


TAKEN: tuple[type[Event], ...] = (
    NoticePosted,
    ObjectionReceived,
    ObjectionLodged,
    ObjectionSettled,
    RosterFiled,
    SummaryFiled,
)


class Notices:
    """Keeps notices by case, objections, received and taken down, and what units filed: rosters, summaries."""

    name: ClassVar[str] = "notices"
    title: ClassVar[tuple[str, str]] = ("公示与报送", "notices")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 2
    tables: ClassVar[str] = """
        CREATE TABLE notices (
            case_id text NOT NULL, position bigint NOT NULL, notice text NOT NULL,
            campaign text NOT NULL, unit text NOT NULL, start_on date NOT NULL, end_on date NOT NULL,
            PRIMARY KEY (case_id, position)
        );
        CREATE TABLE objections (
            objection text NOT NULL, case_id text NOT NULL, campaign text NOT NULL,
            lodged_at bigint NOT NULL, upheld boolean, received text,
            from_position bigint NOT NULL, to_position bigint,
            PRIMARY KEY (objection, from_position)
        );
        CREATE INDEX objections_case ON objections (case_id);
        CREATE TABLE received (
            number text PRIMARY KEY, case_id text NOT NULL, campaign text NOT NULL, position bigint NOT NULL
        );
        CREATE INDEX received_case ON received (case_id);
        CREATE TABLE filings (
            position bigint PRIMARY KEY, campaign text NOT NULL, unit text NOT NULL,
            kind text NOT NULL, filed_on date NOT NULL
        );
        CREATE INDEX filings_unit ON filings (campaign, unit, position);
    """

    _objections = TemporalTable("objections", ObjectionRow)

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        notices: list[tuple[object, ...]] = []
        filings: list[tuple[object, ...]] = []
        received: list[tuple[object, ...]] = []
        settled = [event.objection for event, _ in of_types(events, ObjectionSettled)]
        objections = self._objections.load(cursor, settled)
        for event, item in of_types(events, *TAKEN):
            match event:
                case NoticePosted() as e:
                    notices += (
                        (case, item.position, item.act.id, e.campaign, e.unit, e.start, e.end)
                        for case in sorted(set(e.cases))
                    )
                case ObjectionReceived() as e:
                    received.append((e.number, e.case, e.campaign, item.position))
                case ObjectionLodged() as e:
                    row = ObjectionRow(item.act.id, e.case, e.campaign, item.position, None, e.received)
                    objections.put(row, item.position)
                case ObjectionSettled() as e:
                    row = found(objections.get(e.objection), e.objection)
                    objections.put(row.changed(upheld=e.upheld), item.position)
                case RosterFiled() as e:
                    kind = f"annex-{e.annex}"
                    filings.append((item.position, e.campaign, e.unit, kind, item.act.statement.on))
                case SummaryFiled() as e:
                    filings.append((item.position, e.campaign, e.unit, "summary", item.act.statement.on))
        copy_rows(
            cursor,
            "notices",
            ["case_id", "position", "notice", "campaign", "unit", "start_on", "end_on"],
            notices,
        )
        copy_rows(cursor, "received", ["number", "case_id", "campaign", "position"], received)
        copy_rows(cursor, "filings", ["position", "campaign", "unit", "kind", "filed_on"], filings)
        self._objections.save(cursor, objections.finish())
