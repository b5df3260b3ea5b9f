"""Oversight (监督): flags reviewed, cases opened and closed, sanctions, conduct reports.

What an inspector finds is recorded beside the flags; it never changes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.authority import served
from ledger.domain.event import STATE_NOT_ALLOWED, Event, VerifiedEvent
from ledger.domain.fields import (
    PLAIN,
    CampaignCode,
    Code,
    Fen,
    InvestigationId,
    LongText,
    Names,
    OfficerCode,
    PositiveFen,
    Reference,
    SanctionId,
    Text,
    UnitCode,
    Word,
)
from ledger.domain.references import (
    SUBJECT,
    Scope,
    campaign_of_subject,
    fen_of_subject,
    is_gathered_subject,
    officers_behind,
    recipients_of,
    scopes_of_subject,
)
from ledger.domain.sample import ExaminedSample
from ledger.domain.state import (
    Campaign,
    Case,
    Investigation,
    Officer,
    Sanction,
    State,
    Unit,
)
from ledger.domain.who_signs import UNIT_OR_SPONSOR, HeldOver
from ledger.errors import Rule
from ledger.events.dismissal import check_dismissal, check_from_above
from ledger.events.draws import (
    DrawId,
    check_examined_once,
    check_ordered,
    note_recorded,
    outstanding_keys,
)
from ledger.events.registry import ALREADY_REGISTERED
from ledger.events.separation import avoided_since, joined, officers_of

OWN_DOING = Rule(
    "own-doing-reviewed",
    zh="{officer} 经手过该疑点所涉事项，不得自行核查：{subject}",
    en="{officer} had a part in what this flag is about and does not review it: {subject}",
)

FlagSubject = Annotated[Text, Names(SUBJECT, gathered=True)]
"""Whom or what a flag is about, as the views write it: ``case:b2026/…``."""

OfficerReported = Annotated[Code, Names("officer", binding=False)]
"""An officer who is only spoken of: conduct of a superior can be reported from below."""


class FlagKey(BaseModel):
    """Which hit of which rule: its subject and the position that raised it.

    ``seen_at`` is the position from which the flag stood as it was looked at: what is said of it holds for
    that evidence. Without it, it is the flag as it stands when the statement is recorded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule: Word
    subject: FlagSubject
    raised_at: Annotated[int, Field(ge=1)]
    seen_at: Annotated[int, Field(ge=1)] | None = None


def check_no_part(act: VerifiedEvent, subject: str, state: State) -> None:
    """Refuses whoever did what a flag is about, was at work there, or (by the fourth version) is who was helped.

    Raises:
        Refused: ``own-doing-reviewed``.
    """
    behind = {state.person_of(officer) for officer in officers_behind(subject, state)}
    if state.rules >= 4:
        behind |= recipients_of(subject, state)
    for officer in officers_of(act, state):
        if state.person_of(officer) in behind or _was_at_work(officer, subject, state):
            raise OWN_DOING.refused(officer=officer, subject=subject)


def check_no_party(act: VerifiedEvent, investigation: Investigation, state: State) -> None:
    """Refuses whoever a discipline case is about, or was at work where what it is about lies.

    Raises:
        Refused: ``own-doing-reviewed``.
    """
    check_apart(act, investigation.parties, investigation.places, f"investigation:{investigation.id}", state)


def check_apart(
    act: VerifiedEvent,
    parties: Iterable[str],
    places: Iterable[Sequence[str | None]],
    subject: str,
    state: State,
) -> None:
    """Refuses whoever is among persons who had a part in something, or was at work where it lies.

    Raises:
        Refused: ``own-doing-reviewed``.
    """
    persons = set(parties)
    for officer in officers_of(act, state):
        person = state.person_of(officer)
        if person in persons or any(
            served(person, Scope(unit, campaign), since or "", state) for unit, campaign, since in places
        ):
            raise OWN_DOING.refused(officer=officer, subject=subject)


def _was_at_work(officer: str, subject: str, state: State) -> bool:
    """Whether an officer held a business role in the campaign, where the flag's subject lies."""
    person = state.person_of(officer)
    return any(served(person, scope, since, state) for scope, since in _places(subject, state))


