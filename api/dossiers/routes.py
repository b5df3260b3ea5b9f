"""One dossier over HTTP (档案): what it says, what was paid on a case, and an amendment read before it is signed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from api.dossiers import queries as dossiers
from api.dossiers.amending import (
    fact_columns,
    identity_columns,
    read_amendment,
    typed_facts,
)
from api.dossiers.household import HouseholdShown, household
from api.dossiers.rows import ListedDossier, Payout
from api.gate import LATEST, Row
from api.roster.answers import (
    FormColumn,
    RosterFault,
    fault_of,
    form_column,
)
from api.roster.words import words_under
from api.service.access_recording import note_rows
from api.service.answers import FILLED, Page, Rows, answered
from api.service.dependencies import Access, After, Asks, Limit, UnitName, counted, page
from api.service.problems import documented
from api.service.service import service_of
from api.wording.masked_names import masked_names
from api.wording.vocabulary import policies_seen
from ledger.clock import CHINA, utc_now
from ledger.domain.household import LifeState
from ledger.domain.policy.campaign_policy import Recipient
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.dossier import PERSON_CHANGED, Facts
from ledger.identity.documents import Identity

router = APIRouter(tags=["dossiers"])

DossierName = Annotated[str, Path(max_length=64, description="A dossier's id")]


class DossierShown(BaseModel):
    """A dossier without who it is about: its facts, and how they would be typed, by column."""

    position: int
    dossier: str
    unit: str
    recipient: Recipient
    amended_on: str
    facts: Facts
    typed: dict[str, str]
    fact_columns: list[FormColumn]
    identity_columns: list[FormColumn]


class Typed(BaseModel):
    """What was typed: a column's field → its text."""

    typed: dict[
        Annotated[str, Field(max_length=40)],
        Annotated[str, Field(max_length=400)],
    ] = Field(max_length=40)


class AmendmentRead(BaseModel):
    """An amendment ready to be signed, or what is wrong with it; ``identity`` is null where it stays."""

    facts: Annotated[Facts, FILLED]
    identity: Annotated[Identity, FILLED] | None
    faults: list[RosterFault]


@router.get("/dossiers", responses=answered(Page[ListedDossier]))
def get_dossiers(
    asked: Asks,
    after: After,
    unit: UnitName = None,
    state: Annotated[LifeState | None, Query(description="Where it is in its life")] = None,
    limit: Limit = 50,
) -> Response:
    """Persons' dossiers in the order of their filing, with or without a nomination; names are masked."""
    views = asked.views("roster", None, unit)
    found = dossiers.dossiers(views, as_of=asked.as_of, after=after, limit=limit + 1, state=state)
    count = counted(
        views,
        after,
        lambda seen: dossiers.dossiers(seen, as_of=asked.as_of, after=0, limit=LATEST, state=state),
    )
    answer = page(found, limit, "filed_position", count)
    names = masked_names(views, asked.vault, [row["dossier"] for row in answer["rows"]])
    for row in answer["rows"]:
        row["masked_name"] = names.get(row["dossier"], "—")
    return asked.answer(answer)


@router.get("/dossiers/{dossier}", responses=answered(DossierShown))
def get_dossier(asked: Asks, dossier: DossierName) -> Response:
    """What a dossier says of the hardship, as it stood."""
    views = asked.views("roster")
    found = _known(dossiers.dossier(views, dossier, asked.as_of), dossier)
    recipient, facts = found["recipient"], found["facts"]
    words = words_under(policies_seen(views, asked.as_of))
    return asked.answer(
        {
            **{name: found[name] for name in ("dossier", "unit", "recipient", "amended_on", "facts")},
            "typed": typed_facts(recipient, Facts.model_validate(facts), words),
            "fact_columns": [form_column(column, words).model_dump() for column in fact_columns(recipient)],
            "identity_columns": [
                form_column(column, words).model_dump() for column in identity_columns(recipient)
            ],
        }
    )


@router.get("/households/{dossier}", responses=answered(HouseholdShown))
def get_household(
    asked: Asks,
    dossier: DossierName,
    campaign: Annotated[
        str | None, Query(max_length=48, description="By whose policy the class is computed")
    ] = None,
) -> Response:
    """A dossier's household as it stood: members by masked names, what was declared, the class and its working."""
    views = asked.views("roster")
    found = _known(dossiers.dossier(views, dossier, asked.as_of), dossier)
    return asked.answer(household(views, asked.vault, found, campaign, asked.as_of))


@router.post("/dossiers/{dossier}/read", responses=documented(400, 401, 403, 404, 422))
def read(request: Request, access: Access, dossier: DossierName, typed: Typed) -> AmendmentRead:
    """Reads an amendment for a clerk of the unit: all facts, the identity where it changes. Nothing is kept."""
    views = access.views("filing")
    found = _known(dossiers.dossier(views, dossier, LATEST), dossier)
    words = words_under(policies_seen(views))
    today = utc_now().astimezone(CHINA).date()
    read = read_amendment(found["recipient"], typed.typed, words, today=today)
    if read.identity is not None:
        marks = service_of(request).store.marker().marks_of(read.identity)
        if marks["person"] != found["person"]:
            raise PERSON_CHANGED.refused(dossier=dossier)
    note_rows(request, 1)
    return AmendmentRead(
        facts=read.facts, identity=read.identity, faults=[fault_of(fault) for fault in read.faults]
    )


@router.get("/payouts", responses=answered(Rows[Payout]))
def get_payouts(
    asked: Asks, case: Annotated[str, Query(max_length=64, description="A case's id")]
) -> Response:
    """What was paid or given on a case, and what came back of it, in fen."""
    return asked.answer({"rows": dossiers.payouts(asked.views("roster"), case, asked.as_of)})


def _known(found: Row | None, dossier: str) -> Row:
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="dossier", id=dossier)
    return found
