"""``songnuan clock``: how the clocks stand to each other, and a registrar's word that the time is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.cli.language import say
from api.cli.opening import KeyFile, opened, signer
from api.cli.output import AsJson, console, print_json
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from ledger.clock import utc_now
from ledger.domain.event import utc_text
from ledger.events.calendar import ClockAccepted
from ledger.writing.clocks import read_clocks


def status(as_json: AsJson = False) -> None:
    """Compares this machine's clock, the database's and the last time recorded; exit code 1 if they differ."""
    with opened() as store, store.connect() as connection:
        clocks = read_clocks(connection)
    agree = clocks.agree
    found = {
        "here": utc_text(clocks.here),
        "database": utc_text(clocks.database),
        "recorded": clocks.recorded,
        "agree": agree,
    }
    if as_json:
        print_json(found)
    else:
        console.print(
            say(
                f"本机     {found['here']}\n数据库   {found['database']}\n最近登记 {found['recorded']}\n",
                f"here      {found['here']}\ndatabase  {found['database']}\nrecorded  {found['recorded']}\n",
            )
            + (
                say("✓ 一致", "✓ they agree")
                if agree
                else say(
                    "✗ 不一致，不能登记：请校准时钟；若本机时间无误，请停止服务，由授权管理员执行 songnuan clock accept",
                    "✗ they disagree, nothing is recorded: set the clocks right; if the time here is true, stop"
                    " the service and let a registrar run songnuan clock accept",
                )
            ),
            soft_wrap=True,
        )
    if not agree:
        raise typer.Exit(1)


def accept(
    key: KeyFile,
    reason: Annotated[str, typer.Option(help=say("原因", "why"))],
    minutes: Annotated[
        int,
        typer.Option(
            min=0,
            max=31 * 24 * 60,
            help=say(
                "数据库时钟仍不一致时，按本机时间登记多少分钟", "for how long although the database's differs"
            ),
        ),
    ] = 0,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by a registrar over everything, whose own clock is this machine's."""
    now = utc_now()
    event = ClockAccepted(
        found=now.isoformat(timespec="seconds"),
        until=(now + timedelta(minutes=minutes)).isoformat(timespec="seconds"),
        reason=reason,
    )
    with opened() as store, store.writer() as writer:
        receipt = writer.record(signer(store, key, passphrase_file).sign(event))
    print_receipt(receipt, as_json)
