"""The commands over ledgers of several levels (上下级台账命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Group, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")
_SUMS = Shown(None, "sums")
_SHOWN_NOTHING = Shown(None, "shows no record: what is made is recorded in the ledger itself")
_POSITIONS = Shown(None, "positions in other ledgers, which open nothing")
_CONDITION = Shown(None, "how the ledger and its machine are")

FEDERATION_COMMANDS: Mapping[str, Command] = {
    "federation enrol": Command(
        "api.cli.federation:enrol",
        "登记上级读取方：此后可以签名请求读取全部记录（两名授权管理员签署）",
        "let a machine of a higher level read every entry; two registrars sign",
        _STATEMENT,
    ),
    "federation revoke": Command(
        "api.cli.federation:revoke", "注销上级读取方", "let it read no more", _STATEMENT
    ),
    "federation declare": Command(
        "api.cli.declaring:declare",
        "报送总结：附按类别、资金项目和单位的分项数字，上级可由记录重算",
        "file a unit's summary, with figures that the level above can compute again",
        _STATEMENT,
    ),
    "federation pack": Command(
        "api.cli.federation:pack",
        "制作数据包：没有网络的，以介质送交上级",
        "write a pack for the level above, where there is no line to it",
        Shown("export"),
    ),
    "federation add": Command(
        "api.cli.federation:add",
        "关注下级台账；异常查明后重新执行，即恢复读取",
        "follow a ledger of a lower level; again, once a fault was looked into",
        _STATEMENT,
    ),
    "federation follow": Command(
        "api.cli.federation:follow",
        "读取并核对下级台账：从上次停止处继续；有异常时退出码 6",
        "read ledgers on from where was stopped, and verify all of it; exit code 6 for a fault",
        _CONDITION,
    ),
    "federation take": Command(
        "api.cli.federation:take",
        "接收数据包，核对与在线读取相同；有异常时退出码 6",
        "take a pack, verified as over a line; exit code 6 for a fault",
        _CONDITION,
    ),
    "federation status": Command(
        "api.cli.federation:status",
        "下级台账一览：核对到何处、何时读取、有无异常",
        "the ledgers followed: how far verified, when seen, what is wrong",
        _CONDITION,
    ),
    "federation rollup": Command(
        "api.cli.federation:rollup",
        "汇总下级台账：申报数、由记录重算数、差额，可截至任何一日",
        "add up the ledgers followed: declared, recomputed, difference, as of any day",
        _SUMS,
    ),
    "federation accept": Command(
        "api.cli.marking:accept",
        "认可评估方的年度公钥（两名授权管理员签署）",
        "accept an evaluator's public key of a year; two registrars sign",
        _STATEMENT,
    ),
    "federation mark": Command(
        "api.cli.marking:mark",
        "为一个活动的档案或一份名单作联合标记：经两个评估方，不交出身份信息",
        "mark a campaign's dossiers, or a list, by two evaluators, who learn no identity",
        _SHOWN_NOTHING,
    ),
    "federation answer": Command(
        "api.cli.marking:answer",
        "回复上级告知的比中：核查结论记入本台账",
        "answer a match that the level above told of; it is recorded here",
        _STATEMENT,
    ),
    "federation compare": Command(
        "api.cli.comparing:run",
        "比对各下级台账的标记：同一人、同一账户、同一户，记录新比中",
        "compare the marks of the ledgers followed, and record what is new",
        _SUMS,
    ),
    "federation matches": Command(
        "api.cli.comparing:listed",
        "跨台账比中一览及核查回复",
        "the matches between ledgers, and what was answered",
        _POSITIONS,
    ),
    "evaluator key": Command(
        "api.cli.evaluating:key",
        "生成并登记本年度评估密钥，显示公钥",
        "make and enrol the key of a year, and print its public part",
        _STATEMENT,
    ),
    "evaluator retire": Command(
        "api.cli.evaluating:retire",
        "销毁已过期年度的评估密钥",
        "destroy the key of a year that is over",
        _CONDITION,
    ),
    "evaluator admit": Command(
        "api.cli.evaluating:admit",
        "登记受评台账及其密钥（两名授权管理员签署）",
        "admit a ledger that may ask, by its key; two registrars sign",
        _STATEMENT,
    ),
    "evaluator grant": Command(
        "api.cli.evaluating:grant",
        "核定一个活动的评估额度",
        "grant the points for a campaign, by its dossiers",
        _STATEMENT,
    ),
    "evaluator status": Command(
        "api.cli.evaluating:status",
        "受评台账、额度与已评估数",
        "who may ask, how much, and how much was evaluated",
        _SUMS,
    ),
    "evaluator run": Command(
        "api.cli.evaluating:run",
        "运行评估服务，只应答已登记的台账",
        "run the evaluator's service, for the ledgers that were admitted",
        _SHOWN_NOTHING,
    ),
    "federation demo": Command(
        "api.cli.levels_demo:demo",
        "演示多级台账：三县一市，查出一人两处领取，不交出身份信息",
        "the demonstration of several levels: a person paid by two counties is found, and no identity leaves",
        _SUMS,
    ),
    "federation check": Command(
        "api.cli.federation:check",
        "逐字节核对镜像所存文件",
        "hold all that the mirrors keep against what they verified",
        _CONDITION,
    ),
}

FEDERATION_GROUPS: Mapping[str, Group] = {
    "federation": Group(
        "上下级台账：登记、读取核对、汇总", "ledgers above and below: read, verified, rolled up"
    ),
    "evaluator": Group(
        "联合标记评估：密钥、受评台账、服务",
        "evaluating marks for other ledgers: keys, who may ask, the service",
    ),
}
