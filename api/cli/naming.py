"""Names for codes (代码名称): rows say beside each code what it is called, for tables and for ``--json``.

A member is known for a code by its name (:data:`api.wording.in_words.CODES`). The names are asked of whoever answers
the rows, the ledger's folder or a service, so that both name alike, and only where a row holds such a code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from api.cli.acts.questions import CAMPAIGNS, OFFICERS, UNITS
from api.cli.language import say
from api.cli.question import Asked
from api.gate import Row
from api.wording.in_words import CODES
from api.wording.titles import CodeKind
from ledger.domain.references import KIND_TITLES
from projections.flags.subject import NO_CAMPAIGN

Ask = Callable[[Asked], list[Row]]
PARTS: Mapping[CodeKind, tuple[str, ...]] = {
    "category": ("categories",),
    "line": ("lines",),
    "hardship-class": ("hardship", "classes"),
    "exclusion": ("exclusions", "exclusions"),
}
"""Where a campaign's policy says what its codes are called."""
ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "line": ("结存", "left on the line"),
    "held": ("单位领款未发", "drawn and not handed out"),
    "paid": ("已发放", "paid"),
    "committed": ("已批待付", "committed"),
    "promised": ("已批待付（对应）", "committed, other side"),
    "site": ("集体慰问支出", "given to a site"),
    "source": ("资金来源", "source of the money"),
}
"""What the kinds of accounts of the double entry are called."""

_BY_NAME: Mapping[str, CodeKind] = {"unit": "unit", "officer": "officer", "campaign": "campaign"}
"""The kinds of subjects of a timeline that the registry names."""


def member_of_names(member: str) -> str:
    """The member beside a code, or beside several, that says what it is called.

    >>> member_of_names("unit"), member_of_names("officers")
    ('unit_name', 'officer_names')
    """
    return f"{member[:-1]}_names" if member.endswith("s") else f"{member}_name"


class CodeNames:
    """What codes are called, as far as whoever asks may see, asked for once each."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._found: dict[CodeKind, dict[str, str]] = {}
        self._campaigns: list[Row] | None = None

    def name(self, kind: CodeKind, code: str, campaign: str | None = None) -> str | None:
        """What a code is called, in its campaign where the row names one; None where nobody says."""
        known = self._of(kind)
        return known.get(f"{campaign}/{code}") or known.get(code)

    def said(self, kind: CodeKind, code: str | None, campaign: str | None = None) -> str:
        """What a code is called, with the code behind it, as the next command takes it."""
        if not code:
            return ""
        name = self.name(kind, code, campaign)
        return code if name in (None, code) else say(f"{name}（{code}）", f"{name} ({code})")

    def account(self, account: str) -> str | None:
        """What an account of the double entry is called: its kind, its line, whose holding it is."""
        kind, _, rest = account.partition("/")
        campaign, _, held = rest.partition("/")
        line, _, unit = held.partition("@")
        if kind not in ACCOUNTS or not line:
            return None
        said = [say(*ACCOUNTS[kind]), self.name("campaign", campaign), self.name("line", line, campaign)]
        if unit:
            said.append(self.name("unit", unit))
        return say("，", ", ").join(each for each in said if each)

    def subject(self, kind: str, name: str) -> str:
        """What a timeline is of: its kind and what it is called, the end of an identifier that nobody can read."""
        titles = KIND_TITLES.get(kind)
        campaign, _, line = name.partition("/")
        if kind == "line":
            known = self.name("line", line, campaign)
        else:
            known = self.name(_BY_NAME[kind], name) if kind in _BY_NAME else f"…{name[-8:]}"
        return f"{say(*titles) if titles else kind} {known or name}"

    def add_to(self, rows: Iterable[Row]) -> None:
        """Adds to each row the names of its codes; what a row itself is about has its name in it already."""
        for row in rows:
            if not isinstance(row, dict):
                continue  # a line of an annex, which is cells as the form has them
            for member, kind in CODES.items():
                if row.get(member) and not _is_its_own(row, member):
                    self._add(row, member, kind)
            if isinstance(row.get("about"), dict):
                self.add_to([row["about"]])
            if isinstance(row.get("account"), str) and (name := self.account(row["account"])) is not None:
                row["account_name"] = name

    def _add(self, row: Row, member: str, kind: CodeKind) -> None:
        found, campaign = row[member], row.get("campaign")
        of_row = campaign if isinstance(campaign, str) else None
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            row[member_of_names(member)] = [self.name(kind, each, of_row) or each for each in found]
        elif isinstance(found, str) and (name := self.name(kind, found, of_row)) is not None:
            row[member_of_names(member)] = name

    def _of(self, kind: CodeKind) -> dict[str, str]:
        if kind not in self._found:
            self._found[kind] = dict(self._asked(kind))
        return self._found[kind]

    def _asked(self, kind: CodeKind) -> Iterable[tuple[str, str]]:
        if kind == "unit":
            return ((row["unit"], row["name"]) for row in self._ask(UNITS))
        if kind == "officer":
            return ((row["officer"], row["name"]) for row in self._ask(OFFICERS))
        if self._campaigns is None:
            self._campaigns = self._ask(CAMPAIGNS)
        if kind == "campaign":
            return ((NO_CAMPAIGN, "—"), *((row["campaign"], row["title"]) for row in self._campaigns))
        return _of_policies(self._campaigns, PARTS[kind])


def _of_policies(campaigns: Iterable[Row], path: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """The titles of a part of all policies: by campaign and code, and by code alone."""
    for row in campaigns:
        part: Any = row["policy"]
        for step in path:
            part = (part or {}).get(step)
        for each in part or ():
            yield f"{row['campaign']}/{each['code']}", each["title"]
            yield each["code"], each["title"]


def _is_its_own(row: Row, member: str) -> bool:
    """Whether the row is the unit, officer or campaign that the member names."""
    if member == "unit":
        return "name" in row and "level" in row
    return (member == "officer" and "grants" in row) or (member == "campaign" and "policy" in row)


def rows_in(answer: Row) -> Iterable[Row]:
    """The rows of an answer that is one object: itself, its objects, and those of its lists."""
    yield answer
    for value in answer.values():
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, dict))
