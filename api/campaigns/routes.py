"""Campaigns over HTTP (慰问活动): those over the officer's units, and the templates to begin from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.campaigns.plans import TemplateName, explanations, template
from api.campaigns.policy_shape import FieldShape, policy_shape
from api.campaigns.queries import trial
from api.campaigns.rows import FieldExplained, Trial, TriedPolicy
from api.registry import queries as registry
from api.registry.rows import Campaign
from api.service.access_recording import note_rows
from api.service.answers import Rows, answered
from api.service.dependencies import Asks, SignedIn, UnitName
from api.service.problems import documented
from api.wording.vocabulary import KnownWord, known_words, policies_seen
from ledger.domain.policy.campaign_policy import Policy

router = APIRouter(tags=["views"])


@router.get("/campaigns", responses=answered(Rows[Campaign]))
def get_campaigns(asked: Asks) -> Response:
    """The campaigns that run over the officer's units, with their policies."""
    return asked.answer({"rows": registry.campaigns(asked.views("registry"), asked.as_of)})


@router.get("/vocabulary", responses=answered(Rows[KnownWord]))
def get_vocabulary(
    asked: Asks,
    campaign: Annotated[str | None, Query(max_length=48, description="By whose policy alone")] = None,
) -> Response:
    """The words of causes, groups, purposes, relations and the like, each with its synonyms and its source."""
    policies = policies_seen(asked.views("registry", campaign), asked.as_of, campaign)
    return asked.answer({"rows": [word.model_dump() for word in known_words(policies)]})


@router.get("/policies/{plan}", responses=documented(401, 422))
def get_policy(reader: SignedIn, plan: TemplateName, year: Annotated[int, Query(ge=2000, le=2100)]) -> Policy:
    """A template as a policy to begin from, for a year; every default is written out."""
    return template(plan, year).policy


@router.get("/policy-fields", responses=documented(401))
def get_policy_fields(reader: SignedIn) -> dict[str, FieldExplained]:
    """What each field of a policy means, by its way through the policy (``categories.standard_fen``)."""
    return {field: FieldExplained(zh=each.zh, en=each.en) for field, each in explanations().items()}


@router.get("/policy-shape", responses=documented(401))
def get_policy_shape(reader: SignedIn) -> dict[str, FieldShape]:
    """What each field of a policy takes, by its way through the policy: a form is drawn by it, and parts are added."""
    return dict(policy_shape())


@router.post(
    "/campaigns/{campaign}/try", responses={200: {"model": Trial}, **documented(400, 401, 403, 404, 422)}
)
def post_trial(
    asked: Asks,
    campaign: Annotated[str, Path(max_length=64, description="A campaign's code")],
    tried: TriedPolicy,
    unit: UnitName = None,
) -> Trial:
    """What a changed policy would change over past cases, of the units that the reader sees. Nothing is recorded.

    What would be flagged is told to who sees flags.
    """
    views = asked.views("roster", campaign, unit)
    policy, may_see_flags = tried.parsed(campaign), asked.reader.may_read("flags")
    said = trial(views, asked.vault, campaign, policy, asked.as_of, with_flags=may_see_flags)
    found = Trial.model_validate(said)
    note_rows(asked.request, len(found.rows))
    return found
