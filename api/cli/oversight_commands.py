"""The commands of oversight (监督命令登记): outcomes of flags, rectification, handing over, outside cases."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Group, Shown

_STATEMENT = Shown(None, "a statement is recorded in the ledger itself")
_MATTERS = Shown("search")


def _signed(function: str, zh: str, en: str) -> Command:
    return Command(f"api.cli.oversight:{function}", zh, en, _STATEMENT)


OVERSIGHT_COMMANDS: Mapping[str, Command] = {
    "flag decide": _signed(
        "decide",
        "疑点核查处置：谈话函询、初步核实、暂存待查、予以了结（纪检）",
        "decide what becomes of flags: one of the four outcomes (inspector)",
    ),
    "rectification list": Command(
        "api.cli.oversight:rectifications",
        "整改清单：责任单位、期限、状态；可导出 CSV、xlsx、JSON",
        "the rectification lists: units answerable, days, states",
        _MATTERS,
    ),
    "rectification order": _signed(
        "order",
        "下达整改通知，整改事项由文件（JSON）给出（纪检或审计）",
        "order a rectification, its items from a file (inspector or auditor)",
    ),
    "rectification strike-off": _signed(
        "strike_off",
        "整改销号，须由责任单位以外的监督人员办理",
        "strike an item off, by somebody of oversight outside the unit answerable",
    ),
    "handover list": Command(
        "api.cli.oversight:handovers",
        "移送事项，以及受移送机关的立案文号",
        "matters handed over, with the file numbers that came of them",
        _MATTERS,
    ),
    "handover record": _signed(
        "hand_over", "登记问题线索移送（移送函文号、受移送机关）", "record that a matter was handed over"
    ),
    "outside-case list": Command(
        "api.cli.oversight:outside_cases", "外部机关立案一览", "cases that other organs filed", _MATTERS
    ),
    "outside-case record": _signed(
        "outside_case", "登记外部机关立案（立案文号、立案机关）", "record a case that another organ filed"
    ),
}

OVERSIGHT_GROUPS: Mapping[str, Group] = {
    "rectification": Group("整改清单与销号", "rectification lists"),
    "handover": Group("问题线索移送", "matters handed over"),
    "outside-case": Group("外部机关立案", "cases of other organs"),
}
