"""Papers over HTTP (文书): working paper, case report, annexes, notice, receipt and reconciliation, as files (PDF)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.audit.queries import sample as sample_row
from api.audit.sampling import Method
from api.gate import ScopedViews
from api.papers import rectification_lists
from api.papers.annex_paper import annex_paper
from api.papers.case_report import case_report
from api.papers.cash_receipts import cash_receipts
from api.papers.context import PaperContext
from api.papers.evidence_sheet import evidence_sheet
from api.papers.handover_letter import handover_letter
from api.papers.notice_paper import notice_paper
from api.papers.paper import Paper, rows_of
from api.papers.payees import PaperOfPayees
from api.papers.payment_form import payment_form
from api.papers.proofs import PaperLog
from api.papers.receipt_paper import receipt_paper
from api.papers.reconciliation_paper import reconciliation_paper
from api.papers.signing_list import signing_list
from api.papers.typesetting import typeset
from api.papers.working_paper import Drawing, drawing_of, working_paper
from api.reports.routes import Name, report_of
from api.service.access_recording import note_rows
from api.service.attachments import attachment
from api.service.dependencies import Asks, QueryContext, UnitName
from api.service.origins import normal_origin
from api.service.problems import PARAMETER_INVALID, documented
from ledger.clock import china_time
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.oversight import SampleExamined
from ledger.statements.statement import is_statement_id

router = APIRouter(tags=["papers"])

PDF = "application/pdf"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The paper (PDF/A)", "content": {PDF: {}}},
    **documented(401, 403, 404, 422, 503),
}
Number = Annotated[str | None, Query(max_length=64, description="The paper's own number, for its head")]
CampaignAsked = Annotated[str, Query(max_length=64)]
CaseAsked = Annotated[str | None, Query(max_length=64, description="One case alone")]


@router.get("/papers/working-paper", responses=_ANSWERS, response_class=Response)
def get_working_paper(
    asked: Asks,
    campaign: CampaignAsked,
    seed: Annotated[str, Query(min_length=1, max_length=64)],
    size: Annotated[int, Query(ge=1, le=500)] = 25,
    method: Method = "random",
    unit: UnitName = None,
    number: Number = None,
) -> Response:
    """The auditor's working paper over a sample that is drawn now, with room for what is found."""
    context = _context(asked, asked.views("history", campaign, unit))
    drawing = Drawing(campaign, unit, method, size, seed)
    issuer = context.unit(asked.reader.unit)
    return _answer(asked, working_paper(context, _log(asked), drawing, number=number, issuer=issuer), size)


@router.get("/papers/working-paper/{sample}", responses=_ANSWERS, response_class=Response)
def get_recorded_working_paper(asked: Asks, sample: str, number: Number = None) -> Response:
    """The working paper over a sample whose examination is on record, with findings, auditor and proof."""
    everywhere = _context(asked, asked.views("history"))
    examined = everywhere.signed(_id(sample), SampleExamined)
    drawing, drawn_at = drawing_of(examined, everywhere.views)
    context = PaperContext(asked.views("history", drawing.campaign, drawing.unit), asked.vault, drawn_at)
    row = sample_row(everywhere.views, examined.id)
    review = row if row is not None and row["reviewed_at"] is not None else None
    made = working_paper(context, _log(asked), drawing, number=number, examined=examined, review=review)
    return _answer(asked, made, drawing.size)


@router.get("/papers/case/{investigation}", responses=_ANSWERS, response_class=Response)
def get_case_report(asked: Asks, investigation: str, number: Number = None) -> Response:
    """The report on a discipline case as it stood: flags, evidence, finding, persons, measures."""
    context = _context(asked, asked.views("cases"))
    return _answer(asked, case_report(context, _log(asked), investigation, number=number), 1)


@router.get("/papers/reports/{name}", responses=_ANSWERS, response_class=Response)
def get_annex(
    asked: Asks, name: Name, campaign: CampaignAsked, unit: UnitName = None, number: Number = None
) -> Response:
    """An annex or the written summary, with places for signatures and the seal."""
    context = _context(asked, asked.views("roster", campaign, unit))
    terms = context.terms(campaign)
    report = report_of(asked, name, campaign, unit)
    made = annex_paper(
        report,
        campaign=terms["title"],
        unit=context.unit(unit or terms["sponsor"]),
        number=number,
        foot=context.foot,
        made_at=context.made_at,
    )
    return _answer(asked, made, len(report.rows))


@router.get("/papers/notices/{notice_id}", responses=_ANSWERS, response_class=Response)
def get_notice_paper(
    asked: Asks,
    notice_id: str,
    number: Number = None,
    address: Annotated[
        str | None, Query(max_length=200, description="Where telephones reach the service, for the QR code")
    ] = None,
) -> Response:
    """A public notice to be posted: masked names, period, contacts, the seal's place."""
    context = _context(asked, asked.views("roster"))
    return _answer(asked, notice_paper(context, notice_id, number=number, address=_origin(address)), 1)


