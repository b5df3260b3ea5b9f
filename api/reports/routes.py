"""Reports over HTTP (报表): Annexes 1 to 3 and the written summary, to be printed or as workbooks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from api.gate import ScopedViews
from api.reports import annexes
from api.reports import queries as reporting
from api.reports.declaring import ShownFigures, declared
from api.reports.report import Report, ShownReport
from api.reports.summary import summary
from api.reports.workbook import workbook
from api.service.access import Resource
from api.service.access_recording import note_rows
from api.service.answers import answered
from api.service.attachments import attachment
from api.service.dependencies import Asks, QueryContext, UnitName
from api.service.problems import documented
from ledger.clock import china_today
from ledger.domain.policy.campaign_policy import Recipient
from ledger.errors import Refused

router = APIRouter(tags=["reports"])

Name = Literal["annex-1", "annex-2", "annex-3", "summary"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The report, as of its position", "model": ShownReport, "content": {XLSX: {}}},
    304: {"description": "The asker has this answer already (If-None-Match)"},
    **documented(401, 403, 404, 422, 503),
}


@router.get("/reports/{name}", responses=_ANSWERS)
def get_report(
    asked: Asks,
    name: Name,
    campaign: Annotated[str, Query(max_length=64)],
    unit: UnitName = None,
    form: Literal["json", "xlsx"] = "json",
) -> Response:
    """A report, of all that the officer may see of a campaign or of one unit with all below it."""
    with asked.service.turns.turn():
        report = report_of(asked, name, campaign, unit)
        book = workbook(report) if form == "xlsx" else b""
    if form == "json":
        return asked.answer(report.model_dump())
    note_rows(asked.request, len(report.rows))
    return attachment(book, XLSX, f"{report.annex or ''}{report.title.zh}-{campaign}-{asked.position}.xlsx")


@router.get("/summary/figures", responses=answered(ShownFigures))
def get_figures(
    asked: Asks,
    campaign: Annotated[str, Query(max_length=64)],
    unit: Annotated[str, Query(max_length=64)],
) -> Response:
    """What a unit declares in its summary: who was helped by category, fund line and unit, as of the answer's position."""
    views = asked.views("roster", campaign, unit)
    return asked.answer(asdict(declared(views, campaign, unit, asked.position)))


def report_of(asked: QueryContext, name: Name, campaign: str, unit: str | None) -> Report:
    """A report, cut to what the asker may see of a campaign or of a unit with all below it."""
    views = asked.views("roster", campaign, unit)
    of = _heading(asked, views, campaign, unit)
    if name == "annex-3":
        return annexes.annex_of_sums(views, campaign=campaign, unit=unit, as_of=asked.as_of, of=of)
    if name == "summary":
        return summary(
            views,
            campaign=campaign,
            as_of=asked.as_of,
            of=of,
            lines=_where_allowed(asked, "lines", campaign) if unit is None else None,
            oversight=_where_allowed(asked, "flags", campaign, unit),
        )
    recipient: Recipient = "enterprise" if name == "annex-1" else "person"
    return annexes.annex(views, asked.vault, recipient, as_of=asked.as_of, of=of)


def _where_allowed(
    asked: QueryContext, resource: Resource, campaign: str, unit: str | None = None
) -> ScopedViews | None:
    """What the officer may see of another resource; None where that is nothing."""
    try:
        return asked.views(resource, campaign, unit)
    except Refused:
        return None


def _heading(asked: QueryContext, views: ScopedViews, campaign: str, unit: str | None) -> str:
    """Whose report it is, of which campaign, up to which entry."""
    stood = reporting.terms(views, campaign, asked.as_of)
    names = reporting.unit_names(views)
    title, sponsor = ("", "") if stood is None else (stood["title"], stood["sponsor"])
    name = names.get(unit or sponsor, "")
    return f"{title}　单位：{name}　数据截至登记序号 {asked.position:,}　{china_today()} 制"
