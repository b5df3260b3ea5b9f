"""The pairs of dossiers that linkage runs found (人员比对结果), each run's word on a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import orjson

from ledger.events.linkage import LinkedPair, PersonsLinked
from projections.frame.column import Number, json_of
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, Table

LEVELS = ("name", "number", "phone", "account", "home", "unit")


@dataclass
class LinkRow:
    """What a run said of a pair of dossiers; ``levels`` is JSON text, how near each of ``LEVELS`` is."""

    pair: str
    position: int
    first: str
    second: str
    run: str
    weight_milli: Number
    guarded: bool
    one_edit: bool
    levels: Annotated[str, json_of(dict[str, int])]


LINKS = Table("links", LinkRow, "pair", "position")


class Links:
    """Keeps what runs found; the last word on a pair counts."""

    name: ClassVar[str] = "links"
    title: ClassVar[tuple[str, str]] = ("人员比对", "linkage")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    tables: ClassVar[str] = f"""
        {LINKS.create}
        CREATE INDEX links_first ON links (first);
        CREATE INDEX links_second ON links (second);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        rows = {
            (pair_of(pair), item.position): LinkRow(
                pair=pair_of(pair),
                position=item.position,
                first=pair.first,
                second=pair.second,
                run=event.run,
                weight_milli=pair.weight_milli,
                guarded=pair.guarded,
                one_edit=pair.one_edit,
                levels=orjson.dumps({level: getattr(pair, level) for level in LEVELS}).decode(),
            )
            for event, item in of_types(events, PersonsLinked)
            for pair in event.pairs
        }
        LINKS.add(cursor, rows.values())


def pair_of(pair: LinkedPair) -> str:
    """A pair's name: its two dossiers, the earlier first."""
    return "+".join(sorted((pair.first, pair.second)))
