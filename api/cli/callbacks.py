"""``songnuan callback``: recipients drawn by a seed, and what they answer when they are called back."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from api.cli import columns
from api.cli.answers import AsCsv, AsJson, AsOf, Shape, XlsxFile, answer
from api.cli.desk import record
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, On, asked, checked
from api.cli.output import console, one_of
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.cli.recording import record_shown
from api.gate.moments import position_at
from api.gate.references import check_references
from api.roster.amounts import amount_fen
from api.voice import queries
from ledger.errors import IdentityFault
from ledger.events.voice import Answer, CallBackRecorded

CampaignCode = Annotated[str, typer.Argument(help=say("活动", "the campaign"))]
Seed = Annotated[str, typer.Option(help=say("随机种子", "the seed"))]
Size = Annotated[int, typer.Option(min=1, max=500, help=say("抽取笔数", "how many payouts"))]


def draw(
    campaign: CampaignCode,
    seed: Seed,
    size: Size = 10,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Draws payouts by a seed; names are masked."""
    shape = Shape(as_json, as_csv, xlsx)
    with asked() as (store, views):
        check_references(views, campaign=campaign)
        found = queries.draw(views, store.vault(), campaign, size, seed, position_at(views, as_of))
        record_shown(store, campaign=campaign, rows=len(found.payouts))
    answer(say("回访对象", "To be called back"), columns.DRAWN_PAYOUTS, found.payouts, shape)
    if not shape.for_a_file:
        console.print(say(f"抽取时点：第 {found.at} 号", f"drawn as of entry {found.at}"))


def list_(
    campaign: CampaignCode,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists what recipients answered, the newest first."""
    with asked() as (store, views):
        check_references(views, campaign=campaign)
        found = queries.answers(views, campaign, position_at(views, as_of))
        record_shown(store, campaign=campaign, rows=len(found))
    answer(say("回访结果", "Answers"), columns.VOICES, found, Shape(as_json, as_csv, xlsx))


def record_(
    key: KeyFile,
    campaign: CampaignCode,
    payout: Annotated[str, typer.Argument(help=say("发放编号", "the payout"))],
    seed: Seed,
    drawn_at: Annotated[
        int, typer.Option(min=1, help=say("抽取时点（登记序号）", "as of which entry it was drawn"))
    ],
    size: Size = 10,
    said: Annotated[
        str | None,
        typer.Option(
            "--answer",
            help=say(
                "答复：received 已足额收到、less 少收到、given-back 已交回、never 未收到；未联系到的不填",
                "the answer: received, less, given-back or never; none where nobody was reached",
            ),
        ),
    ] = None,
    received: Annotated[
        str | None, typer.Option(help=say("实收金额（元）", "what was received, in yuan"))
    ] = None,
    words: Annotated[str | None, typer.Option(help=say("本人所述", "in their own words"))] = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records a call-back; the payout is one that seed, size and moment draw."""
    one_of(said, get_args(Answer), "--answer")
    with asked() as (store, views):
        check_references(views, campaign=campaign)
        found = queries.draw(views, store.vault(), campaign, size, seed, drawn_at)
        record_shown(store, campaign=campaign, rows=len(found.payouts))
    if found.at != drawn_at:
        raise Misused(
            f"账本只到第 {found.at} 号，尚无第 {drawn_at} 号",
            f"the ledger stands at entry {found.at}: nothing was drawn as of {drawn_at}",
        )
    units = [row["unit"] for row in found.payouts if row["payout"] == payout]
    if not units:
        raise Misused(
            f"该笔发放不在以此种子抽取的 {size} 笔之中：{payout}",
            f"that payout is not among the {size} that this seed draws: {payout}",
        )
    event = checked(
        CallBackRecorded,
        {
            "campaign": campaign,
            "unit": units[0],
            "payout": payout,
            "seed": seed,
            "size": size,
            "drawn_at": drawn_at,
            "reached": said is not None,
            "answer": said,
            "received_fen": None if received is None else _fen(received),
            "words": words,
        },
    )
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def _fen(text: str) -> int:
    """Fen of an amount in yuan; nothing at all may have been received of it."""
    if text.strip() == "0":
        return 0
    try:
        return amount_fen(text)
    except IdentityFault as fault:
        raise Misused(fault.message("zh"), fault.message("en")) from None
