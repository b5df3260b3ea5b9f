"""The commands over call-backs and slips (回访、凭条命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

CALLBACK_COMMANDS: Mapping[str, Command] = {
    "slips": Command(
        "api.cli.slips:issue",
        "为一个单位的发放制发领款反馈凭条，写出打印页；台账只存编号的摘要",
        "issue slips for a unit's payouts and write them to print; the ledger has hashes of their numbers",
        Shown("persons"),
    ),
    "callback order": Command(
        "api.cli.acts.handing_in:call_backs_ordered",
        "登记抽取：种子由登记时刻得出，随后按其抽取回访对象",
        "order a draw, whose seed comes of the moment of recording; then draw whom to call back",
        Shown(None, "a statement is recorded in the ledger itself"),
    ),
    "callback draw": Command(
        "api.cli.callbacks:draw",
        "按随机种子抽取回访对象；同一种子、同一时点抽取结果相同",
        "draw whom to call back by a seed; the same for anybody",
        Shown("persons"),
    ),
    "callback list": Command(
        "api.cli.callbacks:list_", "回访结果", "what recipients answered", Shown("persons")
    ),
    "callback record": Command(
        "api.cli.callbacks:record_",
        "登记回访结果（纪检或审计）",
        "record what was answered (inspector or auditor)",
        Shown("persons"),
    ),
}
