"""Households (家庭情况), as they are planted in simulated ledgers: in a category of their own, which policies judge.

Of each rule one recipient is guilty and one is not quite.
"""

from __future__ import annotations

from api.simulation.campaign import IN_HARDSHIP, LIMIT_FEN
from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.dossier_life import DossierReviewed, PlacedOnFile
from ledger.events.household import HouseholdDeclared, MemberRecorded
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed


def _file(p: Planting, plan: Plan) -> None:
    """The dossier is filed before the lists are, so that a household can be declared on it."""
    promise, disclosure = committed(plan.person)
    filed = DossierFiled(unit=plan.unit, identity_commitment=promise, facts=Facts(**plan.facts))
    plan.dossier = p.world.record(f"{plan.unit}-clerk", filed, disclosure).id


def _declare(p: Planting, plan: Plan, income_fen: int, *, housing: bool = False) -> None:
    event = HouseholdDeclared.model_validate({
        "unit": plan.unit, "dossier": plan.dossier, "locality": "某县", "year": p.campaign.year,
        "applicant": {"income_fen": income_fen}, "stated_class": "deep",
        "exclusions": [{"exclusion": "housing", "applies": housing}],
    })  # fmt: skip
    p.world.record(f"{plan.unit}-clerk", event)


def _judged(p: Planting, plan: Plan, income_fen: int, *, housing: bool = False) -> None:
    """The plan is in the category that is judged, its dossier filed and declared on."""
    plan.category = IN_HARDSHIP

    def enrol() -> None:
        _file(p, plan)
        _declare(p, plan, income_fen, housing=housing)

    p.campaign.at("enrol", enrol)


@planted(2)
def above_the_line(p: Planting, plans: list[Plan]) -> None:
    """Stated as in deep hardship with an income at the line; the other has one fen less."""
    for plan, income_fen in zip(plans, (LIMIT_FEN, LIMIT_FEN - 1), strict=True):
        _judged(p, plan, income_fen)
    p.case("class-differs", plans[0])


@planted(2)
def owns_houses(p: Planting, plans: list[Plan]) -> None:
    """The family says that it has two houses; the other says that it has not."""
    for plan, housing in zip(plans, (True, False), strict=True):
        _judged(p, plan, 0, housing=housing)
    p.case("declared-excluded", plans[0])


@planted(2)
def not_reviewed(p: Planting, plans: list[Plan]) -> None:
    """Placed on file six weeks before it is paid; the other was reviewed in between."""

    def enrol() -> None:
        for plan in plans:
            _file(p, plan)
            _declare(p, plan, 0)
            placed = PlacedOnFile(unit=plan.unit, dossier=plan.dossier)
            p.world.record(f"{plan.unit}-confirmer", placed)

    def review() -> None:
        unit, dossier = plans[1].unit, plans[1].dossier
        review = DossierReviewed(unit=unit, dossier=dossier, outcome="unchanged", found="情况未变")
        p.world.record(f"{unit}-confirmer", review)

    for plan in plans:
        plan.category = IN_HARDSHIP
    p.campaign.at("enrol", enrol)
    p.campaign.at("approve", review)
    p.case("review-overdue", plans[0])


@planted(4)
def a_couple_apart(p: Planting, plans: list[Plan]) -> None:
    """A couple files under two dossiers; of another one only the husband does."""
    his, hers, his_alone, _ = plans

    def enrol() -> None:
        for plan, spouse in ((his, hers.person), (his_alone, p.world.person())):
            _file(p, plan)
            _name_spouse(p, plan, spouse)

    p.campaign.at("enrol", enrol)
    p.expect("household-filed-apart", "pair", lambda: "+".join(sorted([his.dossier, hers.dossier])))


def _name_spouse(p: Planting, plan: Plan, spouse: PersonIdentity) -> None:
    promise, disclosure = committed(spouse)
    event = MemberRecorded(
        unit=plan.unit, dossier=plan.dossier, relation="spouse", identity_commitment=promise
    )
    p.world.record(f"{plan.unit}-clerk", event, disclosure)
