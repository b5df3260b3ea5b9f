"""Steps that a policy leaves out (略去的步骤): of those that stood before it, and of those that the template of today has.

No rule refuses a policy for it: the office answers for its own procedure, and sees what is missing before it signs.
"""

from __future__ import annotations

from pydantic import BaseModel

from api.campaigns.plans import template
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.steps import Step


class LeftOutStep(BaseModel):
    """A step that the policy does not ask for; ``stood`` says that the policy before it did."""

    step: str
    title: str
    stood: bool


def left_out(before: Policy, after: Policy) -> list[LeftOutStep]:
    """The steps in order: those that end with the new policy, then those that a federation usually has."""
    ended = [step for step in before.chain if not _is_in(step, after)]
    usual = [
        step
        for step in template("union-today", after.year).policy.chain
        if not _is_in(step, after) and not any(_is_same(step, each) for each in ended)
    ]
    return [
        *(LeftOutStep(step=step.code, title=step.title, stood=True) for step in ended),
        *(LeftOutStep(step=step.code, title=step.title, stood=False) for step in usual),
    ]


def _is_in(step: Step, policy: Policy) -> bool:
    return any(_is_same(step, each) for each in policy.chain)


def _is_same(step: Step, other: Step) -> bool:
    """Whether two steps are the same by act, code or title; a decision with minutes is one, whatever it is called."""
    if step.act is not None or other.act is not None:
        return step.act == other.act
    if step.minutes_required and other.minutes_required:
        return True
    return step.code == other.code or step.title == other.title
