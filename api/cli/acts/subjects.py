"""What the commands sign about (签署的对象): cases, flags, objections, investigations."""

from __future__ import annotations

from collections.abc import Sequence

from api.cli import columns
from api.cli.acts.declaration import ANY_CAMPAIGN, CAMPAIGN, UNIT, Narrowing, Subjects
from api.cli.acts.questions import CASES, FLAGS, INVESTIGATIONS, OPEN_OBJECTIONS, SAMPLES, WAITING_OBJECTIONS
from api.cli.answers import Column


def _picked(found: Sequence[Column], *keys: str) -> tuple[Column, ...]:
    by_key = {column.key: column for column in found}
    return tuple(by_key[key] for key in keys)


OF_CASES = Subjects(
    metavar="CASE",
    zh="对象",
    en="case",
    question=CASES,
    key="case_id",
    number="nominated_position",
    narrowed_by=(CAMPAIGN, UNIT, Narrowing("category", "类别代码", "the category's code")),
    shown=_picked(columns.ROSTER, "nominated_position", "unit", "masked_name", "category_title", "state"),
    state_of="state",
)
OF_FLAGS = Subjects(
    metavar="FLAG",
    zh="疑点",
    en="flag",
    question=FLAGS,
    key="flag",
    narrowed_by=(ANY_CAMPAIGN, UNIT, Narrowing("rule", "规则代码", "the rule's code")),
    shown=_picked(columns.FLAGS, "raised_at", "rule", "unit", "about"),
)
OF_OBJECTIONS = Subjects(
    metavar="OBJECTION",
    zh="待处理的异议",
    en="objection to be settled",
    question=OPEN_OBJECTIONS,
    key="objection",
    number="lodged_at",
    narrowed_by=(ANY_CAMPAIGN,),
    shown=(Column("lodged_at", ("登记序号", "position"), right=True), Column("unit", ("单位", "unit"))),
)
OF_RECEIVED = Subjects(
    metavar="NUMBER",
    zh="群众异议",
    en="objection of the public",
    question=WAITING_OBJECTIONS,
    key="number",
    narrowed_by=(ANY_CAMPAIGN,),
    shown=(
        Column("number", ("编号", "number")),
        Column("unit", ("单位", "unit")),
        Column("text", ("内容", "what was written")),
    ),
)
OF_SAMPLES = Subjects(
    metavar="SAMPLE",
    zh="抽样核查",
    en="sample that was examined",
    question=SAMPLES,
    key="sample",
    number="position",
    narrowed_by=(ANY_CAMPAIGN,),
    shown=tuple(columns.SAMPLES),
)
OF_INVESTIGATIONS = Subjects(
    metavar="CASE",
    zh="核查事项",
    en="discipline case",
    question=INVESTIGATIONS,
    key="investigation",
    number="opened_at",
    narrowed_by=(ANY_CAMPAIGN, UNIT),
    shown=(
        Column("opened_at", ("立项序号", "opened at"), right=True),
        Column("unit", ("单位", "unit")),
        Column("title", ("事项", "title")),
    ),
)
