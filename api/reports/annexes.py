"""Annexes 1 to 3 (附件1、2、3): the enterprises, the persons, the county's sums, clause A-9."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.gate import Row, ScopedViews
from api.reports import queries as reporting
from api.reports.report import Cell, Column, Paragraph, Report, summed
from api.roster import queries as roster
from api.roster.words import (
    CAUSES,
    CLOSING,
    GROUPS,
    OWNERSHIP,
    SUBSISTENCE,
    Words,
)
from api.wording.masked_names import named
from ledger.domain.policy import Recipient
from ledger.errors import Rule, yuan
from ledger.identity.vault import Vault
from projections.views.roster_rows import STATE_TITLES

MOST_AT_ONCE = 1_000
MOST_CASES = 20_000
"""So many cases are listed in one annex; a county's have fewer, and who asks for more can ask unit by unit."""

REPORT_TOO_LONG = Rule(
    "report-too-long",
    zh="报表超过上限 {expected} 行，请按单位分别导出",
    en="a report lists at most {expected} rows: ask for it unit by unit",
)

_MONEY = [
    Column(zh="批准金额（元）", en="approved", kind="fen"),
    Column(zh="实发金额（元）", en="kept", kind="fen"),
    Column(zh="物资折价（元）", en="goods", kind="fen"),
]
_ENTERPRISES = [
    Column(zh="序号", en="no.", kind="text"),
    Column(zh="企业名称", en="name"),
    Column(zh="对象类别", en="category"),
    Column(zh="企业性质", en="ownership"),
    Column(zh="停产月数", en="months stopped", kind="text"),
    Column(zh="关闭破产", en="closing"),
    Column(zh="职工人数", en="staff", kind="count"),
    *_MONEY,
    Column(zh="状态", en="state"),
]
_PERSONS = [
    Column(zh="序号", en="no.", kind="text"),
    Column(zh="姓名", en="name"),
    Column(zh="上报单位", en="unit"),
    Column(zh="工作单位", en="workshop"),
    Column(zh="对象类别", en="category"),
    Column(zh="人员身份", en="group"),
    Column(zh="家庭人口", en="household", kind="text"),
    Column(zh="人均月收入（元）", en="income a head", kind="text"),
    Column(zh="低保情况", en="subsistence"),
    Column(zh="致困原因", en="cause"),
    *_MONEY,
    Column(zh="状态", en="state"),
]
_UNITS = [
    Column(zh="单位", en="unit"),
    Column(zh="级别", en="level"),
    Column(zh="困难人员（人）", en="persons", kind="count"),
    Column(zh="困难企业（户）", en="enterprises", kind="count"),
    Column(zh="已慰问（人、户）", en="helped", kind="count"),
    *_MONEY,
]
LEVELS = {
    "province": "省",
    "city": "市",
    "county": "县",
    "department": "部门",
    "town": "乡镇",
    "grass-roots": "基层工会",
    "enterprise": "企业",
}


def annex(views: ScopedViews, vault: Vault, recipient: Recipient, *, as_of: int, of: str) -> Report:
    """Annex 1 (enterprises) or Annex 2 (persons): every live case, names masked, as of a position.

    ``of`` heads the list: whose it is, and of which campaign.

    Raises:
        Refused: ``report-too-long``.
    """
    units = reporting.unit_names(views)
    enterprises = recipient == "enterprise"
    columns = _ENTERPRISES if enterprises else _PERSONS
    table: list[list[Cell]] = []
    for listed in _live_cases(views, recipient, as_of):
        if len(table) + len(listed) > MOST_CASES:
            raise REPORT_TOO_LONG.refused(expected=MOST_CASES)
        named(listed, views, vault)
        facts = reporting.facts(views, [case["dossier"] for case in listed], as_of)
        for case in listed:
            known = facts.get(case["dossier"], {})
            about = _of_enterprise(case, known) if enterprises else _of_person(case, known, units)
            state = STATE_TITLES[case["state"]][0]
            sums = (case["approved_fen"], case["kept_fen"], case["aid_fen"])
            table.append([str(len(table) + 1), *about, *sums, state])
    title = ("困难企业慰问名单", "Enterprises") if enterprises else ("困难人员慰问名单", "Persons")
    return Report(
        name="annex-1" if enterprises else "annex-2",
        annex="附件1" if enterprises else "附件2",
        title=Paragraph(zh=title[0], en=title[1]),
        heading=Paragraph(zh=of, en=of),
        columns=columns,
        rows=table,
        totals=summed(columns, table),
    )


def annex_of_sums(
    views: ScopedViews,
    *,
    campaign: str,
    unit: str | None,
    as_of: int,
    of: str,
) -> Report:
    """Annex 3: each unit with all below it, of those that are seen."""
    found = roster.summary(views, campaign=campaign, as_of=as_of, unit=unit)
    table: list[list[Cell]] = [
        [
            "　" * (row["depth"] - found[0]["depth"]) + row["name"],
            LEVELS[row["level"]],
            row["persons"],
            row["enterprises"],
            row["helped"],
            row["approved_fen"],
            row["paid_fen"],
            row["aid_fen"],
        ]
        for row in found
    ]
    # A unit's line holds those below it already, so only the highest add up.
    highest = [line for line, row in zip(table, found, strict=True) if row["depth"] == found[0]["depth"]]
    return Report(
        name="annex-3",
        annex="附件3",
        title=Paragraph(zh="慰问情况汇总表", en="Sums by unit"),
        heading=Paragraph(zh=of, en=of),
        columns=_UNITS,
        rows=table,
        totals=summed(_UNITS, highest) if table else None,
    )


def _live_cases(views: ScopedViews, recipient: Recipient, as_of: int) -> Iterator[list[Row]]:
    """The cases, some at a time: all at once would take many times the report."""
    after = 0
    while True:
        page = roster.cases(views, as_of=as_of, recipient=recipient, after=after, limit=MOST_AT_ONCE)
        yield [case for case in page if case["step"] not in ("rejected", "revoked")]
        if len(page) < MOST_AT_ONCE:
            return
        after = page[-1]["nominated_position"]


def _word(words: Words, code: object) -> Cell:
    return words[str(code)][0] if code in words else None


def _of_enterprise(case: Row, facts: dict[str, Any]) -> list[Cell]:
    months = facts.get("stopped_months")
    return [
        case["masked_name"],
        case["category_title"],
        _word(OWNERSHIP, facts.get("ownership")),
        None if months is None else str(months),
        _word(CLOSING, facts.get("closing")),
        facts.get("staff_count"),
    ]


def _of_person(case: Row, facts: dict[str, Any], units: dict[str, str]) -> list[Cell]:
    size, income = facts.get("household_size"), facts.get("income_per_head_fen")
    return [
        case["masked_name"],
        units.get(case["unit"], case["unit"]),
        facts.get("shop"),
        case["category_title"],
        _word(GROUPS, facts.get("group")),
        None if size is None else str(size),
        None if income is None else yuan(income),
        _word(SUBSISTENCE, facts.get("subsistence")),
        _word(CAUSES, facts.get("cause")),
    ]
