"""The model that linkage weighs pairs by (比对模型): Splink's settings, set by hand and frozen.

It is not trained: families share phone, account and address, which training takes for one person. The weights
stand here, ``MODEL`` of :mod:`projections.linkage.kinds` names them, and they do not depend on how many persons are
compared: how common a name is comes from a fixed table, and how rare doubles are is the same up to :data:`REFERENCE_PERSONS`.
"""

from __future__ import annotations

from typing import Any

from splink import SettingsCreator
from splink.blocking_rule_library import CustomRule
from splink.comparison_library import CustomComparison
from splink.internals.comparison_creator import ComparisonCreator

REFERENCE_PERSONS = 200_000
"""Among up to so many persons a pair weighs the same; among more, coincidences grow with their number."""

_DOUBLES_A_PERSON = 0.06
"""Pairs of one person for each person, times two: of so many, three in a hundred are entered twice."""

EXACT_NAME_BY_CHANCE = 2e-4
"""How often two persons have one name, before the name's own frequency is set in its place."""


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


NEAR_NAME = (
    "levenshtein(name_l, name_r) <= 1 OR jaro_winkler_similarity(pinyin_l, pinyin_r) >= 0.92 - 1e-9"
    " OR syllables_l = syllables_r"
)
"""One character is other, missing or too many; it sounds nearly the same; or the syllables are in another order.

The billionth is for the last bit, in which machines and engines differ: what comes to the limit has reached it.
"""

ONE_EDIT = "damerau_levenshtein(id17_l, id17_r) <= 1"
"""One digit is other, or two neighbours are swapped, the check character aside."""


def _comparisons() -> list[ComparisonCreator | dict[str, Any]]:
    """The frozen model: m, how often a level occurs of one person; u, of two."""
    return [
        CustomComparison(
            [
                _null("name"),
                _level(
                    "name_l = name_r",
                    0.60,
                    EXACT_NAME_BY_CHANCE,
                    tf_adjustment_column="name",
                    tf_adjustment_weight=1.0,
                ),
                _level("pinyin_l = pinyin_r", 0.20, 3e-4),
                _level(NEAR_NAME, 0.17, 2e-2),
                _level("ELSE", 0.03, 0.9795),
            ],
            "name",
        ),
        CustomComparison(
            [
                _null("id17"),
                _level("id17_l = id17_r", 0.66, 1e-8),
                _level(ONE_EDIT, 0.28, 3e-7),
                _level("damerau_levenshtein(id17_l, id17_r) <= 2", 0.04, 1e-5),
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


def settings(persons: int, *, goes_on: bool = False) -> SettingsCreator:
    """The model with its blocks, for so many persons: only pairs that share one of these are compared.

    ``goes_on`` leaves out pairs of which neither is new or changed.
    """
    fresh = " AND (l.fresh OR r.fresh)" if goes_on else ""
    blocks = (
        ("id17",),
        ("account",),
        ("phone",),
        ("household",),
        ("region_birth",),
        ("birth_sequence",),
        ("syllables", "birth_year"),
        ("syllables", "birth_day"),
        ("syllables", "address"),
    )
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=_comparisons(),
        blocking_rules_to_generate_predictions=[
            CustomRule(" AND ".join(f"l.{column} = r.{column}" for column in columns) + fresh)
            for columns in blocks
        ],
        probability_two_random_records_match=_DOUBLES_A_PERSON / max(persons, REFERENCE_PERSONS),
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