@router.get("/papers/receipts/{statement_id}", responses=_ANSWERS, response_class=Response)
def get_receipt_paper(asked: Asks, statement_id: str, number: Number = None) -> Response:
    """The receipt of a statement, with its proof; an officer has that of what they signed themselves."""
    named = _id(statement_id)
    own = asked.views("registry")
    found = own.own_statements([named])
    context = _context(asked, own if found else asked.views("history"))
    signed = context.said_of(found or context.views.statements([named]))
    if not signed or signed[0].position > context.position:
        raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement_id)
    by = signed[0].officers or [asked.reader.name]
    receipt = signed[0]._replace(officers=by)
    return _answer(asked, receipt_paper(context, _log(asked), receipt, number=number), 1)


@router.get("/papers/reconciliation", responses=_ANSWERS, response_class=Response)
def get_reconciliation(
    asked: Asks,
    campaign: CampaignAsked,
    account: Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9.-]{0,47}$", description="Its short name")],
    month: Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="Like 2026-01")],
    number: Number = None,
) -> Response:
    """An account's monthly reconciliation with the bank: both balances and what is outstanding."""
    context = _context(asked, asked.views("lines", campaign))
    return _answer(asked, reconciliation_paper(context, campaign, account, month, number=number), 1)


@router.get("/papers/payment-form", responses=_ANSWERS, response_class=Response)
def get_payment_form(
    asked: Asks, campaign: CampaignAsked, unit: UnitName = None, case: CaseAsked = None, number: Number = None
) -> Response:
    """The payment review form over what is approved and not paid, for those who sign that it may be."""
    return _of_payees(asked, payment_form, campaign, unit, case, number)


@router.get("/papers/cash-receipts", responses=_ANSWERS, response_class=Response)
def get_cash_receipts(
    asked: Asks, campaign: CampaignAsked, unit: UnitName = None, case: CaseAsked = None, number: Number = None
) -> Response:
    """Receipts for cash, to be signed by hand, four on a page."""
    return _of_payees(asked, cash_receipts, campaign, unit, case, number)


@router.get("/papers/signing-list", responses=_ANSWERS, response_class=Response)
def get_signing_list(
    asked: Asks, campaign: CampaignAsked, unit: UnitName = None, case: CaseAsked = None, number: Number = None
) -> Response:
    """The list to be signed at the hand-out: masked names, the end of each number, sums, the total in words."""
    return _of_payees(asked, signing_list, campaign, unit, case, number)


@router.get("/papers/evidence-sheet/{sample}", responses=_ANSWERS, response_class=Response)
def get_evidence_sheet(
    asked: Asks, sample: str, finding: Annotated[int, Query(ge=1, le=500)] = 1, number: Number = None
) -> Response:
    """The audit evidence sheet on a finding of an examined sample, counted from 1."""
    context = _context(asked, asked.views("history"))
    return _answer(asked, evidence_sheet(context, _log(asked), _id(sample), finding, number=number), 1)


@router.get("/papers/rectifications/{name}", responses=_ANSWERS, response_class=Response)
def get_rectification_list(
    asked: Asks,
    name: rectification_lists.Name,
    campaign: CampaignAsked,
    rectification: Annotated[
        str | None, Query(max_length=64, description="One notice alone, by its id")
    ] = None,
    number: Number = None,
) -> Response:
    """The list of problems, with the days by which they are put right, or that of what became of each."""
    context = _context(asked, asked.views("cases", campaign))
    made = rectification_lists.rectification_list(context, name, campaign, rectification, number=number)
    return _answer(asked, made, 1)


@router.get("/papers/handovers/{handover}", responses=_ANSWERS, response_class=Response)
def get_handover_letter(asked: Asks, handover: str, number: Number = None) -> Response:
    """The letter by which a matter was handed over to another organ, with its flags and an answer slip."""
    context = _context(asked, asked.views("cases"))
    return _answer(asked, handover_letter(context, _log(asked), _id(handover), number=number), 1)


def _of_payees(
    asked: QueryContext,
    make: PaperOfPayees,
    campaign: str,
    unit: str | None,
    case: str | None,
    number: str | None,
) -> Response:
    lines = asked.views("lines", campaign) if asked.access.may_see("lines", campaign) else None
    context = PaperContext(
        asked.views("roster", campaign, unit),
        asked.vault,
        asked.as_of,
        beyond=asked.views("roster", campaign),
        lines=lines,
    )
    paper = make(context, campaign, unit=unit, case=case, number=number)
    return _answer(asked, paper, rows_of(paper))


def _context(asked: QueryContext, views: ScopedViews) -> PaperContext:
    return PaperContext(views, asked.vault, asked.as_of)


def _log(asked: QueryContext) -> PaperLog:
    return PaperLog(asked.access.checkpoint, asked.access.entry_proof, asked.service.store.log_keys())


def _id(text: str) -> str:
    if not is_statement_id(text):
        raise UNKNOWN_REFERENCE.refused(kind="statement", id=text)
    return text


def _origin(address: str | None) -> str | None:
    if address is None:
        return None
    try:
        return normal_origin(address)
    except ValueError:
        raise PARAMETER_INVALID.refused(
            where="address", problem="不是网址", problem_en="it is no origin", found=address
        ) from None


def _answer(asked: QueryContext, paper: Paper, rows: int) -> Response:
    """The paper, typeset when it is its turn; how many rows it shows is recorded."""
    note_rows(asked.request, rows)
    with asked.service.turns.turn():
        content = typeset(paper)
    made_on = china_time(datetime.fromtimestamp(paper.made_at, UTC))[:10]
    return attachment(content, PDF, f"{paper.title}-{paper.number or made_on}.pdf")
