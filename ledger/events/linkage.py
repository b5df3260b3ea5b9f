"""Linkage (人员比对): a run that looks for one person under two identities, and the pairs it found.

A run is signed, with its purpose, before any identity is read. What it records names dossiers, weights
and levels, and never an identity.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.authority import served
from ledger.domain.event import Event, VerifiedEvent
from ledger.domain.fields import (
    CampaignCode,
    Count,
    Names,
    Reference,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.linkage import Linkage
from ledger.domain.references import UNIT_DIFFERS, Scope
from ledger.domain.state import Dossier, State
from ledger.errors import Rule
from ledger.events.dismissal import check_from_above
from ledger.events.dossier import check_same
from ledger.events.separation import avoided_since, officers_of

NOT_OWN_RUN = Rule(
    "run-of-another",
    zh="比对结果须由发起比对的人签署：应为 {expected}，实为 {found}",
    en="who started the run signs what it found: expected {expected}, found {found}",
)

OWN_DOSSIER_COMPARED = Rule(
    "own-dossier-compared",
    zh="{officer} 建立或变更过所比对的档案 {dossier}，或就是其本人，不得签署其比对结果：请由他人发起比对",
    en="{officer} filed or changed the dossier {dossier} that was compared, or is the person, and does not sign what was"
    " found: let another start the run",
)

OWN_UNIT_COMPARED = Rule(
    "own-unit-compared",
    zh="{officer} 三年内在单位 {unit} 担任过业务岗位，不得对其档案发起比对、签署比对结果：由他人办理",
    en="{officer} held a business role in {unit} within three years and neither starts a run over its dossiers nor signs"
    " what one found: somebody else does",
)

PAIRS_IN_A_STATEMENT = 200

PairedDossier = Annotated[Reference, Names("dossier", gathered=True)]
"""A dossier that a run compared; it may lie in any unit below the run's."""

RunId = Annotated[Reference, Names("linkage")]
"""A linkage run on record."""

Level = Annotated[int, Field(ge=-1, le=9)]
"""How well a feature agrees: the higher the closer, −1 where one is missing."""


class _ByOverseer(Event):
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector", "auditor"})

    unit: UnitCode | None = None
    campaign: CampaignCode | None = None


class LinkageStarted(_ByOverseer):
    """A run starts (发起人员比对), which will read identities for the purpose stated."""

    TITLE_ZH: ClassVar[str] = "发起人员比对"
    TITLE_EN: ClassVar[str] = "Linkage started"

    purpose: Text
    model: Word
    since: RunId | None = None
    """The run that it goes on from (接续的比对): what that one compared, and has not changed since, is not compared
    with itself again."""

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By somebody who was not at work where identities are read, by the sixth version of the rules.

        It goes on from a run of the same unit.
        """
        if state.rules >= 6:
            _check_was_elsewhere(act, self.unit, state)
        if self.since is not None:
            check_same(UNIT_DIFFERS, state.get(Linkage, self.since).unit, self.unit)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The run stands, with who started it."""
        state.put(Linkage(act.id, officers_of(act, state)[0], self.unit, self.campaign))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"linkage:{act.id}", *super().tags(act)]


class LinkedPair(BaseModel):
    """Two dossiers that may be one person's (疑似同一人). The weight is in thousandths of a bit.

    ``guarded`` says that number and name are close enough, ``one_edit`` that the numbers are one edit
    or transposition apart under similar names. Neither: the pair is for review, or of one number (level 4)
    under two names (level 0).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    first: PairedDossier
    second: PairedDossier
    weight_milli: Annotated[int, Field(ge=0, le=1_000_000)]
    guarded: bool
    one_edit: bool
    name: Level
    number: Level
    phone: Level
    account: Level
    home: Level
    unit: Level


class ComparedPair(BaseModel):
    """Two dossiers that a run compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    first: PairedDossier
    second: PairedDossier


class PersonsLinked(_ByOverseer):
    """What a run found (人员比对结果), or one part of it; none where it found nothing.

    ``not_found`` are pairs of earlier runs that this one compared and did not find (本次未再发现): their flags are
    cleared. A run whose ``parts`` are all on record is one to go on from.
    """

    TITLE_ZH: ClassVar[str] = "人员比对结果"
    TITLE_EN: ClassVar[str] = "Persons linked"

    run: RunId
    compared: Count
    set_aside: Count
    pairs: Annotated[list[LinkedPair], Field(max_length=PAIRS_IN_A_STATEMENT)]
    not_found: Annotated[list[ComparedPair] | None, Field(max_length=PAIRS_IN_A_STATEMENT)] = None
    parts: Count | None = None

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By who started the run, about known dossiers."""
        run = state.get(Linkage, self.run)
        officer = officers_of(act, state)[0]
        if officer != run.officer:
            raise NOT_OWN_RUN.refused(expected=run.officer, found=officer)
        for pair in (*self.pairs, *(self.not_found or ())):
            for name in (pair.first, pair.second):
                dossier = state.get(Dossier, name)
                if state.rules >= 5:
                    self._check_no_part(act, dossier, state)
                if state.rules >= 6:
                    _check_was_elsewhere(act, dossier.unit, state)
        # What is said not to be found any more clears flags.
        cleared = (
            state.get(Dossier, each) for pair in self.not_found or () for each in (pair.first, pair.second)
        )
        check_from_above(act, [Scope(each.unit, None) for each in cleared], state, self.ROLES)

    def _check_no_part(self, act: VerifiedEvent, dossier: Dossier, state: State) -> None:
        """Refuses who made one of the dossiers what it is, and whose it is: what a run finds raises flags, and lowers them."""
        behind = {dossier.person, *(state.person_of(officer) for officer in dossier.changed_by)}
        for officer in officers_of(act, state):
            if state.person_of(officer) in behind:
                raise OWN_DOSSIER_COMPARED.refused(officer=officer, dossier=dossier.id)

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its run's id."""
        return [f"linkage:{self.run}", *super().tags(act)]


def _check_was_elsewhere(act: VerifiedEvent, unit: str | None, state: State) -> None:
    """Refuses who was at work in a unit within the years: what a run finds raises flags on that, and lowers them.

    Raises:
        Refused: ``own-unit-compared``.
    """
    since = avoided_since(act.recorded_at)
    for officer in officers_of(act, state):
        if served(state.person_of(officer), Scope(unit, None), since, state):
            raise OWN_UNIT_COMPARED.refused(officer=officer, unit=unit or "*")
