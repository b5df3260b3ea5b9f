"""The commands over papers (文书命令登记): each writes one paper as a file (PDF)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Group, Shown

_EXPORT = Shown("export")

PAPER_COMMANDS: Mapping[str, Command] = {
    "report working-paper": Command(
        "api.cli.papers:write_working_paper",
        "审计工作底稿：抽样说明、样本及凭证和银行流水、核查发现、核验方法",
        "the auditor's working paper over a sample, with vouchers, bank lines and proof",
        _EXPORT,
    ),
    "report case": Command(
        "api.cli.papers:write_case_report",
        "核查情况报告：疑点、证据、结论、责任人员、处理措施、整改与移送",
        "the report on a discipline case: flags, evidence, finding, persons, measures",
        _EXPORT,
    ),
    "report annex": Command(
        "api.cli.papers:write_annex",
        "附件1、附件2、附件3或工作总结，附签名盖章处",
        "Annex 1, 2 or 3, or the written summary, with places for signatures and the seal",
        _EXPORT,
    ),
    "report notice": Command(
        "api.cli.papers:write_notice",
        "公示：脱敏名单、公示期、受理方式、盖章处，供张贴",
        "a public notice to be posted: masked names, period, contacts, the seal's place",
        _EXPORT,
    ),
    "report receipt": Command(
        "api.cli.papers:write_receipt",
        "登记回执：签署件的登记序号、时间、叶哈希与证明",
        "a statement's receipt with its proof",
        _EXPORT,
    ),
    "report slips": Command(
        "api.cli.slips:issue_paper",
        "制发凭条，供领款人反馈（PDF，每页多张，裁开使用）",
        "issue slips for recipients, as a paper to be cut up",
        Shown("persons"),
    ),
    "report reconciliation": Command(
        "api.cli.papers:write_reconciliation",
        "银行存款余额调节表：按月核对账面与对账单余额，列明未达账项",
        "an account's monthly reconciliation with the bank, and what is outstanding",
        _EXPORT,
    ),
    "report payment-form": Command(
        "api.cli.payment_papers:write_payment_form",
        "付款审批单：已批准、尚未发放的对象，附大写金额、集体研究纪要和签字处",
        "the payment review form over what is approved and not paid",
        _EXPORT,
    ),
    "report cash-receipts": Command(
        "api.cli.payment_papers:write_cash_receipts",
        "领款单：现金发放时由领款人手签，每人一张，裁开使用",
        "receipts for cash, to be signed by hand, one a recipient",
        _EXPORT,
    ),
    "report signing-list": Command(
        "api.cli.payment_papers:write_signing_list",
        "发放花名册：姓名、证件号后四位、金额、签名栏，附大写合计",
        "the list to be signed at the hand-out, with its total in words",
        _EXPORT,
    ),
    "report evidence-sheet": Command(
        "api.cli.oversight_papers:write_evidence_sheet",
        "审计取证单：抽样核查的一个问题，附台账记录、被审计单位意见和签章处",
        "the audit evidence sheet on a finding of a sample, with room for the unit's word",
        _EXPORT,
    ),
    "report problem-list": Command(
        "api.cli.oversight_papers:write_problem_list",
        "问题清单：问题、来源、依据、责任单位和整改期限",
        "the list of problems, with the days by which they are put right",
        _EXPORT,
    ),
    "report rectification-list": Command(
        "api.cli.oversight_papers:write_rectification_list",
        "整改清单：各项整改的状态、销号日期和佐证材料",
        "what became of each item that was to be put right",
        _EXPORT,
    ),
    "report handover-letter": Command(
        "api.cli.oversight_papers:write_handover_letter",
        "问题线索移送函：受移送机关、移送事项、疑点清单、盖章处和回执",
        "the letter by which a matter was handed over, with an answer slip",
        _EXPORT,
    ),
}

PAPER_GROUPS: Mapping[str, Group] = {
    "report": Group("文书（PDF）：审批单、花名册、底稿、清单、公示、函件等", "papers, as files (PDF)")
}
