"""``songnuan federation declare``: a unit's summary with figures that the level above can compute again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.answers import AsJson
from api.cli.desk import record
from api.cli.language import say
from api.cli.opening import KeyFile, asked, checked
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.gate.moments import position_at
from api.gate.references import check_references
from api.reports.declaring import declared
from ledger.events.campaign import SummaryFiled


def declare(
    key: KeyFile,
    campaign: Annotated[str, typer.Argument(help=say("活动", "campaign"))],
    unit: Annotated[str, typer.Option(help=say("单位，含其下各单位", "the unit, with all below it"))],
    text: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help=say("总结正文文件", "a file with the summary's text")),
    ],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Files a unit's summary, with figures by category, fund line and unit as of the last entry."""
    with asked() as (_, views):
        check_references(views, campaign=campaign, unit=unit)
        said = asdict(declared(views, campaign, unit, position_at(views, None)))
    said["figures"] = [
        {name: value for name, value in figure.items() if value is not None} for figure in said["figures"]
    ]
    body: dict[str, Any] = {
        "campaign": campaign,
        "unit": unit,
        "text": text.read_text(encoding="utf-8").strip(),
        **said,
    }
    print_receipt(record(checked(SummaryFiled, body), key, passphrase_file), as_json)
