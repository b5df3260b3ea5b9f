"""The commands over help to units and sites without named persons (集体慰问命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")

COLLECTIVE_COMMANDS: Mapping[str, Command] = {
    "collective list": Command(
        "api.cli.collective:list_",
        "集体慰问：批准、支出、退回",
        "help to sites: approved, given, returned",
        Shown(None, "sums"),
    ),
    "collective approve": Command(
        "api.cli.collective:approve",
        "审批集体慰问（单位、慰问点、人数、金额）",
        "approve help to a unit or a site",
        _STATEMENT,
    ),
    "collective give": Command(
        "api.cli.collective:give",
        "发放已批的集体慰问",
        "pay for help to a site that was approved",
        _STATEMENT,
    ),
    "collective take-back": Command(
        "api.cli.collective:take_back",
        "登记集体慰问的退回",
        "record that help to a site came back",
        _STATEMENT,
    ),
}
