"""Ledgers of a lower level as they were seen (下级台账): which are followed, their summaries, what was wrong, and matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ledger.domain.federation import PASSING
from ledger.domain.matches import MatchState, state_of
from ledger.events.federation import CheckpointSeen, LedgerFollowed, MirrorFault, SummaryTaken
from ledger.events.matching import MatchAnswered, MatchFound
from projections.frame.column import Day, Fen, Number, Title
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Row, Table, TemporalTable, found, named


@dataclass
class FollowedRow(Row):
    """A ledger that is followed, as it stood; ``size`` and ``seen_on`` are of the checkpoint noted last."""

    followed: Annotated[str, Title("代码", "code")]
    name: Annotated[str, Title("名称", "name")]
    level: Annotated[str, Title("级次", "level")]
    region: Annotated[str, Title("区划", "region")]
    gives: Annotated[str, Title("提供", "gives")]
    size: Annotated[Number, Title("检查点记录数", "entries")]
    seen_on: Annotated[Day | None, Title("核对日期", "seen on")]
    fault: Annotated[str | None, Title("异常", "fault")]
    fault_on: Annotated[Day | None, Title("异常日期", "at fault since")]


@dataclass
class SummaryTakenRow:
    """A summary of a ledger below: what it declares, and what its entries came to as of the same position."""

    position: Annotated[int, Title("登记序号", "position")]
    followed: Annotated[str, Title("台账", "ledger")]
    of_campaign: Annotated[str, Title("活动", "campaign")]
    of_unit: Annotated[str, Title("单位", "unit")]
    filed_on: Annotated[Day, Title("报送日期", "filed on")]
    entry: Annotated[int, Title("对方登记序号", "entry there")]
    declared_persons: Annotated[Number, Title("申报人数", "declared")]
    declared_fen: Annotated[Fen, Title("申报金额（元）", "declared amount")]
    recomputed_persons: Annotated[Number | None, Title("重算人数", "recomputed")]
    recomputed_fen: Annotated[Fen | None, Title("重算金额（元）", "recomputed amount")]
    differing: Annotated[Number, Title("不符项数", "figures that differ")]


@dataclass
class MirrorFaultRow:
    """Something that was wrong with a ledger below."""

    position: Annotated[int, Title("登记序号", "position")]
    followed: Annotated[str, Title("台账", "ledger")]
    fault: Annotated[str, Title("异常", "fault")]
    size: Annotated[Number, Title("检查点记录数", "entries")]
    entry: Annotated[int | None, Title("对方登记序号", "entry there")]
    code: Annotated[str | None, Title("审计发现", "finding")]
    ended_at: Annotated[int | None, Title("解除于", "ended at")]


@dataclass
class LedgerMatchRow(Row):
    """A match between two ledgers below, with what each county answered, null where it has not yet.

    ``state`` says how far it is by both answers.
    """

    match: Annotated[str, Title("比中编号", "match")]
    rule: Annotated[str, Title("比对规则", "rule")]
    year: Annotated[int, Title("年度", "year")]
    found_on: Annotated[Day, Title("比中日期", "found on")]
    first: Annotated[str, Title("一方台账", "ledger")]
    first_position: Annotated[Number, Title("登记序号", "entry there")]
    first_answer: Annotated[str | None, Title("核查结论", "answer")]
    second: Annotated[str, Title("另一方台账", "other ledger")]
    second_position: Annotated[Number, Title("另一方登记序号", "entry in the other")]
    second_answer: Annotated[str | None, Title("另一方核查结论", "the other's answer")]
    state: Annotated[MatchState, Title("处理情况", "handled")]


FOLLOWED = TemporalTable("followed", FollowedRow)
SUMMARIES_TAKEN = Table("summaries_taken", SummaryTakenRow, "position")
LEDGER_MATCHES = TemporalTable("ledger_matches", LedgerMatchRow)
MIRROR_FAULTS = Table("mirror_faults", MirrorFaultRow, "position")


class Federation:
    """Keeps what was seen of the ledgers below."""

    name: ClassVar[str] = "federation"
    title: ClassVar[tuple[str, str]] = ("下级台账", "ledgers below")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 3
    tables: ClassVar[str] = f"""
        {FOLLOWED.create}
        {LEDGER_MATCHES.create}
        {SUMMARIES_TAKEN.create}
        {MIRROR_FAULTS.create}
        CREATE INDEX ledger_matches_from ON ledger_matches (from_position);
        CREATE INDEX mirror_faults_open ON mirror_faults (followed) WHERE ended_at IS NULL;
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        taken = list(of_types(events, LedgerFollowed, CheckpointSeen, MirrorFault))
        rows = FOLLOWED.load(cursor, named((item for _, item in taken), "followed"))
        for event, item in taken:
            row = rows.get(event.__dict__["followed"])
            match event:
                case LedgerFollowed() as e:
                    rows.put(_followed(e, row), item.position)
                    _end_faults(
                        cursor, e.followed, item.position, PASSING | {"fork", "set-back", "entry-refused"}
                    )
                case CheckpointSeen() as e:
                    seen = found(row, e.followed).changed(
                        size=e.size, seen_on=e.day, fault=None, fault_on=None
                    )
                    rows.put(seen, item.position)
                    _end_faults(cursor, e.followed, item.position, PASSING)
                case MirrorFault() as e:
                    rows.put(found(row, e.followed).changed(fault=e.fault, fault_on=e.day), item.position)
                    MIRROR_FAULTS.add(cursor, [_fault(e, item)])
        FOLLOWED.save(cursor, rows.finish())
        _project_matches(cursor, events)
        SUMMARIES_TAKEN.add(cursor, [_summary(event, item) for event, item in of_types(events, SummaryTaken)])


