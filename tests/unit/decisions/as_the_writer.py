"""A statement decided as the writer decides it: with the resident records, and what its event says that it reads."""

from __future__ import annotations

from typing import Any

from ledger.domain.admission import admit
from ledger.domain.claims import (
    CLAIM_PREFIX,
    CLAIMANT_PREFIX,
    CLAIMANTS_PREFIX,
    SUCCESSOR_PREFIX,
    claim_of,
)
from ledger.domain.event import Event
from ledger.domain.household import Household
from ledger.domain.record import Record, record_from
from ledger.domain.state import Case, Dossier, State
from tests.scene import Scene, records_of


def admitted_by_the_writer(scene: Scene, officer: str, event: Event, **options: Any) -> State:
    """Admits a statement on what it reads alone; a record that it looks at and does not read is an error."""
    act = scene.act(officer, event, **options)
    state = State(complete=False)
    standing = {record.key: record for record in records_of(scene.state)}
    state.load((), [_copy(record) for record in standing.values() if record.RESIDENT])
    asked = state.missing(act.event.reads(act, state))
    found: dict[str, Record] = {}
    for key in asked:
        if key.startswith(CLAIM_PREFIX):
            _add_claimed(found, key.removeprefix(CLAIM_PREFIX), scene, standing)
        elif key.startswith(CLAIMANT_PREFIX):
            campaign, dossier_id = key.removeprefix(CLAIMANT_PREFIX).split("/")
            dossier = scene.state.get(Dossier, dossier_id)
            found[dossier.key] = dossier
            _add_claimed(found, claim_of(campaign, dossier.person), scene, standing)
        elif key.startswith(CLAIMANTS_PREFIX):
            campaign, dossier_id = key.removeprefix(CLAIMANTS_PREFIX).split("/")
            dossier, household = scene.state.get(Dossier, dossier_id), scene.state.find(Household, dossier_id)
            found |= {each.key: each for each in (dossier, household) if each is not None}
            for person in (dossier.person, *(household.members.values() if household else ())):
                _add_claimed(found, claim_of(campaign, person), scene, standing)
        elif key.startswith(SUCCESSOR_PREFIX):
            case = scene.state.find(Case, key.removeprefix(SUCCESSOR_PREFIX))
            if case is not None:
                found[case.key] = case
                _add_claimed(found, claim_of(case.campaign, case.recipient), scene, standing)
        elif key in standing:
            found[key] = standing[key]
    state.load(asked, [_copy(record) for record in found.values()])
    admit(act, state)
    return state


def _add_claimed(found: dict[str, Record], claim: str, scene: Scene, standing: dict[str, Record]) -> None:
    case = scene.state.claimant(claim)
    if case is not None:
        found[f"case/{case}"] = standing[f"case/{case}"]


def _copy(record: Record) -> Record:
    return record_from(record.key, record.value())
