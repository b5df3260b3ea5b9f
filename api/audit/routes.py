"""The auditors' work over HTTP: phases on the slider, samples, replays, the bundle to take away."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from api.audit import sampling
from api.audit.draws import count_draws, ordered_draw, ordered_draws
from api.audit.exporting import export_history
from api.audit.replaying import Replays, ReplayState
from api.audit.rows import DrawShown, PhaseSpan, ReplayAnswer, Sample
from api.gate import LATEST
from api.gate.moments import position_at
from api.reports import queries as reporting
from api.service.answers import Page, Rows, answered
from api.service.dependencies import (
    Access,
    After,
    Asks,
    CampaignName,
    Limit,
    UnitName,
    page,
)
from api.service.problems import documented
from api.service.scratch import scratch_folder
from api.service.service import service_of
from api.wording.masked_names import named
from ledger.log.proofs import NO_CHECKPOINT

router = APIRouter(tags=["audit"])


@router.get("/phases", responses=answered(Rows[PhaseSpan]))
def get_phases(asked: Asks, campaign: Annotated[str, Query(max_length=64)]) -> Response:
    """A campaign's phases, each with its first and last position: bands for the slider."""
    views = asked.views("history", campaign)
    terms = reporting.terms(views, campaign, asked.as_of)
    found = []
    for phase in [] if terms is None else terms["policy"].get("phases", []):
        window = phase["window"]
        before = date.fromordinal(date.fromisoformat(window["start"]).toordinal() - 1).isoformat()
        found.append(
            {
                "code": phase["code"],
                "title": phase["title"],
                "start": window["start"],
                "end": window["end"],
                "from_position": position_at(views, before) + 1,
                "to_position": position_at(views, window["end"]),
            }
        )
    return asked.answer({"rows": found})


@router.get("/draws", responses=answered(Page[DrawShown]))
def get_draws(
    asked: Asks,
    after: After,
    campaign: CampaignName = None,
    draw: Annotated[str | None, Query(max_length=36, description="One alone, by its id")] = None,
    limit: Limit = 200,
) -> Response:
    """The draws that were ordered, each with the seed that came of it: what is then drawn by."""
    views = asked.views("history", campaign)
    if draw is not None:
        return asked.answer({"rows": [asdict(ordered_draw(views, draw))], "next": None, "total": 1})
    of: dict[str, Any] = {"campaign": campaign, "as_of": asked.as_of}
    found = [asdict(each) for each in ordered_draws(views, **of, after=after, limit=limit + 1)]
    count = None if after > 0 else partial(count_draws, views, **of)
    return asked.answer(page(found, limit, "drawn_at", count))


@router.get("/sample", responses=answered(Sample))
def get_sample(
    asked: Asks,
    seed: Annotated[str, Query(min_length=1, max_length=64)],
    size: Annotated[int, Query(ge=1, le=500)] = 25,
    method: sampling.Method = "random",
    campaign: CampaignName = None,
    unit: UnitName = None,
) -> Response:
    """Cases drawn by a seed: at random, by sum, or those under flags first. Repeatable by anybody."""
    views = asked.views("history", campaign, unit)
    found = sampling.drawn_as_asked(views, method, size, seed, asked.as_of)
    named(found.cases, views, asked.vault)
    return asked.answer({"rows": found.cases, "of": found.of})


@router.post("/replays", status_code=202, responses=documented(400, 401, 403))
def start_replay(request: Request, access: Access) -> ReplayAnswer:
    """Rebuilds all views from the events and compares every row; answers at once, one runs at a time."""
    access.everything()
    service = service_of(request)
    started = service.part(Replays).start(service.followers.position(), access.reader.officer)
    return _said(started)


@router.get("/replays", responses=documented(401, 403, 503))
def get_replay(request: Request, access: Access) -> ReplayAnswer:
    """How the replay stands that runs, or that ran last."""
    access.everything()
    return _said(service_of(request).part(Replays).last)


@router.get(
    "/bundle",
    response_class=FileResponse,
    responses={
        200: {"description": "The bundle: docs/verify.md", "content": {"application/zip": {}}},
        **documented(401, 403, 404, 422, 503),
    },
)
def get_bundle(asked: Asks, campaign: CampaignName = None) -> FileResponse:
    """The history up to the last checkpoint as one file, verified with public keys alone; no identities."""
    history = asked.everything()
    if campaign is not None:
        asked.views("history", campaign)
    upto = None if asked.as_of == LATEST else asked.as_of
    size = history.published(upto)
    if size == 0:
        raise NO_CHECKPOINT.refused()
    with ExitStack() as stack:
        path = stack.enter_context(scratch_folder()) / "bundle.zip"
        with asked.service.turns.turn():
            export_history(history, asked.service.store, path, size, campaign)
        until_sent = stack.pop_all()
    return FileResponse(
        path,
        media_type="application/zip",
        filename=f"songnuan-{campaign or 'all'}-{size}.zip",
        background=BackgroundTask(until_sent.close),
    )


def _said(state: ReplayState) -> ReplayAnswer:
    return ReplayAnswer(**vars(state))
