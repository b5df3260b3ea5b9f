"""The commands of ``songnuan show`` (查回执、事件类型、拒绝代码): what is asked of the words, and of one receipt."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

_WORDS = Shown(None, "words")

SHOW_COMMANDS: Mapping[str, Command] = {
    "show receipt": Command(
        "api.cli.shows:receipt", "按签署件编号查回执", "a statement's receipt", Shown("search")
    ),
    "show type": Command(
        "api.cli.shows:type_",
        "一种事件类型：由谁签署，各字段的含义与写法",
        "one event type: who signs it, and each field with its meaning and form",
        _WORDS,
    ),
    "show types": Command("api.cli.shows:types", "事件类型一览", "the event types", _WORDS),
    "show refusals": Command("api.cli.shows:refusals", "拒绝代码一览", "the refusal codes", _WORDS),
    "show access": Command("api.cli.shows:access", "各接口的查看权限", "who may read what over HTTP", _WORDS),
    "show local": Command(
        "api.cli.shows:local",
        "只能在台账所在机器上使用（不能加 --server）的命令、原因和办法",
        "the commands that work beside the ledger alone, why, and the way out",
        _WORDS,
    ),
    "show authority": Command("api.cli.shows:authority", "各类签署件的签署权限", "who may sign what", _WORDS),
}
