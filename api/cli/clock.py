"""``songnuan clock``: how the clocks stand to each other, and a registrar's word that the time is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import psycopg
import typer

from api.cli.language import say
from api.cli.opening import KeyFile, opened, signer
from api.cli.output import AsJson, console, print_json
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from ledger.clock import utc_now
from ledger.domain.entry import read_entry
from ledger.domain.event import utc_text
from ledger.events.calendar import ClockAccepted
from ledger.writing.clock_guard import STEP


def status(as_json: AsJson = False) -> None:
    """Compares this machine's clock, the database's and the last time recorded; exit code 1 if they differ."""
    with opened() as store, store.connect() as connection:
        found = _times(connection)
    agree = found["agree"]
    if as_json:
        print_json(found)
    else:
        console.print(
            say(
                f"本机     {found['here']}\n数据库   {found['database']}\n最近记账 {found['recorded']}\n",
                f"here      {found['here']}\ndatabase  {found['database']}\nrecorded  {found['recorded']}\n",
            )
            + (
                say("✓ 一致", "✓ they agree")
                if agree
                else say(
                    "✗ 不一致，不能记账：请校准时钟；若本机时间无误，请登记员执行 songnuan clock accept",
                    "✗ they disagree, nothing is recorded: set the clocks right; if the time here is true, a"
                    " registrar runs songnuan clock accept",
                )
            ),
            soft_wrap=True,
        )
    if not agree:
        raise typer.Exit(1)


def _times(connection: psycopg.Connection) -> dict[str, object]:
    now = utc_now()
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    last = connection.execute(
        "SELECT data FROM ledger.entries WHERE statement_id IS NOT NULL ORDER BY position DESC LIMIT 1"
    ).fetchone()
    recorded = read_entry(last[0])["recorded_at"] if last is not None else ""
    agree = abs(row[0] - now) <= STEP and recorded <= utc_text(now + STEP)
    return {"here": utc_text(now), "database": utc_text(row[0]), "recorded": recorded, "agree": agree}


def accept(
    key: KeyFile,
    reason: Annotated[str, typer.Option(help=say("原因", "why"))],
    minutes: Annotated[
        int,
        typer.Option(
            min=0,
            max=31 * 24 * 60,
            help=say(
                "数据库时钟仍不一致时，按本机时间记账多少分钟", "for how long although the database's differs"
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
