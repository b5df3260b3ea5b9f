"""Identities over HTTP (身份信息查阅): shown to who has recorded, a moment ago, that they are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.identities.disclosing import members_opened, newest, shown_lately
from api.service.access_recording import note_rows
from api.service.answers import FILLED
from api.service.dependencies import PrimaryAccess
from api.service.problems import documented
from api.service.service import service_of
from ledger.identity.documents import Identity

router = APIRouter(tags=["identities"])


class Recorded(BaseModel):
    """The ids of the IdentityRevealed and MemberRevealed statements by which the officer said whom they are shown."""

    statements: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]],
        Field(min_length=1, max_length=500),
    ]


class Shown(BaseModel):
    """A dossier's identity as it was last given, or that of a member of its household."""

    dossier: str
    member: str | None
    position: int
    identity: Annotated[Identity, FILLED]


@router.post("/identities", responses=documented(400, 401, 403, 422))
def show(request: Request, access: PrimaryAccess, recorded: Recorded) -> list[Shown]:
    """The identities that the officer's own statements, recorded within a quarter of an hour, are about.

    Whoever may no longer be shown a dossier's identity is not: its unit is asked of the ledger.
    """
    views = access.views("identities")
    looked = shown_lately(views, recorded.statements)
    vault = service_of(request).vault
    persons = newest(views, vault, [each.dossier for each in looked if each.member is None])
    members = members_opened(views, vault, [each.member for each in looked if each.member is not None])
    note_rows(request, len(persons) + len(members))
    shown = []
    for each in looked:
        identity = persons.get(each.dossier) if each.member is None else members.get(each.member)
        if identity is not None:
            shown.append(
                Shown(dossier=each.dossier, member=each.member, position=each.position, identity=identity)
            )
    return shown
