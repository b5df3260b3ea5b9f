"""Finding one person under two identities (疑似同一人): Splink on DuckDB, with a frozen, hand-set model.

The model is not trained: families share phone, account and address, which training takes for one
person. Its weights are fixed here, and :data:`MODEL` names them; a pair must pass a guard on number and
name besides. Everything stays in memory: no identity is written anywhere, and what comes out names
dossiers, weights and levels only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import duckdb
from pypinyin import lazy_pinyin
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison
from splink.internals.comparison_creator import ComparisonCreator

from ledger.identity.documents import PersonIdentity, address
from projections.views.links import LEVELS

MODEL = "splink-5-frozen-1"
"""The model's name and version, recorded with what it finds."""

LEAST_WEIGHT = 6.0
"""From this match weight (bits) on, a pair is looked at."""

_PRIOR = 3e-7


class Known(NamedTuple):
    """One person as a dossier knows them."""

    dossier: str
    unit: str
    identity: PersonIdentity


class Pair(NamedTuple):
    """Two dossiers that may be one person's. ``weight`` is in bits.

    ``levels`` say how well each feature agrees: the higher the closer, −1 where one is missing.
    ``guarded`` says that number and name are close enough; ``one_edit`` that the numbers are one edit or
    transposition apart under similar names.
    """

    first: str
    second: str
    weight: float
    levels: dict[str, int]
    guarded: bool
    one_edit: bool


def find_pairs(people: Iterable[Known], say: Callable[[str], None] = lambda step: None) -> list[Pair]:
    """The pairs of different numbers at or above the least weight, or one edit apart; the heaviest first."""
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        say("reading")
        count = _load(connection, people)
        if count < 2:
            return []
        logging.getLogger("splink").setLevel(logging.WARNING)
        database = DuckDBAPI(connection)
        linker = Linker(database.register("people"), _settings(), log_level=logging.WARNING)
        say("comparing")
        predicted = linker.inference.predict(threshold_match_weight=LEAST_WEIGHT)
        say("guarding")
        rows = connection.execute(_guarded(predicted.physical_name)).fetchall()
        return [
            Pair(first, second, weight, dict(zip(LEVELS, levels, strict=True)), guarded, one_edit)
            for first, second, weight, guarded, one_edit, *levels in rows
        ]


def _load(connection: duckdb.DuckDBPyConnection, people: Iterable[Known]) -> int:
    """The linkage fields of each number, once: a person's further dossiers add nothing."""
    connection.execute(
        "CREATE TABLE people (unique_id VARCHAR, number VARCHAR, name VARCHAR, pinyin VARCHAR,"
        " surname VARCHAR, given VARCHAR, syllables VARCHAR, id17 VARCHAR, region_birth VARCHAR, birth_sequence VARCHAR,"
        " birth_year VARCHAR, birth_day VARCHAR, phone VARCHAR, account VARCHAR, household VARCHAR,"
        " address VARCHAR, unit VARCHAR)"
    )
    seen: set[str] = set()
    batch: list[Sequence[str | None]] = []
    for known in people:
        if known.identity.number not in seen:
            seen.add(known.identity.number)
            batch.append(_fields(known))
        if len(batch) == 10_000:
            _insert(connection, batch)
            batch = []
    _insert(connection, batch)
    return len(seen)


def _insert(connection: duckdb.DuckDBPyConnection, rows: list[Sequence[str | None]]) -> None:
    if rows:
        columns = list(zip(*rows, strict=True))
        marks = ", ".join(f"unnest(${number + 1}::VARCHAR[])" for number in range(len(columns)))
        connection.execute(
            f"INSERT INTO people SELECT {marks}", [list(column) for column in columns]
        )  # our own marks


def _fields(known: Known) -> Sequence[str | None]:
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
    )


def _level(condition: str, m: float, u: float, **more: Any) -> dict[str, Any]:
    return {
        "sql_condition": condition,
        "label_for_charts": condition[:40],
        "m_probability": m,
        "u_probability": u,
        **more,
    }


def _missing(condition: str) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": "missing", "is_null_level": True}


def _null(*columns: str) -> dict[str, Any]:
    return _missing(" OR ".join(f"{column}_l IS NULL OR {column}_r IS NULL" for column in columns))


