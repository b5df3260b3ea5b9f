"""A receipt as a paper (登记回执): what was signed, by whom, where it is recorded, and how that is proved."""

from __future__ import annotations

from typing import Any

from api.flags.queries import DISPOSITIONS
from api.papers import queries
from api.papers.case_report import FINDINGS
from api.papers.context import PaperContext, Signed
from api.papers.paper import Block, Fields, Paper, chinese_day
from api.papers.proofs import PaperLog
from api.wording import event_fields
from api.wording.words import CODES
from ledger.errors import yuan

TITLES = {"unit": "单位", "campaign": "活动", "officer": "人员"}
"""What is shown by its name and not by its code."""

MOST_FIELDS = 40
LONGEST_VALUE = 600


def receipt_paper(context: PaperContext, log: PaperLog, signed: Signed, *, number: str | None) -> Paper:
    """The receipt of a statement that is recorded.

    Raises:
        Refused: ``not-yet-published``.
    """
    event = signed.event
    blocks: list[Block] = [
        Fields(
            pairs=1,
            items=[
                ("事项", event.TITLE_ZH),
                ("签署件编号", signed.id),
                ("签署人", "、".join(signed.officers) or "台账"),
                ("业务日期", chinese_day(signed.on)),
                ("登记序号", f"{signed.position:,}"),
                ("登记时间", signed.recorded),
            ],
        ),
        Fields(heading="登记内容", pairs=1, items=_contents(context, event)[:MOST_FIELDS]),
        log.entry_proof(signed.position, signed.entry),
    ]
    return Paper(
        name="receipt",
        title="登记回执",
        number=number or str(signed.position),
        issuer=context.unit(getattr(event, "unit", None)),
        foot=context.foot,
        made_at=context.made_at,
        blocks=blocks,
    )


def _contents(context: PaperContext, event: Any) -> list[tuple[str, str]]:
    """The fields that were given, each by its title; of what is a list, how many."""
    said = []
    for name, value in event.model_dump(mode="json", exclude_none=True).items():
        text = _value(context, name, value)
        if text:
            said.append((TITLES.get(name) or event_fields.title(type(event), name), text))
    return said or [("内容", "无")]


def _value(context: PaperContext, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return f"{yuan(value)} 元" if name.endswith("_fen") else f"{value:,}"
    if isinstance(value, list):
        return f"共 {len(value)} 项" if value else ""
    if isinstance(value, dict):
        return str(value.get("number") or f"共 {len(value)} 项")
    if name == "campaign":
        found = queries.terms(context.views, value, context.as_of)
        return str(value if found is None else found["title"])
    called = {"unit": context.unit, "officer": context.officer}.get(name, _word)(str(value))
    return called if len(called) <= LONGEST_VALUE else f"{called[:LONGEST_VALUE]}……（共 {len(called)} 字）"


def _word(code: str) -> str:
    """A code by what it is called; any other text is itself."""
    return CODES.get(code) or FINDINGS.get(code) or DISPOSITIONS.get(code, (code,))[0]
