"""The commands over steps and over money that is carried over (办理步骤、结转命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")

STEP_COMMANDS: Mapping[str, Command] = {
    "step list": Command(
        "api.cli.steps:list_",
        "对象的办理步骤：已办、待办、由谁办理",
        "a case's steps: taken, due, and by whom",
        Shown("persons"),
    ),
    "step take": Command(
        "api.cli.steps:take",
        "办理方案规定的步骤（初审、集体研究、支付复核等）",
        "take a step that the policy asks for",
        _STATEMENT,
    ),
    "fund carry-over": Command(
        "api.cli.plans:carry_over",
        "结转下年：结余转入其后年度活动的同一来源（两人签署）",
        "carry what is left into a later year's campaign, same source; two sign",
        _STATEMENT,
    ),
}
