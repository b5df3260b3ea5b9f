"""The officers of a demonstration ledger with their keys, so that anybody can try each workplace.

Only a demonstration's folder holds the keys, and the mark that it is one.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.service.service import service_of
from api.service.settings import DEMO_MARK
from ledger.domain.state import Officer

router = APIRouter(tags=["demo"])


class DemoOfficer(BaseModel):
    """An officer who does not exist, with an unencrypted key."""

    officer: str
    name: str
    unit: str | None
    roles: list[str]
    pem: str


@router.get("/demo/officers")
def demo_officers(request: Request) -> list[DemoOfficer]:
    """The demonstration's officers; none on every other ledger."""
    folder = service_of(request).settings.data_dir
    if not (folder / DEMO_MARK).exists():
        return []
    found = []
    for officer in service_of(request).state.records(Officer):
        pem = folder / "keys" / f"{officer.id}.pem"
        if pem.exists():
            roles = sorted({str(grant["role"]) for grant in officer.grants})
            found.append(
                DemoOfficer(
                    officer=officer.id, name=officer.name, unit=officer.unit, roles=roles, pem=pem.read_text()
                )
            )
    return sorted(found, key=lambda each: each.officer)
