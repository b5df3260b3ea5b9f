"""Oversight (监督): reviews of flags, discipline cases, conduct reports. None of it changes a flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.domain.event import Event
from ledger.events.oversight import (
    CaseClosed,
    CaseExtended,
    CaseOpened,
    ConductReported,
    FlagKey,
    FlagReviewed,
)
from ledger.events.verification import VerificationDecided
from projections.frame.column import Day, Fen, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import (
    Cursor,
    Row,
    Table,
    TemporalTable,
    found,
)


@dataclass
class InvestigationRow(Row):
    """A discipline case as it stood; ``finding`` is null while it is open. The sum is in fen."""

    investigation: str
    unit: Annotated[str | None, Title("单位", "unit")]
    campaign: str | None
    title: Annotated[str, Title("案由", "matter")]
    opened_at: int
    finding: Annotated[str | None, Title("结论", "finding")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]


@dataclass
class ReviewRow:
    """What an inspector said of a flag, and up to where they had seen it; the day until which it is kept for later."""

    position: int
    flag: str
    subject: str
    raised_at: int
    seen_at: int
    disposition: str
    kept_until: Day | None


@dataclass
class InvestigationFlagRow:
    """A flag that a discipline case is over."""

    investigation: str
    flag: str
    subject: str
    raised_at: int
    position: int


@dataclass
class ConductRow:
    """A report of somebody's conduct."""

    position: int
    campaign: str
    unit: str
    officer: str | None
    kind: str


REVIEWS = Table("reviews", ReviewRow, "position", "flag", "raised_at")
INVESTIGATIONS = TemporalTable("investigations", InvestigationRow)
INVESTIGATION_FLAGS = Table("investigation_flags", InvestigationFlagRow, "flag", "raised_at", "investigation")
CONDUCT = Table("conduct", ConductRow, "position")


TAKEN: tuple[type[Event], ...] = (
    FlagReviewed,
    VerificationDecided,
    CaseOpened,
    CaseExtended,
    CaseClosed,
    ConductReported,
)


class Oversight:
    """Keeps what inspectors said of flags; ``seen_at`` is up to where they had seen the flag."""

    name: ClassVar[str] = "oversight"
    title: ClassVar[tuple[str, str]] = ("监督", "oversight")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 5
    tables: ClassVar[str] = f"""
        {REVIEWS.create}
        CREATE INDEX reviews_subject ON reviews (subject);
        CREATE INDEX reviews_flag ON reviews (flag, raised_at, position);
        {INVESTIGATIONS.create}
        {INVESTIGATION_FLAGS.create}
        CREATE INDEX investigation_flags_subject ON investigation_flags (subject);
        {CONDUCT.create}
        CREATE INDEX conduct_campaign ON conduct (campaign, officer, unit);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        reviews: list[ReviewRow] = []
        joined: dict[tuple[str, int, str], tuple[str, int]] = {}
        conduct: list[ConductRow] = []
        closed = [event.investigation for event, _ in of_types(events, CaseClosed)]
        investigations = INVESTIGATIONS.load(cursor, closed)
        known = _joined(cursor, [event.investigation for event, _ in of_types(events, CaseExtended)])
        for event, item in of_types(events, *TAKEN):
            match event:
                case FlagReviewed() as e:
                    reviews.append(_review(e.flag, item.position, e.disposition))
                case VerificationDecided() as e:
                    decided = {
                        (row.flag, row.raised_at): row
                        for row in (_review(flag, item.position, e.outcome, e.kept_until) for flag in e.flags)
                    }
                    reviews += decided.values()
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
                    conduct.append(ConductRow(item.position, e.campaign, e.unit, e.officer, e.kind))
        REVIEWS.add(cursor, reviews)
        INVESTIGATION_FLAGS.add(
            cursor,
            [
                InvestigationFlagRow(case, flag, subject, raised_at, position)
                for (flag, raised_at, case), (subject, position) in joined.items()
            ],
        )
        CONDUCT.add(cursor, conduct)
        INVESTIGATIONS.save(cursor, investigations.finish())


def _review(flag: FlagKey, position: int, word: str, kept_until: str | None = None) -> ReviewRow:
    """What was said of a flag at that position; nobody has seen what comes after what they say."""
    seen_at = min(flag.seen_at or position, position)
    return ReviewRow(position, flag_of(flag), flag.subject, flag.raised_at, seen_at, word, kept_until)


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
