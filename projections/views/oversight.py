"""Oversight (监督): reviews of flags, discipline cases, conduct reports. None of it changes a flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ledger.domain.event import Event
from ledger.events.oversight import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    ConductReported,
    FlagKey,
    FlagReviewed,
)
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import (
    Cursor,
    Row,
    TemporalTable,
    copy_rows,
    found,
)


@dataclass
class InvestigationRow(Row):
    """A discipline case as it stood; ``finding`` is null while it is open. The sum is in fen."""

    investigation: str
    unit: str | None
    campaign: str | None
    title: str
    opened_at: int
    finding: str | None
    amount_fen: int


TAKEN: tuple[type[Event], ...] = (FlagReviewed, CaseOpened, CaseExtended, CaseClosed, ConductReported)


class Oversight:
    """Keeps what inspectors said of flags; ``seen_at`` is up to where they had seen the flag."""

    name: ClassVar[str] = "oversight"
    title: ClassVar[tuple[str, str]] = ("监督", "oversight")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 4
    tables: ClassVar[str] = """
        CREATE TABLE reviews (
            position bigint PRIMARY KEY, flag text NOT NULL, subject text NOT NULL,
            raised_at bigint NOT NULL, seen_at bigint NOT NULL, disposition text NOT NULL
        );
        CREATE INDEX reviews_subject ON reviews (subject);
        CREATE INDEX reviews_flag ON reviews (flag, raised_at, position);
        CREATE TABLE investigations (
            investigation text NOT NULL, unit text, campaign text, title text NOT NULL,
            opened_at bigint NOT NULL, finding text, amount_fen bigint NOT NULL,
            from_position bigint NOT NULL, to_position bigint,
            PRIMARY KEY (investigation, from_position)
        );
        CREATE TABLE investigation_flags (
            investigation text NOT NULL, flag text NOT NULL, subject text NOT NULL,
            raised_at bigint NOT NULL, position bigint NOT NULL,
            PRIMARY KEY (flag, raised_at, investigation)
        );
        CREATE INDEX investigation_flags_subject ON investigation_flags (subject);
        CREATE TABLE conduct (
            position bigint PRIMARY KEY, campaign text NOT NULL, unit text NOT NULL, officer text,
            kind text NOT NULL
        );
        CREATE INDEX conduct_campaign ON conduct (campaign, officer, unit);
    """

    _investigations = TemporalTable("investigations", InvestigationRow)

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        reviews: list[tuple[object, ...]] = []
        joined: dict[tuple[str, int, str], tuple[str, int]] = {}
        conduct: list[tuple[object, ...]] = []
        closed = [event.investigation for event, _ in of_types(events, CaseClosed)]
        investigations = self._investigations.load(cursor, closed)
        known = _joined(cursor, [event.investigation for event, _ in of_types(events, CaseExtended)])
        for event, item in of_types(events, *TAKEN):
            match event:
                case FlagReviewed() as e:
                    flag = e.flag
                    # Nobody has seen what comes after what they say.
                    seen_at = min(flag.seen_at or item.position, item.position)
                    of_flag = flag_of(flag), flag.subject, flag.raised_at
                    reviews.append((item.position, *of_flag, seen_at, e.disposition))
                case CaseOpened() as e:
                    case = item.act.id
                    row = InvestigationRow(case, e.unit, e.campaign, e.title, item.position, None, 0)
                    investigations.put(row, item.position)
                    for flag in e.flags:
                        joined[flag_of(flag), flag.raised_at, case] = flag.subject, item.position
                case CaseExtended() as e:
                    for flag in e.flags:
                        key = flag_of(flag), flag.raised_at, e.investigation
                        if key not in known:
                            joined.setdefault(key, (flag.subject, item.position))
                case CaseClosed() as e:
                    row = found(investigations.get(e.investigation), e.investigation)
                    row = row.changed(finding=e.finding, amount_fen=e.amount_fen)
                    investigations.put(row, item.position)
                case ConductReported() as e:
                    conduct.append((item.position, e.campaign, e.unit, e.officer, e.kind))
        copy_rows(
            cursor, "reviews", ["position", "flag", "subject", "raised_at", "seen_at", "disposition"], reviews
        )
        copy_rows(
            cursor,
            "investigation_flags",
            ["flag", "raised_at", "investigation", "subject", "position"],
            [(*key, *row) for key, row in joined.items()],
        )
        copy_rows(cursor, "conduct", ["position", "campaign", "unit", "officer", "kind"], conduct)
        self._investigations.save(cursor, investigations.finish())


def _joined(cursor: Cursor, investigations: list[str]) -> set[tuple[str, int, str]]:
    """The flags that these cases have already."""
    if not investigations:
        return set()
    cursor.execute(
        "SELECT flag, raised_at, investigation FROM investigation_flags WHERE investigation = ANY(%s)",
        (investigations,),
    )
    return {(flag, raised_at, investigation) for flag, raised_at, investigation in cursor.fetchall()}


def flag_of(key: FlagKey) -> str:
    """A flag's name in the views: ``rule|subject``."""
    return f"{key.rule}|{key.subject}"
