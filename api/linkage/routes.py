"""Linkage over HTTP (人员比对): the pairs that stand, a run from its offer to what is to be signed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.linkage import queries as linkage
from api.linkage.rows import LinkageOffer, LinkageRun, LinkedDossiers
from api.linkage.running import LinkageRuns, RunState
from api.linkage.runs import check_not_over, count_persons, own_run, run_before
from api.service.access_recording import note_rows
from api.service.answers import PageByKey, answered
from api.service.dependencies import Access, Asks, Limit, UnitName
from api.service.problems import documented
from api.service.service import service_of
from api.wording.masked_names import masked_names
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.linkage import PersonsLinked
from projections.linkage.kinds import MODEL, Kind

router = APIRouter(tags=["linkage"])

RunName = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""The id of the statement that started a run."""


@router.get("/linkage/pairs", responses=answered(PageByKey[LinkedDossiers]))
def get_pairs(
    asked: Asks,
    unit: UnitName = None,
    kind: Annotated[list[Kind] | None, Query(description="Of these kinds alone")] = None,
    after: Annotated[
        str, Query(max_length=80, description="The cursor of the page before: its last pair")
    ] = "",
    limit: Limit = 200,
) -> Response:
    """The pairs of dossiers that runs found and that still stand, the heaviest first; both lie within the scope."""
    views = asked.views("history", None, unit)
    standing = linkage.pairs(views, asked.as_of, kind or [])
    start = 1 + next((at for at, row in enumerate(standing) if row["pair"] == after), -1)
    found = standing[start : start + limit]
    following = found[-1]["pair"] if start + limit < len(standing) else None
    names = masked_names(views, asked.vault, sorted({row[at] for row in found for at in ("first", "second")}))
    for row in found:
        row["first_name"], row["second_name"] = (names.get(row[at], "—") for at in ("first", "second"))
    return asked.answer({"rows": found, "next": following, "total": None if after else len(standing)})


@router.get("/linkage/offer", responses=documented(401, 403, 404, 422))
def get_offer(
    request: Request,
    access: Access,
    unit: Annotated[str, Query(max_length=64, description="The unit that is compared, with all below it")],
    whole: Annotated[bool, Query(description="Compare all again")] = False,
) -> LinkageOffer:
    """What a run over a unit would go on from and how many identities it would read: what is then signed."""
    access.require_whole("history", unit)
    with service_of(request).store.connect() as connection:
        before = None if whole else run_before(connection, unit, MODEL)
        persons = count_persons(connection, unit)
    return LinkageOffer(model=MODEL, since=None if before is None else before[0], persons=persons)


@router.post("/linkage/runs/{run_id}", status_code=202, responses=documented(401, 403, 404, 409, 422))
def start_run(request: Request, access: Access, run_id: RunName) -> LinkageRun:
    """Reads the identities of a run that the asker has signed, and compares them; answers at once.

    A run whose findings are on record is not read again: that takes another, with its purpose.

    Raises:
        Refused: ``reference-unknown``, ``linkage-busy``, ``linkage-over``; ``reading-not-allowed`` once its unit is no
            more the asker's.
    """
    access.require("history")
    service = service_of(request)
    with service.store.connect() as connection:
        run, position = own_run(connection, run_id, access.reader.officer)
        access.require_whole("history", run.unit)
        check_not_over(connection, run_id)
        persons = count_persons(connection, run.unit)
    started = service.part(LinkageRuns).start(run, position)
    note_rows(request, persons)
    return _said(started)


@router.get("/linkage/runs/{run_id}", responses=documented(401, 403, 404, 422))
def get_run(request: Request, access: Access, run_id: RunName) -> LinkageRun:
    """How the asker's own run stands; what it found once it is done, to be signed."""
    access.require("history")
    service = service_of(request)
    with service.store.connect() as connection:
        run, _ = own_run(connection, run_id, access.reader.officer)
    access.require_whole("history", run.unit)
    found = service.part(LinkageRuns).of(run_id)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="linkage", id=run_id)
    return _said(found)


def _said(state: RunState) -> LinkageRun:
    return LinkageRun(**vars(state), type=PersonsLinked.topic())
