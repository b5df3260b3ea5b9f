"""Identities over HTTP (身份信息查阅): shown to who has recorded, a moment ago, that they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.identities.disclosing import newest
from api.service.access_recording import note_rows
from api.service.answers import FILLED
from api.service.dependencies import PrimaryAccess
from api.service.problems import documented
from api.service.service import service_of
from ledger.domain.entry import act_of
from ledger.errors import Rule
from ledger.events.dossier import IdentityRevealed
from ledger.identity.documents import Identity

SHOWN_WITHIN = timedelta(minutes=15)
"""How long after it was recorded an identity can be asked for."""

REVEAL_NOT_RECORDED = Rule(
    "reveal-not-recorded",
    zh="没有记录本人查阅此身份信息，或已超过 {expected} 分钟：{id}",
    en="no record that you were shown this identity within {expected} minutes: {id}",
)

router = APIRouter(tags=["identities"])


class Recorded(BaseModel):
    """The ids of the IdentityRevealed statements by which the officer said whom they are shown."""

    statements: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]],
        Field(min_length=1, max_length=500),
    ]


class Shown(BaseModel):
    """A dossier's identity, as it was last given."""

    dossier: str
    position: int
    identity: Annotated[Identity, FILLED]


@router.post("/identities", responses=documented(400, 401, 403, 422))
def show(request: Request, access: PrimaryAccess, recorded: Recorded) -> list[Shown]:
    """The identities that the officer's own statements, recorded within a quarter of an hour, are about.

    Whoever may no longer be shown a dossier's identity is not: its unit is asked of the ledger.
    """
    views = access.views("identities")
    found = views.own_statements(recorded.statements)
    oldest = (datetime.now(UTC) - SHOWN_WITHIN).isoformat()
    shown: dict[str, tuple[int, str]] = {}
    for row in found:
        act = act_of(bytes(row["entry"]))
        if isinstance(act.event, IdentityRevealed) and act.recorded_at >= oldest:
            shown[row["id"]] = row["position"], act.event.dossier
    for statement_id in recorded.statements:
        if statement_id not in shown:
            raise REVEAL_NOT_RECORDED.refused(expected=SHOWN_WITHIN.seconds // 60, id=statement_id)
    opened = newest(views, service_of(request).vault, [dossier for _, dossier in shown.values()])
    note_rows(request, len(opened))
    return [
        Shown(dossier=dossier, position=position, identity=opened[dossier])
        for position, dossier in shown.values()
        if dossier in opened
    ]
