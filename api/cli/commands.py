"""The commands (命令登记): what each is called, does, and shows; ``api/service/operations.py`` is the same for HTTP.

Help, the access log and the tests go by it, and a command's module is imported when it is named. A
command that is not here is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.cli.command_declaration import Command, Group, Shown
from api.cli.show_commands import SHOW_COMMANDS
from api.cli.topic_commands import TOPIC_COMMANDS, TOPIC_GROUPS

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")
_KEYS = Shown(None, "an officer's own key")
_WORDS = Shown(None, "words")
_REGISTRY = Shown(None, "the registry")
_FORM = Shown(None, "a form")
_PUBLIC_LOG = Shown(None, "the public log")
_CONDITION = Shown(None, "how the ledger and its machine are")
_SUMS = Shown(None, "sums")
_FINDINGS = Shown(None, "what is wrong, by position and code")
_COPIES = Shown(None, "a copy that goes on by itself; nothing is shown")

COMMANDS: Mapping[str, Command] = {
    "init": Command(
        "api.cli.ledgers:init",
        "建立台账：新建台账，首任授权管理员的密钥签署建立台账的文件",
        "found a ledger, signed by the first registrar's key",
        _STATEMENT,
    ),
    "status": Command(
        "api.cli.ledgers:status", "台账、视图的状态", "the ledger's and the views' state", _CONDITION
    ),
    "import": Command(
        "api.cli.roster:import_",
        "导入名单（xlsx、xls、et、ods、csv、tsv、网页表格）：逐格核对，接受后一次签署，中断可续，不会重复",
        "import a roster: checked cell by cell, signed once when accepted, resumed after a break",
        Shown("look-up"),
    ),
    "form": Command(
        "api.cli.roster:form",
        "写出空白表：附件1（企业）、附件2（人员）",
        "write an empty form: Annex 1 or 2",
        _FORM,
    ),
    "sign": Command(
        "api.cli.signing:sign",
        "制作一份签署件，输出信封（可离线）",
        "sign a statement, offline too",
        Shown(None, "what its own file says"),
    ),
    "countersign": Command(
        "api.cli.signing:countersign",
        "在他人的签署件上加签（每行一个 JSON）",
        "add a signature to statements signed by another",
        Shown(None, "what its own file says"),
    ),
    "submit": Command(
        "api.cli.signing:submit",
        "提交签署件（每行一个 JSON）",
        "submit signed statements (NDJSON)",
        _STATEMENT,
    ),
    "roster": Command(
        "api.cli.asking:the_roster",
        "名单：按活动、单位（含下属）、类别、状态",
        "the roster",
        Shown("persons"),
    ),
    "balance": Command(
        "api.cli.asking:balance",
        "余额：按资金项目、来源、单位、活动或账户；--account 查明细",
        "the balances by line, source, unit, campaign or account, and the postings behind them",
        Shown("search"),
    ),
    "summary": Command("api.cli.asking:summary", "汇总：县 → 市 → 省", "sums per unit, rolled up", _SUMS),
    "timeline": Command(
        "api.cli.asking:the_timeline",
        "时间线：对象、单位、人员、资金项目等的经过",
        "what touched a thing",
        Shown("search"),
    ),
    "diff": Command(
        "api.cli.asking:diff", "两个时点之间的差异", "what changed between two moments", Shown("export")
    ),
    "access": Command(
        "api.cli.access:access",
        "查阅日志：谁在何时看了什么",
        "the access log: who saw what, when",
        Shown("access-log"),
    ),
    "flags": Command("api.cli.flagging:the_flags", "疑点一览", "the flags", Shown("persons")),
    "link": Command(
        "api.cli.linking:link",
        "人员比对：查找同一人使用两个身份的档案（纪检或审计，须说明目的）",
        "look for one person under two identities (inspector or auditor, with a purpose)",
        Shown("identities"),
    ),
    "objection": Command(
        "api.cli.objections:objection",
        "按编号查群众异议的处理结果",
        "what became of an objection, by number",
        Shown("search"),
    ),
    "replay": Command(
        "api.cli.viewing:replay_views",
        "由全部事件重新计算视图，逐行与现有视图比对；有差异时退出码 6",
        "replay all views from the events and compare row by row; exit code 6 where they differ",
        Shown("export"),
    ),
    "rebuild": Command(
        "api.cli.viewing:rebuild_view",
        "在旁重建一个视图，看过差异后切换",
        "make a view anew beside the old, then switch",
        Shown("export"),
    ),
    "checkpoint": Command(
        "api.cli.proving:checkpoint",
        "最新检查点：记录数、根，台账签名与见证签名",
        "the newest checkpoint, with its signatures",
        _PUBLIC_LOG,
    ),
    "proof": Command(
        "api.cli.proving:proof",
        "一条记录在日志中的证明（.tlog-proof），先验证后输出",
        "an entry's proof, verified first",
        _PUBLIC_LOG,
    ),
    "cosign": Command(
        "api.cli.proving:cosign",
        "请各见证方签署最新检查点",
        "have the witnesses sign the newest checkpoint",
        _PUBLIC_LOG,
    ),
    "timestamp": Command(
        "api.cli.proving:timestamp",
        "请时间戳机构为最新检查点盖戳（RFC 3161）",
        "have the newest checkpoint timestamped (RFC 3161)",
        _PUBLIC_LOG,
    ),
    "witness": Command(
        "api.cli.proving:witness",
        "以见证方身份运行：核对并签署其他台账的检查点",
        "run as a witness for the logs named",
        _PUBLIC_LOG,
    ),
    "events": Command("api.cli.shows:events", "登记流水", "the entries, in order", Shown("export")),
    "serve": Command(
        "api.cli.serving:serve",
        "以服务方式运行：接收签署件、给出回执",
        "run the writer as a service",
        Shown(None, "the service records what it answers"),
    ),
    "doctor": Command(
        "api.cli.doctoring:doctor",
        "体检：设置、目录、磁盘、时钟、数据库、备份，各附出路；有不合格项时退出码 4",
        "looks at settings, folders, disk, clock, database and backups; exit code 4 where one fails",
        _CONDITION,
        forbearing=True,
    ),
    "demo": Command(
        "api.cli.demo:demo",
        "演示：建立台账，办完方案乙、方案甲和现行做法，显示名单、余额、拒绝和疑点",
        "run both plans and today's practice on a new demonstration ledger",
        Shown("persons"),
    ),
    "simulate": Command(
        "api.cli.simulating:run",
        "生成模拟台账：按比例植入各类违规，真值另存，并报告各规则的查准率、查全率",
        "make a simulated ledger with planted frauds, and measure each rule's precision and recall",
        Shown(None, "how well the rules find made-up frauds"),
    ),
    "rule new": Command(
        "api.cli.rules:new",
        "在源代码中新建一条疑点规则：规则、说明页、测试，以及植入的违规与相似的正常事项",
        "start a flag rule in the source: the rule, its page, its test, a planted fraud and a decoy",
        Shown(None, "its own source"),
    ),
    "rule test": Command(
        "api.cli.rules:try_out",
        "在模拟台账上检验一条规则：查准率、查全率，以及在指定规模下的耗时",
        "try a rule on a simulated ledger: precision, recall, and what it costs at a size",
        Shown(None, "how well a rule finds made-up frauds"),
    ),
    "rule explain": Command(
        "api.cli.rules:explain",
        "说明一条规则：条款、参数、触发条件、查询，以及本台账上的执行计划",
        "tell a rule: clause, parameters, triggers, queries, and the plan on this ledger",
        Shown(None, "the rule itself"),
    ),
    "key new": Command(
        "api.cli.key_files:new",
        "新建密钥文件（口令加密的 PKCS#8 PEM）",
        "make a key file",
        _KEYS,
        offline=True,
    ),
    "key show": Command(
        "api.cli.key_files:show",
        "查看密钥的公钥和编号",
        "show a key's public part and id",
        _KEYS,
        offline=True,
    ),
    "key protect": Command(
        "api.cli.key_files:protect",
        "用现行加密方式重新加密密钥文件，口令不变；未加密的用新口令加密",
        "encrypt a key file anew, or at all",
        _KEYS,
        offline=True,
    ),
    "key rotate": Command("api.cli.keys:rotate", "更换密钥", "replace an officer's key", _STATEMENT),
    "key revoke": Command("api.cli.keys:revoke", "注销密钥", "revoke a key", _STATEMENT),
    "key rotate-ledger": Command(
        "api.cli.keys:rotate_ledger",
        "更换台账自己的密钥，此后的检查点由新密钥签署",
        "replace the ledger's own key, which signs checkpoints",
        _STATEMENT,
    ),
    "unit register": Command("api.cli.registry:register", "登记单位", "register a unit", _STATEMENT),
    "unit list": Command("api.cli.registry:units", "单位一览", "list units", _REGISTRY),
    "officer enrol": Command(
        "api.cli.registry:enrol", "登记人员、密钥和角色", "enrol an officer, key and roles", _STATEMENT
    ),
    "officer identify": Command(
        "api.cli.registry:identify", "补登人员身份信息", "commit to an officer's identity", _STATEMENT
    ),
    "officer roles": Command(
        "api.cli.registry:roles", "重新设定角色", "set an officer's roles anew", _STATEMENT
    ),
    "officer exclusions": Command(
        "api.cli.registry:exclusions",
        "不相容岗位：查看，或以文件重新设定",
        "roles that exclude each other: show, or set from a file",
        _REGISTRY,
    ),
    "officer list": Command("api.cli.registry:officers", "人员一览", "list officers", _REGISTRY),
    "campaign template": Command(
        "api.cli.plans:template",
        "打印方案样本，附各字段说明和依据",
        "print a policy to start from, each field explained",
        _FORM,
    ),
    "campaign open": Command("api.cli.plans:open_", "启动活动", "open a campaign", _STATEMENT),
    "campaign amend": Command("api.cli.plans:amend", "修订方案", "amend the policy", _STATEMENT),
    "campaign try": Command(
        "api.cli.policy_trial:try_", "方案试算", "try a changed policy over past cases", Shown("persons")
    ),
    "campaign close": Command("api.cli.plans:close", "结束活动", "close a campaign", _STATEMENT),
    "campaign show": Command("api.cli.plans:show", "查看方案", "show the policy", _REGISTRY),
    "fund allocate": Command(
        "api.cli.plans:allocate", "资金拨入资金项目", "allocate funds to a line", _STATEMENT
    ),
    "fund transfer": Command("api.cli.plans:transfer", "资金项目调剂", "transfer between lines", _STATEMENT),
    "fund return": Command(
        "api.cli.plans:return_", "结余资金缴回", "return funds to their source", _STATEMENT
    ),
    "bank pay": Command(
        "api.cli.bank_paying:pay",
        "生成代发文件（xlsx、文本、pain.001）：先记录查阅账号，再登记批次、笔数、金额和文件哈希",
        "make a payment file: accounts are recorded as shown, then batch, count, sum and hash",
        Shown("identities"),
    ),
    "bank profiles": Command("api.cli.bank:profiles", "银行格式一览", "list the banks' profiles", _WORDS),
    "bank answer": Command(
        "api.cli.bank:answer",
        "读取银行回盘文件，与发放匹配（绝不猜测），一次签署",
        "read the bank's answer, match it to payouts, never by a guess, and sign it once",
        Shown("look-up"),
    ),
    "bank statement": Command(
        "api.cli.bank_accounts:statement",
        "登记对账单（表格、camt.053）：余额须衔接，逐笔找出用途，找不到的支出记为疑点",
        "record a statement of account: its balances chain, each entry is for something or flagged",
        Shown("look-up"),
    ),
    "bank outflows": Command(
        "api.cli.bank_accounts:outflows", "未说明的账外支出", "outflows that are unexplained", _SUMS
    ),
    "bank explain": Command(
        "api.cli.bank_accounts:explain",
        "说明账外支出，须由登记对账单以外的人签署",
        "explain an outflow, by another than who recorded the statement",
        _STATEMENT,
    ),
    "bank take-back": Command(
        "api.cli.bank_accounts:take_back", "撤回对账单，须两人签署", "take back a wrong statement", _STATEMENT
    ),
    "bank close": Command(
        "api.cli.bank_accounts:close",
        "日终对账：以对账单为准，没有对账单的以回盘为准",
        "close a day by the statement, else by the bank's answers",
        _STATEMENT,
    ),
    "clock status": Command(
        "api.cli.clock:status", "比较本机、数据库与最近登记的时间", "compares the clocks", _CONDITION
    ),
    "clock accept": Command(
        "api.cli.clock:accept",
        "授权管理员确认本机时间无误，恢复登记",
        "a registrar confirms this machine's time",
        _STATEMENT,
    ),
    "flag show": Command(
        "api.cli.flagging:show_flag",
        "一条疑点的规则、证据、经过",
        "a flag with its evidence",
        Shown("persons"),
    ),
    "identity show": Command(
        "api.cli.identities:show",
        "查阅身份信息：先签署并记录目的，再显示",
        "show identities, signed for and recorded first",
        Shown("identities"),
    ),
    "identity kept": Command(
        "api.cli.identities:kept",
        "保存期限：各档案保存至何日、是否封存",
        "until when dossiers are kept",
        Shown("persons"),
    ),
    "identity seal": Command(
        "api.cli.identities:seal",
        "封存：只保存、不再使用（保存期限未满时代替删除）",
        "keep, and use no more",
        _STATEMENT,
    ),
    "identity erase": Command(
        "api.cli.identities:erase",
        "删除：保存期满后销毁身份信息",
        "destroy, once the years are over",
        _STATEMENT,
    ),
    **TOPIC_COMMANDS,
    "vault rotate": Command(
        "api.cli.identities:rotate_key",
        "换用新密钥并重新封装各记录；可中断续做",
        "a new key; every row wrapped anew",
        Shown(None, "keys are wrapped anew, identities are not opened"),
    ),
    "vault retire": Command(
        "api.cli.identities:retire_keys",
        "销毁旧密钥：此后旧备份中的身份信息不可再读",
        "destroy the old keys: identities in old backups cannot be read any more",
        Shown(None, "keys are destroyed; nothing is shown"),
    ),
    "export bundle": Command(
        "api.cli.exporting:export_one",
        "审计包：记录、检查点、密钥、数字，一个文件，离线可验证",
        "one file with entries, checkpoints, keys and figures, to verify offline",
        Shown("export"),
    ),
    "export tiles": Command(
        "api.cli.exporting:export_tiles",
        "按 C2SP tlog-tiles 把日志写成文件",
        "the log as files, as C2SP tlog-tiles lays them out",
        Shown("export"),
    ),
    "verify bundle": Command(
        "api.cli.verifying:verify_bundle",
        "离线验证审计包：不需数据库，不需网络",
        "a bundle, with no database and no network",
        _FINDINGS,
        offline=True,
    ),
    "verify proof": Command(
        "api.cli.verifying:verify_one",
        "离线验证一条记录的证明",
        "an entry's proof, offline",
        _FINDINGS,
        offline=True,
    ),
    "verify checkpoint": Command(
        "api.cli.verifying:verify_checkpoint",
        "离线验证检查点：由谁签名，代表多少条记录",
        "a checkpoint: who signed it, and how many entries it stands for",
        _FINDINGS,
        offline=True,
    ),
    "verify ledger": Command(
        "api.cli.verifying:verify_ledger",
        "验证数据库中的台账：记录、日志、账面、视图",
        "the ledger in its database, with all its tables",
        _FINDINGS,
    ),
    **SHOW_COMMANDS,
    "set-back accept": Command(
        "api.cli.set_back:accept",
        "授权管理员确认丢失的记录已无法找回，从现有记录继续",
        "a registrar owns to the loss, and the ledger goes on from what there is",
        _STATEMENT,
    ),
    "backup take": Command(
        "api.cli.backups:take",
        "备份数据库（运行中即可）",
        "copies the database while it is at work",
        Shown("export"),
    ),
    "backup wal": Command(
        "api.cli.backups:wal", "持续接收 WAL，直到中断", "receives the WAL until stopped", _COPIES
    ),
    "backup restore": Command(
        "api.cli.backups:restored",
        "恢复到新的数据目录，并以备份时的检查点验证",
        "restores, and proves it by the checkpoint",
        Shown(None, "a ledger is put back; nothing is shown"),
    ),
    "backup keep": Command(
        "api.cli.keeping:keep", "持续保持备份，直到中断", "keeps backups until stopped", _COPIES
    ),
    "backup status": Command(
        "api.cli.keeping:status", "到哪一号为止无一丢失", "up to which position nothing is lost", _CONDITION
    ),
    "backup check": Command(
        "api.cli.keeping:check",
        "逐一回读备份，核对内容是否仍与存入时一致",
        "reads all backups back and holds them against what was stored",
        _CONDITION,
    ),
    "backup rehearse": Command(
        "api.cli.keeping:rehearsed",
        "演练恢复并验证",
        "rehearses a restore, and verifies it",
        Shown(None, "a ledger is put back for a while; nothing is shown"),
    ),
    "replica run": Command(
        "api.cli.standbys:run",
        "建立并一直运行备机，直到中断",
        "makes a standby and keeps it running until stopped",
        _COPIES,
    ),
    "replica status": Command(
        "api.cli.standbys:status",
        "备机的状态与落后多少",
        "how the standby is, and how far behind",
        _CONDITION,
    ),
    "replica promote": Command(
        "api.cli.standbys:promoted",
        "主备切换：原主库停止登记，备机接替",
        "switches over: the standby takes the primary's place",
        _CONDITION,
    ),
    "replica rejoin": Command(
        "api.cli.standbys:rejoined",
        "原主库重新加入，作新主库的备机",
        "makes an old primary the new one's standby",
        _COPIES,
    ),
    "replica stop": Command(
        "api.cli.standbys:stopped", "停止目录中的数据库", "stops the database in the folder", _CONDITION
    ),
    "upgrade server": Command(
        "api.cli.moving:server",
        "升级内置 PostgreSQL，或迁到另一台服务器（--to）",
        "a newer PostgreSQL for the ledger, or another server (--to)",
        Shown(None, "a ledger is moved; nothing is shown"),
    ),
    "upgrade rules": Command(
        "api.cli.upgrading:rules",
        "采用新版规则：先列出变化和与之冲突的现有授权",
        "take up a newer version of the rules",
        _STATEMENT,
    ),
}
"""In the order of the help. Rows of persons, identities in clear, searches, exports, look-ups and the
access log itself are recorded before anything is printed; the rest says why it is not."""

GROUPS: Mapping[str, Group] = {
    "key": Group("密钥：新建、查看、更换、注销", "keys"),
    "unit": Group("单位", "units"),
    "officer": Group("人员", "officers"),
    "campaign": Group("慰问活动", "campaigns"),
    "fund": Group("资金", "funds"),
    "collective": Group("集体慰问", "help to sites"),
    "step": Group("办理步骤", "steps"),
    "callback": Group("随机回访", "call-backs"),
    "bank": Group(
        "银行：代发文件、回盘、对账单、日终对账", "the bank: payment files, answers, statements, days closed"
    ),
    "clock": Group("时钟", "the clocks"),
    "flag": Group("一条疑点", "one flag"),
    **TOPIC_GROUPS,
    "rule": Group("疑点规则：新建、检验、说明", "flag rules: start, try and tell them"),
    "identity": Group("身份信息", "identities"),
    "register": Group("外部名单：死亡、财政供养等，与发放比对", "lists from outside, held against payouts"),
    "household": Group("家庭成员、家庭情况与建档管理", "households, and the life of their dossiers"),
    "vault": Group("身份保险库的密钥", "the identity vault's keys"),
    "export": Group("导出：审计包、日志文件、记账凭证", "export: a bundle, the log as files, vouchers"),
    "verify": Group(
        "验证：审计包、证明、现有台账；有不符时退出码 6",
        "verify a bundle, a proof, or the ledger itself; exit code 6 where something does not hold",
    ),
    "show": Group("查回执、事件类型、拒绝代码", "receipts, event types, refusal codes"),
    "set-back": Group("数据库回退", "a database that was set back"),
    "backup": Group("备份与恢复", "backups, and restoring them"),
    "replica": Group("备机（流复制）：查询与接替", "a standby, to read and take over"),
    "upgrade": Group("升级：有何待办", "upgrades: what is due", by_itself="api.cli.upgrading:due"),
}
"""In the order of the help, where they follow the commands."""


def command(name: str) -> Command:
    """What stands here of a command, ``flag show``.

    Raises:
        RuntimeError: nothing does.
    """
    if name not in COMMANDS:
        raise RuntimeError(f"songnuan {name} does not say what it shows: add it to api/cli/commands.py")
    return COMMANDS[name]


def named(words: Sequence[str]) -> Command | None:
    """The command that the first words of a command line name; None where they name none."""
    return COMMANDS.get(" ".join(words[:2])) or COMMANDS.get(" ".join(words[:1]))