def _places(subject: str, state: State) -> list[tuple[Scope, str]]:
    """Where a flag's subject lies, and since when (UTC) who was at work there does not judge it."""
    campaign = campaign_of_subject(subject, state)
    if campaign is None:
        return []
    units = [scope.unit or None for scope in scopes_of_subject(subject, state)]
    if state.rules >= 5 and is_gathered_subject(subject):
        # Its evidence lies in other campaigns too, and in years before.
        return [(Scope(unit, None), avoided_since(campaign.opened_at)) for unit in units]
    return [(Scope(unit, campaign.id), campaign.opened_at) for unit in units]


def places_of(flags: Iterable[FlagKey], state: State) -> list[Sequence[str | None]]:
    """Where all that flags are about lies, as a discipline case keeps it: unit, campaign, since when."""
    found = dict.fromkeys(
        (scope.unit, scope.campaign, since) for flag in flags for scope, since in _places(flag.subject, state)
    )
    return [list(each) for each in found]


def parties_in(flags: Iterable[FlagKey], state: State) -> list[str]:
    """The persons who had a part in what flags are about, or were helped by it."""
    persons: list[str] = []
    for flag in flags:
        behind = [state.person_of(officer) for officer in officers_behind(flag.subject, state)]
        persons = joined(persons, [*behind, *sorted(recipients_of(flag.subject, state))])
    return persons


class _ByInspector(Event):
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector"})


class FlagReviewed(_ByInspector):
    """A flag was looked into (疑点核查) and confirmed or dismissed, with the reason.

    When its evidence becomes another, the flag is open again. Nobody reviews what they did themselves, nor what a
    campaign brought up where they were at work in it, nor the help that they had.
    """

    TITLE_ZH: ClassVar[str] = "疑点核查"
    TITLE_EN: ClassVar[str] = "Flag reviewed"

    unit: UnitCode | None = None
    campaign: CampaignCode | None = None
    flag: FlagKey
    disposition: Literal["dismissed", "confirmed"]
    reason: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By somebody who had no part in what the flag is about; large ones are dismissed from above, or by two."""
        if state.rules < 3:
            return
        check_no_part(act, self.flag.subject, state)
        if self.disposition == "dismissed":
            places = scopes_of_subject(self.flag.subject, state)
            check_dismissal(act, places, fen_of_subject(self.flag.subject, state), state)


class CaseOpened(_ByInspector):
    """A discipline case is opened (核查立项), with the flags that gave rise to it."""

    TITLE_ZH: ClassVar[str] = "核查立项"
    TITLE_EN: ClassVar[str] = "Case opened"

    unit: UnitCode | None = None
    campaign: CampaignCode | None = None
    title: Text
    flags: Annotated[list[FlagKey], Field(max_length=500)] = Field(default_factory=list)
    text: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """By somebody who had no part in what its flags are about: how it ends is their word on each."""
        if state.rules >= 4:
            for flag in self.flags:
                check_no_part(act, flag.subject, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The case stands open, with who had a part in what its flags are about."""
        parties = parties_in(self.flags, state) if state.rules >= 4 else []
        places = places_of(self.flags, state) if state.rules >= 5 else []
        state.put(
            Investigation(act.id, unit=self.unit, campaign=self.campaign, parties=parties, places=places)
        )

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"investigation:{act.id}", *super().tags(act)]


class OfCase(_ByInspector):
    """About a discipline case that is open."""

    unit: UnitCode | None = None
    campaign: CampaignCode | None = None
    investigation: InvestigationId

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is open."""
        if not state.get(Investigation, self.investigation).open:
            raise STATE_NOT_ALLOWED.refused(expected="open", found="closed")

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its case's id."""
        return [f"investigation:{self.investigation}", *super().tags(act)]


class CaseExtended(OfCase):
    """More flags are joined to an open discipline case (并案)."""

    TITLE_ZH: ClassVar[str] = "并案"
    TITLE_EN: ClassVar[str] = "Case extended"

    flags: Annotated[list[FlagKey], Field(min_length=1, max_length=500)]
    text: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is open, and who joins the flags had no part in what they are about."""
        super().decide(act, state)
        if state.rules >= 4:
            for flag in self.flags:
                check_no_part(act, flag.subject, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The case knows who had a part in these as well."""
        if state.rules >= 4:
            investigation = state.get(Investigation, self.investigation)
            investigation.parties = joined(investigation.parties, parties_in(self.flags, state))
            if state.rules >= 5:
                more = places_of(self.flags, state)
                investigation.places += [each for each in more if each not in investigation.places]
            state.put(investigation)


