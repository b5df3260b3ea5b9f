"""The steps that a policy asks for: in order, by who may, with papers and minutes, persons apart."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ledger.domain.event import Document, Grant
from ledger.domain.policy.steps import Apart, Procedure, Step
from ledger.domain.references import parties_of
from ledger.events.campaign import PolicyAmended
from ledger.events.nomination import Approved, Confirmed, Revoked
from ledger.events.registry import KeyRevoked, OfficerEnrolled
from ledger.events.steps import Minutes, StepPaper, StepTaken
from ledger.events.versions import Basis
from tests.scene import ON, Scene, key_of, policy, public_key
from tests.unit.decisions.test_versions import ACCOUNT, amended

DISCUSS = Step(
    code="discuss",
    title="集体研究",
    role="approver",
    level="county",
    papers=["困难情况汇总表"],
    minutes_required=True,
)
REVIEW = Step(code="review", title="支付复核", role="finance")
STEPS = [
    Step(code="nominate", title="申报", role="clerk", act="nominate"),
    Step(code="check", title="初审", role="clerk"),
    Step(code="confirm", title="审核", role="confirmer", act="confirm"),
    DISCUSS,
    Step(code="approve", title="审批", role="approver", act="approve", signatures=2),
    REVIEW,
    Step(code="pay", title="支付", role="finance", act="pay", level="county"),
]
PROCEDURE = Procedure(
    source="县总工会资金管理办法",
    steps=STEPS,
    apart=[
        Apart(step="nominate", other="check"),
        Apart(step="discuss", other="approve"),
        Apart(step="review", other="pay"),
    ],
)
MINUTES = Minutes(document=Document(number="县工〔2026〕3号"), held_on="2026-01-09")
PAPERS = [StepPaper(title="困难情况汇总表", document=Document(number="1", digest="0" * 64))]
OFFICERS = (
    ("approver3", "county", "approver"),
    ("tea-finance", "tea", "finance"),
    ("tea-approver", "tea", "approver"),
)


def scene(**changes: Any) -> Scene:
    found = Scene(procedure=PROCEDURE, **changes)
    for officer, unit, role in OFFICERS:
        found.do(
            "registrar",
            OfficerEnrolled(
                officer=officer,
                name=officer,
                unit=unit,
                public_key=public_key(officer),
                valid_from="2026-01-01T00:00:00+08:00",
                grants=[Grant(role=role, unit=unit)],  # type: ignore[arg-type] # one of the roles above
                identity_commitment="0" * 64,
            ),
            person=officer,
        )
    return found.funds()


def taken(case: str, step: str, role: Any, **more: Any) -> StepTaken:
    return StepTaken(**ON, case=case, step=step, role=role, **more)


def discussed(case: str) -> StepTaken:
    return taken(case, "discuss", "approver", papers=PAPERS, minutes=MINUTES)


def approval(case: str) -> Approved:
    return Approved(**ON, case=case, line="workers", amount_fen=50_000)


def to_be_approved(scene: Scene) -> str:
    case = scene.nominated()
    scene.do("tea-clerk2", taken(case, "check", "clerk"))
    scene.do("tea-confirmer", Confirmed(**ON, case=case))
    scene.do("approver3", discussed(case))
    return case


def to_be_paid(scene: Scene) -> str:
    case = to_be_approved(scene)
    scene.do("approver", approval(case), second="approver2")
    scene.do("finance2", taken(case, "review", "finance"))
    return case


def test_a_case_goes_by_all_its_steps() -> None:
    story = scene()
    case = to_be_paid(story)
    story.when("finance", story.payout(case)).then(lambda s: s.case(case).paid_fen == 50_000)


def test_no_act_comes_before_the_steps_that_precede_it() -> None:
    story = scene()
    case = story.nominated()
    story.when("tea-confirmer", Confirmed(**ON, case=case)).refuses(
        "step-missing", step="check", role="经办人"
    )
    story.when("approver3", discussed(case)).refuses("step-missing", step="check")
    story.do("tea-clerk2", taken(case, "check", "clerk"))
    story.when("approver3", discussed(case)).refuses("step-missing", step="confirm")
    story.do("tea-confirmer", Confirmed(**ON, case=case))
    story.when("approver", approval(case), second="approver2").refuses("step-missing", level="县级")
    story.do("approver3", discussed(case))
    story.do("approver", approval(case), second="approver2")
    story.when("finance", story.payout(case)).refuses("step-missing", step="review", role="财务")


def test_a_step_is_taken_once_and_by_its_role() -> None:
    story = scene()
    case = story.nominated()
    story.when("tea-confirmer", taken(case, "check", "confirmer")).refuses("step-of-another-role")
    story.when("tea-confirmer", taken(case, "check", "clerk")).refuses("role-not-held")
    story.do("tea-clerk2", taken(case, "check", "clerk"))
    story.when("tea-clerk2", taken(case, "check", "clerk")).refuses("step-already-taken")
    story.when("tea-clerk2", taken(case, "approve", "clerk")).refuses("step-unknown")
    story.when("tea-clerk2", taken(case, "other", "clerk")).refuses("step-unknown")


def test_papers_and_minutes_are_named() -> None:
    story = scene()
    case = story.nominated()
    story.do("tea-clerk2", taken(case, "check", "clerk"))
    story.do("tea-confirmer", Confirmed(**ON, case=case))
    story.when("approver3", taken(case, "discuss", "approver", minutes=MINUTES)).refuses(
        "step-paper-missing", papers="困难情况汇总表"
    )
    story.when("approver3", taken(case, "discuss", "approver", papers=PAPERS)).refuses("step-minutes-missing")


def test_a_step_takes_its_level_and_its_signatures() -> None:
    story = scene()
    case = story.nominated()
    story.do("tea-clerk2", taken(case, "check", "clerk"))
    story.do("tea-confirmer", Confirmed(**ON, case=case))
    story.when("tea-approver", discussed(case)).refuses("step-level-too-low", expected="县级")
    story.do("approver3", discussed(case))
    story.when("approver", approval(case)).refuses("second-person-missing")
    story.do("approver", approval(case), second="approver2")
    story.do("finance2", taken(case, "review", "finance"))
    story.when("tea-finance", story.payout(case)).refuses("step-level-too-low")


def test_a_unit_hands_out_what_it_drew_at_its_own_level() -> None:
    story = scene()
    case = to_be_paid(story)
    story.drawn(50_000)
    story.when("tea-clerk2", story.payout(case, source="drawn", method="cash")).then(
        lambda s: s.case(case).paid_by == ["tea-clerk2"]
    )


def test_persons_are_held_apart_as_the_policy_says() -> None:
    story = scene()
    case = story.nominated()
    story.when("tea-clerk", taken(case, "check", "clerk")).refuses("duties-not-separated", done="办理“申报”")
    story.do("tea-clerk2", taken(case, "check", "clerk"))
    story.do("tea-confirmer", Confirmed(**ON, case=case))
    story.do("approver3", discussed(case))
    story.when("approver3", approval(case), second="approver2").refuses("duties-not-separated")
    story.when("approver", approval(case), second="approver3").refuses("duties-not-separated")
    story.do("approver", approval(case), second="approver2")
    story.do("finance2", taken(case, "review", "finance"))
    story.when("finance2", story.payout(case)).refuses("duties-not-separated")
    late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "停电"}
    story.when("finance2", story.payout(case, **late), second="finance").refuses("duties-not-separated")


def test_what_is_recorded_after_the_fact_may_lack_steps() -> None:
    story = scene()
    case = story.nominated()
    late: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "停电"}
    story.when("finance", story.payout(case, **late), second="finance2").then(
        lambda s: s.case(case).paid_fen > 0
    )


def test_what_rests_on_an_approval_falls_with_it() -> None:
    story = scene()
    case = to_be_paid(story)
    story.do("approver", Revoked(**ON, case=case, target="approval", reason="有误"))
    assert [step[0] for step in story.case(case).steps] == ["check", "discuss"]
    story.do("approver", approval(case), second="approver2")
    story.when("finance", story.payout(case)).refuses("step-missing", step="review")
    story.do("finance2", taken(case, "review", "finance"))
    story.when("finance", story.payout(case)).then(lambda s: s.case(case).paid_fen > 0)


def test_a_change_after_the_approval_is_reviewed_anew() -> None:
    story = scene()
    case = to_be_paid(story)
    dossier = story.case(case).dossier
    version = amended(story, case, "tea-clerk2", **ACCOUNT)
    story.do("tea-confirmer", Confirmed(**ON, case=case, basis=Basis(dossier=dossier, version=version)))
    story.when("finance", story.payout(case, dossier_version=version)).refuses("step-missing", step="review")
    story.do("finance2", taken(case, "review", "finance"))
    story.when("finance", story.payout(case, dossier_version=version)).then(
        lambda s: s.case(case).paid_fen > 0
    )


def test_a_step_that_a_stolen_key_took_is_due_anew() -> None:
    story = scene()
    case = to_be_paid(story)
    story.do(
        "registrar",
        KeyRevoked(
            key=key_of("finance2"), revoked_from="2026-01-02T00:00:00+08:00", compromised=True, reason="外泄"
        ),
    )
    story.when("finance", story.payout(case)).refuses("step-missing", step="review")


def test_the_short_chains_of_plans_a_and_b() -> None:
    assert [step.code for step in policy().chain] == ["nominate", "confirm", "approve", "pay"]
    assert [step.code for step in policy(confirmation_required=False).chain] == ["nominate", "approve", "pay"]
    story = Scene(confirmation_required=False)
    case = story.nominated()
    story.when("approver", approval(case)).then(lambda s: s.case(case).state == "approved")
    story.when("tea-clerk2", taken(story.nominated("李四"), "check", "clerk")).refuses("step-unknown")


def test_a_step_that_the_policy_gains_later_binds_from_then_on() -> None:
    story = Scene().funds()
    case = story.approved()
    story.do(
        "approver",
        PolicyAmended(campaign="b2026", policy=policy(procedure=PROCEDURE), reason="规范程序"),
        second="approver2",
    )
    story.when("finance", story.payout(case)).refuses("step-missing", step="check")


@pytest.mark.parametrize(
    "steps",
    [
        STEPS[1:],
        [*STEPS, STEPS[1].model_copy(update={"code": "after"})],
        [STEPS[0], STEPS[4], STEPS[2], STEPS[6]],
        [STEPS[0], STEPS[1], STEPS[1], STEPS[4], STEPS[6]],
        [STEPS[0].model_copy(update={"role": "finance"}), STEPS[4], STEPS[6]],
        [STEPS[0], STEPS[4].model_copy(update={"minutes_required": True}), STEPS[6]],
        [STEPS[0].model_copy(update={"signatures": 2}), STEPS[4], STEPS[6]],
    ],
)
def test_a_procedure_is_one_chain(steps: list[Step]) -> None:
    with pytest.raises(ValidationError):
        Procedure.model_validate({"source": "测试", "steps": [step.model_dump() for step in steps]})


def test_pairs_held_apart_are_steps_of_the_procedure() -> None:
    for pair in ({"step": "check", "other": "nowhere"}, {"step": "check", "other": "check"}):
        with pytest.raises(ValidationError):
            Procedure.model_validate({**PROCEDURE.model_dump(), "apart": [pair]})


def test_a_procedure_without_confirmation_says_so() -> None:
    short = Procedure(source="测试", steps=[STEPS[0], STEPS[4], STEPS[6]])
    with pytest.raises(ValidationError):
        policy(procedure=short)
    assert policy(procedure=short, confirmation_required=False).step_of("confirm") is None


def test_everybody_who_took_a_step_had_a_part() -> None:
    story = scene()
    case = to_be_paid(story)
    assert {"tea-clerk2", "approver3", "finance2"} <= {*parties_of(story.case(case))}
