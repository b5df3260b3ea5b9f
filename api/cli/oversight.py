"""``songnuan flag decide``, ``rectification``, ``handover`` and ``outside-case``: what becomes of what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli import columns
from api.cli.acts.questions import FILED_ELSEWHERE, HANDED_OVER, RECTIFICATIONS
from api.cli.answers import AsCsv, AsJson, AsOf, Campaign, Shape, XlsxFile, answer
from api.cli.desk import at_desk, record
from api.cli.exit_codes import Misused
from api.cli.flagging import FLAG
from api.cli.language import say, titled
from api.cli.opening import KeyFile, On, checked
from api.cli.output import one_of
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.rectifications.rows import (
    STATE_TITLES,
    HandoverShown,
    OutsideCaseShown,
    RectificationItemShown,
)
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.rectification import RectificationOrdered, RectificationStruckOff
from ledger.events.verification import OUTCOME_TITLES, VerificationDecided

ITEMS = columns.listed(
    RectificationItemShown,
    "document",
    "number",
    "unit",
    "what",
    "due",
    "state",
    state=lambda state: titled(STATE_TITLES[state]),
    flag=lambda flag: flag and columns.rule_title(flag.partition("|")[0]),
)
HANDOVERS = columns.listed(HandoverShown, file_numbers="、".join)
OUTSIDE_CASES = columns.listed(OutsideCaseShown)

CampaignNamed = Annotated[str | None, typer.Option("--campaign", help=say("活动", "campaign"))]
UnitNamed = Annotated[str | None, typer.Option("--unit", help=say("单位", "unit"))]
Organ = Annotated[str, typer.Option(help=say("机关名称", "the organ"))]
What = Annotated[str, typer.Option(help=say("事项", "what it is about"))]
CaseName = Annotated[
    str | None, typer.Option("--investigation", help=say("所属核查事项编号", "the discipline case's id"))
]
FlagNames = Annotated[
    list[str] | None,
    typer.Option("--flag", help=say("所涉疑点（规则|对象），可多次", "a flag, may be repeated")),
]


def decide(
    key: KeyFile,
    flag: Annotated[
        list[str],
        typer.Argument(help=say("规则|对象（flags --json 中的 flag）", "rule|subject, from flags --json")),
    ],
    outcome: Annotated[str, typer.Option(help=", ".join(OUTCOME_TITLES))],
    reason: Annotated[str, typer.Option(help=say("说明", "the reason"))],
    kept_until: Annotated[
        str | None, typer.Option(help=say("暂存期限，如 2026-06-30", "the day until which it is kept"))
    ] = None,
    campaign: CampaignNamed = None,
    unit: UnitNamed = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Decides one of the four outcomes on flags as they stand."""
    one_of(outcome, OUTCOME_TITLES, "--outcome")
    body = {
        "campaign": campaign,
        "unit": unit,
        "flags": _keys(flag),
        "outcome": outcome,
        "kept_until": kept_until,
        "reason": reason,
    }
    print_receipt(record(checked(VerificationDecided, body), key, passphrase_file, on=on), as_json)


