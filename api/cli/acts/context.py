"""What a command may ask while it makes its statements (制作签署件时的查询)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from api.cli.acts.questions import CAMPAIGNS
from api.cli.desk import Desk, ListQuestion
from api.gate import Row
from ledger.domain.state import UNKNOWN_REFERENCE


class Context:
    """The desk, and what was asked there."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def rows(self, question: ListQuestion, **parameters: Any) -> list[Row]:
        """All rows of another question."""
        return self.desk.rows(question, **parameters)

    @cached_property
    def _campaigns(self) -> dict[str, Row]:
        return {row["campaign"]: row for row in self.desk.rows(CAMPAIGNS)}

    def policy(self, campaign: str) -> Any:
        """A campaign's policy, as JSON.

        Raises:
            Refused: ``reference-unknown``.
        """
        return self.campaign(campaign)["policy"]

    def campaign(self, campaign: str) -> Row:
        """A campaign with its policy as it stands.

        Raises:
            Refused: ``reference-unknown``.
        """
        if campaign not in self._campaigns:
            raise UNKNOWN_REFERENCE.refused(kind="campaign", id=campaign)
        return self._campaigns[campaign]
