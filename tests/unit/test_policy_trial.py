"""A changed policy held against past cases: class, cap, steps, papers, and what is refused from now on."""

from __future__ import annotations

from typing import Any

from api.campaigns.left_out import LeftOutStep, left_out
from api.campaigns.plans import template
from api.campaigns.trial import PastCase, TrialCounts, TriedCase, count, loosened, tried
from ledger.domain.household import DossierLife, Household
from ledger.domain.policy.campaign_policy import Category, Policy
from ledger.domain.policy.dossier_life import DossierLifeRules
from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.funding import Funding, FundSource
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.domain.policy.steps import Procedure, Step
from ledger.events.household import HouseholdDeclared
from tests.scene import NOBODY, policy

BY = "某县认定办法（2026）"
CLASSES: list[dict[str, Any]] = [
    {"code": "deep", "title": "深度困难", "fixed_fen": 70_000, "source": BY},
    {"code": "relative", "title": "相对困难", "fixed_fen": 120_000, "source": BY},
]
DECLARED = HouseholdDeclared.model_validate(
    {
        "unit": "tea",
        "dossier": NOBODY,
        "locality": "某县",
        "year": 2026,
        "applicant": {"income_fen": 12 * 80_000},
    }
)


def case(**changes: Any) -> PastCase:
    members: dict[str, Any] = {
        "case_id": NOBODY,
        "dossier": NOBODY,
        "unit": "tea",
        "person": "1:mark",
        "recipient": "person",
        "category": "worker",
        "nominated_on": "2026-01-10",
        "state": "approved",
        "sum_fen": 50_000,
        "facts": {"cause": "illness"},
    }
    return PastCase(**(members | changes))


def one(before: Policy, after: Policy, past: PastCase) -> TriedCase:
    (found,) = tried([past], before, after)
    return found


def test_the_same_policy_changes_nothing() -> None:
    assert one(policy(), policy(), case()).changes == []
    assert loosened(policy(), policy()) == []


def test_a_step_that_a_policy_leaves_out_is_said() -> None:
    today = template("union-today", 2026).policy
    assert left_out(today, today) == []
    usual = [each.title for each in left_out(policy(), policy())]
    assert usual == ["初审", "集体研究", "拨付", "支付复核"]
    procedure = today.procedure
    assert procedure is not None
    without = [step for step in procedure.steps if step.code != "discuss"]
    shorter = today.model_copy(update={"procedure": procedure.model_copy(update={"steps": without})})
    assert left_out(today, shorter) == [LeftOutStep(step="discuss", title="集体研究", stood=True)]
    # One that is called otherwise and has minutes is the same.
    renamed = [
        step.model_copy(update={"code": "meeting", "title": "主席办公会"}) if step.minutes_required else step
        for step in procedure.steps
    ]
    other = today.model_copy(update={"procedure": procedure.model_copy(update={"steps": renamed})})
    assert left_out(today, other) == []


def test_a_class_is_another_by_another_sum() -> None:
    def classes(fen: int) -> Policy:
        rules = {"source": BY, "classes": [CLASSES[0] | {"fixed_fen": fen}, CLASSES[1]]}
        return policy(hardship=HardshipRules.model_validate(rules))

    past = case(declared=DECLARED, records=(Household(NOBODY, declared=[]),))
    found = one(classes(70_000), classes(90_000), past)
    assert found.changes == ["hardship_class"]
    assert (found.before.class_title, found.after.class_title) == ("相对困难", "深度困难")


def test_a_lower_standard_shows_as_cap_and_flag_and_a_cap_per_time_refuses() -> None:
    lower = [Category(code="worker", title="困难职工", line="workers", standard_fen=40_000)]
    found = one(policy(), policy(categories=lower), case())
    assert (found.changes, found.after.cap_fen) == (["cap_fen", "flagged"], 40_000)
    assert [each.code for each in found.after.flagged] == ["over-standard"]
    funding = Funding(
        sources=[FundSource(code="county", title="县", kind="本级经费")], per_time_cap_fen=30_000, source=BY
    )
    found = one(policy(), policy(funding=funding), case())
    assert found.after.refused is not None
    assert found.after.refused.code == "above-cap-per-time"
    assert "300.00" in found.after.refused.zh


def test_what_a_dossier_lacks_refuses_its_nomination() -> None:
    asks = policy(dossier_life=DossierLifeRules(source=BY, visit_required=False))
    found = one(policy(), asks, case())
    assert found.changes == ["refused"]
    assert found.after.refused is not None
    assert found.after.refused.code == "dossier-not-on-file"
    on_file = case(records=(DossierLife(NOBODY, state="on-file"),))
    assert one(policy(), asks, on_file).changes == []


def test_steps_papers_and_signatures_are_told() -> None:
    steps = [
        Step(code="nominate", title="申报", role="clerk", act="nominate"),
        Step(code="confirm", title="审核", role="confirmer", act="confirm"),
        Step(code="discuss", title="集体研究", role="approver", minutes_required=True, papers=["汇总表"]),
        Step(code="approve", title="审批", role="approver", act="approve"),
        Step(code="pay", title="支付", role="finance", act="pay"),
    ]
    exclusions = ExclusionRules.model_validate(
        {"source": BY, "exclusions": [{"code": "housing", "title": "两套住房", "source": BY}]}
    )
    longer = policy(
        procedure=Procedure(steps=steps, source=BY), exclusions=exclusions, two_signatures_above_fen=40_000
    )
    found = one(policy(), longer, case())
    assert found.changes == ["steps", "papers", "two_signatures", "refused"]
    assert found.after.steps == ["申报", "审核", "集体研究", "审批", "支付"]
    assert found.after.papers == ["汇总表", "会议纪要", "核对授权书"]


def test_who_is_out_of_scope_or_meets_no_criterion_is_flagged() -> None:
    strict = [Category(code="worker", title="困难职工", line="workers", criteria=["employed-in-county"])]
    found = one(policy(), policy(categories=strict), case(facts={"employed_in_county": False}))
    assert [each.zh for each in found.after.flagged] == ["不符合认定条件：在本县就业"]
    others = [Category(code="other", title="其他", line="workers")]
    for after, past in (
        (policy(categories=others), case()),
        (policy(excluded_groups=["retired"]), case(facts={"group": "retired"})),
    ):
        assert [each.code for each in one(policy(), after, past).after.flagged] == ["out-of-category"]


def test_it_is_counted_what_changes() -> None:
    asks = policy(dossier_life=DossierLifeRules(source=BY, visit_required=False))
    counts = TrialCounts()
    for found in tried([case(), case(records=(DossierLife(NOBODY, state="on-file"),))], asks, policy()):
        count(counts, found)
    assert (counts.cases, counts.changed, counts.newly_passed, counts.newly_refused) == (2, 1, 1, 0)
    assert [each.member for each in loosened(asks, policy())] == ["dossier_life"]
