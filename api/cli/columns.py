"""The columns of every answer, as its rows declare them, and how their values are said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.audit.rows import PAPER_TITLES, ListedSample
from api.cli.answers import Column
from api.cli.language import language, say, titled, words_now
from api.cli.naming import member_of_names
from api.flags import queries as flags
from api.flags.rows import ListedFlag
from api.history.rows import Change
from api.money import queries as balances
from api.money.rows import (
    AccountBalance,
    Balance,
    LineBalance,
    ShownPosting,
    SourceBalance,
    UnitBalance,
)
from api.roster.rows import ListedCase, UnitSummary
from api.steps.rows import CaseStep
from api.voice.rows import DrawnPayout
from api.vouchers.rows import VoucherLine
from api.wording import words
from api.wording.in_words import CODES
from api.wording.titles import CodeKind
from ledger.clock import china_time
from ledger.domain.event import ROLE_TITLES
from ledger.domain.level import LEVEL_TITLES
from projections.flags.catalogue import all_rules
from projections.flags.engine import FlagRow
from projections.flags.rule import SEVERITY_TITLES
from projections.flags.subject import SUBJECT_TITLES
from projections.frame import column as declaration
from projections.views.timeline import EventRow
from projections.views.voices import VoiceRow

MOST_EVIDENCE = 5
CHANGES = {"added": ("增加", "added"), "changed": ("变更", "changed"), "removed": ("减少", "removed")}


def rule_title(rule_id: str) -> str:
    """A rule's title in the user's language; its id where the rule is no longer there."""
    for rule in all_rules():
        if rule.id == rule_id:
            return say(rule.title_zh, rule.title_en)
    return rule_id


def subject_said(text: str) -> str:
    """Whom or what a flag is about, its kind in the user's language."""
    kind, _, name = text.partition(" ")
    return f"{_KINDS.get(kind, kind)} {name}" if language() == "en" else text


_KINDS = dict(SUBJECT_TITLES.values())


def short_evidence(positions: list[int]) -> str:
    """The first few positions, and how many there are."""
    said = ", ".join(map(str, positions[:MOST_EVIDENCE]))
    if len(positions) > MOST_EVIDENCE:
        said += say(f" … 共 {len(positions)}", f" … {len(positions)} in all")
    return said


def about(members: Mapping[str, Any]) -> str:
    """What a change is about: the names that tell it from others, on one line."""
    said = {**members}
    if "rule" in said:
        said["rule"] = rule_title(said["rule"])
    if "name" in said:
        said.pop("dossier", None)
        said.pop("subject", None)
    called = {
        name: said.get(member_of_names(name), each)
        for name, each in said.items()
        if not (name.endswith("_name") and name[:-5] in said)
    }
    return " ".join(str(each) for each in called.values() if each is not None)


_SAID: Mapping[str, Callable[[Any], Any]] = {
    "state": lambda state: words_now().value("state", state),
    "level": lambda level: level and titled(LEVEL_TITLES[level]),
    "severity": lambda severity: titled(SEVERITY_TITLES[severity]),
    "rule": rule_title,
    "disposition": lambda found: titled(flags.DISPOSITIONS[found]),
    "beside": lambda found: [titled(flags.BESIDE[each]) for each in found],
    "type": lambda name: words_now().event_title(name),
    "change": lambda change: titled(CHANGES[change]),
}
"""How the value of a member is said, where that is not the value itself."""
_SAID_OF_KIND: Mapping[str, Callable[[Any], Any]] = {
    "moment": lambda at: china_time(datetime.fromisoformat(at) if isinstance(at, str) else at)
}
"""How what a column holds is said, where its name says nothing else."""
_SHORT_OF_FLAGS: Mapping[str, Callable[[Any], Any]] = {"about": subject_said, "evidence": short_evidence}
"""How a member of a flag is said on the screen alone."""


