"""Titles of codes (代码名称): what units, states, rules and the like are called, and what a typed word may stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from api.flags.queries import DISPOSITIONS
from api.gate import ScopedViews
from api.tables.table import Family
from api.wording.vocabulary import policies_seen, words_known
from ledger.domain.event import Event
from ledger.domain.policy.vocabulary import ListName
from projections.flags.catalogue import all_rules
from projections.flags.rule import SEVERITY_TITLES
from projections.views.household_rows import LIFE_TITLES
from projections.views.roster_rows import STATE_TITLES

InTwo = tuple[str, str]
Titles = Mapping[str, InTwo]

_NAMED: Mapping[Family, str] = {
    "unit": "SELECT unit AS code, name AS title FROM named_units",
    "officer": "SELECT officer AS code, name AS title FROM officers",
    "campaign": "SELECT campaign AS code, title FROM terms ORDER BY from_position",
    "category": "SELECT c ->> 'code' AS code, c ->> 'title' AS title FROM terms,"
    " jsonb_array_elements(policy -> 'categories') AS c ORDER BY from_position",
    "line": "SELECT c ->> 'code' AS code, c ->> 'title' AS title FROM terms,"
    " jsonb_array_elements(policy -> 'lines') AS c ORDER BY from_position",
}
"""Where the ledger itself says what codes are called; of two titles, the last that was given."""

_WORDS: Mapping[Family, ListName] = {"purpose": "purpose", "visit-mode": "visit_mode"}
"""Families of words, which policies add to, by their list."""

_METHODS: Titles = {"bank": ("银行转账", "bank transfer"), "cash": ("现金发放", "cash")}
_BANK_RESULTS: Titles = {
    "paid": ("已付", "paid"),
    "bounced": ("退票", "bounced"),
    "different": ("金额不符", "different"),
}


def _rules() -> Titles:
    return {rule.id: (rule.title_zh, rule.title_en) for rule in all_rules()}


def _events() -> Titles:
    return {kind.NAME: (kind.TITLE_ZH, kind.TITLE_EN) for kind in Event.types.values()}


_DECLARED: Mapping[Family, Callable[[], Titles]] = {
    "case-state": lambda: STATE_TITLES,
    "life-state": lambda: LIFE_TITLES,
    "severity": lambda: SEVERITY_TITLES,
    "disposition": lambda: DISPOSITIONS,
    "method": lambda: _METHODS,
    "bank-result": lambda: _BANK_RESULTS,
    "rule": _rules,
    "event": _events,
}


class Titled:
    """The titles that a reader may see, asked for once each."""

    def __init__(self, views: ScopedViews) -> None:
        self._views = views
        self._found: dict[Family, Titles] = {}

    def of(self, family: Family) -> Titles:
        """The titles of a family's codes."""
        if family not in self._found:
            declared = _DECLARED.get(family)
            self._found[family] = self._asked(family) if declared is None else declared()
        return self._found[family]

    def title(self, family: Family | None, code: str | None) -> InTwo:
        """What a code is called; the code itself where nobody says."""
        if code is None:
            return ("（无）", "(none)")
        return (code, code) if family is None else self.of(family).get(code, (code, code))

    def meant(self, family: Family, word: str) -> list[str]:
        """The codes that a word is part of, or part of the title of."""
        sought = word.lower()
        return [
            code
            for code, (zh, en) in self.of(family).items()
            if sought in zh.lower() or sought in en.lower() or sought == code.lower()
        ]

    def _asked(self, family: Family) -> Titles:
        if family in _WORDS:
            words = words_known(_WORDS[family], policies_seen(self._views))
            return {code: (word.title, word.title_en or word.title) for code, word in words.items()}
        return {row["code"]: (row["title"],) * 2 for row in self._views.rows(_NAMED[family])}
