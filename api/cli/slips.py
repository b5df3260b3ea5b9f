"""``songnuan slips`` and ``report slips``: slips for the payouts of a unit, to be printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from api.cli.acts.questions import CAMPAIGNS
from api.cli.desk import at_desk, record
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, On
from api.cli.output import console
from api.cli.passphrases import PassphraseFile
from api.cli.question import Asked
from api.gate import LATEST, Row, ScopedViews
from api.papers.slip_paper import slip_paper
from api.papers.typesetting import typeset
from api.service.origins import normal_origin
from api.voice import queries
from api.voice.slip_sheet import PrintedSlip, slip_sheet
from ledger.clock import utc_now
from ledger.events.slip import MOST_SLIPS, IssuedSlip, SlipsIssued, new_slip_number, slip_digest
from ledger.identity.vault import Vault
from ledger.system_words import reason_of


def _payouts(views: ScopedViews, vault: Vault, *, campaign: str, unit: str) -> list[Row]:
    return queries.payouts_for_slips(
        views, vault, campaign=campaign, unit=unit, after=0, as_of=LATEST, limit=None
    )


PAYOUTS = Asked("/slips", _payouts, is_paged=True)

Campaign = Annotated[str, typer.Argument(help=say("活动", "the campaign"))]
Unit = Annotated[str, typer.Argument(help=say("单位", "the unit"))]
Address = Annotated[
    str,
    typer.Option(
        help=say("手机访问服务的网址，如 https://ledger.example", "where telephones reach the service")
    ),
]
Again = Annotated[
    bool,
    typer.Option(
        "--again",
        help=say("已有凭条的也补发，旧凭条作废", "also those that have one, which counts no more"),
    ),
]

Sheet = Callable[[str, str, Sequence[PrintedSlip]], bytes]
"""Makes a sheet of slips: from the campaign's title, the service's origin, and the slips."""


def issue(
    key: KeyFile,
    campaign: Campaign,
    unit: Unit,
    file: Annotated[
        Path, typer.Argument(help=say("要写的打印页（HTML）", "the sheet to write (HTML)"), dir_okay=False)
    ],
    address: Address,
    again: Again = False,
    on: On = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Issues slips and writes the sheet, which alone holds their numbers; a file that exists stays as it is."""

    def sheet(title: str, origin: str, slips: Sequence[PrintedSlip]) -> bytes:
        return slip_sheet(title, origin, slips).encode()

    _issue(sheet, _Slips(campaign, unit, _origin(address), again), file, key, passphrase_file, on)


def issue_paper(
    key: KeyFile,
    campaign: Campaign,
    unit: Unit,
    file: Annotated[
        Path, typer.Argument(help=say("要写的文件（PDF）", "the file to write (PDF)"), dir_okay=False)
    ],
    address: Address,
    again: Again = False,
    on: On = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Issues slips and typesets them, first of all: nothing is recorded where they cannot be set."""
    made_at = int(utc_now().timestamp())

    def sheet(title: str, origin: str, slips: Sequence[PrintedSlip]) -> bytes:
        return typeset(slip_paper(title, origin, slips, made_at=made_at))

    _issue(sheet, _Slips(campaign, unit, _origin(address), again), file, key, passphrase_file, on)


class _Slips(NamedTuple):
    """Which slips are issued."""

    campaign: str
    unit: str
    origin: str
    again: bool


def _issue(
    sheet: Sheet, wanted: _Slips, file: Path, key: Path, passphrase_file: Path | None, on: str | None
) -> None:
    campaign, unit, origin, again = wanted
    with at_desk() as desk:
        found = desk.rows(PAYOUTS, campaign=campaign, unit=unit)
        (terms,) = (row for row in desk.rows(CAMPAIGNS) if row["campaign"] == campaign)
    chosen = [row for row in found if again or row["issued_at"] is None]
    if not chosen:
        raise Misused(
            "没有需要凭条的发放；补发加 --again", "no payout lacks a slip; --again issues them anew"
        )
    numbers = [new_slip_number() for _ in chosen]
    slips = list(map(_printed, chosen, numbers))
    # Both before anything is recorded: numbers that were recorded and not written would be lost.
    content = sheet(terms["title"], origin, slips)
    try:
        out = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        zh, en = reason_of(error)
        raise Misused(f"无法写入 {file}：{zh}", f"cannot write {file}: {en}") from None
    printed = 0
    try:
        for start in range(0, len(chosen), MOST_SLIPS):
            part = slice(start, start + MOST_SLIPS)
            record(_issued(campaign, unit, chosen[part], numbers[part]), key, passphrase_file, on=on)
            printed += len(chosen[part])
    finally:
        with out:
            if printed:
                out.write(
                    content if printed == len(slips) else sheet(terms["title"], origin, slips[:printed])
                )
        if not printed:
            file.unlink()
    console.print(
        say(
            f"✓ 已制发 {printed} 张凭条：{file}。编号只在此文件中，打印后请删除",
            f"✓ {printed} slips issued: {file}. Their numbers stand in this file alone: delete it once printed",
        ),
        soft_wrap=True,
    )


def _origin(address: str) -> str:
    try:
        return normal_origin(address)
    except ValueError:
        raise Misused(
            f"网址应为 https://ledger.example 的形式，实为 {address}",
            f"expected an origin like https://ledger.example, found {address}",
        ) from None


def _issued(campaign: str, unit: str, rows: Sequence[Row], numbers: Sequence[str]) -> SlipsIssued:
    slips = [
        IssuedSlip(payout=row["payout"], digest=slip_digest(number))
        for row, number in zip(rows, numbers, strict=True)
    ]
    return SlipsIssued(campaign=campaign, unit=unit, slips=slips)


def _printed(row: Row, number: str) -> PrintedSlip:
    return PrintedSlip(number, row["unit_name"], row["masked_name"], row["amount_fen"], str(row["paid_on"]))
