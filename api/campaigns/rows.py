"""What is answered of a policy that was tried (试算结果)."""

from __future__ import annotations

from pydantic import BaseModel

from api.campaigns.trial import LoosenedMember, TrialCounts, TriedCase
from ledger.domain.policy.campaign_policy import Policy


class TriedPolicy(BaseModel):
    """A policy to try over a campaign's past cases."""

    policy: Policy


class NamedTriedCase(TriedCase):
    """A case that would change, by its masked name."""

    masked_name: str


class Trial(BaseModel):
    """What a changed policy would change: what becomes looser, how many cases, and the first of them."""

    loosened: list[LoosenedMember]
    counts: TrialCounts
    rows: list[NamedTriedCase]
    position: int
