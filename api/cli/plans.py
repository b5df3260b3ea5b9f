"""``songnuan campaign`` and ``songnuan fund``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.campaigns import plans
from api.campaigns.plans import TEMPLATES, TemplateName
from api.campaigns.policy_text import policy_lines, read_policy
from api.cli.desk import at_service, record
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, On, checked, opened
from api.cli.output import AsJson, console, errors, one_of, print_json
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.cli.running import check_recorded
from api.cli.terminals import as_it_is
from api.roster.amounts import amount_fen
from ledger.domain.policy.campaign_policy import Policy
from ledger.errors import IdentityFault, Misconfigured
from ledger.events.campaign import CampaignClosed, CampaignOpened, PolicyAmended
from ledger.events.carry_over import FundsCarriedOver
from ledger.events.fund_return import FundReturned
from ledger.events.funds import FundAllocated, FundTransferred
from ledger.system_words import reason_of

CampaignCode = Annotated[str, typer.Argument(help=say("活动代码", "the campaign's code"))]
PolicyFile = Annotated[
    Path, typer.Argument(help=say("方案文件（TOML 或 JSON）", "the policy's file (TOML or JSON)"))
]
Amount = Annotated[str, typer.Option(help=say("金额（元）", "amount in yuan"))]


def template(
    plan: Annotated[str, typer.Argument(help=", ".join(TEMPLATES))] = "b",
    year: Annotated[int, typer.Option(help=say("年度", "year"))] = 2026,
    explain: Annotated[
        str | None,
        typer.Option(
            help=say(
                "只说明一个字段，如 categories.standard_fen",
                "explain one field alone, as categories.standard_fen",
            )
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A policy to start from: TOML with what each field means and where it comes from, or JSON."""
    one_of(plan, TEMPLATES, "PLAN")
    name: TemplateName = next(each for each in TEMPLATES if each == plan)
    policy = plans.template(name, year).policy
    if explain is not None:
        _explain(policy, explain, as_json=as_json)
    elif as_json:
        print_json(policy.model_dump(mode="json", exclude_defaults=True))
    else:
        check_recorded()
        with as_it_is():
            sys.stdout.write("\n".join(policy_lines(policy)) + "\n")


def _explain(policy: Policy, field: str, *, as_json: bool) -> None:
    """What a field means, where it comes from, what the template has there."""
    meaning = plans.explanation(field)
    if meaning is None:
        raise Misused(f"方案没有字段 {field}", f"a policy has no field {field}")
    source = policy.source_of_field(field) or policy.source_of_field(field.partition(".")[0])
    value = policy.model_dump(mode="json", exclude_none=True).get(field)
    if as_json:
        print_json({"field": field, "zh": meaning.zh, "en": meaning.en, "source": source, "value": value})
        return
    console.print(say(f"{field}：{meaning.zh}", f"{field}: {meaning.en}"), soft_wrap=True)
    if source is not None:
        console.print(say(f"依据：{source}", f"source: {source}"), soft_wrap=True)
    if value is not None:
        console.print(say(f"样本取值：{value}", f"the template has: {value}"), soft_wrap=True)


def _policy(file: Path) -> dict[str, Any]:
    try:
        return read_policy(file.read_bytes(), str(file))
    except OSError as error:
        zh, en = reason_of(error)
        raise Misconfigured(
            "policy-file", f"无法读取方案文件 {file}：{zh}", f"cannot read the policy {file}: {en}"
        ) from None


def policy_in(file: Path, campaign: str) -> Policy:
    """The policy in a file; what is wrong with it is refused as in the amendment that would set it."""
    body = {"campaign": campaign, "policy": _policy(file), "reason": "-"}
    amendment: PolicyAmended = checked(PolicyAmended, body)
    return amendment.policy


def yuan_option(text: str) -> int:
    """The fen of an amount as it was typed; raises ``Misused``."""
    try:
        return amount_fen(text)
    except IdentityFault as fault:
        raise Misused(fault.message("zh"), fault.message("en")) from None


