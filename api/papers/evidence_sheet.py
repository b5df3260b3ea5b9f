"""The audit evidence sheet (审计取证单): one finding of an examined sample, put before the unit that it is about.

One sheet a finding (一事一单): the fact with the records that show it, the unit's own word on it, signature and seal.
"""

from __future__ import annotations

from api.gate import Row
from api.papers import queries
from api.papers.context import PaperContext
from api.papers.paper import (
    UNDATED,
    Blank,
    Fields,
    Paper,
    Paragraphs,
    Seal,
    Signatures,
    Table,
    Together,
    chinese_day,
    money,
    table,
)
from api.papers.proofs import PaperLog
from api.wording.masked_names import masked_persons
from api.wording.words import Words
from ledger.clock import CHINA
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import Rule
from ledger.events.oversight import SampleExamined

TITLE = "审计取证单"
FINDING_UNKNOWN = Rule(
    "sample-finding-unknown",
    zh="该次抽查登记的问题共 {expected} 个，没有第 {found} 个：请核对问题序号",
    en="the sample has {expected} findings on record, and no finding {found}",
)


def evidence_sheet(
    context: PaperContext, log: PaperLog, sample: str, finding: int, *, number: str | None
) -> Paper:
    """The sheet on a finding of a sample, counted from 1 as they stand in its record.

    Raises:
        Refused: ``reference-unknown``; ``sample-finding-unknown``.
    """
    examined = context.signed(sample, SampleExamined)
    said = examined.event
    assert isinstance(said, SampleExamined)
    if not 1 <= finding <= len(said.exceptions):
        raise FINDING_UNKNOWN.refused(expected=len(said.exceptions), found=finding)
    exception = said.exceptions[finding - 1]
    terms, case = (
        context.terms(said.campaign),
        queries.sampled_case(context.views, exception.case, context.as_of),
    )
    persons = masked_persons(context.views, context.vault, [case["dossier"]])
    name = "—" if case["dossier"] not in persons else persons[case["dossier"]].name
    audited = context.unit(case["unit"])
    return Paper(
        name="evidence-sheet",
        title=TITLE,
        number=number or f"{said.campaign}-{examined.position}-{finding}",
        issuer=examined.unit,
        foot=context.foot,
        made_at=context.made_at,
        blocks=[
            Fields(
                items=[
                    ("项目名称", f"{terms['title']}慰问资金审计"),
                    ("被审计单位", audited),
                    ("审计事项", f"{context.category(said.campaign, case['category'])}慰问金的审批和发放"),
                    ("涉及对象", name),
                    ("批准金额", f"{money(case['approved_fen'])} 元"),
                    ("实发金额", f"{money(case['paid_fen'] - case['returned_fen'])} 元"),
                ]
            ),
            Paragraphs(heading="一、审计事项摘要", texts=[exception.finding]),
            _records(context, terms, exception.case),
            Signatures(
                places=[
                    ("审计人员", "、".join(examined.officers), chinese_day(examined.on)),
                    ("审计组组长", "", ""),
                ]
            ),
            Blank(heading="三、被审计单位意见（可另附说明）", lines=4),
            Together(
                blocks=[
                    Signatures(places=[("经办人", "", ""), ("单位负责人", "", "")]),
                    Seal(issuer=audited, day=UNDATED),
                ]
            ),
            log.entry_proof(examined.position, examined.entry),
        ],
    )


def _papers(event: Row) -> list[str]:
    return [f"{paper['title']} {paper['number']}" for paper in event["papers"] or []]


def _records(context: PaperContext, terms: Row, case: str) -> Table:
    """What the ledger has of the case, in order; a step by what the policy calls it."""
    said = Words("zh")
    steps = {step.code: step.title for step in Policy.model_validate(terms["policy"]).chain}
    rows = [
        [
            f"{event['position']:,}",
            str(event["happened_on"]),
            f"{event['recorded_at'].astimezone(CHINA):%Y-%m-%d %H:%M}",
            steps.get(event["step"] or "", said.event_title(event["type"])),
            context.officer(event["officer"]),
            "；".join(filter(None, [event["document"], event["minutes"], *_papers(event), event["reason"]])),
            money(event["amount_fen"]),
        ]
        for event in queries.events_of_case(context.views, case, context.as_of)
    ]
    return table(
        [
            ("登记序号", "right"), ("业务日期", "center"), ("登记时间", "center"), ("事项", "left"),
            ("签署人", "left"), ("凭证、事由", "left"), ("金额（元）", "right"),
        ],
        rows,
        heading="二、台账记录",
    )  # fmt: skip
