"""``songnuan report`` of what is paid: 付款审批单, 领款单, 发放花名册."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.answers import AsOf, UnitName
from api.cli.language import say
from api.cli.papers import CampaignNamed, File, Number, at_work, set_there, write
from api.cli.recording import record_shown
from api.gate.references import check_references
from api.papers.cash_receipts import cash_receipts
from api.papers.paper import rows_of
from api.papers.payees import PaperOfPayees
from api.papers.payment_form import payment_form
from api.papers.signing_list import signing_list

CaseNamed = Annotated[
    str | None, typer.Option("--case", help=say("只含一个对象（申报编号）", "one case alone, by its id"))
]


def write_payment_form(
    file: File,
    campaign: CampaignNamed,
    unit: UnitName = None,
    case: CaseNamed = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the payment review form over what is approved and not paid."""
    _written(file, "/papers/payment-form", payment_form, (campaign, unit, case), number, as_of)


def write_cash_receipts(
    file: File,
    campaign: CampaignNamed,
    unit: UnitName = None,
    case: CaseNamed = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes receipts for cash, to be signed by hand."""
    _written(file, "/papers/cash-receipts", cash_receipts, (campaign, unit, case), number, as_of)


def write_signing_list(
    file: File,
    campaign: CampaignNamed,
    unit: UnitName = None,
    case: CaseNamed = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the list to be signed at the hand-out."""
    _written(file, "/papers/signing-list", signing_list, (campaign, unit, case), number, as_of)


def _written(
    file: File,
    path: str,
    make: PaperOfPayees,
    of: tuple[str, str | None, str | None],
    number: str | None,
    as_of: str | None,
) -> None:
    campaign, unit, case = of
    if set_there(file, path, as_of, campaign=campaign, unit=unit, case=case, number=number):
        return
    with at_work(as_of) as work:
        check_references(work.views, campaign=campaign, unit=unit)
        context = work.of_payees(campaign, unit)
        paper = make(context, campaign, unit=unit, case=case, number=number)
        record_shown(work.store, campaign=campaign, unit=unit, rows=rows_of(paper))
        write(paper, file)
