"""``songnuan collective``: help to units and sites without named persons, approved, given and returned."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli import columns
from api.cli.acts.questions import COLLECTIVE
from api.cli.answers import AsCsv, AsJson, AsOf, Shape, XlsxFile, answer
from api.cli.desk import at_desk, record
from api.cli.language import say
from api.cli.opening import KeyFile, On, checked
from api.cli.passphrases import PassphraseFile
from api.cli.plans import Amount, CampaignCode, yuan_option
from api.cli.receipts import print_receipt
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.collective import CollectiveHelpApproved, CollectiveHelpGiven, CollectiveHelpReturned
from projections.views.collective import CollectiveRow

HelpId = Annotated[
    str, typer.Argument(metavar="HELP", help=say("集体慰问的登记序号或编号", "the help's position or id"))
]


def list_(
    campaign: Annotated[str | None, typer.Option(help=say("活动代码", "the campaign's code"))] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists help to sites."""
    shape = Shape(as_json, as_csv, xlsx)
    with at_desk() as desk:
        found = desk.rows(COLLECTIVE, as_of=as_of, campaign=campaign)
    shown = columns.listed(CollectiveRow)
    answer(say(f"集体慰问：{len(found)} 笔", f"help to sites: {len(found)}"), shown, found, shape)


def approve(
    key: KeyFile,
    campaign: CampaignCode,
    unit: Annotated[str, typer.Option(help=say("慰问的单位", "the unit that is helped"))],
    line: Annotated[str, typer.Option(help=say("资金项目", "the line"))],
    site: Annotated[str, typer.Option(help=say("慰问点、班组或工地", "the site"))],
    headcount: Annotated[int, typer.Option(help=say("在岗人数", "how many work there"))],
    amount: Amount,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Approves help to a unit or a site."""
    body = {
        "campaign": campaign, "unit": unit, "line": line, "site": site, "headcount": headcount,
        "amount_fen": yuan_option(amount), "reason": reason,
    }  # fmt: skip
    print_receipt(record(checked(CollectiveHelpApproved, body), key, passphrase_file, on=on), as_json)


def give(
    key: KeyFile,
    help_id: HelpId,
    amount: Amount,
    document: Annotated[str, typer.Option(help=say("凭证号（签收单）", "the document's number"))],
    method: Annotated[str, typer.Option(help="bank, cash")] = "bank",
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Pays for what was approved for a site."""
    body = {
        **_of(help_id),
        "amount_fen": yuan_option(amount),
        "method": method,
        "document": {"number": document},
    }
    print_receipt(record(checked(CollectiveHelpGiven, body), key, passphrase_file, on=on), as_json)


def take_back(
    key: KeyFile,
    help_id: HelpId,
    amount: Amount,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records that help to a site came back to the line."""
    body = {**_of(help_id), "amount_fen": yuan_option(amount), "reason": reason}
    print_receipt(record(checked(CollectiveHelpReturned, body), key, passphrase_file, on=on), as_json)


def _of(help_id: str) -> dict[str, Any]:
    """Campaign, unit and line of a help, as the statement repeats them."""
    with at_desk() as desk:
        found = next(
            (row for row in desk.rows(COLLECTIVE) if help_id in (row["help_id"], str(row["position"]))), None
        )
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="collective-help", id=help_id)
    return {"help": found["help_id"], **{name: found[name] for name in ("campaign", "unit", "line")}}
