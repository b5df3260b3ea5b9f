"""What is answered of a policy that was tried (试算结果)."""

from __future__ import annotations

from pydantic import BaseModel, JsonValue

from api.campaigns.left_out import LeftOutStep
from api.campaigns.trial import LoosenedMember, TrialCounts, TriedCase
from ledger.domain.event import parse_event
from ledger.domain.policy.campaign_policy import Policy
from ledger.events.campaign import PolicyAmended


class TriedPolicy(BaseModel):
    """A policy to try over a campaign's past cases, as the amendment would set it."""

    policy: dict[str, JsonValue]

    def parsed(self, campaign: str) -> Policy:
        """The policy; what is wrong with it is refused as in that amendment."""
        body = {"campaign": campaign, "policy": self.policy, "reason": "-"}
        amendment = parse_event(PolicyAmended.topic(), body)
        assert isinstance(amendment, PolicyAmended)
        return amendment.policy


class NamedTriedCase(TriedCase):
    """A case that would change, by its masked name."""

    masked_name: str


class Trial(BaseModel):
    """What a changed policy would change: what becomes looser, which steps it leaves out, how many cases, the first."""

    loosened: list[LoosenedMember]
    left_out: list[LeftOutStep]
    counts: TrialCounts
    rows: list[NamedTriedCase]
    position: int


class FieldExplained(BaseModel):
    """What a field of a policy means."""

    zh: str
    en: str
