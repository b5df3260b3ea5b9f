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
    SampleExamined,
)
from ledger.events.verification import VerificationDecided
from ledger.events.working_paper import WorkingPaperReviewed
from projections.frame.column import Day, Fen, Number, Title
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


@dataclass
class SampleRow(Row):
    """A sample that was examined, with its working paper as it stood; ``unit`` is null where the whole was examined."""

    sample: str
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str | None, Title("被审计单位", "unit audited")]
    position: Annotated[int, Title("登记序号", "position")]
    examined: Annotated[Number, Title("抽查（例）", "examined")]
    exceptions: Annotated[Number, Title("有问题（例）", "exceptions")]
    prepared_on: Annotated[Day, Title("编制日期", "prepared on")]
    state: Annotated[str, Title("底稿状态", "working paper")]
    reviewed_at: int | None
    reviewed_on: Annotated[Day | None, Title("复核日期", "reviewed on")]
    opinion: Annotated[str | None, Title("复核意见", "opinion")]


REVIEWS = Table("reviews", ReviewRow, "position", "flag", "raised_at")
INVESTIGATIONS = TemporalTable("investigations", InvestigationRow)
INVESTIGATION_FLAGS = Table("investigation_flags", InvestigationFlagRow, "flag", "raised_at", "investigation")
CONDUCT = Table("conduct", ConductRow, "position")
SAMPLES = TemporalTable("samples", SampleRow)


TAKEN: tuple[type[Event], ...] = (
    FlagReviewed,
    VerificationDecided,
    CaseOpened,
    CaseExtended,
    CaseClosed,
    ConductReported,
    SampleExamined,
    WorkingPaperReviewed,
)


class Oversight:
    """Keeps what inspectors said of flags; ``seen_at`` is up to where they had seen the flag."""

    name: ClassVar[str] = "oversight"
    title: ClassVar[tuple[str, str]] = ("监督", "oversight")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 6
    tables: ClassVar[str] = f"""
        {REVIEWS.create}
        CREATE INDEX reviews_subject ON reviews (subject);
        CREATE INDEX reviews_flag ON reviews (flag, raised_at, position);
        {INVESTIGATIONS.create}
        {INVESTIGATION_FLAGS.create}
        CREATE INDEX investigation_flags_subject ON investigation_flags (subject);
        {CONDUCT.create}
        CREATE INDEX conduct_campaign ON conduct (campaign, officer, unit);
        {SAMPLES.create}
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        reviews: list[ReviewRow] = []
        joined: dict[tuple[str, int, str], tuple[str, int]] = {}
        conduct: list[ConductRow] = []
        closed = [event.investigation for event, _ in of_types(events, CaseClosed)]
        investigations = INVESTIGATIONS.load(cursor, closed)
        reviewed = [event.sample for event, _ in of_types(events, WorkingPaperReviewed)]
        samples = SAMPLES.load(cursor, reviewed)
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
                case SampleExamined() as e:
                    samples.put(_sample(e, item), item.position)
                case WorkingPaperReviewed() as e:
                    paper = found(samples.get(e.sample), e.sample)
                    said = {
                        "reviewed_at": item.position,
                        "reviewed_on": item.act.statement.on,
                        "opinion": e.opinion,
                    }
                    samples.put(paper.changed(state=e.outcome, **said), item.position)
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
        SAMPLES.save(cursor, samples.finish())


def _sample(event: SampleExamined, item: Recorded) -> SampleRow:
    """A sample whose working paper is prepared, and not reviewed yet."""
    return SampleRow(
        sample=item.act.id,
        campaign=event.campaign,
        unit=event.unit,
        position=item.position,
        examined=event.examined,
        exceptions=len(event.exceptions),
        prepared_on=item.act.statement.on,
        state="prepared",
        reviewed_at=None,
        reviewed_on=None,
        opinion=None,
    )


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
