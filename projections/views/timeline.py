"""The timeline (时间线): one row an event, with who signed it, when it happened, what it is about.

"Everything that touched a case, a dossier, an officer, a unit or a line" is a condition on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from ledger.crypto.signatures import key_id
from ledger.domain.event import Event
from ledger.events.access import AccessLogSealed
from ledger.events.calendar import DayPassed
from ledger.events.dossier import DossierFiled
from ledger.events.inbox import ObjectionReceived
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
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, copy_rows, lines

COLUMNS = [
    "position",
    "type",
    "happened_on",
    "recorded_at",
    "made_at",
    "key",
    "officer",
    "seconds",
    "second_keys",
    "campaign",
    "unit",
    "dossier",
    "case_id",
    "payout",
    "line",
    "to_line",
    "amount_fen",
    "after_the_fact",
    "batch",
]


class Timeline:
    """Keeps one row an event. ``seconds`` are the officers who signed beside the first, with ``second_keys``.

    ``concerned`` names the officers whom an event is about: enrolled, reported, found responsible.
    """

    name: ClassVar[str] = "timeline"
    title: ClassVar[tuple[str, str]] = ("时间线", "timeline")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 3
    tables: ClassVar[str] = """
        CREATE TABLE signers (key text PRIMARY KEY, officer text NOT NULL, position bigint NOT NULL);
        CREATE INDEX signers_officer ON signers (officer);
        CREATE TABLE timeline (
            position bigint PRIMARY KEY, type text NOT NULL, happened_on date NOT NULL,
            recorded_at timestamptz NOT NULL, made_at timestamptz NOT NULL,
            key text NOT NULL, officer text, seconds text[], second_keys text[], campaign text, unit text,
            dossier text, case_id text, payout text, line text, to_line text,
            amount_fen bigint, after_the_fact boolean NOT NULL, batch text
        );
        CREATE INDEX timeline_officer ON timeline (officer, position);
        CREATE INDEX timeline_unit ON timeline (unit, position);
        CREATE INDEX timeline_case ON timeline (case_id, position) WHERE case_id IS NOT NULL;
        CREATE INDEX timeline_dossier ON timeline (dossier, position) WHERE dossier IS NOT NULL;
        CREATE INDEX timeline_line ON timeline (line, position) WHERE line IS NOT NULL;
        CREATE INDEX timeline_to_line ON timeline (to_line, position) WHERE to_line IS NOT NULL;
        CREATE INDEX timeline_payout ON timeline (payout, position) WHERE payout IS NOT NULL;
        CREATE INDEX timeline_seconds ON timeline USING gin (seconds) WHERE seconds IS NOT NULL;
        CREATE TABLE concerned (
            officer text NOT NULL, position bigint NOT NULL,
            PRIMARY KEY (officer, position)
        );
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        officers = self._officers(cursor, events)
        copy_rows(cursor, "timeline", COLUMNS, [_row(item, officers) for item in events])
        concerned = {
            (officer, item.position)
            for event, item in of_types(events, *ABOUT_OFFICERS)
            for officer in _concerned(event, officers)
        }
        copy_rows(cursor, "concerned", ["officer", "position"], sorted(concerned))

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
            (key_id(bytes.fromhex(event.public_key)), event.officer, item.position)
            for event, item in of_types(events, *ENROLLING)
        ]
        copy_rows(cursor, "signers", ["key", "officer", "position"], enrolled)
        officers.update((key, officer) for key, officer, _ in enrolled)
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


def _row(item: Recorded, officers: dict[str, str]) -> tuple[Any, ...]:
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
    return (
        item.position,
        event.NAME,
        act.statement.on,
        act.recorded_at,
        act.statement.made_at,
        act.statement.by,
        None if type(event) in (DayPassed, AccessLogSealed, ObjectionReceived) else signed[0],
        signed[1:] or None,
        list(act.signers[1:]) or None,
        campaign,
        said.get("unit"),
        dossier,
        case,
        payout,
        f"{campaign}/{line}" if line else None,
        f"{campaign}/{to_line}" if to_line else None,
        said.get("amount_fen"),
        said.get("after_the_fact", False),
        item.batch,
    )
