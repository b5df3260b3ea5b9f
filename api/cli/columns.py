"""The columns of every answer, and how their values are said on a screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.cli.answers import Column
from api.cli.language import say, titled, words_now
from api.flags import queries as flags
from api.money import queries as balances
from api.wording import words
from ledger.clock import china_time
from projections.flags.catalogue import all_rules
from projections.flags.rule import SEVERITY_TITLES
from projections.flags.subject import SUBJECT_TITLES

MOST_EVIDENCE = 5
CHANGES = {"added": ("增加", "added"), "changed": ("变更", "changed"), "removed": ("减少", "removed")}


def rule_title(rule_id: str) -> str:
    """A rule's title in the user's language; its id where the rule is no longer there."""
    for rule in all_rules():
        if rule.id == rule_id:
            return say(rule.title_zh, rule.title_en)
    return rule_id


def short_subject(text: str) -> str:
    """A flag's subject, short: its kind and the end of its name."""
    kind, _, name = text.partition(":")
    return f"{titled(SUBJECT_TITLES[kind])} …{name[-12:]}"


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
        said["subject"] = short_subject(said["subject"])
    return " ".join(str(each) for each in said.values() if each is not None)


ROSTER = [
    Column("nominated_position", ("第几号", "position"), right=True),
    Column("campaign", ("活动", "campaign")),
    Column("unit", ("单位", "unit")),
    Column("masked_name", ("姓名", "name")),
    Column("category_title", ("类别", "category")),
    Column("state", ("状态", "state"), said=lambda state: words_now().value("state", state)),
    Column("nominated_on", ("提名日期", "nominated")),
    Column("approved_on", ("审批日期", "approved on")),
    Column("paid_on", ("发放日期", "paid on")),
    Column("approved_fen", ("批准（元）", "approved"), in_fen=True),
    Column("kept_fen", ("实发（元）", "paid"), in_fen=True),
]
SUMMARY = [
    Column("unit", ("单位", "unit")),
    Column("name", ("名称", "name")),
    Column("level", ("级别", "level"), said=lambda level: titled(words.LEVELS[level])),
    Column("persons", ("人数", "persons"), right=True),
    Column("enterprises", ("企业", "enterprises"), right=True),
    Column("helped", ("已慰问", "helped"), right=True),
    Column("approved_fen", ("批准（元）", "approved"), in_fen=True),
    Column("paid_fen", ("实发（元）", "paid"), in_fen=True),
    Column("aid_fen", ("物资（元）", "goods"), in_fen=True),
]

_CAMPAIGN = Column("campaign", ("活动", "campaign"))
_SOURCE = Column("source", ("来源", "source"))
_OWNER: dict[balances.By, list[Column]] = {
    "line": [Column("line", ("科目", "line")), _SOURCE],
    "source": [_SOURCE],
    "unit": [Column("unit", ("单位", "unit"))],
    "campaign": [],
}


def sums(by: balances.By) -> list[Column]:
    """The columns of the balances by line, source, unit or campaign; a unit has fewer figures."""
    figures = balances.OF_UNITS if by == "unit" else balances.FIGURES
    return [
        _CAMPAIGN,
        *_OWNER[by],
        *(Column(f"{name}_fen", (words.MEMBERS[f"{name}_fen"], name), in_fen=True) for name in figures),
    ]


ACCOUNTS = [
    Column("account", ("账户", "account")),
    Column("position", ("最近第几号", "last position"), right=True),
    Column("balance_fen", ("余额（元）", "balance"), in_fen=True),
]
POSTINGS = [
    Column("position", ("第几号", "position"), right=True),
    Column("booked_on", ("日期", "date")),
    Column("kind", ("事由", "kind"), said=lambda kind: titled(words.POSTINGS[kind])),
    Column("officer", ("经办", "officer")),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True),
    Column("balance_fen", ("余额（元）", "balance"), in_fen=True),
]
TIMELINE = [
    Column("position", ("第几号", "position"), right=True),
    Column("happened_on", ("业务日期", "date")),
    Column("recorded_at", ("记账时间", "recorded"), said=china_time),
    Column("type", ("事件", "event"), said=lambda name: words_now().event_title(name)),
    Column("officer", ("签署人", "signed by")),
    Column("campaign", ("活动", "campaign")),
    Column("unit", ("单位", "unit")),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True),
]
FLAGS = [
    Column("severity", ("严重程度", "severity"), said=lambda severity: titled(SEVERITY_TITLES[severity])),
    Column("rule", ("规则", "rule"), said=rule_title),
    Column("campaign", ("活动", "campaign")),
    Column("unit", ("单位", "unit")),
    Column("subject", ("对象", "subject"), short=short_subject),
    Column("raised_at", ("起于", "raised at"), right=True),
    Column("evidence", ("证据（第几号）", "evidence"), short=short_evidence),
    Column("amount_fen", ("金额（元）", "amount"), in_fen=True),
    Column("disposition", ("处置", "status"), said=lambda found: titled(flags.DISPOSITIONS[found])),
    Column("beside", ("另有", "beside"), said=lambda found: [titled(flags.BESIDE[each]) for each in found]),
]
CLEARED = Column("cleared_at", ("消于", "cleared at"), right=True)
DIFFERENCE = [
    Column("change", ("变化", "change"), said=lambda change: titled(CHANGES[change])),
    Column("about", ("对象", "about"), said=about),
    Column("before", ("之前", "before"), said=lambda found: words_now().members(found)),
    Column("after", ("之后", "after"), said=lambda found: words_now().members(found)),
]
