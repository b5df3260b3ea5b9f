"""The functions of the views' schema: made where views are, taken into the queries around them, made anew."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from api.gate import LATEST
from projections.flags.catalogue import all_rules
from projections.flags.explaining import explanation
from projections.flags.rule import FlagRule
from projections.flags.trigger import Trigger
from projections.views.functions import FUNCTIONS, make_functions
from tests.database.projections.conftest import Views

NAMES = [function.name for function in FUNCTIONS]


def plan(views: Views, rule: FlagRule) -> str:
    with views.connection.transaction():
        return "\n".join(explanation(views.connection, rule))


def test_the_planner_takes_every_function_into_every_rules_query(views: Views) -> None:
    views.follower.catch_up()
    for rule in all_rules():
        told = plan(views, rule)
        assert [name for name in NAMES if f"{name}(" in told or f"Function Scan on {name}" in told] == [], (
            rule.id
        )


@pytest.mark.parametrize(
    ("call", "index"),
    [
        ("cases_at(5) x WHERE x.case_id = '1'", "cases_pkey"),
        ("dossiers_at(5) x WHERE x.marks ->> 'phone' = '1'", "dossiers_phone"),
        (f"kept_payouts({LATEST}) x WHERE x.payout = '1'", "payouts_pkey"),
    ],
)
def test_what_stands_around_a_function_finds_its_index(views: Views, call: str, index: str) -> None:
    views.follower.catch_up()
    with views.connection.transaction():
        views.connection.execute("SET LOCAL search_path TO views; SET LOCAL enable_seqscan = off")
        lines = views.connection.execute(f"EXPLAIN (COSTS off) SELECT * FROM {call}").fetchall()
    assert index in str(lines)


def definitions(connection: psycopg.Connection) -> dict[str, tuple[int, str]]:
    rows = connection.execute(
        "SELECT proname, oid::bigint, prosrc FROM pg_proc WHERE pronamespace = 'views'::regnamespace"
    ).fetchall()
    return {name: (oid, text) for name, oid, text in rows}


def test_a_function_of_another_release_is_made_anew_and_no_other(views: Views) -> None:
    views.follower.prepare()
    before = definitions(views.connection)
    assert sorted(before) == sorted(NAMES)
    views.connection.execute(
        "CREATE OR REPLACE FUNCTION views.is_live(step text) RETURNS boolean LANGUAGE sql IMMUTABLE"
        " AS $$SELECT true$$"
    )
    views.connection.commit()
    views.follower.prepare()
    views.connection.rollback()
    after = definitions(views.connection)
    assert after["is_live"][1] == before["is_live"][1]
    assert {name for name in NAMES if after[name] != before[name]} == {"is_live"}


def test_a_function_follows_its_tables_columns_and_goes_with_them(views: Views) -> None:
    views.follower.prepare()
    with views.connection.transaction(force_rollback=True), views.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE views.cases ADD COLUMN district text")
        make_functions(cursor, "views")
        assert cursor.execute("SELECT district FROM cases_at(1)").fetchall() == []
        cursor.execute("DROP TABLE views.cases")
        make_functions(cursor, "views")
        assert "cases_at" not in definitions(views.connection)


def test_a_trigger_has_one_way_to_its_subjects() -> None:
    with pytest.raises(RuntimeError, match="either a function, or a query"):
        Trigger(())
    with pytest.raises(RuntimeError, match="either a function, or a query"):
        Trigger((), kind="case")
    with pytest.raises(RuntimeError, match="either a function, or a query"):
        replace(Trigger((), kind="case", query="SELECT"), subjects=lambda event, item: ())
