"""The commands over lists from outside (名单命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")

REGISTER_COMMANDS: Mapping[str, Command] = {
    "register load": Command(
        "api.cli.registers:load",
        "载入并登记名单（审计或纪检）：先列出质量，签署后与全部发放比对",
        "load a list and register it (auditor or inspector): its quality first, then signed and compared",
        Shown("look-up"),
    ),
    "register list": Command(
        "api.cli.registers:lists", "已登记的名单", "the lists", Shown(None, "lists, and no row of them")
    ),
    "register kinds": Command(
        "api.cli.registers:kinds", "名单种类", "the kinds of lists", Shown(None, "words")
    ),
    "register matches": Command(
        "api.cli.registers:matches", "名单命中的疑点", "the flags that a list raised", Shown("persons")
    ),
    "register show": Command(
        "api.cli.registers:show",
        "查阅名单内容（纪检）：先签署并记录目的，再显示",
        "show what a list says, signed for and recorded first (inspector)",
        Shown("identities"),
    ),
    "register withdraw": Command(
        "api.cli.registers:withdraw",
        "撤回名单：来源有误或不应使用",
        "withdraw a list that was wrong",
        _STATEMENT,
    ),
    "register erase": Command(
        "api.cli.registers:erase",
        "删除名单（授权管理员）：销毁密钥，未命中的行一并删除",
        "erase a list (registrar): its key, and every row that met nobody",
        _STATEMENT,
    ),
}
