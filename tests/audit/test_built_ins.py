"""The server's own catalogue, changed by hand under a ledger: what its indexes compare by, what its views show."""

from __future__ import annotations

from typing import LiteralString

import pytest

from tests.audit.conftest import Original
from tests.audit.test_schema import looked_at, spoil

CHANGED: dict[str, tuple[LiteralString, str]] = {
    "an index compares numbers as others": (
        "UPDATE pg_amproc SET amproc = 'btint8cmp'::regproc WHERE amproc = 'btint4cmp'::regproc"
        " AND amproclefttype = 'int4'::regtype",
        "btint8cmp(bigint,bigint)",
    ),
    "an index takes one operator for another": (
        "UPDATE pg_amop SET amoppurpose = amoppurpose WHERE amopopr = '=(jsonb,jsonb)'::regoperator",
        "=(jsonb,jsonb)",
    ),
    "texts are compared by another rule of the same name": (
        "UPDATE pg_collation SET collisdeterministic = collisdeterministic WHERE collname = 'C'",
        "C",
    ),
    "an index has another class of operators": (
        "UPDATE pg_opclass SET opcdefault = false WHERE opcname = 'jsonb_path_ops'",
        "gin / jsonb_path_ops",
    ),
}
"""Statements, and what the finding must name."""


@pytest.mark.parametrize("what", CHANGED)
def test_each_change_of_the_server_itself_is_named(original: Original, what: str) -> None:
    sql, names = CHANGED[what]
    with original.copy(original.now) as database:
        spoil(original, database, "SET allow_system_table_mods = on; " + sql)
        found = looked_at(original, database)
    assert {each.fault.code for each in found} == {"built-in-changed"}
    assert names in {each.fault.details["object"] for each in found}
    assert all(each.grave for each in found)


def test_a_catalogue_that_does_not_answer_is_a_finding(original: Original) -> None:
    with original.copy(original.now) as database:
        spoil(
            original,
            database,
            "CREATE OR REPLACE VIEW pg_catalog.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE false",
        )
        found = looked_at(original, database)
    assert {each.fault.code for each in found} == {"schema-not-compared", "built-in-changed"}
