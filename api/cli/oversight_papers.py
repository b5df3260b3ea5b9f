"""``songnuan report`` of oversight: 审计取证单, 问题清单, 整改清单, 移送函."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.answers import AsOf
from api.cli.language import say
from api.cli.papers import CampaignNamed, File, Number, at_work, set_there, write
from api.cli.recording import record_shown
from api.gate.references import check_references
from api.papers.evidence_sheet import evidence_sheet
from api.papers.handover_letter import handover_letter
from api.papers.paper import rows_of
from api.papers.rectification_lists import Name, rectification_list

NoticeNamed = Annotated[
    str | None,
    typer.Option(
        "--rectification",
        help=say("只含一份整改通知（签署件编号）", "one notice alone, by its statement's id"),
    ),
]


def write_evidence_sheet(
    file: File,
    sample: Annotated[
        str, typer.Argument(help=say("抽样核查（签署件编号）", "the sample, by its statement's id"))
    ],
    finding: Annotated[
        int, typer.Option(min=1, max=500, help=say("第几个问题", "which finding, counted from 1"))
    ] = 1,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the audit evidence sheet on a finding of an examined sample."""
    if set_there(
        file, "/papers/evidence-sheet/{sample}", as_of, sample=sample, finding=finding, number=number
    ):
        return
    with at_work(as_of) as work:
        paper = evidence_sheet(work.context, work.log, sample, finding, number=number)
        record_shown(work.store, subject=sample, rows=1)
        write(paper, file)


def write_problem_list(
    file: File,
    campaign: CampaignNamed,
    rectification: NoticeNamed = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the list of problems, with the days by which they are put right."""
    _listed(file, "problem-list", campaign, rectification, number, as_of)


def write_rectification_list(
    file: File,
    campaign: CampaignNamed,
    rectification: NoticeNamed = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the list of what became of each item that was to be put right."""
    _listed(file, "rectification-list", campaign, rectification, number, as_of)


def write_handover_letter(
    file: File,
    handover: Annotated[
        str, typer.Argument(help=say("移送（签署件编号）", "the handing over, by its statement's id"))
    ],
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the letter by which a matter was handed over to another organ."""
    if set_there(file, "/papers/handovers/{handover}", as_of, handover=handover, number=number):
        return
    with at_work(as_of) as work:
        paper = handover_letter(work.context, work.log, handover, number=number)
        record_shown(work.store, subject=handover, rows=1)
        write(paper, file)


def _listed(
    file: File, name: Name, campaign: str, rectification: str | None, number: str | None, as_of: str | None
) -> None:
    path = f"/papers/rectifications/{name}"
    if set_there(file, path, as_of, campaign=campaign, rectification=rectification, number=number):
        return
    with at_work(as_of) as work:
        check_references(work.views, campaign=campaign)
        context = work.within(campaign, None).context
        paper = rectification_list(context, name, campaign, rectification, number=number)
        record_shown(work.store, campaign=campaign, rows=rows_of(paper))
        write(paper, file)
