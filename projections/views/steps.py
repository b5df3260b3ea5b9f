"""The steps of the policy's own that stand for a case (办理步骤); the ledger's own acts stand in the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import orjson

from ledger.domain.event import Event
from ledger.events.nomination import Confirmed, Revoked
from ledger.events.steps import StepTaken
from projections.frame.column import Day, json_of
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Row, TemporalTable, Versions, lines


@dataclass
class CaseStepRow(Row):
    """A step that stands for a case; ``on_approval`` is one that falls with the approval that it rests on.

    ``papers`` are title and number of the papers named with it, as JSON.
    """

    taken: str
    case_id: str
    campaign: str
    unit: str
    step: str
    role: str
    position: int
    taken_on: Day
    minutes: str | None
    held_on: Day | None
    papers: Annotated[str, json_of(list[dict[str, str]])]
    note: str | None
    on_approval: bool


CASE_STEPS = TemporalTable("case_steps", CaseStepRow)

TAKEN: tuple[type[Event], ...] = (StepTaken, Confirmed, Revoked)


class Steps:
    """Keeps the steps that stand for each case."""

    name: ClassVar[str] = "steps"
    title: ClassVar[tuple[str, str]] = ("办理步骤", "steps")
    needs: ClassVar[tuple[str, ...]] = ("roster",)
    version: ClassVar[int] = 1
    tables: ClassVar[str] = f"""
        {CASE_STEPS.create}
        CREATE INDEX case_steps_case ON case_steps (case_id, position);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order: what rests on an approval ends with it, or when the case is confirmed anew."""
        found = list(of_types(events, *TAKEN))
        cases = {event.__dict__["case"] for event, _ in found}
        if not cases:
            return
        rows = CASE_STEPS.load_by(cursor, "case_id", cases)
        approved = _approved_at(
            cursor, [(event, item) for event, item in found if isinstance(event, StepTaken)]
        )
        for event, item in found:
            match event:
                case StepTaken() as e:
                    rows.put(_row(e, item, on_approval=item.position in approved), item.position)
                case Confirmed() as e:
                    _drop(rows, e.case, item.position)
                case Revoked(target="approval") as e:
                    _drop(rows, e.case, item.position)
        CASE_STEPS.save(cursor, rows.finish())


def _drop(rows: Versions[CaseStepRow], case_id: str, position: int) -> None:
    for row in list(rows.current()):
        if row.case_id == case_id and row.on_approval:
            rows.remove(row.taken, position)


def _approved_at(cursor: Cursor, steps: Sequence[tuple[StepTaken, Recorded]]) -> set[int]:
    """The positions of those steps whose case stood approved, as the roster has it."""
    if not steps:
        return set()
    cursor.execute(
        "SELECT s.position FROM unnest(string_to_array(%s, E'\\n'), string_to_array(%s, E'\\n')::bigint[])"
        " AS s (case_id, position) JOIN cases k ON k.case_id = s.case_id AND k.step = 'approved'"
        " AND k.from_position <= s.position AND (k.to_position IS NULL OR k.to_position > s.position)",
        (lines(event.case for event, _ in steps), lines(str(item.position) for _, item in steps)),
    )
    return {position for (position,) in cursor.fetchall()}


def _row(event: StepTaken, item: Recorded, *, on_approval: bool) -> CaseStepRow:
    papers = [{"title": paper.title, "number": paper.document.number} for paper in event.papers]
    return CaseStepRow(
        taken=f"{event.case}/{event.step}",
        case_id=event.case,
        campaign=event.campaign,
        unit=event.unit,
        step=event.step,
        role=event.role,
        position=item.position,
        taken_on=item.act.statement.on,
        minutes=None if event.minutes is None else event.minutes.document.number,
        held_on=None if event.minutes is None else event.minutes.held_on,
        papers=orjson.dumps(papers).decode(),
        note=event.note,
        on_approval=on_approval,
    )
