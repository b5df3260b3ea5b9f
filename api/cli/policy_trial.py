"""``songnuan campaign try``: what a changed policy would change over past cases (方案试算). Nothing is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.campaigns.queries import trial
from api.campaigns.trial import Outcome
from api.cli import server_option
from api.cli.answers import AsOf, UnitName
from api.cli.desk import FolderDesk, at_service
from api.cli.language import say
from api.cli.opening import asked
from api.cli.output import AsJson, console, print_json, print_table
from api.cli.plans import PolicyFile, policy_in
from api.cli.recording import record_shown
from api.gate.moments import position_at
from api.gate.references import check_references
from ledger.errors import yuan

_COUNTED: Mapping[str, tuple[str, str]] = {
    "hardship_class": ("测算类别不同", "another class"),
    "cap": ("标准或封顶不同", "another cap"),
    "steps": ("办理步骤不同", "other steps"),
    "papers": ("所需材料不同", "other papers"),
    "two_signatures": ("须两人签署不同", "two signatures or one"),
    "flags": ("疑点不同", "other flags"),
    "newly_refused": ("由通过变为拒绝", "refused from now on"),
    "newly_passed": ("由拒绝变为通过", "passed from now on"),
}


def try_(
    policy: PolicyFile,
    campaign: Annotated[str, typer.Option(help=say("活动代码", "the campaign"))],
    unit: UnitName = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """What a changed policy would change over a campaign's past cases; nothing is recorded."""
    changed = policy_in(policy, campaign)
    with at_service() as desk:
        if desk is not None:
            tried = {"policy": changed.model_dump(mode="json", exclude_none=True)}
            found = desk.told(f"/campaigns/{quote(campaign, safe='')}/try", tried, as_of=as_of, unit=unit)
            desk.names().add_to(found["rows"])
    if server_option.given() is None:
        with asked() as (store, views):
            check_references(views, campaign=campaign, unit=unit)
            found = trial(views, store.vault(), campaign, changed, position_at(views, as_of), unit)
            record_shown(store, campaign=campaign, unit=unit, rows=len(found["rows"]))
            FolderDesk(store).names().add_to(found["rows"])
    if as_json:
        print_json(found)
        return
    _print(found)


def _print(found: Mapping[str, Any]) -> None:
    counts = found["counts"]
    for each in found["loosened"]:
        console.print(
            say(f"! 放宽：{each['zh']}（须两名审批人签署）", f"! looser: {each['en']} (takes two approvers)"),
            soft_wrap=True,
        )
    for each in found["left_out"]:
        console.print(
            say(
                f"! 略去步骤：{each['title']}"
                + ("（现行方案有此步骤）" if each["stood"] else "（通常设有此步骤）"),
                f"! a step is left out: {each['step']}"
                + (" (the policy in force has it)" if each["stood"] else " (usually there is one)"),
            ),
            soft_wrap=True,
        )
    console.print(
        say(
            f"试算 {counts['cases']} 个对象，{counts['changed']} 个有变化",
            f"{counts['cases']} cases tried, {counts['changed']} would change",
        ),
        soft_wrap=True,
    )
    for name, (zh, en) in _COUNTED.items():
        if counts[name]:
            console.print("  " + say(f"{zh}：{counts[name]}", f"{en}: {counts[name]}"), soft_wrap=True)
    print_table(
        say("有变化的对象", "Cases that would change"),
        [
            (say("姓名", "name"), "left"),
            (say("单位", "unit"), "left"),
            (say("金额（元）", "sum"), "right"),
            (say("变化", "what changes"), "left"),
        ],
        [
            (
                row["masked_name"],
                row.get("unit_name", row["unit"]),
                yuan(row["sum_fen"]),
                "\n".join(_changes(row)),
            )
            for row in found["rows"]
        ],
    )


def _changes(row: Mapping[str, Any]) -> list[str]:
    before, after = Outcome.model_validate(row["before"]), Outcome.model_validate(row["after"])
    shown = {
        "hardship_class": (say("类别", "class"), before.class_title, after.class_title),
        "cap_fen": (say("封顶", "cap"), _yuan(before.cap_fen), _yuan(after.cap_fen)),
        "steps": (say("步骤", "steps"), "→".join(before.steps), "→".join(after.steps)),
        "papers": (say("材料", "papers"), "、".join(before.papers), "、".join(after.papers)),
        "two_signatures": (
            say("签署人数", "signatures"),
            str(1 + before.two_signatures),
            str(1 + after.two_signatures),
        ),
        "refused": (say("申报", "nomination"), _verdict(before), _verdict(after)),
        "flagged": (say("疑点", "flags"), _flags(before), _flags(after)),
    }
    return [
        f"{what}：{one or '—'} ⇒ {other or '—'}"
        for what, one, other in map(shown.__getitem__, row["changes"])
    ]


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else yuan(fen)


def _verdict(outcome: Outcome) -> str:
    if outcome.refused is None:
        return say("通过", "passed")
    return say(f"拒绝（{outcome.refused.zh}）", f"refused ({outcome.refused.en})")


def _flags(outcome: Outcome) -> str:
    return "、".join(say(each.zh, each.en) for each in outcome.flagged)