def rectifications(
    campaign: Campaign = None,
    state: Annotated[str | None, typer.Option(help=", ".join(STATE_TITLES))] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists the items of rectification lists, those to be put right first."""
    one_of(state, STATE_TITLES, "--state")
    with at_desk() as desk:
        found = desk.rows(RECTIFICATIONS, as_of=as_of, campaign=campaign, state=state)
    answer(say("整改清单", "Rectification list"), ITEMS, found, Shape(as_json, as_csv, xlsx))


def order(
    key: KeyFile,
    campaign: Annotated[str, typer.Option(help=say("活动", "campaign"))],
    document: Annotated[str, typer.Option(help=say("整改通知文号", "the notice's number"))],
    file: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=say(
                "整改事项（JSON 数组：what、unit、due，选填 flag、investigation）",
                "the items, a JSON array: what, unit, due, and flag or investigation",
            ),
        ),
    ],
    unit: UnitNamed = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Orders a rectification; each item has its unit and its day."""
    try:
        items = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError:
        raise Misused(f"{file} 不是整改事项文件（JSON）", f"{file} holds no items (JSON)") from None
    body = {"campaign": campaign, "unit": unit, "document": {"number": document}, "items": items}
    print_receipt(record(checked(RectificationOrdered, body), key, passphrase_file, on=on), as_json)


def strike_off(
    key: KeyFile,
    rectification: Annotated[str, typer.Argument(help=say("整改通知编号", "the notice's id"))],
    item: Annotated[int, typer.Argument(min=1, help=say("序号", "the item's number"))],
    evidence: Annotated[str, typer.Option(help=say("佐证材料文号", "the number of the paper that shows it"))],
    text: Annotated[str, typer.Option(help=say("整改情况", "what was put right"))],
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Strikes one item off, with the paper that shows that it was put right."""
    with at_desk() as desk:
        items = desk.rows(RECTIFICATIONS)
    row = next((each for each in items if each["rectification"] == rectification), None)
    if row is None:
        raise UNKNOWN_REFERENCE.refused(kind="rectification", id=rectification)
    body = {
        "campaign": row["campaign"],
        "unit": row["ordered_by"],
        "rectification": rectification,
        "item": item,
        "evidence": {"number": evidence},
        "text": text,
    }
    print_receipt(record(checked(RectificationStruckOff, body), key, passphrase_file, on=on), as_json)


def handovers(
    campaign: Campaign = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists matters that were handed over, the newest first."""
    with at_desk() as desk:
        found = desk.rows(HANDED_OVER, as_of=as_of, campaign=campaign)
    answer(say("移送事项", "Matters handed over"), HANDOVERS, found, Shape(as_json, as_csv, xlsx))


def hand_over(
    key: KeyFile,
    organ: Organ,
    letter: Annotated[str, typer.Option(help=say("移送函文号", "the letter's number"))],
    handed_over_on: Annotated[
        str, typer.Option("--date", help=say("移送日期", "the day of the handing over"))
    ],
    what: What,
    flag: FlagNames = None,
    investigation: CaseName = None,
    campaign: CampaignNamed = None,
    unit: UnitNamed = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records that a matter was handed over to another organ."""
    body = {
        "campaign": campaign,
        "unit": unit,
        "organ": organ,
        "letter": {"number": letter},
        "handed_over_on": handed_over_on,
        "what": what,
        "flags": _keys(flag or []),
        "investigation": investigation,
    }
    print_receipt(record(checked(MatterHandedOver, body), key, passphrase_file, on=on), as_json)


def outside_cases(
    campaign: Campaign = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists cases that other organs filed, the newest first."""
    with at_desk() as desk:
        found = desk.rows(FILED_ELSEWHERE, as_of=as_of, campaign=campaign)
    answer(say("外部机关立案", "Outside cases"), OUTSIDE_CASES, found, Shape(as_json, as_csv, xlsx))


def outside_case(
    key: KeyFile,
    organ: Organ,
    file_number: Annotated[str, typer.Option(help=say("立案文号", "the file number"))],
    filed_on: Annotated[str, typer.Option("--date", help=say("立案日期", "the day of filing"))],
    what: What,
    handover: Annotated[
        str | None, typer.Option(help=say("移送事项编号", "the id of the matter handed over"))
    ] = None,
    investigation: CaseName = None,
    campaign: CampaignNamed = None,
    unit: UnitNamed = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records a case that another organ filed under its own number."""
    body = {
        "campaign": campaign,
        "unit": unit,
        "organ": organ,
        "file_number": file_number,
        "filed_on": filed_on,
        "what": what,
        "handover": handover,
        "investigation": investigation,
    }
    print_receipt(record(checked(OutsideCaseRecorded, body), key, passphrase_file, on=on), as_json)


def _keys(flags: list[str]) -> list[dict[str, Any]]:
    """The flags as they stand: by which rule, on what, raised and seen where.

    Raises:
        Misused: one does not stand.
    """
    if not flags:
        return []
    with at_desk() as desk:
        found = {flag: desk.whole(FLAG, flag=flag)["flag"] for flag in flags}
    for flag, row in found.items():
        if row["cleared_at"] is not None:
            raise Misused(f"没有疑点 {flag}", f"there is no flag {flag}")
    return [
        {
            "rule": found[flag]["rule"],
            "subject": found[flag]["subject"],
            "raised_at": found[flag]["raised_at"],
            "seen_at": found[flag]["from_position"],
        }
        for flag in flags
    ]
