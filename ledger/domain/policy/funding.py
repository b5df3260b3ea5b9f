"""Where a policy's money comes from, and how far it goes (资金来源与限额).

The kinds of sources (财政专项、上级补助、本级经费、社会捐助、行政拨付 …) are words of the policy, as its office uses them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.domain.fields import Code, PositiveFen, Text
from ledger.domain.policy.part import Part
from ledger.validation_words import ValueProblem


class FundSource(Part):
    """A source of money (资金来源), of a kind that the policy names.

    ``earmarked`` money (专款专用) goes to no line of another source; what is left of one that ``carries_over``
    may go into next year's campaign (结转下年).
    """

    code: Code
    title: Text
    kind: Text
    earmarked: bool = False
    carries_over: bool = False
    source: Text | None = None


class YearlyLimit(Part):
    """The most that a person or a household is given in the policy's year (年度限额), money and goods together.

    What counts is what was paid and kept in all campaigns of the year whose policies set such a limit. Above it a
    payout is refused, or held until two persons sign it.
    """

    of: Literal["person", "household"] = "person"
    amount_fen: PositiveFen
    above: Literal["refuse", "two-persons"] = "refuse"
    source: Text


class Funding(Part):
    """The sources that the policy's lines name, and the most that one recipient is given at one time and in a year."""

    sources: Annotated[list[FundSource], Field(min_length=1, max_length=40)]
    per_time_cap_fen: PositiveFen | None = None
    yearly_limit: YearlyLimit | None = None
    source: Text

    @model_validator(mode="after")
    def _are_told_apart(self) -> Funding:
        codes = [each.code for each in self.sources]
        if len(set(codes)) != len(codes):
            raise ValueProblem("有资金来源重复", "a source of money stands twice")
        return self

    def of(self, code: str) -> FundSource | None:
        """The source of that code, or None."""
        return next((each for each in self.sources if each.code == code), None)
