"""SQL functions over the views (视图函数): what stood at a position, what of a payout was kept, which cases live.

They stand in the schema of the views that they read. Each is one expression or one query that the planner
takes into the query that calls it, so that it costs what its text would, with the same indexes; what cannot be
taken in so stays a piece of text in ``flags/as_of.py`` (ADR 57). They name tables without a schema: which
these are, the caller's search path says, as it does for the query around them.

A function is code, not data. It is made anew whenever it is not what this release makes, without the views
being made in another version for it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from projections.frame.view import Cursor


class SqlFunction(NamedTuple):
    """A function of the views' schema. It returns one value, or the rows of ``table`` with ``more`` columns."""

    name: str
    arguments: str
    body: str
    returns: str = ""
    table: str = ""
    more: str = ""
    volatility: str = "STABLE"


def _at(table: str) -> SqlFunction:
    """The rows of a temporal table as they stood at a position."""
    return SqlFunction(
        f"{table}_at",
        "at bigint",
        f"SELECT * FROM {table} WHERE from_position <= $1 AND (to_position IS NULL OR to_position > $1)",
        table=table,
    )


FUNCTIONS = (
    SqlFunction(
        "stood_at",
        "from_position bigint, to_position bigint, at bigint",
        "SELECT $1 <= $3 AND ($2 IS NULL OR $2 > $3)",
        returns="boolean",
        volatility="IMMUTABLE",
    ),
    SqlFunction(
        "is_live",
        "step text",
        "SELECT $1 NOT IN ('rejected', 'revoked')",
        returns="boolean",
        volatility="IMMUTABLE",
    ),
    SqlFunction(
        "is_approved",
        "step text",
        "SELECT $1 IN ('approved', 'approved-after-the-fact')",
        returns="boolean",
        volatility="IMMUTABLE",
    ),
    SqlFunction(
        "is_helped",
        "step text, paid_fen bigint, returned_fen bigint, aid_fen bigint",
        "SELECT $1 NOT IN ('rejected', 'revoked') OR $2 > $3 OR $4 > 0",
        returns="boolean",
        volatility="IMMUTABLE",
    ),
    SqlFunction(
        "kept_payouts",
        "at bigint",
        """
    SELECT o.*, o.amount_fen - coalesce(
        (SELECT sum(r.amount_fen) FROM returns r WHERE r.payout = o.payout AND r.position <= $1), 0
    )
    FROM payouts o
    WHERE o.position <= $1 AND o.amount_fen > coalesce(
        (SELECT sum(r.amount_fen) FROM returns r WHERE r.payout = o.payout AND r.position <= $1), 0
    )
    """,
        table="payouts",
        more="kept_fen numeric",
    ),
    *map(_at, ("terms", "dossiers", "cases", "keys", "grants", "investigations", "objections", "registers")),
    *map(
        _at, ("households", "household_members", "consents", "dossier_lives", "assessments", "hardship_terms")
    ),
)
"""The rows of a temporal table at a position (``cases_at``), whether a row stood (``stood_at``), the payouts of
which something did not come back, with that sum (``kept_payouts``); and of a case's step or sums: that it is
neither rejected nor revoked, that its approval stands, that it is live or something on it stays given."""

SCALAR = tuple(function.name for function in FUNCTIONS if function.returns)
"""Those that read no table: any question may call them."""


def make_functions(cursor: Cursor, schema: str) -> None:
    """Make the functions whose tables the schema holds, where they are not there as this release makes them."""
    cursor.execute(f"SET LOCAL search_path TO {schema}")
    found = cursor.execute(
        "SELECT proname, pg_get_function_arguments(oid), pg_get_function_result(oid), prosrc"
        " FROM pg_proc WHERE pronamespace = %s::regnamespace",
        (schema,),
    ).fetchall()
    there = {name: told for name, *told in map(_values, found)}
    for function in FUNCTIONS:
        returns = function.returns or _columns(cursor, schema, function)
        told = [function.arguments, returns, function.body]
        if there.get(function.name) in (told, None) and (function.name in there or not returns):
            continue
        if function.name in there:
            cursor.execute(f"DROP FUNCTION {schema}.{function.name}")
        if returns:
            cursor.execute(
                f"CREATE FUNCTION {schema}.{function.name}({function.arguments}) RETURNS {returns}"
                f" LANGUAGE sql {function.volatility} PARALLEL SAFE AS $_${function.body}$_$"
            )


def _columns(cursor: Cursor, schema: str, function: SqlFunction) -> str:
    """What a function over a table returns, with the columns that the table has now; nothing without it."""
    row = cursor.execute(
        "SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)"
        " FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        (f"{schema}.{function.table}",),
    ).fetchone()
    (columns,) = _values(row)
    return f"TABLE({', '.join(filter(None, (columns, function.more)))})" if columns else ""


def _values(row: Any) -> tuple[Any, ...]:
    """A row's values, whether the cursor gives tuples or dictionaries."""
    return tuple(row.values()) if isinstance(row, dict) else tuple(row)