_NEAR_NAME = "levenshtein(name_l, name_r) <= 1 OR jaro_winkler_similarity(pinyin_l, pinyin_r) >= 0.92"
_ONE_EDIT = "damerau_levenshtein(id17_l, id17_r) <= 1"


def _comparisons() -> list[ComparisonCreator | dict[str, Any]]:
    """The frozen model: m, how often a level occurs of one person; u, of two."""
    return [
        CustomComparison(
            [
                _null("name"),
                _level("name_l = name_r", 0.60, 2e-4, tf_adjustment_column="name", tf_adjustment_weight=1.0),
                _level("pinyin_l = pinyin_r", 0.20, 3e-4),
                _level(_NEAR_NAME, 0.17, 2e-2),
                _level("ELSE", 0.03, 0.9795),
            ],
            "name",
        ),
        CustomComparison(
            [
                _null("id17"),
                _level("id17_l = id17_r", 0.66, 1e-8),
                _level(_ONE_EDIT, 0.31, 3e-7),
                _level("damerau_levenshtein(id17_l, id17_r) <= 2", 0.01, 1e-5),
                _level("region_birth_l = region_birth_r", 0.01, 2e-5),
                _level("ELSE", 0.01, 0.99997),
            ],
            "number",
        ),
        CustomComparison(
            [
                _null("phone"),
                _level("phone_l = phone_r", 0.60, 5e-6),
                _level("levenshtein(phone_l, phone_r) <= 1", 0.08, 4e-7),
                _level("ELSE", 0.32, 0.99999),
            ],
            "phone",
        ),
        CustomComparison(
            [_null("account"), _level("account_l = account_r", 0.52, 2e-6), _level("ELSE", 0.48, 0.999998)],
            "account",
        ),
        CustomComparison(
            [
                _missing(
                    "(household_l IS NULL OR household_r IS NULL) AND (address_l IS NULL OR address_r IS NULL)"
                ),
                _level("household_l = household_r OR address_l = address_r", 0.90, 1e-5),
                _level("ELSE", 0.10, 0.99999),
            ],
            "home",
        ),
        CustomComparison(
            [_null("unit"), _level("unit_l = unit_r", 0.60, 0.05), _level("ELSE", 0.40, 0.95)], "unit"
        ),
    ]


def _settings() -> SettingsCreator:
    """The model with its blocks: only pairs that share one of these are compared."""
    blocks = (
        ("id17",),
        ("account",),
        ("phone",),
        ("household",),
        ("region_birth",),
        ("birth_sequence",),
        ("pinyin", "birth_year"),
        ("pinyin", "birth_day"),
        ("pinyin", "address"),
    )
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=_comparisons(),
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in blocks],
        probability_two_random_records_match=_PRIOR,
        retain_matching_columns=True,
        additional_columns_to_retain=[
            "number",
            "syllables",
            "pinyin",
            "surname",
            "given",
            "id17",
            "region_birth",
        ],
    )


def _guarded(predictions: str) -> str:
    """The pairs of different numbers, with the guard's word and the levels."""
    same_sound = "(pinyin_l = pinyin_r OR syllables_l = syllables_r)"
    close_name = (
        "(jaro_winkler_similarity(given_l, given_r) >= 0.85 AND surname_l = surname_r"
        " OR levenshtein(name_l, name_r) <= 1 AND length(name_l) >= 3)"
    )
    # Twins share surname, often half the given name, and all but the last digits of the number.
    similar = f"({same_sound} OR {close_name} AND region_birth_l <> region_birth_r)"
    guard = f"id17_l = id17_r OR (damerau_levenshtein(id17_l, id17_r) <= 2 AND {similar})"
    levels = ", ".join(f"gamma_{level}" for level in LEVELS)
    return (
        f"SELECT unique_id_l, unique_id_r, match_weight, {guard} AS guarded,"
        f" damerau_levenshtein(number_l, number_r) <= 2 AND {_ONE_EDIT} AND {similar} AS one_edit, {levels}"
        f" FROM {predictions} WHERE number_l <> number_r"
        " ORDER BY match_weight DESC, unique_id_l, unique_id_r"
    )
