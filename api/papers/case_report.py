"""The report on a discipline case (核查情况报告): why it was opened, flags and evidence, persons, measures, what followed."""

from __future__ import annotations

from typing import NamedTuple

from api.gate import Row
from api.history.whom import name_whom
from api.papers import queries
from api.papers.context import PaperContext, Signed, rule_titles
from api.papers.paper import Block, Fields, Paper, Paragraphs, Signatures, Table, chinese_day, money, table
from api.papers.proofs import PaperLog
from api.papers.relation_chart import relation_charts
from api.rectifications import queries as rectifications
from api.rectifications.rows import STATE_TITLES
from api.wording.in_words import in_words
from api.wording.masked_names import masked_names
from api.wording.words import Words
from ledger.clock import CHINA
from ledger.domain.event import ROLE_TITLES
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.oversight import CaseClosed, CaseExtended, CaseOpened
from projections.flags.rule import SEVERITY_TITLES
from projections.flags.subject import SUBJECT_TITLES

FINDINGS = {"substantiated": "属实", "partly": "部分属实", "unsubstantiated": "不属实"}
MEASURES = {
    "return": "退回资金",
    "sanction": "取消次年补助资格",
    "warning": "批评教育、谈话提醒",
    "transfer": "移送有关机关",
    "none": "不予处理",
}
MOST_EVIDENCE = 400
"""So many entries are listed as evidence; a case over more says how many it leaves out."""


class _Case(NamedTuple):
    row: Row
    opened: Signed
    extended: list[Signed]
    closed: Signed | None
    flags: list[Row]


def case_report(context: PaperContext, log: PaperLog, investigation: str, *, number: str | None) -> Paper:
    """The report as the case stood; one that is open is an interim report.

    Raises:
        Refused: ``reference-unknown``.
    """
    case = _found(context, investigation)
    row, closing = case.row, None if case.closed is None else case.closed.event
    assert closing is None or isinstance(closing, CaseClosed)
    proved = case.closed or case.opened
    issuer = "" if not proved.officers else proved.officers[0]
    blocks: list[Block] = [
        _stated(context, case),
        Paragraphs(heading="一、立项依据", texts=_grounds(case)),
        flag_table(context, case.flags, heading="二、疑点"),
        *_evidence(context, case.flags),
        Paragraphs(
            heading="四、核查结论",
            texts=[
                "核查尚未办结，本报告反映截至目前的情况。"
                if closing is None
                else f"经核查，反映问题{FINDINGS[closing.finding]}，涉及金额 {money(closing.amount_fen)} 元。\n{closing.text}"
            ],
        ),
        *([] if closing is None else [_responsible(context, closing), _measures(context, closing)]),
        *_followed(context, row["investigation"]),
        *relation_charts(context, row["investigation"]),
        Signatures(
            places=[("承办人", issuer, chinese_day(proved.on)), ("复核人", "", ""), ("负责人", "", "")]
        ),
        log.entry_proof(proved.position, proved.entry),
    ]
    return Paper(
        name="case",
        title="核查情况报告" if closing is not None else "核查情况报告（中期）",
        lead=[row["title"]],
        number=number or f"核查-{case.opened.position}",
        issuer=context.unit(row["unit"]),
        foot=context.foot,
        made_at=context.made_at,
        blocks=blocks,
    )


def _found(context: PaperContext, investigation: str) -> _Case:
    row = queries.investigation(context.views, investigation, context.as_of)
    if row is None:
        raise UNKNOWN_REFERENCE.refused(kind="investigation", id=investigation)
    joined = {flag["position"] for flag in row["flags"]}
    said = context.statements_at(sorted({row["opened_at"], row["from_position"], *joined}))
    opened = [each for each in said if isinstance(each.event, CaseOpened)]
    if not opened:
        raise UNKNOWN_REFERENCE.refused(kind="investigation", id=investigation)
    closed = [each for each in said if isinstance(each.event, CaseClosed)]
    flags = queries.flag_versions(context.views, [each["flag"] for each in row["flags"]], context.as_of)
    return _Case(
        row=row,
        opened=opened[0],
        extended=[each for each in said if isinstance(each.event, CaseExtended)],
        closed=closed[-1] if closed else None,
        flags=sorted(flags, key=lambda flag: (flag["raised_at"], flag["flag"])),
    )


