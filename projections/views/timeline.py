"""The timeline (时间线): one row an event, with who signed it, when it happened, what it is about.

"Everything that touched a case, a dossier, an officer, a unit or a line" is a condition on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ledger.crypto.signatures import key_id
from ledger.domain.event import Document, Event
from ledger.events.dossier import DossierFiled
from ledger.events.nomination import Nominated
from ledger.events.oversight import CaseClosed, ConductReported
from ledger.events.payout import AidDelivered, Disbursed
from ledger.events.registry import (
    KeyRevoked,
    KeyRotated,
    KinDeclared,
    LedgerFounded,
    OfficerEnrolled,
    OfficerIdentified,
    RolesChanged,
)
from projections.frame.column import Day, Fen, Moment, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Table, lines


@dataclass
class EventRow:
    """An event with who signed it, when it happened, and what it is about."""

    position: Annotated[int, Title("登记序号", "position")]
    type: Annotated[str, Title("事件", "event")]
    happened_on: Annotated[Day, Title("业务日期", "date")]
    recorded_at: Annotated[Moment, Title("登记时间", "recorded")]
    made_at: Moment
    key: str
    officer: Annotated[str | None, Title("签署人", "signed by")]
    seconds: list[str] | None
    second_keys: list[str] | None
    campaign: Annotated[str | None, Title("活动", "campaign")]
    unit: Annotated[str | None, Title("单位", "unit")]
    dossier: str | None
    case_id: str | None
    payout: str | None
    line: str | None
    to_line: str | None
    amount_fen: Annotated[Fen | None, Title("金额（元）", "amount")]
    after_the_fact: bool
    batch: str | None
    document: Annotated[str | None, Title("凭证、文号", "document")]
    reason: Annotated[str | None, Title("事由", "reason")]


@dataclass
class SignerRow:
    """Whose a key is, since its enrolment."""

    key: str
    officer: str
    position: int


@dataclass
class ConcernedRow:
    """An officer whom an event is about."""

    officer: str
    position: int


EVENTS = Table("timeline", EventRow, "position")
SIGNERS = Table("signers", SignerRow, "key")
CONCERNED = Table("concerned", ConcernedRow, "officer", "position")


class Timeline:
    """Keeps one row an event. ``seconds`` are the officers who signed beside the first, with ``second_keys``.

    ``concerned`` names the officers whom an event is about: enrolled, reported, found responsible.
    """

    name: ClassVar[str] = "timeline"
    title: ClassVar[tuple[str, str]] = ("时间线", "timeline")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 4
    tables: ClassVar[str] = f"""
        {SIGNERS.create}
        CREATE INDEX signers_officer ON signers (officer);
        {EVENTS.create}
        CREATE INDEX timeline_officer ON timeline (officer, position);
        CREATE INDEX timeline_unit ON timeline (unit, position);
        CREATE INDEX timeline_case ON timeline (case_id, position) WHERE case_id IS NOT NULL;
        CREATE INDEX timeline_dossier ON timeline (dossier, position) WHERE dossier IS NOT NULL;
        CREATE INDEX timeline_line ON timeline (line, position) WHERE line IS NOT NULL;
        CREATE INDEX timeline_to_line ON timeline (to_line, position) WHERE to_line IS NOT NULL;
        CREATE INDEX timeline_payout ON timeline (payout, position) WHERE payout IS NOT NULL;
        CREATE INDEX timeline_seconds ON timeline USING gin (seconds) WHERE seconds IS NOT NULL;
        {CONCERNED.create}
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        officers = self._officers(cursor, events)
        EVENTS.add(cursor, [_row(item, officers) for item in events])
        concerned = {
            (officer, item.position)
            for event, item in of_types(events, *ABOUT_OFFICERS)
            for officer in _concerned(event, officers)
        }
        CONCERNED.add(cursor, [ConcernedRow(*each) for each in sorted(concerned)])

    def _officers(self, cursor: Cursor, events: Sequence[Recorded]) -> dict[str, str]:
        """The officer of each key that signed, those enrolled in this very batch too."""
        signed = {key for item in events for key in item.act.signers}
        signed |= {event.key for event, _ in of_types(events, KeyRevoked)}
        cursor.execute(
            "SELECT key, officer FROM signers WHERE key = ANY (string_to_array(%s, E'\\n'))",
            (lines(signed),),
        )
        officers: dict[str, str] = dict(cursor.fetchall())
        enrolled = [
            SignerRow(key_id(bytes.fromhex(event.public_key)), event.officer, item.position)
            for event, item in of_types(events, *ENROLLING)
        ]
        SIGNERS.add(cursor, enrolled)
        officers.update((row.key, row.officer) for row in enrolled)
        return officers


ENROLLING: tuple[type[LedgerFounded | OfficerEnrolled | KeyRotated], ...] = (
    LedgerFounded,
    OfficerEnrolled,
    KeyRotated,
)
"""What makes a key known."""

ABOUT_OFFICERS: tuple[type[Event], ...] = (
    *ENROLLING,
    RolesChanged,
    KinDeclared,
    OfficerIdentified,
    KeyRevoked,
    ConductReported,
    CaseClosed,
)
_MADE: dict[type[Event], str] = {
    DossierFiled: "dossier",
    Nominated: "case",
    Disbursed: "payout",
    AidDelivered: "payout",
}
"""What an event makes: its own id is the thing's."""


def _concerned(event: Event, officers: dict[str, str]) -> Iterator[str]:
    """The officers whom an event is about."""
    match event:
        case LedgerFounded() | OfficerEnrolled() | RolesChanged() | KeyRotated() | KinDeclared():
            yield event.officer
        case OfficerIdentified():
            yield event.officer
        case KeyRevoked():
            yield officers[event.key]
        case ConductReported(officer=str()):
            yield str(event.officer)
        case CaseClosed():
            yield from event.officers
            yield from (measure.officer for measure in event.measures if measure.officer is not None)


def _row(item: Recorded, officers: dict[str, str]) -> EventRow:
    act, event = item.act, item.event
    said = event.__dict__
    signed = [officers.get(key) for key in act.signers]
    dossier, case, payout = said.get("dossier"), said.get("case"), said.get("payout")
    made = _MADE.get(type(event))
    if made == "dossier":
        dossier = act.id
    elif made == "case":
        case = act.id
    elif made == "payout":
        payout = act.id
    line = said.get("line") or said.get("from_line")
    to_line = said.get("to_line")
    campaign = said.get("campaign")
    return EventRow(
        position=item.position,
        type=event.NAME,
        happened_on=act.statement.on,
        recorded_at=act.recorded_at,
        made_at=act.statement.made_at,
        key=act.statement.by,
        officer=None if event.SIGNED_BY == "ledger" else signed[0],
        seconds=[each for each in signed[1:] if each is not None] or None,
        second_keys=list(act.signers[1:]) or None,
        campaign=campaign,
        unit=said.get("unit"),
        dossier=dossier,
        case_id=case,
        payout=payout,
        line=f"{campaign}/{line}" if line else None,
        to_line=f"{said.get('to_campaign', campaign)}/{to_line}" if to_line else None,
        amount_fen=said.get("amount_fen"),
        after_the_fact=said.get("after_the_fact", False),
        batch=item.batch,
        document=_document(said.get("document")),
        reason=said.get("reason"),
    )


def _document(found: Any) -> str | None:
    """The number of the document that an event goes by."""
    return found.number if isinstance(found, Document) else None