def listed(row: type, *first: str, **said: Callable[[Any], Any]) -> list[Column]:
    """The columns of a row as they are declared: those named, in that order, then whatever else has a title."""
    found = []
    for column in declaration.listed(row, "command", *first):
        assert column.title is not None
        found.append(
            Column(
                column.name,
                (column.title.zh, column.title.en),
                in_fen=column.kind.name == "fen",
                right=column.kind.name in ("position", "number"),
                said=said.get(column.name, _SAID.get(column.name, _SAID_OF_KIND.get(column.kind.name))),
                short=_SHORT_OF_FLAGS.get(column.name) if issubclass(row, FlagRow) else None,
                **_naming(column),
            )
        )
    return found


def _naming(column: declaration.Column) -> dict[str, Any]:
    """That a column names something, as its member and heading say; the code of what a row itself is stays one."""
    kind = CODES.get(column.name)
    assert column.title is not None
    if column.title.zh.endswith("代码"):
        return {}
    if column.name == "account" and column.is_text:
        return {"names": "account_name", "typed": True}
    return {} if kind is None else {"names": member_of_names(column.name), "typed": kind in TYPED}


TYPED: frozenset[CodeKind] = frozenset({"unit", "campaign", "line"})
"""What is named to the next command by its code, which stands behind the name."""
ROSTER = listed(
    ListedCase,
    "nominated_position",
    "campaign",
    "unit",
    "masked_name",
    "category_title",
    "purpose_title",
    "visit_mode_title",
    "state",
    "nominated_on",
    "approved_on",
    "paid_on",
    "approved_fen",
    "kept_fen",
)
SAMPLES = listed(
    ListedSample,
    "position",
    "unit",
    "examined",
    "exceptions",
    "prepared_by",
    "prepared_on",
    "state",
    "reviewed_by",
    "reviewed_on",
    state=lambda state: titled(PAPER_TITLES[state]),
)
SUMMARY = listed(UnitSummary)
SOURCES: Mapping[str, tuple[str, str]] = {
    "finance": ("财政资金", "public finance"),
    "county": ("县级工会经费", "the county federation's money"),
}
"""What the sources of plans A and B are called, whose policies give their sources no titles."""


def _of_source(found: list[Column]) -> list[Column]:
    """The columns with the source by its title, where the policy gives one."""
    return [
        replace(column, names="source_title", said=lambda code: titled(SOURCES.get(code, (code, code))))
        if column.key == "source"
        else column
        for column in found
        if column.key != "source_title"
    ]


BALANCES: Mapping[balances.By, list[Column]] = {
    "line": _of_source(listed(LineBalance, "campaign", "line", "source")),
    "source": _of_source(listed(SourceBalance, "campaign", "source")),
    "unit": listed(UnitBalance, "campaign", "unit"),
    "campaign": listed(Balance),
}
ACCOUNTS = listed(AccountBalance, "account", "position", "balance_fen")
POSTINGS = listed(
    ShownPosting,
    "position",
    "booked_on",
    "kind",
    "officer",
    "amount_fen",
    "balance_fen",
    kind=lambda kind: titled(words.POSTINGS[kind]),
)
VOUCHERS = listed(VoucherLine)
TIMELINE = listed(EventRow, "position", "happened_on", "recorded_at", "type", "officer", "campaign", "unit")
FLAGS_EVER = [
    column
    for column in listed(
        ListedFlag,
        "severity",
        "rule",
        "campaign",
        "unit",
        "about",
        "raised_at",
        "evidence",
        "amount_fen",
        "disposition",
        "beside",
        "cleared_at",
    )
    if column.key != "subject"
]
"""Of flags that were cleared too, each with where."""
FLAGS = [column for column in FLAGS_EVER if column.key != "cleared_at"]
STEPS = listed(
    CaseStep,
    role=lambda role: titled(ROLE_TITLES[role]),
    officers="、".join,
    is_due=lambda is_due: say("待办", "due") if is_due else "",
)
DRAWN_PAYOUTS = listed(DrawnPayout)
VOICES = listed(
    VoiceRow,
    answer=lambda answer: words_now().value("answer", answer),
    source=lambda source: words_now().value("source", source),
)
DIFFERENCE = [
    replace(column, key=f"{column.key}_said", said=lambda both: both[language()])
    if column.key in ("before", "after")
    else column
    for column in listed(Change, about=about)
]