def open_(
    key: KeyFile,
    campaign: CampaignCode,
    policy: PolicyFile,
    unit: Annotated[str, typer.Option(help=say("主办单位", "the sponsoring unit"))],
    title: Annotated[str, typer.Option(help=say("活动名称", "the campaign's title"))],
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Opens a campaign with its policy."""
    event: CampaignOpened = checked(
        CampaignOpened, {"campaign": campaign, "unit": unit, "title": title, "policy": _policy(policy)}
    )
    _warn_of_sources(event.policy)
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def _warn_of_sources(policy: Policy) -> None:
    """Say which fields of a policy have no source; one that says its sources are complete has none such."""
    bare = [field for field in policy.without_source() if plans.explanation(field) is not None]
    if bare:
        zh = "、".join(f"{plans.explanations()[field].zh.partition('：')[0]}（{field}）" for field in bare)
        errors.print(
            say(f"! 下列内容未注依据：{zh}", f"! these say no source: {', '.join(bare)}"), soft_wrap=True
        )


def amend(
    key: KeyFile,
    campaign: CampaignCode,
    policy: PolicyFile,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Sets the policy anew."""
    event = checked(PolicyAmended, {"campaign": campaign, "policy": _policy(policy), "reason": reason})
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def close(
    key: KeyFile,
    campaign: CampaignCode,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Closes a campaign."""
    event = checked(CampaignClosed, {"campaign": campaign})
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def show(campaign: CampaignCode) -> None:
    """Prints a campaign with its policy as it stands."""
    # Here, so that templates are printed without what questions need.
    from api.cli.acts.context import Context

    with at_service() as desk:
        there = None if desk is None else Context(desk).campaign(campaign)
    if there is not None:
        print_json(there)
        return
    with opened() as store, store.connect() as connection:
        row = connection.execute(
            "SELECT value FROM ledger.standing WHERE key = %s", (f"campaign/{campaign}",)
        ).fetchone()
        if row is None:
            raise Misused(f"没有活动 {campaign}", f"there is no campaign {campaign}")
    print_json(row[0])


def allocate(
    key: KeyFile,
    campaign: CampaignCode,
    line: Annotated[str, typer.Option(help=say("资金项目", "the line"))],
    amount: Amount,
    document: Annotated[str | None, typer.Option(help=say("文号", "the document's number"))] = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Allocates funds to a line."""
    event = checked(
        FundAllocated,
        {
            "campaign": campaign,
            "line": line,
            "amount_fen": yuan_option(amount),
            "document": {"number": document} if document else None,
        },
    )
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def transfer(
    key: KeyFile,
    campaign: CampaignCode,
    from_line: Annotated[str, typer.Option("--from", help=say("转出资金项目", "from line"))],
    to_line: Annotated[str, typer.Option("--to", help=say("转入资金项目", "to line"))],
    amount: Amount,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Transfers between lines."""
    event = checked(
        FundTransferred,
        {
            "campaign": campaign,
            "from_line": from_line,
            "to_line": to_line,
            "amount_fen": yuan_option(amount),
            "reason": reason,
        },
    )
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def return_(
    key: KeyFile,
    campaign: CampaignCode,
    line: Annotated[str, typer.Option(help=say("资金项目", "the line"))],
    amount: Amount,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Returns funds to their source."""
    event = checked(
        FundReturned,
        {"campaign": campaign, "line": line, "amount_fen": yuan_option(amount), "reason": reason},
    )
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def carry_over(
    key: KeyFile,
    campaign: CampaignCode,
    to_campaign: Annotated[str, typer.Argument(help=say("转入的活动", "the campaign that gets it"))],
    from_line: Annotated[str, typer.Option("--from", help=say("转出资金项目", "from line"))],
    to_line: Annotated[str, typer.Option("--to", help=say("转入资金项目", "to line"))],
    amount: Amount,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    document: Annotated[str | None, typer.Option(help=say("文号", "the document's number"))] = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Carries what a line has left into a later year's campaign."""
    event = checked(
        FundsCarriedOver,
        {
            "campaign": campaign,
            "from_line": from_line,
            "to_campaign": to_campaign,
            "to_line": to_line,
            "amount_fen": yuan_option(amount),
            "document": {"number": document} if document else None,
            "reason": reason,
        },
    )
    print_receipt(record(event, key, passphrase_file, on=on), as_json)
