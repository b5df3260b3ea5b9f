"""The pairs of dossiers that linkage runs found (人员比对结果), each run's word on a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import orjson

from ledger.events.linkage import LinkedPair, PersonsLinked
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import Cursor, copy_rows

LEVELS = ("name", "number", "phone", "account", "home", "unit")


class Links:
    """Keeps what runs found; the last word on a pair counts."""

    name: ClassVar[str] = "links"
    title: ClassVar[tuple[str, str]] = ("人员比对", "linkage")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    tables: ClassVar[str] = """
        CREATE TABLE links (
            pair text NOT NULL, position bigint NOT NULL, first text NOT NULL, second text NOT NULL,
            run text NOT NULL, weight_milli integer NOT NULL, guarded boolean NOT NULL,
            one_edit boolean NOT NULL, levels jsonb NOT NULL,
            PRIMARY KEY (pair, position)
        );
        CREATE INDEX links_first ON links (first);
        CREATE INDEX links_second ON links (second);
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        rows = {
            (pair_of(pair), item.position): (
                pair.first,
                pair.second,
                event.run,
                pair.weight_milli,
                pair.guarded,
                pair.one_edit,
                orjson.dumps({level: getattr(pair, level) for level in LEVELS}).decode(),
            )
            for event, item in of_types(events, PersonsLinked)
            for pair in event.pairs
        }
        copy_rows(
            cursor,
            "links",
            [
                "pair",
                "position",
                "first",
                "second",
                "run",
                "weight_milli",
                "guarded",
                "one_edit",
                "levels",
            ],
            [(*key, *row) for key, row in rows.items()],
        )


def pair_of(pair: LinkedPair) -> str:
    """A pair's name: its two dossiers, the earlier first."""
    return "+".join(sorted((pair.first, pair.second)))
