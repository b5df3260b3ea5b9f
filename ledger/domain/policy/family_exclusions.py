"""Exclusions of families (不予认定情形): what the family declares yes or no, and what it lets be compared.

Housing, vehicles, a business, study abroad at the own cost and the like. The list is the policy's. An exclusion may
name the kind of list from outside (名单) that it is compared with.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ledger.domain.fields import Code, Text
from ledger.domain.policy.part import OfCategories, Part
from ledger.validation_words import ValueProblem


class FamilyExclusion(Part):
    """One exclusion, with the kind of list that shows it, where there is one."""

    code: Code
    title: Text
    register_kind: Code | None = None
    source: Text


class ExclusionRules(OfCategories):
    """The exclusions that a family declares on (申报核对事项).

    With ``consent_required`` the family's written consent (授权书) must stand before a nomination, and nobody of
    the household is held against a list without it.
    """

    exclusions: Annotated[list[FamilyExclusion], Field(min_length=1, max_length=40)]
    consent_required: bool = True
    source: Text

    @model_validator(mode="after")
    def _codes_differ(self) -> ExclusionRules:
        codes = [each.code for each in self.exclusions]
        if len(set(codes)) != len(codes):
            raise ValueProblem("有不予认定情形重复", "an exclusion stands twice")
        return self

    @property
    def codes(self) -> list[str]:
        """The codes, in the policy's order."""
        return [each.code for each in self.exclusions]
