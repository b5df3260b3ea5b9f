"""The pairs of dossiers that linkage runs found (人员比对结果), each run's word on a pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import orjson

from ledger.events.filing_comparison import FilingsCompared
from ledger.events.linkage import ComparedPair, LinkedPair, PersonsLinked
from projections.frame.column import Number, json_of
from projections.frame.recorded import Recorded
from projections.frame.view import Cursor, Table

LEVELS = ("name", "number", "phone", "account", "home", "unit")


@dataclass
class LinkRow:
    """What a run said of a pair of dossiers; ``levels`` is JSON text, how near each of ``LEVELS`` is.

    ``filed_in`` is the campaign whose filings the ledger compared; null for a run that an officer
    signed. ``found`` is false where it compared a pair of an earlier run and did not find it again.
    """

    pair: str
    position: int
    first: str
    second: str
    run: str
    found: bool
    weight_milli: Number
    guarded: bool
    one_edit: bool
    levels: Annotated[str, json_of(dict[str, int])]
    filed_in: str | None = None


LINKS = Table("links", LinkRow, "pair", "position")


class Links:
    """Keeps what runs found; the last word on a pair counts."""

    name: ClassVar[str] = "links"
    title: ClassVar[tuple[str, str]] = ("人员比对", "linkage")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 3
    tables: ClassVar[str] = f"""
        {LINKS.create}
        CREATE INDEX links_first ON links (first);
        CREATE INDEX links_second ON links (second);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        rows = {}
        for item in events:
            for pair, run, filed_in in _said(item):
                row = _row(pair, run, item.position, filed_in)
                rows[row.pair, row.position] = row
        LINKS.add(cursor, rows.values())


def _said(item: Recorded) -> Iterator[tuple[LinkedPair | ComparedPair, str, str | None]]:
    """The pairs of an event, each with the run that says it; what the ledger compared at filing is a run by itself."""
    match item.event:
        case PersonsLinked() as e:
            yield from ((pair, e.run, None) for pair in (*e.pairs, *(e.not_found or ())))
        case FilingsCompared() as e:
            yield from ((pair, item.act.id, e.campaign) for pair in e.pairs)
        case _:
            return


def _row(pair: LinkedPair | ComparedPair, run: str, position: int, filed_in: str | None) -> LinkRow:
    of_pair: dict[str, Any] = {
        "pair": pair_of(pair),
        "position": position,
        "first": pair.first,
        "second": pair.second,
        "run": run,
        "filed_in": filed_in,
    }
    if isinstance(pair, ComparedPair):
        return LinkRow(**of_pair, found=False, weight_milli=0, guarded=False, one_edit=False, levels="{}")
    return LinkRow(
        **of_pair,
        found=True,
        weight_milli=pair.weight_milli,
        guarded=pair.guarded,
        one_edit=pair.one_edit,
        levels=orjson.dumps({level: getattr(pair, level) for level in LEVELS}).decode(),
    )


def pair_of(pair: LinkedPair | ComparedPair) -> str:
    """A pair's name: its two dossiers, the earlier first."""
    return "+".join(sorted((pair.first, pair.second)))
