"""A step of a case as it is answered (办理步骤应答): what the policy asks, and who took it when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from projections.frame.column import Day, Number, Title


@dataclass
class NamedPaper:
    """A paper that was named with a step: what it is by the policy's word, and its number."""

    title: str
    number: str


@dataclass
class CaseStep:
    """A step of a case's procedure; ``position`` and what follows are null while it was not taken.

    ``is_due`` is the one that comes next; ``is_due_again`` one that an approval rested on which was revoked since: it is
    taken again before more is approved. ``act`` is null for a step of the policy's own. Papers that the policy asks for
    are ``papers_required``; ``papers`` are those named when it was taken.
    """

    number: Annotated[Number, Title("序号", "number")]
    step: Annotated[str, Title("步骤代码", "step")]
    title: Annotated[str, Title("步骤", "title")]
    role: Annotated[str, Title("办理岗位", "role")]
    level: Annotated[str | None, Title("层级", "level")]
    signatures: Annotated[Number, Title("签署人数", "signatures")]
    act: str | None
    papers_required: list[str]
    minutes_required: bool
    apart: list[str]
    is_due: Annotated[bool, Title("待办", "due")]
    is_due_again: Annotated[bool, Title("增额须重办", "again for more")]
    position: Annotated[int | None, Title("登记序号", "position")]
    taken_on: Annotated[Day | None, Title("办理日期", "taken on")]
    officers: Annotated[list[str], Title("办理人", "taken by")]
    minutes: Annotated[str | None, Title("会议纪要编号", "minutes")]
    held_on: Annotated[Day | None, Title("会议日期", "held on")]
    papers: list[NamedPaper]
    note: Annotated[str | None, Title("备注", "note")]
