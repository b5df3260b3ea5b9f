"""The roll-up (汇总): what ledgers below declare, what their entries come to, and the difference, as of any day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

from api.federation.following import mirror_of
from ledger.domain.federation import FAULT_TITLES, Followed
from ledger.federation.figures import (
    LAST_DAY,
    Row,
    Summary,
    ancestors,
    recomputed,
    summaries,
    units_below,
)
from ledger.federation.mirror import Mirror
from projections.frame.column import Fen, Number, Title


@dataclass
class RolledUp:
    """A row of the roll-up. What is declared is of the last summary of each unit and campaign, null where none was filed.

    ``helped``, ``paid_fen`` and ``goods_fen`` are recomputed from all entries, null where the ledger gives none;
    ``difference_fen`` is between what was declared and what the entries come to for the same units and position.
    """

    followed: Annotated[str, Title("台账", "ledger")]
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
    data: Path,
    followed: Iterable[Followed],
    taken: Iterable[Row],
    *,
    by: str | None = None,
    day: str = LAST_DAY,
) -> list[RolledUp]:
    """A row a ledger, or a row for each campaign, unit, category or line of it.

    ``taken`` are the summaries taken up to that day, in order, as the view has them.
    """
    of_ledger: dict[str, list[Row]] = defaultdict(list)
    for row in taken:
        of_ledger[row["followed"]].append(row)
    rows: list[RolledUp] = []
    for each in followed:
        mirror = mirror_of(data, each)
        found = recomputed(mirror.folder, mirror.parts, (by,) if by else (), day=day)
        computed = {(row[by] if by else None): row for row in found}
        declared = _declared(_topmost(mirror, of_ledger[each.id]), mirror, by, day)
        keys = sorted(declared.keys() | computed.keys(), key=lambda key: key or "") or [None]
        rows += [_row(each, key, declared.get(key), computed.get(key)) for key in keys]
    return rows


class Declared(NamedTuple):
    """What summaries declare together: persons, fen, and by how much that is not what their entries come to."""

    persons: int = 0
    fen: int = 0
    difference_fen: int | None = 0

    def and_(self, persons: int, fen: int, difference_fen: int | None) -> Declared:
        """With another summary's."""
        unknown = self.difference_fen is None or difference_fen is None
        difference = None if unknown else (self.difference_fen or 0) + (difference_fen or 0)
        return Declared(self.persons + persons, self.fen + fen, difference)


def _topmost(mirror: Mirror, taken: list[Row]) -> list[Row]:
    """The last summary of each unit and campaign, without those of units below another that handed one in."""
    last = {(row["of_campaign"], row["of_unit"]): row for row in taken}
    above = ancestors(mirror.folder, mirror.parts) if len(last) > 1 else {}
    return [
        row
        for (campaign, unit), row in last.items()
        if not any((campaign, each) in last for each in above.get(unit, ()))
    ]


def _declared(taken: list[Row], mirror: Mirror, by: str | None, day: str) -> dict[str | None, Declared]:
    """What is declared, by what the roll-up is cut by."""
    sums: dict[str | None, Declared] = defaultdict(Declared)
    if by in ("category", "line"):
        # One without figures of its own says nothing of categories and lines.
        counted = {row["entry"] for row in taken}
        for summary in summaries(mirror.folder, mirror.parts, day=day):
            if summary.position in counted:
                _add_figures(sums, summary, mirror, by)
        return sums
    for row in taken:
        key = None if by is None else row[f"of_{by}"]
        whole = row["recomputed_fen"]
        difference = None if whole is None else row["declared_fen"] - whole
        sums[key] = sums[key].and_(row["declared_persons"], row["declared_fen"], difference)
    return sums


def _add_figures(sums: dict[str | None, Declared], summary: Summary, mirror: Mirror, by: str) -> None:
    """Add what a summary declares in each category or from each line, each with its difference."""
    if not summary.figures:
        return
    units = units_below(ancestors(mirror.folder, mirror.parts), summary.unit)
    found = recomputed(
        mirror.folder,
        mirror.parts,
        (by,),
        position=summary.as_of,
        campaign=summary.campaign,
        units=units,
    )
    computed = {row[by]: row["paid_fen"] + row["goods_fen"] for row in found if row["helped"]}
    for each in summary.figures:
        sums[each[by]] = sums[each[by]].and_(each["persons"], each["amount_fen"], each["amount_fen"])
    for key, fen in computed.items():
        sums[key] = sums[key].and_(0, 0, -fen)


def _row(followed: Followed, cut: str | None, declared: Declared | None, computed: Row | None) -> RolledUp:
    row = computed or {}
    return RolledUp(
        followed=followed.id,
        name=followed.name,
        level=followed.level,
        region=followed.region,
        cut=cut,
        declared_persons=None if declared is None else declared.persons,
        declared_fen=None if declared is None else declared.fen,
        cases=row.get("cases"),
        helped=row.get("helped"),
        paid_fen=row.get("paid_fen"),
        goods_fen=row.get("goods_fen"),
        difference_fen=None if declared is None else declared.difference_fen,
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