class Measure(BaseModel):
    """What follows from a case (处理措施)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["return", "sanction", "warning", "transfer", "none"]
    unit: UnitCode | None = None
    officer: OfficerCode | None = None
    amount_fen: PositiveFen | None = None
    text: Text


class CaseClosed(OfCase):
    """A discipline case is closed (办结): findings, sum, persons responsible, measures."""

    TITLE_ZH: ClassVar[str] = "办结"
    TITLE_EN: ClassVar[str] = "Case closed"

    finding: Literal["substantiated", "partly", "unsubstantiated"]
    amount_fen: Fen
    officers: Annotated[list[OfficerCode], Field(max_length=100)] = Field(default_factory=list)
    measures: Annotated[list[Measure], Field(max_length=100)] = Field(default_factory=list)
    text: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is open, the officers are known, and nobody closes a case about what they had a part in.

        By the tenth version of the rules one from above, or two, close it as unsubstantiated; by the eleventh one from
        above signs however it ends, also where no flag gave rise to it.
        """
        super().decide(act, state)
        for officer in self.officers:
            state.get(Officer, officer)
        investigation = state.get(Investigation, self.investigation)
        check_no_party(act, investigation, state)
        places = [Scope(unit, campaign) for unit, campaign, _ in investigation.places]
        if state.rules >= 11:
            places.append(Scope(investigation.unit, investigation.campaign))
        if self.finding == "unsubstantiated":
            check_dismissal(act, places, None, state)
        check_from_above(act, places, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The case stands closed."""
        investigation = state.get(Investigation, self.investigation)
        investigation.open = False
        state.put(investigation)


class SanctionImposed(_ByInspector):
    """A unit loses its eligibility for a year (取消次年补助资格), clause A-6."""

    TITLE_ZH: ClassVar[str] = "取消补助资格"
    TITLE_EN: ClassVar[str] = "Sanction imposed"

    unit: UnitCode
    year: Annotated[int, Field(ge=2000, le=2100)]
    investigation: InvestigationId | None = None
    reason: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The unit is known and not yet banned for that year."""
        unit = state.get(Unit, self.unit)
        if self.investigation is not None:
            state.get(Investigation, self.investigation)
        if str(self.year) in unit.banned:
            raise ALREADY_REGISTERED.refused(kind="sanction", id=f"{self.unit} {self.year}")

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The unit cannot nominate in campaigns of that year."""
        unit = state.get(Unit, self.unit)
        unit.banned = {**unit.banned, str(self.year): act.id}
        state.put(unit)
        state.put(Sanction(act.id, self.unit, self.year, imposed_at=act.recorded_at))

    def tags(self, act: VerifiedEvent) -> list[str]:
        """Also under its own id."""
        return [f"sanction:{act.id}", *super().tags(act)]


class SanctionLifted(_ByInspector):
    """A sanction ends early (恢复补助资格)."""

    TITLE_ZH: ClassVar[str] = "恢复补助资格"
    TITLE_EN: ClassVar[str] = "Sanction lifted"

    unit: UnitCode
    sanction: SanctionId
    reason: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """It is this unit's and in force; by the fifth version, nobody lifts it who was at work in the unit.

        By the eleventh, somebody from above lifts it, or two where nobody is above.
        """
        sanction = state.get(Sanction, self.sanction)
        state.get(Unit, self.unit)
        if sanction.lifted or sanction.unit != self.unit:
            raise STATE_NOT_ALLOWED.refused(expected="a sanction in force", found="lifted or other")
        if state.rules < 5:
            return
        since = avoided_since(sanction.imposed_at)
        for officer in officers_of(act, state):
            if served(state.person_of(officer), Scope(self.unit, None), since, state):
                raise OWN_DOING.refused(officer=officer, subject=f"unit:-/{self.unit}")
        if state.rules >= 11:
            check_dismissal(act, [Scope(self.unit, None)], None, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """The unit can nominate again."""
        sanction = state.get(Sanction, self.sanction)
        sanction.lifted = True
        state.put(sanction)
        unit = state.get(Unit, self.unit)
        unit.banned = {year: by for year, by in unit.banned.items() if by != sanction.id}
        unit.lifted = [*unit.lifted, [str(sanction.year), list(act.signers), act.recorded_at]]
        state.put(unit)


class ConductReported(Event):
    """A gift, a burden put on recipients, or lavish reception is reported (廉洁纪律问题反映), clause A-11."""

    TITLE_ZH: ClassVar[str] = "廉洁纪律问题反映"
    TITLE_EN: ClassVar[str] = "Conduct reported"
    ROLES: ClassVar[frozenset[str]] = frozenset({"inspector", "auditor", "confirmer", "approver"})

    campaign: CampaignCode
    unit: UnitCode
    officer: OfficerReported | None = None
    kind: Literal["gift", "burden", "reception"]
    text: LongText

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """Campaign, unit and officer are known."""
        state.get(Campaign, self.campaign)
        state.get(Unit, self.unit)
        if self.officer is not None:
            state.get(Officer, self.officer)


SampledCase = Annotated[Reference, Names("case", gathered=True)]
"""A case that was sampled; it may lie in any unit below the sample's."""


class SampleException(BaseModel):
    """What was found amiss with one sampled case."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    case: SampledCase
    finding: Text


class SampleExamined(Event):
    """Cases were drawn and examined (抽样核查): how, as of which entry, and what was found.

    Method, seed, size and moment draw the same cases again for anybody who checks it. By the tenth version of the rules
    they are those of a ``draw`` that was ordered before, and its entry is the moment.
    """

    TITLE_ZH: ClassVar[str] = "抽样核查"
    TITLE_EN: ClassVar[str] = "Sample examined"
    ROLES: ClassVar[frozenset[str]] = frozenset({"auditor"})
    HELD_OVER: ClassVar[HeldOver] = UNIT_OR_SPONSOR

    campaign: CampaignCode
    unit: UnitCode | None = None
    method: Literal["random", "sum", "flag"]
    seed: Annotated[str, Field(min_length=1, max_length=64), PLAIN]
    size: Annotated[int, Field(ge=1, le=500)]
    drawn_at: Annotated[int, Field(ge=1)]
    examined: Annotated[int, Field(ge=1, le=500)]
    exceptions: Annotated[list[SampleException], Field(max_length=500)] = Field(default_factory=list)
    conclusion: LongText
    draw: DrawId | None = None

    def reads(self, act: VerifiedEvent, state: State) -> Iterable[str]:
        """Also what the signers have outstanding."""
        return [*super().reads(act, state), *outstanding_keys(act, self.campaign, "sample", state)]

    def decide(self, act: VerifiedEvent, state: State) -> None:
        """The campaign, the unit and every case with an exception are known; nobody examines what they recorded.

        By the tenth version of the rules it is as a draw says that was ordered.
        """
        campaign = state.get(Campaign, self.campaign)
        if self.unit is not None:
            state.get(Unit, self.unit)
        for each in self.exceptions:
            state.get(Case, each.case)
        draw = check_ordered(
            self.draw, "sample", state,
            campaign=self.campaign, unit=self.unit or campaign.sponsor, method=self.method, size=self.size, seed=self.seed,
        )  # fmt: skip
        check_examined_once(act, draw, state)
        if state.rules >= 5:
            check_no_part_in_campaign(act, campaign.id, self.unit or campaign.sponsor, state)

    def apply(self, act: VerifiedEvent, state: State) -> None:
        """Its working paper is prepared, and another auditor may review it; something came of the draw."""
        unit = self.unit or state.get(Campaign, self.campaign).sponsor
        state.put(ExaminedSample(act.id, self.campaign, unit, officers_of(act, state)))
        note_recorded(act, self.draw, self.campaign, "sample", state)


def check_no_part_in_campaign(act: VerifiedEvent, campaign: str, unit: str, state: State) -> None:
    """Refuses whoever was at work there in the campaign, or recorded something after the fact in it.

    Raises:
        Refused: ``own-doing-reviewed``.
    """
    found = state.get(Campaign, campaign)
    recorders = {state.person_of(officer) for officer in found.recorded_late_by}
    for officer in officers_of(act, state):
        person = state.person_of(officer)
        if person in recorders or served(person, Scope(unit, campaign), found.opened_at, state):
            raise OWN_DOING.refused(officer=officer, subject=f"campaign:{campaign}")
