"""The roll-up (汇总): what ledgers below declare, what their entries come to, and the difference, as of any day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from api.federation.following import mirror_of
from ledger.domain.federation import FAULT_TITLES, Followed
from ledger.federation.figures import LAST_DAY, Row, Summary, recomputed, summaries
from projections.frame.column import Fen, Number, Title


@dataclass
class RolledUp:
    """A row of the roll-up. What is declared is of the last summary of each unit and campaign, null where none was filed.

    ``helped``, ``paid_fen`` and ``goods_fen`` are recomputed from the entries, null where the ledger gives none.
    """

    followed: Annotated[str, Title("账本", "ledger")]
    name: Annotated[str, Title("名称", "name")]
    level: Annotated[str, Title("级次", "level")]
    region: Annotated[str, Title("区划", "region")]
    cut: Annotated[str | None, Title("分项", "cut")]
    declared_persons: Annotated[Number | None, Title("申报人数", "declared")]
    declared_fen: Annotated[Fen | None, Title("申报金额（元）", "declared amount")]
    cases: Annotated[Number | None, Title("对象", "cases")]
    helped: Annotated[Number | None, Title("慰问人数", "helped")]
    paid_fen: Annotated[Fen | None, Title("实发（元）", "paid")]
    goods_fen: Annotated[Fen | None, Title("物资（元）", "goods")]
    difference_fen: Annotated[Fen | None, Title("差额（元）", "difference")]
    state: Annotated[str, Title("状态", "state")]


def rolled_up(
    data: Path, followed: Iterable[Followed], *, by: str | None = None, day: str = LAST_DAY
) -> list[RolledUp]:
    """A row a ledger, or a row for each campaign, unit, category or line of it."""
    rows: list[RolledUp] = []
    for each in followed:
        mirror = mirror_of(data, each)
        declared = _declared(summaries(mirror.folder, mirror.parts, day=day), by)
        found = recomputed(mirror.folder, mirror.parts, (by,) if by else (), day=day)
        computed = {(row[by] if by else None): row for row in found}
        keys = sorted(declared.keys() | computed.keys(), key=lambda key: key or "") or [None]
        rows += [_row(each, key, declared.get(key), computed.get(key)) for key in keys]
    return rows


def _declared(filed: Iterable[Summary], by: str | None) -> dict[str | None, tuple[int, int]]:
    """Persons and sums of the last summary of each campaign and unit, by what the roll-up is cut by."""
    last = {(each.campaign, each.unit): each for each in filed}
    sums: dict[str | None, tuple[int, int]] = {}
    for each in last.values():
        for key, persons, fen in _cut(each, by):
            before = sums.get(key, (0, 0))
            sums[key] = before[0] + persons, before[1] + fen
    return sums


def _cut(summary: Summary, by: str | None) -> list[tuple[str | None, int, int]]:
    if by in ("category", "line"):
        # One without figures of its own says nothing of categories and lines.
        return [(each[by], each["persons"], each["amount_fen"]) for each in summary.figures]
    key = summary.campaign if by == "campaign" else summary.unit if by == "unit" else None
    return [(key, summary.persons, summary.amount_fen)]


def _row(
    followed: Followed, cut: str | None, declared: tuple[int, int] | None, computed: Row | None
) -> RolledUp:
    row = computed or {}
    kept_fen = None if computed is None else row["paid_fen"] + row["goods_fen"]
    difference = None if declared is None or kept_fen is None else declared[1] - kept_fen
    return RolledUp(
        followed=followed.id,
        name=followed.name,
        level=followed.level,
        region=followed.region,
        cut=cut,
        declared_persons=None if declared is None else declared[0],
        declared_fen=None if declared is None else declared[1],
        cases=row.get("cases"),
        helped=row.get("helped"),
        paid_fen=row.get("paid_fen"),
        goods_fen=row.get("goods_fen"),
        difference_fen=difference,
        state=state_of(followed),
    )


def state_of(followed: Followed) -> str:
    """How a ledger stands: its fault; ``declared-only`` where it gives no entries; ``never-seen`` or ``fresh``."""
    if followed.fault is not None:
        return followed.fault
    if not followed.seen_on:
        return "never-seen"
    return "fresh" if followed.gives_entries else "declared-only"


STATE_TITLES: dict[str, tuple[str, str]] = {
    **FAULT_TITLES,
    "fresh": ("正常", "fresh"),
    "declared-only": ("只报数字", "declared only"),
    "never-seen": ("尚未读取", "never seen"),
}