def _stated(context: PaperContext, case: _Case) -> Fields:
    row, closed = case.row, case.closed
    return Fields(
        items=[
            ("事项", row["title"]),
            ("涉及单位", context.unit(row["unit"]) or "全部单位"),
            ("活动", context.terms(row["campaign"])["title"] if row["campaign"] else "不限于一个活动"),
            ("涉及疑点", f"{len(case.flags)} 条，{money(sum(flag['amount_fen'] for flag in case.flags))} 元"),
            (
                "立项",
                f"{chinese_day(case.opened.on)}　{'、'.join(case.opened.officers)}（登记序号 {case.opened.position:,}）",
            ),
            (
                "办结",
                "未办结"
                if closed is None
                else f"{chinese_day(closed.on)}　{'、'.join(closed.officers)}（登记序号 {closed.position:,}）",
            ),
            ("结论", FINDINGS[row["finding"]] if row["finding"] else "未作出"),
            ("认定金额", f"{money(row['amount_fen'])} 元" if row["finding"] else "未认定"),
        ]
    )


def _grounds(case: _Case) -> list[str]:
    opened = case.opened.event
    assert isinstance(opened, CaseOpened)
    return [
        opened.text,
        *(f"{chinese_day(each.on)}并案：{getattr(each.event, 'text', '')}" for each in case.extended),
    ]


def flag_table(context: PaperContext, flags: list[Row], *, heading: str) -> Table:
    """Flags with clause, subject and sum, and the total; what each is about stands masked."""
    titles = rule_titles()
    names = _subjects(context, flags)
    rows = []
    for place, flag in enumerate(flags, 1):
        title, clause = titles.get(flag["rule"], (flag["rule"], ""))
        rows.append(
            [
                str(place),
                title,
                clause,
                SEVERITY_TITLES[flag["severity"]][0],
                names[flag["flag"]],
                context.unit(flag["unit"]),
                in_words(context.titles, flag["details"])["zh"],
                f"{flag['raised_at']:,}" + ("\n（已消除）" if flag["is_cleared"] else ""),
                money(flag["amount_fen"]),
            ]
        )
    return table(
        [
            ("序号", "center"), ("疑点", "left"), ("依据", "center"), ("程度", "center"), ("对象", "left"),
            ("单位", "left"), ("说明", "left"), ("发现于", "right"), ("金额（元）", "right"),
        ],
        rows,
        heading=heading,
        totals=["", "合计", *[""] * 6, money(sum(flag["amount_fen"] for flag in flags))] if flags else None,
    )  # fmt: skip


def _subjects(context: PaperContext, flags: list[Row]) -> dict[str, str]:
    """What each flag is about: persons by their masked names, units and officers by theirs."""
    split = {flag["flag"]: _parts(flag["subject"]) for flag in flags}
    of_kind: dict[str, list[str]] = {}
    for kind, name in split.values():
        of_kind.setdefault(kind, []).append(name)
    dossiers = {
        row["id"]: row["dossier"]
        for row in [
            *queries.subjects(context.views, of_kind.get("case", []), of_kind.get("payout", [])),
            *queries.dossiers_of_persons(context.views, of_kind.get("person", [])),
        ]
    } | {name: name for name in of_kind.get("dossier", [])}
    names = masked_names(context.views, context.vault, list(set(dossiers.values())))
    return {
        flag: _called(context, kind, name, names.get(dossiers.get(name, "")))
        for flag, (kind, name) in split.items()
    }


def _parts(subject: str) -> tuple[str, str]:
    kind, _, rest = subject.partition(":")
    return kind, rest.partition("/")[2]


def _called(context: PaperContext, kind: str, name: str, masked: str | None) -> str:
    title = SUBJECT_TITLES[kind][0]
    if masked is not None:
        return f"{title}：{masked}"
    if kind == "unit":
        return f"{title}：{context.unit(name)}"
    if kind == "officer":
        return f"{title}：{context.officer(name)}"
    return f"{title} …{name[-8:]}"


