"""A sheet of slips to be printed (凭条打印页): several on a page of A4, each with its number and QR code.

One file that names nothing outside it. It holds the numbers, which stand nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import segno

from ledger.events.slip import LENGTH

GROUP = 5


class PrintedSlip(NamedTuple):
    """What stands on one slip; the name is masked."""

    number: str
    unit_name: str
    masked_name: str
    amount_fen: int
    paid_on: str


def grouped(number: str) -> str:
    """A number as it is printed.

    >>> grouped("ABCDEFGHJK23456789AB")
    'ABCDE-FGHJK-23456-789AB'
    """
    return "-".join(number[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def slip_sheet(title: str, address: str, slips: Sequence[PrintedSlip]) -> str:
    """The sheet as HTML; ``address`` is the service's origin, under which telephones reach it."""
    return _SHEET.format(
        title=escape(title), slips="\n".join(_article(title, address, slip) for slip in slips)
    )


def _article(title: str, address: str, slip: PrintedSlip) -> str:
    # Behind the #, so that no server is told the number before it is sent in a body.
    code = segno.make(f"{address}/app/slip#{slip.number}", error="m", micro=False)
    return _SLIP.format(
        title=escape(title),
        unit=escape(slip.unit_name),
        name=escape(slip.masked_name),
        day=escape(slip.paid_on),
        amount=f"{slip.amount_fen / 100:,.2f}",
        number=grouped(slip.number),
        address=escape(f"{address}/app/slip"),
        code=code.svg_inline(scale=3, border=4),
    )


_SLIP = """<article>
<div><h2>{title} 领款反馈凭条</h2>
<p>{unit} · {name}</p>
<p>{day} · {amount} 元</p>
<p class="number">{number}</p>
<p class="how">扫码，或在 {address} 填写编号，反馈是否如数收到。请妥善保管，勿交他人。</p></div>
{code}
</article>"""

_SHEET = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<title>{title} 领款反馈凭条</title>
<style>
@page {{ size: A4; margin: 10mm; }}
body {{ font-family: "Noto Sans CJK SC", "Microsoft YaHei", SimSun, sans-serif; margin: 0; }}
main {{ display: grid; grid-template-columns: 1fr 1fr; }}
article {{ display: flex; justify-content: space-between; gap: 8px; border: 1px dashed #999; padding: 8px 10px;
  break-inside: avoid; }}
article svg {{ flex: none; }}
h2 {{ font-size: 14px; margin: 0 0 4px; }}
p {{ font-size: 13px; margin: 2px 0; overflow-wrap: anywhere; }}
.number {{ font-family: monospace; font-weight: bold; }}
.how {{ font-size: 11px; color: #444; }}
</style>
<main>
{slips}
</main>
</html>
"""
