"""``songnuan upgrade``: what is due; and ``upgrade rules``, what newer rules change, and taking them up."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.opening import KeyFile, opened, signer
from api.cli.output import AsJson, console, print_json
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.operating.upgrades_due import look_for_due
from api.service.settings import Settings
from ledger.clock import utc_now
from ledger.domain.appointment import not_appointed_from_above
from ledger.domain.authority import Shortfall, shortfalls
from ledger.domain.event import ROLE_TITLES, utc_text
from ledger.domain.remaining import check_rules_may_be_taken_up
from ledger.domain.rules_version import CHANGES, NEWEST
from ledger.domain.state import State
from ledger.errors import Refused
from ledger.events.rules import RulesAdopted

Yes = Annotated[bool, typer.Option("--yes", help=say("不再询问", "do not ask"))]


def due(context: typer.Context, as_json: AsJson = False) -> None:
    """Say what is due; nothing is changed."""
    if context.invoked_subcommand is not None:
        return
    found = look_for_due(Settings())
    if as_json:
        print_json([each._asdict() for each in found])
        return
    for each in found:
        mark = "!" if each.due else "✓"
        there = "—" if each.found is None else each.found
        console.print(
            f"{mark} {say(*_TITLES[each.what])} {there} / {each.newest}  {say(*each.way_out)}", soft_wrap=True
        )
    console.print(
        say(
            "songnuan upgrade server：升级或迁移 PostgreSQL，验证后旧库停止登记\n"
            "songnuan upgrade rules：列出新版规则的变化，并采用",
            "songnuan upgrade server: a newer PostgreSQL or another server; verified, then the old one is fenced\n"
            "songnuan upgrade rules: says what newer rules change, and takes them up",
        )
    )


_TITLES = {
    "postgresql": ("PostgreSQL 版本", "PostgreSQL"),
    "schema": ("数据库结构版本", "schema version"),
    "rules": ("规则版本", "rules"),
}


def rules(
    key: KeyFile,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))] = "采用新版规则",
    yes: Yes = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows what changes and which standing grants conflict, asks, and records that the rules are taken up."""
    with opened() as store, store.writer() as writer:
        state = writer.state
        if state.rules >= NEWEST:
            if as_json:
                print_json({"rules": state.rules, "newest": NEWEST})
            else:
                console.print(
                    say(f"已是最新规则：第 {NEWEST} 版", f"the newest rules are in force: version {NEWEST}")
                )
            return
        if not as_json:
            _print_changes(state)
        if not yes:
            if as_json:
                raise Misused("--json 须与 --yes 同用", "--json needs --yes")
            typer.confirm(
                say(
                    f"采用第 {NEWEST} 版规则？此后不能退回",
                    f"take up version {NEWEST}? There is no way back",
                ),
                abort=True,
                err=True,
            )
        event = RulesAdopted(version=NEWEST, reason=reason)
        receipt = writer.record(signer(store, key, passphrase_file).sign(event))
    print_receipt(receipt, as_json)


def _print_changes(state: State) -> None:
    for version in range(state.rules + 1, NEWEST + 1):
        console.print(say(f"第 {version} 版规则，自采用时起：", f"Version {version}, from then on:"))
        for change in CHANGES[version]:
            console.print(f"  · {say(change.zh, change.en)}", soft_wrap=True)
    try:
        check_rules_may_be_taken_up(utc_text(utc_now()), state)
    except Refused as refusal:
        console.print(
            say(
                f"现在还不能采用：{refusal.message('zh')}",
                f"They cannot be taken up yet: {refusal.message('en')}",
            ),
            soft_wrap=True,
        )
    _print_refused_below(state)
    found = shortfalls(state, NEWEST)
    if not found:
        console.print(say("现有授权均无冲突。", "No standing grant conflicts with it."))
        return
    console.print(
        say(
            "以下现有授权与之冲突；它们继续有效并列为疑点，请尽快更正：",
            "These standing grants conflict with it; they go on and are flagged, change them soon:",
        )
    )
    for each in found:
        console.print(f"  ! {_shortfall(each)}", soft_wrap=True)


def _print_refused_below(state: State) -> None:
    """Whom campaigns under the newer rules will refuse, so that their roles are given again before one is opened."""
    found = not_appointed_from_above(state)
    if not found:
        return
    console.print(
        say(
            "以下岗位未经主办单位的授权管理员授予，采用后启动的活动不接受其审批、发放；请先收回，再由其参与重新授予：",
            "These roles were given without a registrar over the sponsor: campaigns opened afterwards do not take their"
            " approvals and payouts. Take them back, and give them again with such a registrar:",
        ),
        soft_wrap=True,
    )
    for each in found:
        title = ROLE_TITLES[each.role]
        console.print(
            say(
                f"  ! {each.officer}：单位 {each.unit} 的{title[0]}（主办单位 {each.sponsor}）",
                f"  ! {each.officer}: {title[1]} of {each.unit} (sponsor {each.sponsor})",
            ),
            soft_wrap=True,
        )


def _shortfall(each: Shortfall) -> str:
    officers = "、".join(each.officers) if say("zh", "en") == "zh" else ", ".join(each.officers)
    if each.exclusion is None:
        return say(f"{officers}：未登记身份信息", f"{officers}: no identity is committed to")
    one, other = ROLE_TITLES[each.exclusion.role], ROLE_TITLES[each.exclusion.other]
    return say(
        f"{officers}：同时担任{titled(one)}和{titled(other)}",
        f"{officers}: both {titled(one)} and {titled(other)}",
    )
