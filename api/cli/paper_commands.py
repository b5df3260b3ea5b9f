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
}

PAPER_GROUPS: Mapping[str, Group] = {
    "report": Group("文书（PDF）：底稿、报告、附件、公示、回执、凭条、调节表", "papers, as files (PDF)")
}
