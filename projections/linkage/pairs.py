"""Finding one person under two identities (疑似同一人): pairs of dossiers, weighed by Splink on DuckDB.

:mod:`projections.linkage.model` weighs; what a pair is taken for is decided here, by a guard on number and name
besides the weight. Everything stays in memory: no identity is written anywhere, and what comes out names
dossiers, weights and levels only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb
from pypinyin import lazy_pinyin
from splink import DuckDBAPI, Linker

from ledger.identity.documents import PersonIdentity, address
from projections.linkage.kinds import LEAST_WEIGHT, Kind, kind_of
from projections.linkage.model import ONE_EDIT, settings
from projections.linkage.name_frequency import name_frequency
from projections.views.links import LEVELS

_FAR_BELOW = -30.0
"""The weight from which on pairs are looked at: a number one edit apart counts whatever the rest weighs."""


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


def find_pairs(
    people: Iterable[Known],
    say: Callable[[str], None] = lambda step: None,
    earlier: Iterable[tuple[str, str]] = (),
) -> Found:
    """The pairs to record, the heaviest first; of two persons who are not fresh, none."""
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        connection.execute("SET enable_progress_bar = false")
        say("reading")
        read = _load(connection, people)
        if read.count < 2 or not read.fresh:
            return Found([], 0, [])
        logging.getLogger("splink").setLevel(logging.WARNING)
        database = DuckDBAPI(connection)
        model = settings(read.count, goes_on=len(read.fresh) < read.count)
        linker = Linker(database.register("people"), model, log_level=logging.WARNING)
        linker.table_management.register_term_frequency_lookup(database.register("names"), "name")
        say("comparing")
        predicted = linker.inference.predict(threshold_match_weight=_FAR_BELOW)
        say("guarding")
        connection.execute(_judged(predicted.physical_name))
        rows = connection.execute(
            "SELECT * EXCLUDE recorded FROM judged WHERE recorded ORDER BY weight DESC, first, second"
        ).fetchall()
        (set_aside,) = connection.execute("SELECT count(*) FROM judged WHERE NOT recorded").fetchall()
        pairs = [
            Pair(first, second, weight, dict(zip(LEVELS, levels, strict=True)), guarded, one_edit)
            for first, second, weight, guarded, one_edit, *levels in rows
        ]
        return Found(pairs, set_aside[0], list(read.not_found(earlier, pairs)))


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


_SAME_SOUND = "(pinyin_l = pinyin_r OR syllables_l = syllables_r)"
_CLOSE_NAME = (
    "(jaro_winkler_similarity(given_l, given_r) >= 0.85 AND surname_l = surname_r"
    " OR levenshtein(name_l, name_r) <= 1 AND (greatest(length(name_l), length(name_r)) >= 3 OR surname_l = surname_r))"
)
_SAME_DAY = "region_birth_l = region_birth_r"
_TWINS = (
    f"({_SAME_DAY} AND name_l <> name_r AND abs(right(id17_l, 3)::INT - right(id17_r, 3)::INT) <= 3"
    " AND NOT (coalesce(phone_l = phone_r, false) AND coalesce(account_l = account_r, false)))"
)
"""Born on one day in one place and registered one after the other, under two names, without one phone and account."""


def _judged(predictions: str) -> str:
    """The table of pairs that are recorded, and of those that only share something.

    Brothers and sisters of one day share the surname, often half the given name, and all but the last digits of
    the number: they are two persons where the names sound otherwise, and for review where they sound alike.
    """
    similar = f"NOT {_TWINS} AND ({_SAME_SOUND} OR {_CLOSE_NAME} AND {ONE_EDIT} AND NOT {_SAME_DAY})"
    levels = ", ".join(f"gamma_{level}" for level in LEVELS)
    return f"""
        CREATE TABLE judged AS
        SELECT unique_id_l AS first, unique_id_r AS second, match_weight AS weight, guarded, one_edit,
            {levels},
            CASE
                WHEN number_l = number_r THEN gamma_name = 0
                WHEN guarded AND match_weight >= {LEAST_WEIGHT} OR one_edit THEN true
                WHEN gamma_number >= 2 THEN gamma_name >= 1 AND ({_SAME_SOUND} OR NOT {_SAME_DAY})
                ELSE match_weight >= {LEAST_WEIGHT} AND gamma_name >= 2
            END AS recorded
        FROM (
            SELECT *,
                number_l <> number_r AND gamma_number >= 2 AND {similar} AS guarded,
                number_l <> number_r AND {ONE_EDIT} AND {similar} AS one_edit
            FROM {predictions}
            WHERE match_weight >= {LEAST_WEIGHT} OR gamma_number >= 2
        )
        WHERE number_l <> number_r OR gamma_name = 0
    """
