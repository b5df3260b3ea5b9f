"""A linkage run at work (人员比对): the earlier run that it goes on from, the persons, and what it says of them.

It reads identities. Whoever calls it has a run on record, signed with its purpose, or a policy that asks for the
comparison, and a line in the access log.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, NamedTuple

import psycopg

from api.gate import ScopedViews, every_view
from api.linkage.runs import PERSONS, Run
from ledger.events.filing_comparison import FilingsCompared
from ledger.events.linkage import (
    PAIRS_IN_A_STATEMENT,
    ComparedPair,
    LinkedPair,
    PersonsLinked,
)
from ledger.identity.documents import PersonIdentity
from ledger.identity.vault import Sealed, Vault
from projections.linkage.judging import Engine
from projections.linkage.kinds import MODEL
from projections.linkage.pairs import ON_DUCKDB, Found, Known, Pair, find_pairs

Connection = psycopg.Connection[Any]


class Compared(NamedTuple):
    """How many dossiers a run compared, how many of them anew, and what it found."""

    dossiers: int
    fresh: int
    found: Found

    def statements(self, run: Run) -> list[PersonsLinked]:
        """What the run says, in as many parts as it takes; one where it found nothing."""
        pairs, gone = self.found.pairs, self.found.not_found
        parts = max(1, *(-(-len(each) // PAIRS_IN_A_STATEMENT) for each in (pairs, gone)))
        return [
            PersonsLinked(
                unit=run.unit,
                run=run.id,
                compared=self.dossiers,
                set_aside=self.found.set_aside,
                pairs=[_recorded(pair) for pair in pairs[at : at + PAIRS_IN_A_STATEMENT]],
                not_found=[
                    ComparedPair(first=first, second=second)
                    for first, second in gone[at : at + PAIRS_IN_A_STATEMENT]
                ]
                or None,
                parts=parts,
            )
            for at in range(0, parts * PAIRS_IN_A_STATEMENT, PAIRS_IN_A_STATEMENT)
        ]

    def filed(self, campaign: str, unit: str, through: int) -> list[FilingsCompared]:
        """What the ledger says of a campaign's filings up to an entry, in as many parts as it takes."""
        pairs = self.found.pairs
        parts = max(1, -(-len(pairs) // PAIRS_IN_A_STATEMENT))
        return [
            FilingsCompared(
                campaign=campaign,
                unit=unit,
                model=MODEL,
                through=through,
                compared=self.dossiers,
                fresh=self.fresh,
                set_aside=self.found.set_aside,
                pairs=[_recorded(pair) for pair in pairs[at : at + PAIRS_IN_A_STATEMENT]],
                part=at // PAIRS_IN_A_STATEMENT + 1,
                parts=parts,
            )
            for at in range(0, parts * PAIRS_IN_A_STATEMENT, PAIRS_IN_A_STATEMENT)
        ]


def compare(
    connection: Connection,
    vault: Vault,
    run: Run,
    say: Callable[[str], None] = lambda step: None,
    engine: Engine = ON_DUCKDB,
) -> Compared:
    """Reads the identities of a run and finds its pairs. The views stand at the run or after it."""
    views = every_view(connection)
    changed = _changed_since(connection, views, run.after) if run.after else None
    return _compared(connection, vault, run.unit, changed, say, _earlier(views), engine)


def compare_filed(
    connection: Connection, vault: Vault, unit: str, filed: Container[str], say: Callable[[str], None]
) -> Compared:
    """Reads the identities of a unit and all below it, and finds the pairs of these dossiers with any of them.

    It says of no pair that it is none.
    """
    return _compared(connection, vault, unit, filed, say, ())


def _compared(
    connection: Connection,
    vault: Vault,
    unit: str | None,
    changed: Container[str] | None,
    say: Callable[[str], None],
    earlier: Iterable[tuple[str, str]],
    engine: Engine = ON_DUCKDB,
) -> Compared:
    dossiers = fresh = 0

    def counted() -> Iterator[Known]:
        nonlocal dossiers, fresh
        for known in _people(connection, vault, unit):
            dossiers += 1
            known = known._replace(fresh=changed is None or known.dossier in changed)
            fresh += known.fresh
            yield known

    found = find_pairs(counted(), say, earlier, engine)
    return Compared(dossiers, fresh, found)


def _changed_since(connection: Connection, views: ScopedViews, position: int) -> set[str]:
    """Dossiers with an identity of after a position.

    Also those of one number with a dossier that changed or ended since: it may have stood for that person.
    """
    disclosed = connection.execute(
        "SELECT v.dossier FROM ledger.entries e JOIN ledger.vault v ON v.id = e.statement_id::text"
        " WHERE e.position > %s",
        (position,),
    ).fetchall()
    beside = views.rows(
        "SELECT DISTINCT n.dossier FROM dossiers o JOIN dossiers n ON n.person = o.person"
        " WHERE o.to_position > %(position)s AND n.to_position IS NULL",
        position=position,
    )
    return {dossier for (dossier,) in disclosed} | {row["dossier"] for row in beside}


def _earlier(views: ScopedViews) -> list[tuple[str, str]]:
    """The pairs that runs found and that none has said since to be none."""
    rows = views.rows(
        "SELECT first, second FROM (SELECT DISTINCT ON (pair) first, second, found FROM links"
        " ORDER BY pair, position DESC) l WHERE found ORDER BY first, second"
    )
    return [(row["first"], row["second"]) for row in rows]


def _recorded(pair: Pair) -> LinkedPair:
    return LinkedPair(
        first=pair.first,
        second=pair.second,
        weight_milli=max(0, round(pair.weight * 1000)),
        guarded=pair.guarded,
        one_edit=pair.one_edit,
        **pair.levels,
    )


def _people(connection: Connection, vault: Vault, unit: str | None) -> Iterator[Known]:
    """Each person's newest identity, read in parts."""
    with connection.transaction(), connection.cursor(name="linkage") as cursor:
        cursor.itersize = 2000
        cursor.execute(
            "SELECT DISTINCT ON (v.dossier) v.id, v.dossier, v.key_version, v.wrapped_key, v.box,"
            f" s.value ->> 'unit' {PERSONS} ORDER BY v.dossier, v.id DESC",
            {"unit": unit},
        )
        for *sealed, unit in cursor:
            identity = vault.open(Sealed(*sealed)).identity
            if isinstance(identity, PersonIdentity):
                yield Known(sealed[1], unit, identity)
