"""The auditor's working paper (审计工作底稿) over a sample: what it was drawn from and how, each case with voucher and
bank line, what was found, who prepared and who reviewed it, and how it is proved.

One that is on record (抽样核查) is drawn again as of its own entry, which gives the same cases; one that is not is a
form to write findings into.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from api.audit import sampling
from api.audit.draws import ordered_draw
from api.gate import Row, ScopedViews
from api.papers import queries
from api.papers.context import PaperContext, Signed, rule_titles
from api.papers.paper import (
    Blank,
    Block,
    Fields,
    Paper,
    Paragraphs,
    Signatures,
    Table,
    chinese_day,
    money,
    table,
)
from api.papers.proofs import PaperLog
from api.wording.masked_names import named
from ledger.events.oversight import SampleExamined

METHODS: dict[sampling.Method, str] = {
    "random": "随机抽样（按随机种子排序取前 n 例）",
    "sum": "按金额抽样（货币单位抽样，等距选取）",
    "flag": "按疑点抽样（严重程度由高到低，不足部分随机补足）",
}

BANK_RESULTS = {"paid": "已入账", "bounced": "退票", "different": "与发放不符"}
"""What the bank said of a payout."""


class Drawing(NamedTuple):
    """How a sample is drawn: within which unit with all below it, by which method, how many, by which seed."""

    campaign: str
    unit: str | None
    method: sampling.Method
    size: int
    seed: str


def working_paper(
    context: PaperContext,
    log: PaperLog,
    drawing: Drawing,
    *,
    number: str | None,
    issuer: str = "",
    examined: Signed | None = None,
) -> Paper:
    """The working paper as of the context's position, which for one on record is that of its drawing.

    ``issuer`` is whose paper it is; of one on record, the unit of who examined the sample.
    """
    terms = context.terms(drawing.campaign)
    drawn = sampling.draw(context.views, drawing.method, drawing.size, drawing.seed, context.as_of)
    named(drawn.cases, context.views, context.vault)
    whole = queries.population(context.views, context.as_of)
    on_record = None if examined is None else examined.event
    assert on_record is None or isinstance(on_record, SampleExamined)
    findings = {} if on_record is None else {each.case: each.finding for each in on_record.exceptions}
    audited = context.unit(drawing.unit or terms["sponsor"])
    recorded_at = context.position if examined is None else examined.position
    number, issuer = (
        number or f"{drawing.campaign}-{recorded_at}",
        issuer if examined is None else examined.unit,
    )
    blocks: list[Block] = [
        _stated(drawing, terms["title"], (audited, issuer, number), whole, drawn, context.position),
        _sample(context, drawn.cases, findings, is_form=on_record is None),
    ]
    if on_record is None:
        blocks += [Blank(heading="三、审计发现与结论", lines=5)]
        places = [("编制人", "", ""), ("复核人", "", "")]
        proof = log.checkpoint_proof(context.position, drawing.campaign)
    else:
        assert examined is not None
        blocks += [
            Paragraphs(
                heading="三、审计结论",
                texts=[
                    f"抽查 {on_record.examined} 例，发现问题 {len(on_record.exceptions)} 例。",
                    on_record.conclusion,
                ],
            )
        ]
        second = examined.officers[1] if len(examined.officers) > 1 else ""
        signed_on = chinese_day(examined.on)
        places = [
            ("编制人", examined.officers[0], signed_on),
            ("复核人", second, signed_on if second else ""),
        ]
        proof = log.entry_proof(examined.position, examined.entry)
    return Paper(
        name="working-paper",
        title="审计工作底稿",
        lead=[f"{terms['title']}慰问资金抽样核查"],
        number=number,
        issuer=issuer,
        foot=context.foot,
        landscape=True,
        made_at=context.made_at,
        blocks=[*blocks, Signatures(places=places), proof],
    )


def _stated(
    drawing: Drawing,
    title: str,
    of: tuple[str, str, str],
    whole: Row,
    drawn: sampling.Sample,
    position: int,
) -> Fields:
    """What the sample is of; ``of`` is whom is audited, who audits, and the paper's number."""
    audited, issuer, number = of
    paid_fen = sum(case["paid_fen"] for case in drawn.cases)
    share = "" if whole["paid_fen"] == 0 else f"，占总体金额 {paid_fen / whole['paid_fen']:.1%}"
    every = f"，抽样间隔 {money(whole['paid_fen'] // drawing.size)} 元" if drawn.method == "sum" else ""
    return Fields(
        heading="一、抽样说明",
        pairs=2,
        items=[
            ("底稿编号", number),
            ("编制单位", issuer),
            ("被审计单位", audited + ("" if drawing.unit is None else "（含下属单位）")),
            ("活动", title),
            ("业务期间", _period(whole)),
            ("抽样时点", f"登记序号 {position:,}"),
            (
                "总体",
                f"{drawn.of:,} 例，批准 {money(whole['approved_fen'])} 元，发放 {money(whole['paid_fen'])} 元",
            ),
            (
                "抽样方法",
                METHODS[drawn.method]
                if len(drawn.cases) < drawn.of
                else "全数核查（样本量不少于总体，未抽样）",
            ),
            ("随机种子", drawing.seed),
            (
                "样本",
                f"要求 {drawing.size} 例，抽得 {len(drawn.cases)} 例，发放 {money(paid_fen)} 元{share}{every}",
            ),
        ],
    )


