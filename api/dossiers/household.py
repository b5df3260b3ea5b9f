"""A dossier's household as it stood (家庭情况): members, what was declared, consent, life, the class with its working."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from api.dossiers.working import words_of
from api.gate import Row, ScopedViews
from api.service.answers import InBoth
from api.wording.vocabulary import policies_seen, title_of, words_known
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.policy.hardship_class import assess
from ledger.events.household import HouseholdDeclared
from ledger.identity.documents import masked_name
from ledger.identity.vault import Sealed, Vault
from projections.frame.view import AS_OF
from projections.views.household_rows import (
    ENDING_TITLES,
    LIFE_TITLES,
    ConsentRow,
    DossierLifeRow,
)


@dataclass
class MemberShown:
    """A member with a masked name; one whose identity was erased or sealed has none."""

    member: str
    relation: str
    relation_title: InBoth
    masked_name: str


@dataclass
class StepShown:
    """A step of the working, in words; ``met`` for a class that was tried."""

    kind: str
    words: InBoth
    source: str
    met: bool | None


@dataclass
class ClassShown:
    """The class that the campaign's policy gives, null for none; not judged where a local line is missing.

    ``excluded`` are the policy's exclusions that the family said yes to.
    """

    hardship_class: str | None
    title: str | None
    judged: bool
    stated: str | None
    stated_title: str | None
    excluded: list[str]
    working: list[StepShown]


class HouseholdShown(BaseModel):
    """All of it, without who anybody is; what was never recorded is null."""

    position: int
    dossier: str
    unit: str
    members: list[MemberShown]
    declared: HouseholdDeclared | None
    declared_on: str | None
    consent: ConsentRow | None
    life: DossierLifeRow | None
    life_title: InBoth
    ending_title: InBoth | None
    assessed: ClassShown | None


def household(
    views: ScopedViews, vault: Vault, dossier: Row, campaign: str | None, as_of: int
) -> dict[str, object]:
    """What is answered of a dossier's household, by the policy of a campaign where one is named."""
    name = dossier["dossier"]

    def of(table: str) -> Row | None:
        rows = views.rows(
            f"SELECT t.* FROM {table} t WHERE dossier = %(name)s AND {AS_OF}",  # noqa: S608 # our own names
            name=name,
            as_of=as_of,
        )
        return (
            {key: value for key, value in rows[0].items() if not key.endswith("_position")} if rows else None
        )

    found, life = of("households"), of("dossier_lives")
    declared = None if found is None else HouseholdDeclared.model_validate(found["declared"])
    policy = None if campaign is None else _policy(views, campaign, as_of)
    ending = None if life is None else life["ending"]
    return {
        "dossier": name,
        "unit": dossier["unit"],
        "members": _members(views, vault, name, as_of),
        "declared": None if declared is None else declared.model_dump(mode="json"),
        "declared_on": None if found is None else str(found["declared_on"]),
        "consent": of("consents"),
        "life": life,
        "life_title": _both(LIFE_TITLES["applied" if life is None else life["state"]]),
        "ending_title": None if ending is None else _both(ENDING_TITLES[ending]),
        "assessed": None if declared is None or policy is None else _assessed(declared, policy),
    }


def _both(title: tuple[str, str]) -> dict[str, str]:
    return {"zh": title[0], "en": title[1]}


def _policy(views: ScopedViews, campaign: str, as_of: int) -> Policy | None:
    rows = views.rows(
        f"SELECT policy FROM terms t WHERE campaign = %(campaign)s AND {AS_OF}",  # noqa: S608 # our own names
        campaign=campaign,
        as_of=as_of,
    )
    return Policy.model_validate(rows[0]["policy"]) if rows else None


def _members(views: ScopedViews, vault: Vault, dossier: str, as_of: int) -> list[dict[str, object]]:
    rows = views.rows(
        "SELECT member, relation FROM household_members t"  # noqa: S608 # our own names
        f" WHERE dossier = %(dossier)s AND NOT gone AND {AS_OF} ORDER BY member",
        dossier=dossier,
        as_of=as_of,
    )
    sealed = views.rows(
        "SELECT v.id, v.dossier, v.key_version, v.wrapped_key, v.box FROM member_vault v"
        " WHERE v.dossier = %(dossier)s AND NOT v.sealed",
        dossier=dossier,
    )
    relations = words_known("relation", policies_seen(views, as_of))
    names = {row["id"]: masked_name(vault.open(Sealed(**row)).identity.name) for row in sealed}
    return [
        {
            **row,
            "relation_title": title_of(relations, row["relation"]),
            "masked_name": names.get(row["member"], "—"),
        }
        for row in rows
    ]


def _assessed(declared: HouseholdDeclared, policy: Policy) -> dict[str, object] | None:
    """The class by that policy, and the exclusions that the family said yes to; None where it judges neither."""
    hardship, exclusions = policy.hardship, policy.exclusions
    if hardship is None and exclusions is None:
        return None
    yes = {each.exclusion for each in declared.exclusions if each.applies}
    excluded = (
        [] if exclusions is None else [each.title for each in exclusions.exclusions if each.code in yes]
    )
    shown: dict[str, object] = {
        "hardship_class": None,
        "title": None,
        "judged": False,
        "stated": declared.stated_class,
        "stated_title": declared.stated_class,
        "excluded": excluded,
        "working": [],
    }
    if hardship is None:
        return shown
    figures = declared.figures
    found = assess(figures, hardship)
    title, stated = found.hardship_class, declared.stated_class
    return {
        **shown,
        "hardship_class": title,
        "title": None if title is None else hardship.title_of(title),
        "judged": not found.undetermined,
        "stated_title": None if stated is None else hardship.title_of(stated),
        "working": [
            {
                "kind": step.kind,
                "words": _both(words_of(step, figures.persons)),
                "source": step.source,
                "met": step.met,
            }
            for step in found.working
        ],
    }
