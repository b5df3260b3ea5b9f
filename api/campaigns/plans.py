"""Policies to begin from (方案样本): plan A of a city's bureau, plan B of a county federation, and a federation today.

Each is a file in ``templates/`` with the source of every field; what a field means stands in ``policy_fields.toml``.
Whoever opens a campaign has both on paper before they sign (:mod:`api.campaigns.policy_text`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple, get_args

from ledger.domain.policy.campaign_policy import Policy

TemplateName = Literal["a", "b", "union-today"]
"""The templates of this release."""

TEMPLATES: tuple[TemplateName, ...] = get_args(TemplateName)

_PACKAGE = "api.campaigns"


class Template(NamedTuple):
    """A template filled in for a year: what it is called, and its policy with the source of each field."""

    title_zh: str
    title_en: str
    policy: Policy


@cache
def template(name: TemplateName, year: int) -> Template:
    """The template of that name for a year."""
    text = resources.files(_PACKAGE).joinpath("templates", f"{name}.toml").read_text(encoding="utf-8")
    said = tomllib.loads(text.replace("{year}", str(year)).replace("{last}", str(year - 1)))
    sources = [{"field": field, "source": source} for field, source in said["sources"].items()]
    policy = Policy.model_validate({**said["policy"], "sources": sources})
    return Template(said["title_zh"], said["title_en"], policy)


def plan_b(year: int) -> Policy:
    """Plan B (心系职工情、温暖进万家) for a year: 340,000.00 yuan in two lines, 500.00 a worker; B-1 to B-8."""
    return template("b", year).policy


def plan_a(year: int) -> Policy:
    """Plan A ("两节"送温暖) for a year: enterprises and persons, five forms, the annexes' deadlines; A-1 to A-11."""
    return template("a", year).policy


class Explanation(NamedTuple):
    """What a field of a policy means (字段说明)."""

    zh: str
    en: str


@cache
def explanations() -> Mapping[str, Explanation]:
    """What every field means, by its way through the policy; under ``*.name`` what means the same everywhere."""
    text = resources.files(_PACKAGE).joinpath("policy_fields.toml").read_text(encoding="utf-8")
    flat: dict[str, Explanation] = {}

    def take(members: Mapping[str, object], before: str) -> None:
        for name, value in members.items():
            if isinstance(value, list):
                flat[before + name] = Explanation(*value)
            elif isinstance(value, dict):
                take(value, f"{before}{name}.")

    take(tomllib.loads(text), "")
    return flat


def explanation(field: str) -> Explanation | None:
    """What a field means by its way through the policy (``categories.standard_fen``); None for none of a policy's."""
    return explanations().get(field) or explanations().get(f"*.{field.rpartition('.')[2]}")