def _evidence(context: PaperContext, flags: list[Row]) -> list[Block]:
    positions = sorted({position for flag in flags for position in flag["evidence"]})
    found, said = queries.events(context.views, positions, MOST_EVIDENCE), Words("zh")
    name_whom(found, context.views, context.vault)
    listed = table(
        [
            ("登记序号", "right"), ("业务日期", "center"), ("登记时间", "center"), ("事项", "left"), ("对象", "left"),
            ("单位", "left"), ("签署人", "left"), ("凭证、事由", "left"), ("金额（元）", "right"),
        ],
        [
            [
                f"{event['position']:,}",
                str(event["happened_on"]),
                f"{event['recorded_at'].astimezone(CHINA):%Y-%m-%d %H:%M}",
                said.event_title(event["type"]),
                event["masked_name"] or "",
                context.unit(event["unit"]),
                context.officer(event["officer"]),
                "；".join(filter(None, (event["document"], event["reason"]))),
                money(event["amount_fen"]),
            ]
            for event in found
        ],
        heading="三、证据（台账记录）",
    )  # fmt: skip
    left_out = len(positions) - len(found)
    if left_out == 0:
        return [listed]
    return [listed, Paragraphs(texts=[f"另有 {left_out} 条记录未列出。"])]


def _responsible(context: PaperContext, closing: CaseClosed) -> Block:
    roles = {row["officer"]: row for row in queries.officers(context.views, closing.officers, context.as_of)}
    rows = []
    for place, officer in enumerate(closing.officers, 1):
        row = roles.get(officer)
        rows.append(
            [
                str(place),
                context.officer(officer),
                "" if row is None else context.unit(row["unit"]),
                ""
                if row is None
                else "、".join(dict.fromkeys(ROLE_TITLES[each["role"]][0] for each in row["grants"])),
            ]
        )
    return table(
        [("序号", "center"), ("姓名", "left"), ("单位", "left"), ("岗位", "left")],
        rows,
        heading="五、责任人员",
    )


def _measures(context: PaperContext, closing: CaseClosed) -> Block:
    rows = [
        [
            str(place),
            MEASURES[each.kind],
            "、".join(filter(None, [context.unit(each.unit), context.officer(each.officer)])),
            each.text,
            money(each.amount_fen),
        ]
        for place, each in enumerate(closing.measures, 1)
    ]
    total = sum(each.amount_fen or 0 for each in closing.measures)
    return table(
        [("序号", "center"), ("措施", "left"), ("对象", "left"), ("内容", "left"), ("金额（元）", "right")],
        rows,
        heading="六、处理措施",
        totals=["", "合计", "", "", money(total)] if total else None,
    )


def _followed(context: PaperContext, investigation: str) -> list[Block]:
    """What came of it: items to be put right, matters handed over, cases that other organs filed."""
    items = [
        row
        for row in rectifications.rectifications(context.views, None, context.as_of)
        if row["investigation"] == investigation
    ]
    blocks: list[Block] = []
    if items:
        blocks.append(
            table(
                [
                    ("序号", "center"),
                    ("整改事项", "left"),
                    ("责任单位", "left"),
                    ("期限", "center"),
                    ("状态", "center"),
                ],
                [
                    [
                        str(place),
                        row["what"],
                        context.unit(row["unit"]),
                        str(row["due"]),
                        STATE_TITLES[row["state"]][0],
                    ]
                    for place, row in enumerate(items, 1)
                ],
                heading="七、整改",
            )
        )
    outside = [
        *(
            ["移送", str(row["handed_over_on"]), row["organ"], row["letter"], row["what"]]
            for row in rectifications.handovers(context.views, context.as_of)
            if row["investigation"] == investigation
        ),
        *(
            ["外部立案", str(row["filed_on"]), row["organ"], row["file_number"], row["what"]]
            for row in rectifications.outside_cases(context.views, context.as_of)
            if row["investigation"] == investigation
        ),
    ]
    if outside:
        blocks.append(
            table(
                [
                    ("类别", "center"),
                    ("日期", "center"),
                    ("机关", "left"),
                    ("文号", "left"),
                    ("内容", "left"),
                ],
                outside,
                heading="八、移送与外部机关立案" if items else "七、移送与外部机关立案",
            )
        )
    return blocks
