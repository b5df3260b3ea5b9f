"""``songnuan callback``: recipients drawn by a seed, and what they answer when they are called back."""

from __future__ import annotations

from typing import Annotated, NamedTuple, get_args

import typer

from api.audit.draws import ordered_draw
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
from api.gate import ScopedViews
from api.gate.moments import position_at
from api.gate.references import check_references
from api.roster.amounts import amount_fen
from api.voice import queries
from ledger.errors import IdentityFault
from ledger.events.voice import Answer, CallBackRecorded

CampaignCode = Annotated[str, typer.Argument(help=say("活动", "the campaign"))]
Seed = Annotated[
    str | None,
    typer.Option(help=say("随机种子（试抽，不作登记依据）", "a seed, to try; nothing is recorded by it")),
]
Ordered = Annotated[
    str | None,
    typer.Option("--draw", help=say("所登记的抽取（编号）", "the draw that was ordered, by its id")),
]
Size = Annotated[int, typer.Option(min=1, max=500, help=say("抽取笔数", "how many payouts"))]


def draw(
    campaign: CampaignCode,
    seed: Seed = None,
    ordered: Ordered = None,
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
        by = _drawn_by(views, ordered, campaign, seed, size, position_at(views, as_of))
        found = queries.draw(views, store.vault(), by.campaign, by.size, by.seed, by.drawn_at, by.unit)
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
    ordered: Ordered = None,
    seed: Seed = None,
    drawn_at: Annotated[
        int | None, typer.Option(min=1, help=say("抽取时点（登记序号）", "as of which entry it was drawn"))
    ] = None,
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
    """Records a call-back; the payout is one that the draw draws, or by older rules seed, size and moment."""
    one_of(said, get_args(Answer), "--answer")
    with asked() as (store, views):
        check_references(views, campaign=campaign)
        by = _drawn_by(views, ordered, campaign, seed, size, drawn_at)
        found = queries.draw(views, store.vault(), by.campaign, by.size, by.seed, by.drawn_at, by.unit)
        record_shown(store, campaign=campaign, rows=len(found.payouts))
    if found.at != by.drawn_at:
        raise Misused(
            f"账本只到第 {found.at} 号，尚无第 {by.drawn_at} 号",
            f"the ledger stands at entry {found.at}: nothing was drawn as of {by.drawn_at}",
        )
    units = [row["unit"] for row in found.payouts if row["payout"] == payout]
    if not units:
        raise Misused(
            f"该笔发放不在以此种子抽取的 {by.size} 笔之中：{payout}",
            f"that payout is not among the {by.size} that this seed draws: {payout}",
        )
    event = checked(
        CallBackRecorded,
        {
            "campaign": campaign,
            "unit": units[0],
            "payout": payout,
            "seed": by.seed,
            "size": by.size,
            "drawn_at": by.drawn_at,
            "draw": ordered,
            "reached": said is not None,
            "answer": said,
            "received_fen": None if received is None else _fen(received),
            "words": words,
        },
    )
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


class _DrawnBy(NamedTuple):
    """What is drawn, how many, by which seed, and as of which entry."""

    campaign: str
    unit: str | None
    size: int
    seed: str
    drawn_at: int


def _drawn_by(
    views: ScopedViews, ordered: str | None, campaign: str, seed: str | None, size: int, at: int | None
) -> _DrawnBy:
    """By the draw that was ordered, or by a seed as of an entry."""
    if ordered is not None and seed is None:
        draw = ordered_draw(views, ordered)
        return _DrawnBy(draw.campaign, draw.unit, draw.size, draw.seed, draw.drawn_at)
    if seed is None or ordered is not None or at is None:
        raise Misused(
            "请以 --draw 指明所登记的抽取（songnuan callback order），或以 --seed 试抽",
            "name the draw that was ordered with --draw (songnuan callback order), or try a --seed",
        )
    return _DrawnBy(campaign, None, size, seed, at)


def _fen(text: str) -> int:
    """Fen of an amount in yuan; nothing at all may have been received of it."""
    if text.strip() == "0":
        return 0
    try:
        return amount_fen(text)
    except IdentityFault as fault:
        raise Misused(fault.message("zh"), fault.message("en")) from None
