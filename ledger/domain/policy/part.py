"""What every part of a policy is (方案的组成部分): a frozen value, strict about what it takes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ledger.domain.fields import Code


class Part(BaseModel):
    """A part of a policy. Whoever is answered a policy gets every default written out."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, json_schema_serialization_defaults_required=True
    )


class OfCategories(Part):
    """A part that holds for some categories of recipients, and for all where it names none.

    A model worker is visited for their merit, and no household is judged for that.
    """

    categories: list[Code] = []

    def holds_for(self, category: str) -> bool:
        """Whether it holds for a category."""
        return not self.categories or category in self.categories
