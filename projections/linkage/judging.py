"""What Splink's weights are judged by (比对判定), and the engine that weighs and judges: DuckDB in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator

from projections.linkage.kinds import LEAST_WEIGHT
from projections.linkage.model import ONE_EDIT
from projections.views.links import LEVELS

FAR_BELOW = -30.0
"""The weight from which on pairs are looked at: a number one edit apart counts whatever the rest weighs."""

RECORDED = ", ".join(
    ("first", "second", "weight", "guarded", "one_edit", *(f"gamma_{level}" for level in LEVELS))
)
"""The columns of a pair that is recorded."""


class Judged(NamedTuple):
    """The pairs to record as rows of :data:`RECORDED`, the heaviest first, and how many others only share something."""

    recorded: Sequence[Sequence[Any]]
    set_aside: int


class Engine(Protocol):
    """What runs Splink's linkage and the judgement over the tables ``people`` and ``names``."""

    name: str

    def judged(
        self, connection: duckdb.DuckDBPyConnection, model: SettingsCreator, say: Callable[[str], None]
    ) -> Judged:
        """The pairs of those who stand in the connection's tables."""


class OnDuckDb:
    """In this process's memory."""

    name = "duckdb"

    def judged(
        self, connection: duckdb.DuckDBPyConnection, model: SettingsCreator, say: Callable[[str], None]
    ) -> Judged:
        """The pairs of those who stand in the connection's tables."""
        database = DuckDBAPI(connection)
        predicted = weighed(database.register("people"), database.register("names"), model, say)
        say("guarding")
        connection.execute(f"CREATE TABLE judged AS {judging(predicted)}")
        recorded = connection.execute(IN_ORDER).fetchall()
        (set_aside,) = connection.execute("SELECT count(*) FROM judged WHERE NOT recorded").fetchall()
        return Judged(recorded, set_aside[0])


IN_ORDER = f"SELECT {RECORDED} FROM judged WHERE recorded ORDER BY weight DESC, first, second"
"""The pairs to record out of the table ``judged``."""


def weighed(people: Any, names: Any, model: SettingsCreator, say: Callable[[str], None]) -> str:
    """Weigh the pairs by the model on whatever database the tables were registered with; answers the table's name."""
    logging.getLogger("splink").setLevel(logging.WARNING)
    linker = Linker(people, model, log_level=logging.WARNING)
    linker.table_management.register_term_frequency_lookup(names, "name")
    say("comparing")
    return str(linker.inference.predict(threshold_match_weight=FAR_BELOW).physical_name)


_SAME_SOUND = "(pinyin_l = pinyin_r OR syllables_l = syllables_r)"
_CLOSE_NAME = (
    "(jaro_winkler_similarity(given_l, given_r) >= 0.85 - 1e-9 AND surname_l = surname_r"
    " OR levenshtein(name_l, name_r) <= 1 AND (greatest(length(name_l), length(name_r)) >= 3 OR surname_l = surname_r))"
)
_SAME_DAY = "region_birth_l = region_birth_r"
_TWINS = (
    f"({_SAME_DAY} AND name_l <> name_r AND abs(right(id17_l, 3)::INT - right(id17_r, 3)::INT) <= 3"
    " AND NOT (coalesce(phone_l = phone_r, false) AND coalesce(account_l = account_r, false)))"
)
"""Born on one day in one place and registered one after the other, under two names, without one phone and account."""


def judging(predictions: str) -> str:
    """The query for the pairs that are recorded, and those that only share something.

    Brothers and sisters of one day share the surname, often half the given name, and all but the last digits of
    the number: they are two persons where the names sound otherwise, and for review where they sound alike.
    """
    similar = f"NOT {_TWINS} AND ({_SAME_SOUND} OR {_CLOSE_NAME} AND {ONE_EDIT} AND NOT {_SAME_DAY})"
    levels = ", ".join(f"gamma_{level}" for level in LEVELS)
    return f"""
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
