"""The commands over ledgers of several levels (上下级台账命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Group, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")
_SUMS = Shown(None, "sums")
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
    )
}
