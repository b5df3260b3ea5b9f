"""The rows of households (家庭的行): members, declarations, consents, a dossier's life, and classes computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from ledger.domain.policy.family_exclusions import ExclusionRules
from ledger.domain.policy.hardship_class import HardshipRules
from ledger.events.household import HouseholdDeclared
from projections.frame.column import Day, Fen, Number, Title, json_of
from projections.frame.view import Row

LIFE_TITLES = {
    "applied": ("已申请", "applied for"),
    "on-file": ("在档", "on file"),
    "ended": ("已退出", "ended"),
}
ENDING_TITLES = {
    "out-of-hardship": ("脱困", "out of hardship"),
    "withdrawn": ("退档", "withdrawn"),
    "cancelled": ("注销", "cancelled"),
}


@dataclass
class MemberRow(Row):
    """A member as they stood; ``person`` is the mark. Who left belongs to the household no more."""

    member: str
    dossier: str
    unit: str
    person: str
    relation: Annotated[str, Title("与申请人关系", "relation")]
    gone: bool
    erased: bool


@dataclass
class HouseholdRow(Row):
    """What a family declared last; ``declared`` is the statement's body, the sums of those who live together."""

    dossier: str
    unit: str
    year: Annotated[Number, Title("年度", "year")]
    locality: Annotated[str, Title("地区", "locality")]
    persons: Annotated[Number, Title("共同生活人数", "persons living together")]
    income_fen: Annotated[Fen, Title("全年可支配收入（元）", "disposable income of the year")]
    stated_class: Annotated[str | None, Title("经办人认定类别", "class stated")]
    declared: Annotated[str, json_of(HouseholdDeclared)]
    declared_on: Annotated[Day, Title("申报日期", "declared on")]


@dataclass
class ConsentRow(Row):
    """A family's consent as it stood, and which members signed it beside the applicant; JSON text."""

    dossier: str
    unit: str
    members: Annotated[str, json_of(list[str])]
    until: Annotated[Day | None, Title("有效期至", "until")]
    document: Annotated[str, Title("授权书编号", "document")]
    given_on: Annotated[Day, Title("授权日期", "given on")]


@dataclass
class DossierLifeRow(Row):
    """Where a dossier was in its life, with what was found last."""

    dossier: str
    unit: str
    state: Annotated[str, Title("档案状态", "state")]
    visited_on: Annotated[Day | None, Title("入户调查日期", "visited on")]
    visitors: Annotated[str | None, Title("调查人", "visitors")]
    found: Annotated[str | None, Title("调查情况", "found")]
    discussed_on: Annotated[Day | None, Title("集体研究日期", "discussed on")]
    minutes: Annotated[str | None, Title("会议纪要编号", "minutes")]
    on_file_on: Annotated[Day | None, Title("建档在册日期", "on file since")]
    reviewed_on: Annotated[Day | None, Title("最近复核日期", "reviewed on")]
    filed_class: Annotated[str | None, Title("在册类别", "class on file")]
    ended_on: Annotated[Day | None, Title("退出日期", "ended on")]
    ending: Annotated[str | None, Title("退出原因", "ending")]


@dataclass
class AssessmentRow(Row):
    """What a campaign's policy computes for a case's household: the class, and how (JSON text).

    ``excluded`` are the exclusions of the policy that the family said yes to, JSON text. Where the policy has no
    classes ``computed`` is None and ``judged`` false, as where a local line is missing.
    """

    case_id: str
    campaign: str
    unit: str
    dossier: str
    category: str
    stated: str | None
    computed: str | None
    judged: bool
    excluded: Annotated[str, json_of(list[str])]
    working: Annotated[str, json_of(list[dict[str, Any]])]


@dataclass
class HardshipTermsRow(Row):
    """What a campaign's policy says of households, as it stood; JSON texts, ``null`` where it says nothing."""

    campaign: str
    hardship: Annotated[str, json_of(HardshipRules | None)]
    exclusions: Annotated[str, json_of(ExclusionRules | None)]