def _period(whole: Row) -> str:
    if whole["first"] is None:
        return "无业务"
    return f"{whole['first']} 至 {whole['last']}"


def _sample(context: PaperContext, cases: list[Row], findings: dict[str, str], *, is_form: bool) -> Table:
    paid = defaultdict(list)
    for payout in queries.payouts(context.views, [case["case_id"] for case in cases], context.as_of):
        paid[payout["case_id"]].append(payout)
    vouchers = _vouchers(context, [each["payout"] for found in paid.values() for each in found])
    titles = rule_titles()
    rows = [
        [
            str(number),
            case["masked_name"],
            context.unit(case["unit"]),
            case["category_title"],
            money(case["approved_fen"]),
            money(case["kept_fen"]),
            "\n".join(str(each["paid_on"]) for each in paid[case["case_id"]]) or "未发放",
            "\n".join(vouchers[each["payout"]] for each in paid[case["case_id"]]),
            "\n".join(bank_line(each) for each in paid[case["case_id"]]),
            "、".join(titles.get(rule, (rule, ""))[0] for rule in case["rules"] or []),
            findings.get(case["case_id"], "" if is_form else "未发现异常"),
        ]
        for number, case in enumerate(cases, 1)
    ]
    totals = [
        "",
        "合计",
        "",
        "",
        *(money(sum(case[of] for case in cases)) for of in ("approved_fen", "kept_fen")),
    ]
    return table(
        [
            ("序号", "center"), ("姓名或名称", "left"), ("单位", "left"), ("类别", "left"), ("批准（元）", "right"),
            ("实发（元）", "right"), ("发放日期", "center"), ("凭证", "left"), ("银行流水", "left"),
            ("系统提示疑点", "left"), ("核查发现", "left"),
        ],
        rows,
        heading="二、样本及核查情况",
        totals=[*totals, *[""] * 5],
        least={"核查发现": 20, "系统提示疑点": 10},
    )  # fmt: skip


def _vouchers(context: PaperContext, payouts: list[str]) -> dict[str, str]:
    """The paper behind each payout by its number, and the payout's own position."""
    said = {}
    for statement in context.statements(payouts):
        document = getattr(statement.event, "document", None)
        number = "" if document is None else f"{document.number}，"
        said[statement.id] = f"{number}登记序号 {statement.position:,}"
    return said


def bank_line(payout: Row) -> str:
    """What the bank shows of a payout: its answer, else the statement's debit."""
    if payout["form"] != "money":
        return "实物"
    if payout["method"] == "cash":
        return "现金"
    if payout["result"] is not None:
        return f"{payout['booked_on']} {money(payout['bank_fen'])} {BANK_RESULTS[payout['result']]}"
    if payout["debited_on"] is not None:
        return f"{payout['debited_on']} 对账单已列支"
    return "无银行记录"


def drawing_of(examined: Signed, views: ScopedViews) -> tuple[Drawing, int]:
    """How a sample on record was drawn, and as of which position: of one that was ordered, that of the order."""
    said = examined.event
    assert isinstance(said, SampleExamined)
    drawn_at = said.drawn_at if said.draw is None else ordered_draw(views, said.draw).drawn_at
    return Drawing(said.campaign, said.unit, said.method, said.size, said.seed), drawn_at
