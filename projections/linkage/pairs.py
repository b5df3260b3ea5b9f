"""Finding one person under two identities (疑似同一人): pairs of dossiers, weighed by Splink.

:mod:`projections.linkage.model` weighs, on the engine that is chosen; what a pair is taken for is decided by a guard on
number and name besides the weight (:mod:`projections.linkage.judging`). Everything stays in memory: no identity is
written anywhere, and what comes out names dossiers, weights and levels only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb
from pypinyin import lazy_pinyin

from ledger.identity.documents import PersonIdentity, address
from projections.linkage.judging import Engine, OnDuckDb
from projections.linkage.kinds import Kind, kind_of
from projections.linkage.model import settings
from projections.linkage.name_frequency import name_frequency
from projections.views.links import LEVELS


class Known(NamedTuple):
    """One person as a dossier knows them; ``fresh`` unless an earlier run compared them just so."""

    dossier: str
    unit: str
    identity: PersonIdentity
    fresh: bool = True


class Pair(NamedTuple):
    """Two dossiers that may be one person's, or of one number under two names. ``weight`` is in bits.

    ``levels`` say how well each feature agrees: the higher the closer, −1 where one is missing.
    ``guarded`` says that number and name are close enough, ``one_edit`` that the numbers are one edit or
    transposition apart under similar names; a pair that is neither, is for review.
    """

    first: str
    second: str
    weight: float
    levels: dict[str, int]
    guarded: bool
    one_edit: bool

    @property
    def kind(self) -> Kind:
        """What the pair is taken for; what its flags say of it with the weight that the model asks for."""
        return kind_of(self.weight, self.levels, guarded=self.guarded, one_edit=self.one_edit)


class Found(NamedTuple):
    """What a run found: the pairs to record, and how many others only share a home, a phone or an account.

    ``not_found`` are those of the earlier pairs that it compared and does not find.
    """

    pairs: list[Pair]
    set_aside: int
    not_found: list[tuple[str, str]]


@dataclass
class _Read:
    """Who was read: the dossier that stands for each dossier's person, and the fresh among those."""

    stands_for: dict[str, str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(set(self.stands_for.values()))

    def not_found(
        self, earlier: Iterable[tuple[str, str]], pairs: Iterable[Pair]
    ) -> Iterator[tuple[str, str]]:
        """The earlier pairs that were compared and are not among these."""
        found = {frozenset((pair.first, pair.second)) for pair in pairs}
        for first, second in earlier:
            if first in self.stands_for and second in self.stands_for:
                persons = frozenset((self.stands_for[first], self.stands_for[second]))
                if persons not in found and not persons.isdisjoint(self.fresh):
                    yield first, second


ON_DUCKDB = OnDuckDb()


def find_pairs(
    people: Iterable[Known],
    say: Callable[[str], None] = lambda step: None,
    earlier: Iterable[tuple[str, str]] = (),
    engine: Engine = ON_DUCKDB,
) -> Found:
    """The pairs to record, the heaviest first; of two persons who are not fresh, none."""
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        connection.execute("SET enable_progress_bar = false")
        say("reading")
        read = _load(connection, people)
        if read.count < 2 or not read.fresh:
            return Found([], 0, [])
        model = settings(read.count, goes_on=len(read.fresh) < read.count)
        judged = engine.judged(connection, model, say)
        pairs = [
            Pair(first, second, weight, dict(zip(LEVELS, levels, strict=True)), guarded, one_edit)
            for first, second, weight, guarded, one_edit, *levels in judged.recorded
        ]
        return Found(pairs, judged.set_aside, list(read.not_found(earlier, pairs)))


def _load(connection: duckdb.DuckDBPyConnection, people: Iterable[Known]) -> _Read:
    """The linkage fields of each number under each name, once: a person's further dossiers add nothing."""
    connection.execute(
        "CREATE TABLE people (unique_id VARCHAR, number VARCHAR, name VARCHAR, pinyin VARCHAR,"
        " surname VARCHAR, given VARCHAR, syllables VARCHAR, id17 VARCHAR, region_birth VARCHAR, birth_sequence VARCHAR,"
        " birth_year VARCHAR, birth_day VARCHAR, phone VARCHAR, account VARCHAR, household VARCHAR,"
        " address VARCHAR, unit VARCHAR, fresh BOOLEAN)"
    )
    connection.execute("CREATE TABLE names (name VARCHAR, tf_name DOUBLE)")
    seen: dict[tuple[str, str], str] = {}
    read = _Read()
    batch: list[Sequence[str | bool | None]] = []
    for known in people:
        person = (known.identity.number, known.identity.name)
        if person not in seen:
            seen[person] = known.dossier
            batch.append(_fields(known))
            if known.fresh:
                read.fresh.add(known.dossier)
        read.stands_for[known.dossier] = seen[person]
        if len(batch) == 10_000:
            _insert(connection, batch)
            batch = []
    _insert(connection, batch)
    names = sorted({name for _, name in seen})
    connection.execute(
        "INSERT INTO names SELECT unnest($1::VARCHAR[]), unnest($2::DOUBLE[])",
        [names, [name_frequency(name) for name in names]],
    )
    return read


def _insert(connection: duckdb.DuckDBPyConnection, rows: list[Sequence[str | bool | None]]) -> None:
    if rows:
        columns = list(zip(*rows, strict=True))
        kinds = ["VARCHAR"] * (len(columns) - 1) + ["BOOLEAN"]
        marks = ", ".join(f"unnest(${number}::{kind}[])" for number, kind in enumerate(kinds, 1))
        connection.execute(
            f"INSERT INTO people SELECT {marks}", [list(column) for column in columns]
        )  # our own marks


def _fields(known: Known) -> Sequence[str | bool | None]:
    identity = known.identity
    number = identity.number
    syllables = lazy_pinyin(identity.name)
    return (
        known.dossier,
        number,
        identity.name,
        "".join(syllables),
        syllables[0],
        "".join(syllables[1:]),
        " ".join(sorted(syllables)),
        number[:17],
        number[:14],
        number[6:17],
        number[6:10],
        number[10:14],
        identity.phone,
        identity.account,
        identity.household,
        address(identity.address) if identity.address else None,
        known.unit,
        known.fresh,
    )
