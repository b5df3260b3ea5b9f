"""``songnuan export vouchers``: a month's vouchers for the bookkeeping (记账凭证)."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from api.cli import columns
from api.cli.answers import AsCsv, AsJson, AsOf, Shape, XlsxFile, answer
from api.cli.desk import at_desk
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.question import Asked
from api.gate import LATEST, Row, ScopedViews
from api.vouchers.queries import vouchers
from ledger.identity.vault import Vault

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


def _vouchers(
    views: ScopedViews, vault: Vault, *, campaign: str, month: str, as_of: int = LATEST
) -> list[Row]:
    return vouchers(views, campaign, month, as_of)


VOUCHERS = Asked("/vouchers", _vouchers)


def export_vouchers(
    campaign: Annotated[str, typer.Argument(help=say("活动", "campaign"))],
    month: Annotated[str, typer.Argument(help=say("会计期间，如 2026-01", "the month, like 2026-01"))],
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Draws up the vouchers of a month; debit and credit are equal, voucher by voucher."""
    shape = Shape(as_json, as_csv, xlsx)
    if MONTH.fullmatch(month) is None:
        raise Misused("会计期间应写作 2026-01 的形式", "a month is written like 2026-01")
    with at_desk() as desk:
        found = desk.rows(VOUCHERS, as_of=as_of, campaign=campaign, month=month)
    title = say(f"记账凭证 {month}（{len(found)} 行）", f"Vouchers of {month} ({len(found)} lines)")
    answer(title, columns.VOUCHERS, found, shape)
