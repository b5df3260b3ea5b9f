"""The public notice (张榜公告): no login, no tracking, masked names, nothing else."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.notices.queries import notice
from api.service.dependencies import ForEverybody
from api.service.problems import documented
from api.service.rate_limit import Paced
from api.wording.masked_names import masked_names, named_categories
from ledger.domain.state import UNKNOWN_REFERENCE

router = APIRouter(tags=["notice"])


class Notice(BaseModel):
    """A notice as the public sees it; sums in fen, days both included."""

    notice: str
    campaign: str
    title: str
    unit: str
    unit_name: str
    start_on: str
    end_on: str
    position: int
    cases: list[dict[str, Any]]


@router.get("/notices/{notice_id}", responses=documented(404, 422, 429))
def get_notice(request: Request, paced: Paced, views: ForEverybody, notice_id: str) -> Notice:
    """A notice with masked names, categories and sums."""
    found = notice(views, notice_id)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="notice", id=notice_id)
    names = masked_names(views, request.app.state.vault, [case["dossier"] for case in found["cases"]])
    titles = named_categories(views, found["campaign"])
    for case in found["cases"]:
        case["masked_name"] = names.get(case.pop("dossier"), "—")
        case["category_title"] = titles.get(case["category"], case["category"])
        case["amount_fen"] = case.pop("approved_fen") or case.pop("asked_fen")
        case.pop("asked_fen", None)
    return Notice(**{**found, "start_on": str(found["start_on"]), "end_on": str(found["end_on"])})