def _project_matches(cursor: Cursor, events: Sequence[Recorded]) -> None:
    taken = list(of_types(events, MatchFound, MatchAnswered))
    rows = LEDGER_MATCHES.load(cursor, named((item for _, item in taken), "match"))
    for event, item in taken:
        match event:
            case MatchFound() as e:
                rows.put(_match(e), item.position)
            case MatchAnswered() as e:
                row = found(rows.get(e.match), e.match)
                side = "first_answer" if e.followed == row.first else "second_answer"
                answers = {
                    "first_answer": row.first_answer,
                    "second_answer": row.second_answer,
                    side: e.answer,
                }
                state = state_of(row.rule, answers["first_answer"], answers["second_answer"])
                rows.put(row.changed(**answers, state=state), item.position)
    LEDGER_MATCHES.save(cursor, rows.finish())


def _match(event: MatchFound) -> LedgerMatchRow:
    return LedgerMatchRow(
        match=event.match,
        rule=event.rule,
        year=event.year,
        found_on=event.day,
        first=event.first,
        first_position=event.first_position,
        first_answer=None,
        second=event.second,
        second_position=event.second_position,
        second_answer=None,
        state="waiting",
    )


def _end_faults(cursor: Cursor, followed: str, position: int, faults: frozenset[str]) -> None:
    cursor.execute(
        "UPDATE mirror_faults SET ended_at = %s WHERE followed = %s AND ended_at IS NULL AND fault = ANY(%s)",
        (position, followed, sorted(faults)),
    )


def _followed(event: LedgerFollowed, row: FollowedRow | None) -> FollowedRow:
    before = None if event.anew else row
    return FollowedRow(
        followed=event.followed,
        name=event.name,
        level=event.level,
        region=event.region,
        gives=event.gives,
        size=0 if before is None else before.size,
        seen_on=None if before is None else before.seen_on,
        fault=None,
        fault_on=None,
    )


def _summary(event: SummaryTaken, item: Recorded) -> SummaryTakenRow:
    return SummaryTakenRow(
        position=item.position,
        followed=event.followed,
        of_campaign=event.of_campaign,
        of_unit=event.of_unit,
        filed_on=event.filed_on,
        entry=event.position,
        declared_persons=event.declared_persons,
        declared_fen=event.declared_fen,
        recomputed_persons=event.recomputed_persons,
        recomputed_fen=event.recomputed_fen,
        differing=len(event.differences),
    )


def _fault(event: MirrorFault, item: Recorded) -> MirrorFaultRow:
    return MirrorFaultRow(
        position=item.position,
        followed=event.followed,
        fault=event.fault,
        size=event.size,
        entry=event.position,
        code=event.code,
        ended_at=None,
    )
