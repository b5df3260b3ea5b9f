"""What a linkage run says (人员比对), planted: one person twice, numbers one edit apart, a pair for review, one number twice.

The run's word is made up, since how well runs find is measured by itself (docs/precision.md). The decoy is a pair that
the run compared and did not find.
"""

from __future__ import annotations

from functools import partial

from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.linkage import ComparedPair, LinkageStarted, LinkedPair, PersonsLinked
from ledger.identity.documents import PersonIdentity
from ledger.writing.signing import committed
from projections.flags.subject import NO_CAMPAIGN
from projections.views.links import pair_of

HEAVY, LIGHT = 9_000, 3_000
"""Above and below the weight from which a pair is taken for one person, in thousandths of a bit."""


def _pair(
    first: str, second: str, weight_milli: int, *, guarded: bool, one_edit: bool, name: int = 3
) -> LinkedPair:
    return LinkedPair(
        first=first,
        second=second,
        weight_milli=weight_milli,
        guarded=guarded,
        one_edit=one_edit,
        name=name,
        number=3,
        phone=-1,
        account=-1,
        home=-1,
        unit=0,
    )


def _filed(p: Planting, person: PersonIdentity, unit: str) -> str:
    """A dossier of somebody of whom nothing more happens."""
    promise, disclosure = committed(PersonIdentity(name=person.name, number=person.number))
    filed = DossierFiled(unit=unit, identity_commitment=promise, facts=Facts(cause="illness"))
    return p.world.record(f"{unit}-clerk", filed, disclosure).id


@planted(1)
def linked(p: Planting, plans: list[Plan]) -> None:
    """A run finds one pair of each kind, and says of another that it is none."""
    [plan] = plans

    def run() -> None:
        unit = next(each.unit for each in p.campaign.plans if each.unit != plan.unit)
        one, other, third, fourth = (
            plan.dossier, *(_filed(p, p.world.person(), unit) for _ in range(3)),
        )  # fmt: skip
        renamed = _filed(p, plan.person.model_copy(update={"name": p.world.person().name}), unit)
        pairs = [
            _pair(one, other, HEAVY, guarded=True, one_edit=False),
            _pair(other, third, LIGHT, guarded=True, one_edit=True),
            _pair(third, fourth, LIGHT, guarded=False, one_edit=False),
            _pair(one, renamed, HEAVY, guarded=False, one_edit=False, name=0),
        ]
        rules = ("similar-person", "identity-one-edit", "similar-person-to-review", "number-under-two-names")
        for rule, pair in zip(rules, pairs, strict=True):
            p.expect(rule, "pair", partial(pair_of, pair), NO_CAMPAIGN)
        started = p.world.record("inspector", LinkageStarted(unit="county", purpose="查重", model="planted"))
        none = ComparedPair(first=one, second=fourth)
        found = PersonsLinked(
            unit="county", run=started.id, compared=5, set_aside=0, pairs=pairs, not_found=[none], parts=1
        )
        p.world.record("inspector", found)

    p.campaign.at("late", run)
