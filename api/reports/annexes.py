"""Annexes 1 to 3 (附件1、2、3): the enterprises, the persons, the county's sums, clause A-9."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.gate import Row, ScopedViews
from api.reports import queries as reporting
from api.reports.report import Paragraph, Report, cells, columns_of, summed
from api.reports.rows import EnterpriseLine, PersonLine, UnitLine
from api.roster import queries as roster
from api.roster.words import Words, words_under
from api.wording.masked_names import named
from api.wording.vocabulary import policies_seen
from ledger.domain.policy.campaign_policy import Recipient
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
    words = words_under(policies_seen(views, as_of))
    enterprises = recipient == "enterprise"
    line = EnterpriseLine if enterprises else PersonLine
    lines: list[EnterpriseLine | PersonLine] = []
    for listed in _live_cases(views, recipient, as_of):
        if len(lines) + len(listed) > MOST_CASES:
            raise REPORT_TOO_LONG.refused(expected=MOST_CASES)
        named(listed, views, vault)
        facts = reporting.facts(views, [case["dossier"] for case in listed], as_of)
        for case in listed:
            number, known = str(len(lines) + 1), facts.get(case["dossier"], {})
            lines.append(
                _of_enterprise(number, case, known, words)
                if enterprises
                else _of_person(number, case, known, units, words)
            )
    columns, table = columns_of(line), cells(line, lines)
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
    columns = columns_of(UnitLine)
    table = cells(
        UnitLine,
        [
            UnitLine(
                unit="　" * (row["depth"] - found[0]["depth"]) + row["name"],
                level=LEVELS[row["level"]],
                persons=row["persons"],
                enterprises=row["enterprises"],
                helped=row["helped"],
                approved_fen=row["approved_fen"],
                kept_fen=row["paid_fen"],
                goods_fen=row["aid_fen"],
            )
            for row in found
        ],
    )
    # A unit's line holds those below it already, so only the highest add up.
    highest = [line for line, row in zip(table, found, strict=True) if row["depth"] == found[0]["depth"]]
    return Report(
        name="annex-3",
        annex="附件3",
        title=Paragraph(zh="慰问情况汇总表", en="Sums by unit"),
        heading=Paragraph(zh=of, en=of),
        columns=columns,
        rows=table,
        totals=summed(columns, highest) if table else None,
    )


def _live_cases(views: ScopedViews, recipient: Recipient, as_of: int) -> Iterator[list[Row]]:
    """The cases, some at a time: all at once would take many times the report."""
    asked, after = roster.RosterFilter(recipient=recipient), 0
    while True:
        page = roster.cases(views, asked, as_of=as_of, after=after, limit=MOST_AT_ONCE)
        yield [case for case in page if case["step"] not in ("rejected", "revoked")]
        if len(page) < MOST_AT_ONCE:
            return
        after = page[-1]["nominated_position"]


def _word(words: Mapping[str, Words], field: str, facts: dict[str, Any]) -> str | None:
    """What a fact's word is called; a word of no policy that is seen stays as it is."""
    code = facts.get(field)
    return words[field].get(code, (str(code),))[0] if code is not None else None


def _of_enterprise(
    number: str, case: Row, facts: dict[str, Any], words: Mapping[str, Words]
) -> EnterpriseLine:
    months = facts.get("stopped_months")
    return EnterpriseLine(
        number=number,
        name=case["masked_name"],
        category=case["category_title"],
        ownership=_word(words, "ownership", facts),
        months_stopped=None if months is None else str(months),
        closing=_word(words, "closing", facts),
        staff=facts.get("staff_count"),
        approved_fen=case["approved_fen"],
        kept_fen=case["kept_fen"],
        goods_fen=case["aid_fen"],
        state=STATE_TITLES[case["state"]][0],
    )


def _of_person(
    number: str, case: Row, facts: dict[str, Any], units: dict[str, str], words: Mapping[str, Words]
) -> PersonLine:
    size, income = facts.get("household_size"), facts.get("income_per_head_fen")
    return PersonLine(
        number=number,
        name=case["masked_name"],
        unit=units.get(case["unit"], str(case["unit"])),
        employer=facts.get("employer"),
        workshop=facts.get("shop"),
        category=case["category_title"],
        group=_word(words, "group", facts),
        household=None if size is None else str(size),
        income=None if income is None else yuan(income),
        subsistence=_word(words, "subsistence", facts),
        cause=_word(words, "cause", facts),
        approved_fen=case["approved_fen"],
        kept_fen=case["kept_fen"],
        goods_fen=case["aid_fen"],
        state=STATE_TITLES[case["state"]][0],
    )
