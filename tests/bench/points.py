"""Linkage by plain points (对照打分), in SQL: what the weighed model must not fall behind.

Points for what is alike, a sum that is enough, and the same blocks; neither frequencies of names nor weights.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
from pypinyin import lazy_pinyin

from ledger.identity.documents import address
from projections.linkage.pairs import Known

ENOUGH = 7
"""So many points of one person: a number one digit off and a name that sounds the same are 8 alone."""

_BLOCKS = (
    "phone",
    "account",
    "household",
    "region_birth",
    "birth_sequence",
    "pinyin || birth_year",
    "pinyin || birth_day",
)

_POINTS = """
    CASE WHEN distance <= 1 THEN 6 WHEN distance = 2 THEN 4 ELSE 0 END
    + CASE WHEN l.name = r.name THEN 3 WHEN l.pinyin = r.pinyin THEN 2 ELSE 1 END
    + CASE WHEN l.phone = r.phone THEN 2 ELSE 0 END + CASE WHEN l.account = r.account THEN 2 ELSE 0 END
    + CASE WHEN l.household = r.household OR l.address = r.address THEN 1 ELSE 0 END
"""


def pairs_by_points(people: Iterable[Known]) -> set[frozenset[str]]:
    """The pairs of two numbers with enough points: names one character apart at most, numbers two edits at most.

    Those born on one day in one place must have names of one sound, as siblings seldom have.
    """
    with duckdb.connect(":memory:", config={"temp_directory": ""}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            "CREATE TABLE people (id VARCHAR, number VARCHAR, name VARCHAR, pinyin VARCHAR, phone VARCHAR,"
            " account VARCHAR, household VARCHAR, address VARCHAR)"
        )
        columns = list(zip(*(_fields(known) for known in people), strict=True))
        marks = ", ".join(f"unnest(${at}::VARCHAR[])" for at in range(1, len(columns) + 1))
        connection.execute(f"INSERT INTO people SELECT {marks}", [list(column) for column in columns])
        connection.execute(
            "CREATE TABLE blocked AS SELECT *, number[:17] AS id17, number[:14] AS region_birth,"
            " number[7:17] AS birth_sequence, number[7:10] AS birth_year, number[11:14] AS birth_day FROM people"
        )
        blocks = " UNION ".join(
            f"SELECT l.id AS first, r.id AS second FROM (SELECT id, {block} AS of FROM blocked) l"
            f" JOIN (SELECT id, {block} AS of FROM blocked) r ON l.of = r.of AND l.id < r.id"
            for block in _BLOCKS
        )
        rows = connection.execute(f"""
            SELECT first, second FROM (
                SELECT first, second, damerau_levenshtein(l.id17, r.id17) AS distance,
                    l.pinyin = r.pinyin OR l.region_birth <> r.region_birth AND levenshtein(l.name, r.name) <= 1
                        AS close,
                    {_POINTS.replace("distance", "damerau_levenshtein(l.id17, r.id17)")} AS points
                FROM ({blocks}) b
                JOIN blocked l ON l.id = first
                JOIN blocked r ON r.id = second
                WHERE l.number <> r.number
            ) WHERE close AND distance <= 2 AND points >= {ENOUGH}
        """).fetchall()
        return {frozenset(pair) for pair in rows}


def _fields(known: Known) -> tuple[str | None, ...]:
    who = known.identity
    place = address(who.address) if who.address else None
    sound = "".join(lazy_pinyin(who.name))
    return (known.dossier, who.number, who.name, sound, who.phone, who.account, who.household, place)
