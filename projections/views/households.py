"""Households (一户一档): who belongs to each, what it declared, its dossier's life, and the class computed.

A class is of a case: the policy of the case's campaign computes it from what the dossier's family declared last, by
the same function as anywhere else, and it is computed anew whenever either changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

import orjson

from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.hardship_class import HardshipRules, assess
from ledger.domain.policy.part import OfCategories
from ledger.events.campaign import CampaignOpened, PolicyAmended
from ledger.events.dossier_life import (
    DossierDiscussed,
    DossierEnded,
    DossierReviewed,
    HouseholdVisited,
    PlacedOnFile,
)
from ledger.events.household import (
    ConsentRecorded,
    ConsentWithdrawn,
    HouseholdDeclared,
    MemberErased,
    MemberLeft,
    MemberRecorded,
)
from ledger.events.nomination import Nominated
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Dispatch, TemporalTable, Versions, found, named
from projections.views.household_rows import (
    AssessmentRow,
    ConsentRow,
    DossierLifeRow,
    HardshipTermsRow,
    HouseholdRow,
    MemberRow,
)

MEMBERS = TemporalTable("household_members", MemberRow)
HOUSEHOLDS = TemporalTable("households", HouseholdRow)
CONSENTS = TemporalTable("consents", ConsentRow)
LIVES = TemporalTable("dossier_lives", DossierLifeRow)
ASSESSMENTS = TemporalTable("assessments", AssessmentRow)
TERMS = TemporalTable("hardship_terms", HardshipTermsRow)


R = TypeVar("R", bound=OfCategories)


class Households:
    """Keeps members, declarations, consents, lives of dossiers, and the classes computed of cases."""

    name: ClassVar[str] = "households"
    title: ClassVar[tuple[str, str]] = ("家庭情况", "households")
    needs: ClassVar[tuple[str, ...]] = ("roster",)
    version: ClassVar[int] = 2
    tables: ClassVar[str] = f"""
        {MEMBERS.create}
        CREATE INDEX household_members_dossier ON household_members (dossier);
        CREATE INDEX household_members_person ON household_members (person);
        {HOUSEHOLDS.create}
        {CONSENTS.create}
        {LIVES.create}
        {ASSESSMENTS.create}
        CREATE INDEX assessments_dossier ON assessments (dossier);
        CREATE INDEX assessments_campaign ON assessments (campaign);
        {TERMS.create}
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        batch = _Batch(cursor, events)
        batch.dispatch.apply(batch, events)
        batch.save(cursor)


