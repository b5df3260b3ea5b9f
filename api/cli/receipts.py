"""How receipts and refusals are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from api.cli.language import language, say
from api.cli.output import console, print_json
from ledger.errors import Refused
from ledger.writing.batch import Outcome, Receipt


def print_receipt(receipt: Receipt, as_json: bool) -> None:
    """One receipt."""
    if as_json:
        print_json(receipt.to_json())
        return
    again = say("（此前已登记，回执同前）", " (recorded before: the first receipt again)")
    console.print(
        say(
            f"✓ 已登记：第 {receipt.position} 号，{receipt.recorded_at}",
            f"✓ recorded at position {receipt.position}, {receipt.recorded_at}",
        )
        + (again if receipt.repeated else "")
    )
    rests_on = {
        "standby": say("备机已确认", "confirmed by a standby"),
        "flushed": say("已落本机磁盘", "on this server's disk"),
        "unflushed": say("尚未落盘（服务器关闭了 fsync）", "not flushed: the server runs without fsync"),
    }[receipt.durability]
    console.print(f"  id {receipt.id}\n  leaf {receipt.leaf_hash}\n  {rests_on}")


def print_outcomes(outcomes: Sequence[Outcome], as_json: bool) -> bool:
    """Many outcomes; returns whether any was refused."""
    refused = [(index, o) for index, o in enumerate(outcomes) if isinstance(o, Refused)]
    if as_json:
        print_json(
            [
                {"refused": o.to_json()} if isinstance(o, Refused) else {"receipt": o.to_json()}
                for o in outcomes
            ]
        )
        return bool(refused)
    receipts = [o for o in outcomes if isinstance(o, Receipt)]
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
    for code, count in Counter(o.code for _, o in refused).most_common():
        console.print(say(f"✗ {count} 条被拒绝：{code}", f"✗ {count} refused: {code}"))
    for index, refusal in refused[:20]:
        console.print(f"    {index + 1}. {refusal.message(language())}")
    return bool(refused)
