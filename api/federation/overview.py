"""The upper ledger's overview (下级台账总览): thousands of ledgers by level, each with its state and its figures.

Figures are of :mod:`ledger.federation.totals`, what is declared of the summaries taken: no mirror is opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from api.federation.rolling_up import Declared
from ledger.federation.figures import Row
from ledger.federation.totals import Total, Totals
from ledger.identity.divisions import division_name
from projections.frame.column import Day, Fen, Number, Title

Standing = Literal["fresh", "silent", "fault", "declared-only", "never-seen"]
"""How a ledger stands, told apart where it is counted."""

STEPS = (2, 4, 6)
"""How many digits of a division code name a province, a city, a county (GB/T 2260)."""


@dataclass
class LedgerStanding:
    """A ledger that is followed, with its figures as of a day; ``problem`` is what the last round ended with.

    ``state`` is a fault, or ``fresh``, ``declared-only``, ``never-seen``. Recomputed figures are null where the ledger
    gives no entries, declared ones where it filed no summary.
    """

    followed: Annotated[str, Title("代码", "code")]
    name: Annotated[str, Title("名称", "name")]
    level: Annotated[str, Title("级次", "level")]
    region: Annotated[str, Title("区划", "region")]
    state: Annotated[str, Title("状态", "state")]
    fault_on: Annotated[Day | None, Title("异常自", "at fault since")]
    size: Annotated[Number, Title("已核对至", "verified to")]
    seen_at: Annotated[str | None, Title("最近读取", "read last")]
    problem: Annotated[str | None, Title("最近一次读取", "last round")]
    problem_en: str | None
    declared_persons: Annotated[Number | None, Title("申报人数", "declared")]
    declared_fen: Annotated[Fen | None, Title("申报金额（元）", "declared amount")]
    helped: Annotated[Number | None, Title("慰问人数", "helped")]
    paid_fen: Annotated[Fen | None, Title("实发（元）", "paid")]
    goods_fen: Annotated[Fen | None, Title("物资（元）", "goods")]
    difference_fen: Annotated[Fen | None, Title("差额（元）", "difference")]


@dataclass
class LevelStanding:
    """All ledgers of a division (区划) together: how many stand how, and what they come to.

    ``name`` is the division's by GB/T 2260, or else what the ledger that is kept for it is called.

    ``difference_fen`` adds up without regard to sign: what one declares too much, another's too little does not undo.
    """

    region: Annotated[str, Title("区划", "region")]
    name: Annotated[str | None, Title("名称", "name")]
    ledgers: Annotated[Number, Title("台账", "ledgers")]
    fresh: Annotated[Number, Title("正常", "fresh")]
    silent: Annotated[Number, Title("失联", "silent")]
    fault: Annotated[Number, Title("异常", "at fault")]
    declared_only: Annotated[Number, Title("只报数字", "declared only")]
    never_seen: Annotated[Number, Title("尚未读取", "never seen")]
    declared_persons: Annotated[Number, Title("申报人数", "declared")]
    declared_fen: Annotated[Fen, Title("申报金额（元）", "declared amount")]
    helped: Annotated[Number, Title("慰问人数", "helped")]
    paid_fen: Annotated[Fen, Title("实发（元）", "paid")]
    goods_fen: Annotated[Fen, Title("物资（元）", "goods")]
    difference_fen: Annotated[Fen, Title("差额（元）", "difference")]


def standings(
    totals: Totals, followed: Sequence[Row], ids: Mapping[str, str], taken: Iterable[Row], day: str
) -> list[LedgerStanding]:
    """Each ledger followed, in order, its figures as of a day; ``ids`` are the ledgers' by their codes.

    ``taken`` are the last summaries of each unit and campaign up to the day.
    """
    as_of = totals.as_of(day)
    of_ledger: dict[str, list[Row]] = defaultdict(list)
    for row in taken:
        of_ledger[row["followed"]].append(row)
    of_many = [ids[code] for code, rows in of_ledger.items() if len(rows) > 1 and code in ids]
    above = totals.ancestors(of_many) if of_many else {}
    return [
        _standing(
            row,
            as_of.get(ids.get(row["followed"], "")),
            _declared(of_ledger[row["followed"]], above.get(ids.get(row["followed"], ""), {})),
        )
        for row in followed
    ]


def _declared(taken: Sequence[Row], above: Mapping[str, Sequence[str]]) -> Declared | None:
    """What the summaries declare together, without those of units below another that handed one in."""
    if not taken:
        return None
    filed = {(row["of_campaign"], row["of_unit"]) for row in taken}
    declared = Declared()
    for row in taken:
        if any((row["of_campaign"], unit) in filed for unit in above.get(row["of_unit"], ())):
            continue
        whole = row["recomputed_fen"]
        difference = None if whole is None else row["declared_fen"] - whole
        declared = declared.and_(row["declared_persons"], row["declared_fen"], difference)
    return declared


def _standing(row: Row, total: Total | None, declared: Declared | None) -> LedgerStanding:
    entries = row["gives"] == "entries"
    state = row["fault"] or (
        "never-seen" if row["seen_on"] is None else "fresh" if entries else "declared-only"
    )
    computed = total if entries else None
    return LedgerStanding(
        followed=row["followed"],
        name=row["name"],
        level=row["level"],
        region=row["region"],
        state=state,
        fault_on=row["fault_on"],
        size=max(row["size"], 0 if total is None else total.size),
        seen_at=(total.seen_at or None) if total else None,
        problem=(total.zh or None) if total else None,
        problem_en=(total.en or None) if total else None,
        declared_persons=None if declared is None else declared.persons,
        declared_fen=None if declared is None else declared.fen,
        helped=None if computed is None else computed.helped,
        paid_fen=None if computed is None else computed.paid_fen,
        goods_fen=None if computed is None else computed.goods_fen,
        difference_fen=None if declared is None else declared.difference_fen,
    )


_COUNTED: Mapping[str, Standing] = {
    "fresh": "fresh",
    "declared-only": "declared-only",
    "never-seen": "never-seen",
    "silent": "silent",
}


def kind_of(state: str) -> Standing:
    """A state as it is counted: whatever is not named here is a fault that somebody looks into."""
    return _COUNTED.get(state, "fault")


def within(rows: Iterable[LedgerStanding], below: str, kind: Standing | None) -> list[LedgerStanding]:
    """The ledgers of a division, as far as they stand so."""
    prefix = prefix_of(below)
    return [
        row for row in rows if row.region.startswith(prefix) and (kind is None or kind_of(row.state) == kind)
    ]


def prefix_of(region: str) -> str:
    """The digits of a division code that name it: 430100 is 4301, 000000 everything.

    >>> [prefix_of(each) for each in ("000000", "430000", "430100", "430181")]
    ['', '43', '4301', '430181']
    """
    for digits in (0, *STEPS):
        if not region[digits:].strip("0"):
            return region[:digits]
    return region


def levels(rows: Sequence[LedgerStanding], below: str) -> list[LevelStanding]:
    """One level down from a division: each division below it with all its ledgers; its own ledger is one of them."""
    prefix = prefix_of(below)
    digits = next((step for step in STEPS if step > len(prefix)), STEPS[-1])
    names = {row.region: row.name for row in rows}
    groups: dict[str, list[LedgerStanding]] = defaultdict(list)
    for row in rows:
        if row.region.startswith(prefix):
            groups[row.region[:digits].ljust(6, "0")].append(row)
    return [_level(region, names.get(region), found) for region, found in sorted(groups.items())]


def _level(region: str, name: str | None, rows: Sequence[LedgerStanding]) -> LevelStanding:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[kind_of(row.state)] += 1
    return LevelStanding(
        region=region,
        name=division_name(region) or name,
        ledgers=len(rows),
        fresh=counts["fresh"],
        silent=counts["silent"],
        fault=counts["fault"],
        declared_only=counts["declared-only"],
        never_seen=counts["never-seen"],
        declared_persons=sum(row.declared_persons or 0 for row in rows),
        declared_fen=sum(row.declared_fen or 0 for row in rows),
        helped=sum(row.helped or 0 for row in rows),
        paid_fen=sum(row.paid_fen or 0 for row in rows),
        goods_fen=sum(row.goods_fen or 0 for row in rows),
        difference_fen=sum(abs(row.difference_fen or 0) for row in rows),
    )