class _Batch:
    dispatch = Dispatch()

    def __init__(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        self._cursor = cursor
        declared = {event.dossier for event, _ in of_types(events, HouseholdDeclared)}
        amended = {event.campaign for event, _ in of_types(events, PolicyAmended)}
        dossiers = named(events, "dossier")
        self.members: Versions[MemberRow] = MEMBERS.load(cursor, named(events, "member"))
        self.households: Versions[HouseholdRow] = HOUSEHOLDS.load(
            cursor, dossiers | _of_cases(cursor, amended)
        )
        self.consents: Versions[ConsentRow] = CONSENTS.load(cursor, dossiers)
        self.lives: Versions[DossierLifeRow] = LIVES.load(cursor, dossiers)
        self.assessments: Versions[AssessmentRow] = ASSESSMENTS.load(
            cursor, _assessed(cursor, declared, amended)
        )
        self.terms: Versions[HardshipTermsRow] = TERMS.load(
            cursor, named(events, "campaign") | {row.campaign for row in self.assessments.current()}
        )

    def save(self, cursor: Cursor) -> None:
        """Writes what the batch changed."""
        MEMBERS.save(cursor, self.members.finish())
        HOUSEHOLDS.save(cursor, self.households.finish())
        CONSENTS.save(cursor, self.consents.finish())
        LIVES.save(cursor, self.lives.finish())
        ASSESSMENTS.save(cursor, self.assessments.finish())
        TERMS.save(cursor, self.terms.finish())

    # --- Members, declarations, consent ------------------------------------------------------------

    @dispatch(MemberRecorded)
    def _recorded(self, event: MemberRecorded, item: Recorded) -> None:
        person = item.act.marks["person"]
        row = MemberRow(item.act.id, event.dossier, event.unit, person, event.relation, False, False)
        self.members.put(row, item.position)

    @dispatch(MemberLeft)
    def _left(self, event: MemberLeft, item: Recorded) -> None:
        row = found(self.members.get(event.member), event.member)
        self.members.put(row.changed(gone=True), item.position)

    @dispatch(MemberErased)
    def _erased(self, event: MemberErased, item: Recorded) -> None:
        row = found(self.members.get(event.member), event.member)
        self.members.put(row.changed(erased=True), item.position)

    @dispatch(HouseholdDeclared)
    def _declared(self, event: HouseholdDeclared, item: Recorded) -> None:
        figures = event.figures
        self.households.put(
            HouseholdRow(
                dossier=event.dossier,
                unit=event.unit,
                year=figures.year,
                locality=figures.locality,
                persons=figures.persons,
                income_fen=figures.income_fen,
                stated_class=event.stated_class,
                declared=event.model_dump_json(exclude_none=True),
                declared_on=item.act.statement.on,
            ),
            item.position,
        )
        for row in [row for row in self.assessments.current() if row.dossier == event.dossier]:
            self._assess(row, item)

    @dispatch(ConsentRecorded)
    def _consented(self, event: ConsentRecorded, item: Recorded) -> None:
        members = orjson.dumps(event.members).decode()
        on = item.act.statement.on
        row = ConsentRow(event.dossier, event.unit, members, event.until, event.document.number, on)
        self.consents.put(row, item.position)

    @dispatch(ConsentWithdrawn)
    def _withdrawn(self, event: ConsentWithdrawn, item: Recorded) -> None:
        self.consents.remove(event.dossier, item.position)

    # --- A dossier's life --------------------------------------------------------------------------

    @dispatch(HouseholdVisited)
    def _visited(self, event: HouseholdVisited, item: Recorded) -> None:
        row = self.lives.get(event.dossier)
        if row is None or row.state == "ended":
            row = _applied(event.dossier, event.unit)
        changed = row.changed(
            visited_on=item.act.statement.on, visitors="、".join(event.visitors), found=event.found
        )
        self.lives.put(changed, item.position)

    @dispatch(DossierDiscussed)
    def _discussed(self, event: DossierDiscussed, item: Recorded) -> None:
        on = item.act.statement.on if event.agreed else None
        self._live(event, item, discussed_on=on, minutes=event.minutes.number)

    @dispatch(PlacedOnFile)
    def _placed(self, event: PlacedOnFile, item: Recorded) -> None:
        on = item.act.statement.on
        filed = event.hardship_class
        self._live(event, item, state="on-file", on_file_on=on, reviewed_on=on, filed_class=filed)

    @dispatch(DossierReviewed)
    def _reviewed(self, event: DossierReviewed, item: Recorded) -> None:
        row = found(self.lives.get(event.dossier), event.dossier)
        filed = event.hardship_class or row.filed_class
        on = max(row.reviewed_on or "", item.act.statement.on)
        self._live(event, item, reviewed_on=on, filed_class=filed)

    @dispatch(DossierEnded)
    def _ended(self, event: DossierEnded, item: Recorded) -> None:
        self._live(event, item, state="ended", ended_on=item.act.statement.on, ending=event.ending)

    def _live(
        self,
        event: DossierDiscussed | PlacedOnFile | DossierReviewed | DossierEnded,
        item: Recorded,
        **changes: object,
    ) -> None:
        row = self.lives.get(event.dossier) or _applied(event.dossier, event.unit)
        self.lives.put(row.changed(**changes), item.position)

    # --- The class computed ------------------------------------------------------------------------

    @dispatch(CampaignOpened)
    def _opened(self, event: CampaignOpened, item: Recorded) -> None:
        if event.policy.hardship is not None or event.policy.exclusions is not None:
            self.terms.put(_terms(event.campaign, event.policy), item.position)

    @dispatch(PolicyAmended)
    def _amended(self, event: PolicyAmended, item: Recorded) -> None:
        before, after = self.terms.get(event.campaign), _terms(event.campaign, event.policy)
        says_nothing = event.policy.hardship is None and event.policy.exclusions is None
        if (before is None and says_nothing) or (before is not None and _same(before, after)):
            return
        self.terms.put(after, item.position)
        if before is None:
            self._take_in(event.campaign, item.position)
        for row in [row for row in self.assessments.current() if row.campaign == event.campaign]:
            self._assess(row, item)

    def _take_in(self, campaign: str, position: int) -> None:
        """The cases from before the policy said anything of households; the roster has them."""
        for case, unit, dossier, category in self._cursor.execute(
            "SELECT DISTINCT case_id, unit, dossier, category FROM cases"
            " WHERE campaign = %s AND recipient = 'person' AND nominated_position < %s ORDER BY case_id",
            (campaign, position),
        ).fetchall():
            self.assessments.put(_unjudged(case, campaign, unit, dossier, category), position)

    @dispatch(Nominated)
    def _nominated(self, event: Nominated, item: Recorded) -> None:
        if self.terms.get(event.campaign) is not None:
            row = _unjudged(item.act.id, event.campaign, event.unit, event.dossier, event.category)
            self._assess(row, item)

    def _assess(self, row: AssessmentRow, item: Recorded) -> None:
        """Computes what the policy says of the household now; nothing where none is declared."""
        household = self.households.get(row.dossier)
        terms = found(self.terms.get(row.campaign), row.campaign)
        if household is None:
            nothing = _unjudged(row.case_id, row.campaign, row.unit, row.dossier, row.category)
            self.assessments.put(nothing, item.position)
            return
        declared = HouseholdDeclared.model_validate_json(household.declared)
        hardship, exclusions = _rules(HardshipRules, terms.hardship), _rules(ExclusionRules, terms.exclusions)
        computed, judged, working = None, False, "[]"
        if hardship is not None and hardship.holds_for(row.category):
            assessment = assess(declared.figures, hardship)
            computed, judged = assessment.hardship_class, not assessment.undetermined
            working = orjson.dumps([step._asdict() for step in assessment.working]).decode()
        holds = exclusions is not None and exclusions.holds_for(row.category)
        named_by_policy = exclusions.codes if exclusions is not None and holds else []
        said_yes = {each.exclusion for each in declared.exclusions if each.applies}
        changed = row.changed(
            stated=declared.stated_class,
            computed=computed,
            judged=judged,
            excluded=orjson.dumps([code for code in named_by_policy if code in said_yes]).decode(),
            working=working,
        )
        self.assessments.put(changed, item.position)


def _applied(dossier: str, unit: str) -> DossierLifeRow:
    return DossierLifeRow(dossier, unit, "applied", *[None] * 10)


def _rules(kind: type[R], text: str) -> R | None:
    said = orjson.loads(text)
    return None if said is None else kind.model_validate(said)


def _same(one: HardshipTermsRow, other: HardshipTermsRow) -> bool:
    """Whether two say the same; what was loaded has the database's spelling of it."""
    return all(
        orjson.loads(getattr(one, part)) == orjson.loads(getattr(other, part))
        for part in ("hardship", "exclusions")
    )


def _unjudged(case: str, campaign: str, unit: str, dossier: str, category: str) -> AssessmentRow:
    return AssessmentRow(case, campaign, unit, dossier, category, None, None, False, "[]", "[]")


def _terms(campaign: str, policy: Policy) -> HardshipTermsRow:
    said = policy.model_dump(mode="json", include={"hardship", "exclusions"})
    hardship, exclusions = (orjson.dumps(said[name]).decode() for name in ("hardship", "exclusions"))
    return HardshipTermsRow(campaign, hardship, exclusions)


def _of_cases(cursor: Cursor, campaigns: set[str]) -> set[str]:
    """The dossiers of these campaigns' cases, whose households an amended policy judges anew."""
    if not campaigns:
        return set()
    rows = cursor.execute("SELECT DISTINCT dossier FROM cases WHERE campaign = ANY(%s)", (sorted(campaigns),))
    return {dossier for (dossier,) in rows.fetchall()}


def _assessed(cursor: Cursor, dossiers: set[str], campaigns: set[str]) -> set[str]:
    """The cases that were judged of these dossiers, and in these campaigns."""
    if not (dossiers or campaigns):
        return set()
    rows = cursor.execute(
        "SELECT DISTINCT case_id FROM assessments"
        " WHERE (dossier = ANY(%s) OR campaign = ANY(%s)) AND to_position IS NULL",
        (sorted(dossiers), sorted(campaigns)),
    )
    return {case for (case,) in rows.fetchall()}
