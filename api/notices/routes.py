"""The public notice (公示): no login, no tracking, masked names, nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.notices.queries import notice
from api.notices.rows import Notice, NoticeCase
from api.service.dependencies import ForEverybody, RateLimited
from api.service.problems import documented
from api.service.service import service_of
from api.wording.masked_names import masked_names, named_categories
from ledger.domain.policy.public_notice import NoticeContacts
from ledger.domain.state import UNKNOWN_REFERENCE

router = APIRouter(tags=["notice"])


@router.get("/notices/{notice_id}", responses=documented(404, 422, 429))
def get_notice(request: Request, limited: RateLimited, views: ForEverybody, notice_id: str) -> Notice:
    """A notice with masked names, categories and sums."""
    found = notice(views, notice_id)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="notice", id=notice_id)
    names = masked_names(views, service_of(request).vault, [case["dossier"] for case in found["cases"]])
    titles = named_categories(views, found["campaign"])
    return Notice(
        notice=found["notice"],
        campaign=found["campaign"],
        title=found["title"],
        unit=found["unit"],
        unit_name=found["unit_name"],
        start_on=str(found["start_on"]),
        end_on=str(found["end_on"]),
        place=found["place"],
        contacts=None if found["contacts"] is None else NoticeContacts.model_validate(found["contacts"]),
        position=found["position"],
        cases=[
            NoticeCase(
                case_id=case["case_id"],
                category=case["category"],
                state=case["state"],
                masked_name=names.get(case["dossier"], "—"),
                category_title=titles.get(case["category"], case["category"]),
                amount_fen=case["approved_fen"] or case["asked_fen"],
            )
            for case in found["cases"]
        ],
    )
