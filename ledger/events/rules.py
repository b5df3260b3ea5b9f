"""The ledger's own rules (账本规则): a newer version is taken up."""

from __future__ import annotations

from typing import ClassVar

from ledger.errors import Rule
from ledger.event import Act, Event
from ledger.events.registry import RulesVersion, check_known
from ledger.fields import Text
from ledger.standing import Book, Standing

RULES_NOT_NEWER = Rule(
    "rules-not-newer",
    zh="规则版本只升不降：现为 {expected}，实为 {found}",
    en="the rules only get newer: version {expected} is in force, got {found}",
)


class RulesAdopted(Event):
    """The ledger takes up a newer version of the rules (采用新规则), which binds from here on.

    Signed by a registrar over everything. What was recorded before keeps its verdict.
    """

    TITLE_ZH: ClassVar[str] = "采用新规则"
    TITLE_EN: ClassVar[str] = "Rules adopted"
    ROLES: ClassVar[frozenset[str]] = frozenset({"registrar"})

    version: RulesVersion
    reason: Text

    def decide(self, act: Act, standing: Standing) -> None:
        """The version is known and newer than the one in force."""
        check_known(self.version)
        if self.version <= standing.rules:
            raise RULES_NOT_NEWER.refused(expected=standing.rules, found=self.version)

    def apply(self, act: Act, standing: Standing) -> None:
        """The book has the new rules."""
        book = standing.get(Book, "ledger")
        book.rules = self.version
        standing.put(book)
