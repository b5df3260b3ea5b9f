"""The commands that sign one kind of event (签署类命令登记): what each does; ``acts`` declares how."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Group, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")


def _of_cases(function: str, zh: str, en: str) -> Command:
    return Command(f"api.cli.acts.{function}", zh, en, Shown("persons"))


def _of_matters(function: str, zh: str, en: str) -> Command:
    return Command(f"api.cli.acts.{function}", zh, en, Shown("search"))


def _signed(function: str, zh: str, en: str) -> Command:
    return Command(f"api.cli.acts.{function}", zh, en, _STATEMENT)


ACT_COMMANDS: Mapping[str, Command] = {
    "confirm": _of_cases("cases:confirm", "确认申报，可批量，一次签署", "confirm nominations, signed once"),
    "notice": _of_cases("cases:notice", "公示名单，每个单位一份", "post a notice, one for each unit"),
    "object": _of_cases("cases:object_", "对公示对象提出异议", "object to a case"),
    "take-down": _of_cases(
        "cases:take_down", "将群众提出的异议登记入账", "take down what the public objected"
    ),
    "settle": _of_cases("cases:settle", "处理异议", "settle an objection"),
    "approve": _of_cases(
        "cases:approve",
        "审批，可批量；金额、资金项目默认按方案",
        "approve cases; sum and line as the policy has them unless given",
    ),
    "reject": _of_cases("cases:reject", "不予批准或退回补正", "reject cases, or send them back"),
    "revoke": _of_cases("cases:revoke", "撤销申报或审批", "take back a nomination or an approval"),
    "draw": _signed("money:draw", "单位领款", "a unit draws money to hand out"),
    "give-back": _signed("money:give_back", "单位缴回未发款", "a unit gives back what it did not hand out"),
    "pay": _of_cases("money:pay", "发放慰问金（由资金项目支付）", "pay cases from their lines"),
    "hand-out": _of_cases(
        "money:hand_out", "发放慰问金（由单位领款发放现金）", "hand out what the unit drew"
    ),
    "absent": _of_cases("money:absent", "登记未到场领取", "record who did not come"),
    "deliver": _of_cases("money:deliver", "登记实物及服务慰问", "deliver goods or services"),
    "return": _of_cases("money:return_", "登记发放退回", "record that a payout came back"),
    "review": _of_cases(
        "oversight:review", "疑点核查结论（纪检）", "say what was found of flags (inspector)"
    ),
    "case open": _of_cases("oversight:open_case", "核查立项", "open a discipline case over flags"),
    "case join": _of_cases("oversight:join", "并案", "join more flags to a case"),
    "case chart": _of_matters("oversight:chart", "关系图入卷", "put a relation chart into a case's file"),
    "case close": _of_matters("oversight:close", "办结", "close a case with its finding and measures"),
    "sanction impose": _signed("oversight:impose", "取消补助资格", "a unit loses its eligibility for a year"),
    "sanction lift": _signed("oversight:lift", "恢复补助资格", "end a sanction early"),
    "conduct": _signed(
        "oversight:conduct", "反映廉洁纪律问题", "report a gift, a burden or lavish reception"
    ),
    "hand-in annex": _of_cases("handing_in:annex", "报送名单（附件一、二、三）", "hand in Annex 1, 2 or 3"),
    "hand-in summary": _signed("handing_in:summary", "报送总结", "hand in the summary, with its sums"),
    "sample order": _signed(
        "handing_in:sample_ordered",
        "登记抽取：种子由登记时刻得出，随后按其抽样",
        "order a draw, whose seed comes of the moment of recording; then draw by it",
    ),
    "sample draw": Command(
        "api.cli.samples:draw",
        "抽取样本，任何人可用同一种子复核",
        "draw cases by a seed, the same for anybody",
        Shown("persons"),
    ),
    "sample record": _of_cases("handing_in:examined", "登记抽样核查结论", "record what a sample showed"),
    "sample review": _of_matters(
        "handing_in:review_paper", "复核审计工作底稿", "review the working paper over a sample"
    ),
    "dossier amend": _signed("registered:amend", "变更档案", "bring a dossier up to date"),
    "officer kin": _signed("registered:kin", "申报亲属", "declare an officer's relative"),
}

ACT_GROUPS: Mapping[str, Group] = {
    "case": Group("核查事项：立项、并案、关系图入卷、办结", "discipline cases"),
    "sanction": Group("取消与恢复补助资格", "sanctions on units"),
    "hand-in": Group("报送名单和总结", "rosters and summaries handed in"),
    "sample": Group("抽样核查", "samples"),
    "dossier": Group("档案", "dossiers"),
}
