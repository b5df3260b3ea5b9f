"""``songnuan callback``: recipients drawn by a seed, and what they answer when they are called back."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from api.cli import columns
from api.cli.answers import AsCsv, AsJson, AsOf, Shape, XlsxFile, answer
from api.cli.desk import at_desk, record
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, On, checked
from api.cli.output import console, one_of
from api.cli.passphrases import PassphraseFile
from api.cli.question import Asked, AskedWhole
from api.cli.receipts import print_receipt
from api.gate import LATEST, Row, ScopedViews
from api.roster.amounts import amount_fen
from api.voice import queries
from ledger.errors import IdentityFault
from ledger.events.voice import Answer, CallBackRecorded
from ledger.identity.vault import Vault


def _drawn(
    views: ScopedViews, vault: Vault, *, campaign: str, seed: str, size: int, as_of: int = LATEST
) -> dict[str, Any]:
    found = queries.draw(views, vault, campaign, size, seed, as_of)
    return {"rows": found.payouts, "position": found.at}


def _answers(views: ScopedViews, vault: Vault, *, campaign: str, as_of: int = LATEST) -> list[Row]:
    return queries.answers(views, campaign, as_of)


DRAWN = AskedWhole("/callbacks/drawn", _drawn)
ANSWERS = Asked("/callbacks", _answers)

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
    with at_desk() as desk:
        found = desk.whole(DRAWN, as_of=as_of, campaign=campaign, seed=seed, size=size)
    answer(say("回访对象", "To be called back"), columns.DRAWN_PAYOUTS, found["rows"], shape)
    if not shape.for_a_file:
        at = found["position"]
        console.print(say(f"抽取时点：第 {at} 号", f"drawn as of entry {at}"))


def list_(
    campaign: CampaignCode,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists what recipients answered, the newest first."""
    with at_desk() as desk:
        found = desk.rows(ANSWERS, as_of=as_of, campaign=campaign)
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
    with at_desk() as desk:
        found = desk.whole(DRAWN, as_of=drawn_at, campaign=campaign, seed=seed, size=size)
    units = [row["unit"] for row in found["rows"] if row["payout"] == payout]
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
