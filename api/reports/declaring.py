"""What a unit declares (申报数): the figures of a summary, out of what is recorded as of a position."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from api.gate import Row, ScopedViews
from api.reports import queries as reporting
from ledger.events.campaign import MOST_FIGURES
from projections.frame.column import Fen, Number, Title


@dataclass
class DeclaredFigure:
    """One figure of a summary: who was helped in a category, from a fund line, by a unit, and with how much."""

    category: Annotated[str | None, Title("对象类别", "category")]
    line: Annotated[str | None, Title("资金项目", "line")]
    unit: Annotated[str | None, Title("单位", "unit")]
    persons: Annotated[Number, Title("人（户）数", "persons")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]


@dataclass
class DeclaredFigures:
    """What SummaryFiled has of a unit with all below it, as of a position, besides its text."""

    as_of: int
    persons: Number
    enterprises: Number
    amount_fen: Fen
    figures: list[DeclaredFigure]


@dataclass
class ShownFigures(DeclaredFigures):
    """The same as it is answered, with the position that the answer holds for."""

    position: int


def declared(views: ScopedViews, campaign: str, unit: str, as_of: int) -> DeclaredFigures:
    """The figures as of a position; where there are too many for a summary, units are not told apart."""
    found = reporting.figures(views, campaign, unit, as_of)
    rows = found if len(found) <= MOST_FIGURES else _units_together(found)
    return DeclaredFigures(
        as_of=as_of,
        persons=sum(row["persons"] for row in found),
        enterprises=sum(row["enterprises"] for row in found),
        amount_fen=sum(row["amount_fen"] for row in found),
        figures=[
            DeclaredFigure(
                category=row["category"],
                line=row["line"],
                unit=row["unit"],
                persons=row["persons"] + row["enterprises"],
                amount_fen=row["amount_fen"],
            )
            for row in rows
        ],
    )


def _units_together(found: list[Row]) -> list[Row]:
    def key(row: Row) -> tuple[str, str]:
        return row["category"] or "", row["line"] or ""

    summed = []
    for _, same in groupby(sorted(found, key=key), key):
        rows = list(same)
        sums = {name: sum(row[name] for row in rows) for name in ("persons", "enterprises", "amount_fen")}
        summed.append({"category": rows[0]["category"], "line": rows[0]["line"], "unit": None, **sums})
    return summed
