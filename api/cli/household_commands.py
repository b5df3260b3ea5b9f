"""The commands over households and dossiers' lives (家庭与建档命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")


def _signed(function: str, zh: str, en: str) -> Command:
    return Command(f"api.cli.households:{function}", zh, en, _STATEMENT)


HOUSEHOLD_COMMANDS: Mapping[str, Command] = {
    "household show": Command(
        "api.cli.households:show",
        "查看家庭情况、建档状态，以及按活动方案测算的困难类别和过程",
        "a household, its dossier's life, and the class that a policy computes, with its working",
        Shown("persons"),
    ),
    "household member": _signed(
        "member", "登记家庭成员，身份信息存入保险库", "record a member, with an identity"
    ),
    "household leave": _signed("leave", "登记家庭成员减少", "record that a member left"),
    "household reveal": Command(
        "api.cli.member_identities:reveal",
        "查看成员身份信息：先登记查阅目的，再显示",
        "show a member's identity, once it is recorded who looks and why",
        Shown("identities"),
    ),
    "household erase": _signed(
        "erase", "删除成员身份信息（授权管理员），不可恢复", "erase a member's identity (registrar), for good"
    ),
    "household declare": _signed(
        "declare", "登记家庭情况申报：收入、刚性支出、不予认定情形", "record what a family declares"
    ),
    "household consent": _signed("consent", "登记核对授权书", "record the consent to being compared"),
    "household withdraw-consent": _signed("withdraw_consent", "登记授权撤回", "record that it is withdrawn"),
    "household visit": _signed("visit", "登记入户调查", "record a visit"),
    "household discuss": _signed("discuss", "登记集体研究", "record a discussion with its minutes"),
    "household place": _signed("place", "办理建档在册", "place a dossier on file"),
    "household review": _signed("review", "登记档案复核", "record a review"),
    "household end": _signed(
        "end", "登记档案退出：脱困、退档、注销", "end a dossier: out of hardship, withdrawn, cancelled"
    ),
}
