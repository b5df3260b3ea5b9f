"""How receipts and refusals are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.cli.exit_codes import EXIT_PARTLY, EXIT_REFUSED
from api.cli.language import language, say
from api.cli.output import console, print_json
from ledger.clock import china_time
from ledger.errors import Refused, SongnuanError
from ledger.writing.batch import Receipt

Told = Receipt | SongnuanError
"""What became of one statement, wherever it was recorded; a service may refuse in words of its own."""

MOST_LINES = 20
"""How many of each are said one by one."""


def print_receipt(receipt: Receipt, as_json: bool) -> None:
    """One receipt."""
    if as_json:
        print_json(receipt.to_json())
        return
    recorded = china_time(datetime.fromisoformat(receipt.recorded_at))
    again = say("（此前已登记，回执同前）", " (recorded before: the first receipt again)")
    console.print(
        say(
            f"✓ 已登记：登记序号 {receipt.position}，{recorded}",
            f"✓ recorded at position {receipt.position}, {recorded} in China",
        )
        + (again if receipt.repeated else "")
    )
    rests_on = {
        "standby": say("备机已确认", "confirmed by a standby"),
        "flushed": say("已落本机磁盘", "on this server's disk"),
        "unflushed": say("尚未落盘（服务器关闭了 fsync）", "not flushed: the server runs without fsync"),
    }[receipt.durability]
    console.print(
        say(
            f"  签署件编号 {receipt.id}\n  叶哈希 {receipt.leaf_hash}\n  {rests_on}",
            f"  id {receipt.id}\n  leaf {receipt.leaf_hash}\n  {rests_on}",
        )
    )


def print_outcomes(outcomes: Sequence[Told], as_json: bool) -> bool:
    """Many outcomes, the first of them one by one; returns whether any was refused."""
    receipts = [each for each in outcomes if isinstance(each, Receipt)]
    refused = [(index, each) for index, each in enumerate(outcomes) if not isinstance(each, Receipt)]
    if as_json:
        print_json([_told_json(each) for each in outcomes])
        return bool(refused)
    if receipts:
        first, last = receipts[0].position, receipts[-1].position
        repeated = sum(r.repeated for r in receipts)
        console.print(
            say(
                f"✓ 已登记 {len(receipts)} 条：第 {first} 至 {last} 号"
                + (f"，其中 {repeated} 条此前已登记" if repeated else ""),
                f"✓ {len(receipts)} recorded: positions {first} to {last}"
                + (f", {repeated} of them before" if repeated else ""),
            )
        )
        for receipt in receipts[:MOST_LINES]:
            recorded = china_time(datetime.fromisoformat(receipt.recorded_at))
            console.print(
                say(
                    f"    第 {receipt.position} 号  {recorded}  签署件编号 {receipt.id}",
                    f"    position {receipt.position}  {recorded} in China  id {receipt.id}",
                )
            )
        if len(receipts) > MOST_LINES:
            rest = len(receipts) - MOST_LINES
            console.print(
                say(f"    其余 {rest} 条用 --json 输出", f"    {rest} more: --json prints them all")
            )
    for code, count in Counter(each.code for _, each in refused).most_common():
        console.print(say(f"✗ {count} 条被拒绝：{code}", f"✗ {count} refused: {code}"))
    for index, refusal in refused[:MOST_LINES]:
        console.print(f"    {index + 1}. {refusal.message(language())}")
    return bool(refused)


def exit_of(outcomes: Sequence[Told]) -> int:
    """The exit code for many: none refused, some, or all."""
    refused = sum(not isinstance(each, Receipt) for each in outcomes)
    if not refused:
        return 0
    return EXIT_REFUSED if refused == len(outcomes) else EXIT_PARTLY


def _told_json(told: Told) -> dict[str, Any]:
    if isinstance(told, Receipt):
        return {"receipt": told.to_json()}
    if isinstance(told, Refused):
        return {"refused": told.to_json()}
    return {"refused": {"code": told.code, "message": {"zh": told.message("zh"), "en": told.message("en")}}}
