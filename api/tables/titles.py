"""Titles of codes (代码名称): what units, states, rules and the like are called, and what a typed word may stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from api.audit.rows import PAPER_TITLES
from api.flags.queries import DISPOSITIONS
from api.gate import ScopedViews
from api.rectifications.rows import STATE_TITLES as RECTIFICATION_STATES
from api.tables.table import Family
from api.wording.titles import CodeKind, CodeTitles
from api.wording.vocabulary import policies_seen, words_known
from api.wording.words import POSTINGS
from ledger.domain.event import ROLE_TITLES, Event
from ledger.domain.policy.vocabulary import ListName
from ledger.domain.register_kinds import KINDS
from projections.flags.catalogue import all_rules
from projections.flags.rule import SEVERITY_TITLES
from projections.linkage.kinds import KIND_TITLES
from projections.views.household_rows import LIFE_TITLES
from projections.views.registers import STATE_TITLES as LIST_STATES
from projections.views.roster_rows import STATE_TITLES

InTwo = tuple[str, str]
Titles = Mapping[str, InTwo]

_WORDS: Mapping[Family, ListName] = {"purpose": "purpose", "visit-mode": "visit_mode"}
"""Families of words, which policies add to, by their list."""

_METHODS: Titles = {"bank": ("银行转账", "bank transfer"), "cash": ("现金发放", "cash")}
_BANK_RESULTS: Titles = {
    "paid": ("已付", "paid"),
    "bounced": ("退票", "bounced"),
    "different": ("金额不符", "different"),
}
_DIFFERING: Titles = {
    "amount": ("金额", "amount"),
    "account": ("账号", "account"),
    "holder": ("户名", "holder"),
}
_FOUND: Titles = {
    "payouts": ("对应发放", "payouts"),
    "moved": ("账内划转", "moved by the ledger"),
    "explained": ("账外支出，已说明", "explained"),
    "unexplained": ("账外支出，未说明", "unexplained"),
    "other": ("账外收入", "other income"),
}
_INVESTIGATIONS: Titles = {
    "open": ("核查中", "open"),
    "substantiated": ("属实", "substantiated"),
    "partly": ("部分属实", "partly substantiated"),
    "unsubstantiated": ("不属实", "not substantiated"),
}
_OBJECTIONS: Titles = {
    "open": ("待处理", "to be settled"),
    "upheld": ("异议成立", "upheld"),
    "dismissed": ("异议不成立", "dismissed"),
}
_CHANGES: Titles = {
    "added": ("新增", "added"),
    "changed": ("变更", "changed"),
    "removed": ("消失", "removed"),
}
_ACCESS: Titles = {
    "sign-in": ("登录", "signed in"),
    "sign-in-failed": ("登录失败", "sign-in failed"),
    "sign-out": ("退出", "signed out"),
    "refused": ("被拒绝", "refused"),
    "persons": ("查看人员", "persons"),
    "identities": ("查阅身份", "identities"),
    "search": ("查找", "search"),
    "export": ("导出", "export"),
    "look-up": ("核对", "look-up"),
    "access-log": ("查看查阅日志", "access log"),
}
_KEYS: Titles = {
    "in-force": ("有效", "in force"),
    "revoked": ("已注销", "revoked"),
    "compromised": ("疑似外泄", "compromised"),
}


def _rules() -> Titles:
    return {rule.id: (rule.title_zh, rule.title_en) for rule in all_rules()}


def _events() -> Titles:
    return {kind.NAME: (kind.TITLE_ZH, kind.TITLE_EN) for kind in Event.types.values()}


_FIXED: Mapping[Family, Titles] = {
    "role": ROLE_TITLES,
    "case-state": STATE_TITLES,
    "life-state": LIFE_TITLES,
    "severity": SEVERITY_TITLES,
    "disposition": DISPOSITIONS,
    "method": _METHODS,
    "bank-result": _BANK_RESULTS,
    "posting": POSTINGS,
    "differing": _DIFFERING,
    "found": _FOUND,
    "list-kind": {code: (kind.title_zh, kind.title_en) for code, kind in KINDS.items()},
    "list-state": LIST_STATES,
    "investigation-state": _INVESTIGATIONS,
    "rectification-state": {str(state): titles for state, titles in RECTIFICATION_STATES.items()},
    "objection-state": _OBJECTIONS,
    "pair-kind": KIND_TITLES,
    "change": _CHANGES,
    "access-kind": _ACCESS,
    "key-state": _KEYS,
    "paper-state": PAPER_TITLES,
}
"""The titles of codes that are this release's, by family."""

_DECLARED: Mapping[Family, Callable[[], Titles]] = {"rule": _rules, "event": _events}


def fixed_titles(family: Family | None) -> Titles:
    """What this release itself calls a family's codes; none where the ledger or a list of its own says it."""
    return {} if family is None else _FIXED.get(family, {})


class Titled:
    """The titles that a reader may see, asked for once each."""

    def __init__(self, views: ScopedViews) -> None:
        self._views = views
        self._named = CodeTitles(views)
        self._found: dict[Family, Titles] = {}

    def of(self, family: Family) -> Titles:
        """The titles of a family's codes."""
        if family in _FIXED:
            return _FIXED[family]
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
        # What no text declares, the ledger names.
        return {code: (title, title) for code, title in self._named.of(cast(CodeKind, family)).items()}
