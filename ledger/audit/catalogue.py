"""A database's catalogue in one normalised form: each object of some schemas with its properties.

Names are qualified and definitions printed by the server itself, so that two schemas of one server
compare whatever its version. Left out is what only tunes: storage options, statistics, tablespaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

# The server looks for a table's triggers, checks, indexes and so on only where the table's own row says that
# there are any, and how many: what it passes over stands in the catalogue and does nothing.
_TABLES = """
SELECT n.nspname || '.' || c.relname, NULL, jsonb_build_object(
    'kind', c.relkind, 'persistence', c.relpersistence, 'method', m.amname,
    'row_security', c.relrowsecurity, 'forced_row_security', c.relforcerowsecurity,
    'of_type', nullif(c.reloftype, 0)::regtype::text,
    'parents', (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY 1)
        FROM pg_inherits i WHERE i.inhrelid = c.oid),
    'children', (SELECT string_agg(i.inhrelid::regclass::text, ', ' ORDER BY 1)
        FROM pg_inherits i WHERE i.inhparent = c.oid),
    'query', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
    'owner', pg_get_userbyid(c.relowner),
    'passed_over', concat_ws(', ',
        CASE WHEN NOT c.relhastriggers AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid)
            THEN 'triggers' END,
        CASE WHEN NOT c.relhasrules AND EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid)
            THEN 'rules' END,
        CASE WHEN NOT c.relhasindex AND EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid)
            THEN 'indexes' END,
        CASE WHEN NOT c.relhassubclass AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid)
            THEN 'children' END,
        CASE WHEN c.relchecks <> (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c')
            THEN 'checks' END,
        CASE WHEN c.relnatts <> (SELECT count(*) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)
            THEN 'columns' END))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am m ON m.oid = c.relam
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
"""

_COLUMNS = """
SELECT n.nspname || '.' || c.relname || '.' || a.attname, n.nspname || '.' || c.relname, jsonb_build_object(
    'place', row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum),
    'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
    'collation', (SELECT collnamespace::regnamespace || '.' || collname
        FROM pg_collation WHERE oid = a.attcollation),
    'default', CASE WHEN a.atthasdef THEN pg_get_expr(d.adbin, d.adrelid) END,
    'generated', a.attgenerated, 'identity', a.attidentity)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND a.attnum > 0 AND NOT a.attisdropped
"""

# A NOT NULL has a name of its own from PostgreSQL 18 on, which depends on how the column came.
_CONSTRAINTS = """
SELECT n.nspname || '.' || c.relname || '.' || CASE o.contype WHEN 'n' THEN 'not null ' ||
        (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = o.conkey[1])
    ELSE o.conname END, n.nspname || '.' || c.relname, jsonb_build_object(
    'definition', pg_get_constraintdef(o.oid), 'validated', o.convalidated,
    'deferrable', o.condeferrable, 'deferred', o.condeferred)
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND o.contype <> 't'
"""

_INDEXES = """
SELECT n.nspname || '.' || c.relname, tn.nspname || '.' || t.relname, jsonb_build_object(
    'definition', pg_get_indexdef(c.oid), 'valid', i.indisvalid, 'ready', i.indisready, 'live', i.indislive,
    'unique', i.indisunique, 'immediate', i.indimmediate,
    'primary', i.indisprimary)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE tn.nspname = ANY(%(schemas)s)
"""

# The server's own triggers behind foreign keys and deferred constraints have names made of numbers.
_TRIGGERS = """
SELECT n.nspname || '.' || c.relname || '.' || CASE WHEN t.tgisinternal
        THEN coalesce(o.conname, '') || ' ' || t.tgfoid::regproc || ' ' || t.tgtype ELSE t.tgname END,
    n.nspname || '.' || c.relname, jsonb_build_object('enabled', t.tgenabled,
    'definition', CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint o ON o.oid = t.tgconstraint
WHERE n.nspname = ANY(%(schemas)s)
"""

_RULES = """
SELECT n.nspname || '.' || c.relname || '.' || r.rulename, n.nspname || '.' || c.relname,
    jsonb_build_object('definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s)
"""

_POLICIES = """
SELECT n.nspname || '.' || c.relname || '.' || p.polname, n.nspname || '.' || c.relname, jsonb_build_object(
    'command', p.polcmd, 'permissive', p.polpermissive, 'roles', p.polroles::regrole[]::text,
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s)
"""

_FUNCTIONS = """
SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL,
    jsonb_build_object('kind', p.prokind, 'owner', pg_get_userbyid(p.proowner),
    'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%(schemas)s)
"""

# Each table has a row type and each type an array; neither is an object of its own.
_OTHERS = """
SELECT what || ' ' || nspname || '.' || name, NULL, jsonb_build_object('owner', pg_get_userbyid(owner)) FROM (
    SELECT 'type' AS what, typnamespace AS schema, typname AS name, typowner AS owner FROM pg_type t
        WHERE (typrelid = 0 OR NOT EXISTS (SELECT FROM pg_class WHERE oid = t.typrelid))
        AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
    UNION ALL SELECT 'operator', oprnamespace, oprname, oprowner FROM pg_operator
    UNION ALL SELECT 'operator class', opcnamespace, opcname, opcowner FROM pg_opclass
    UNION ALL SELECT 'operator family', opfnamespace, opfname, opfowner FROM pg_opfamily
    UNION ALL SELECT 'collation', collnamespace, collname, collowner FROM pg_collation
    UNION ALL SELECT 'conversion', connamespace, conname, conowner FROM pg_conversion
    UNION ALL SELECT 'text search', cfgnamespace, cfgname, cfgowner FROM pg_ts_config
    UNION ALL SELECT 'text search', dictnamespace, dictname, dictowner FROM pg_ts_dict
    UNION ALL SELECT 'text search', prsnamespace, prsname, NULL FROM pg_ts_parser
    UNION ALL SELECT 'text search', tmplnamespace, tmplname, NULL FROM pg_ts_template
) AS o JOIN pg_namespace n ON n.oid = o.schema WHERE n.nspname = ANY(%(schemas)s)
UNION ALL SELECT 'schema ' || nspname, NULL, jsonb_build_object('owner', pg_get_userbyid(nspowner))
FROM pg_namespace WHERE nspname = ANY(%(schemas)s)
"""

QUERIES = {
    "table": _TABLES,
    "column": _COLUMNS,
    "constraint": _CONSTRAINTS,
    "index": _INDEXES,
    "trigger": _TRIGGERS,
    "rule": _RULES,
    "policy": _POLICIES,
    "function": _FUNCTIONS,
    "object": _OTHERS,
}
"""What there can be in a schema, and the query that answers (name, table that it belongs to, properties)."""


class Item(NamedTuple):
    """One object of a schema; ``table`` is the one that it belongs to, where it belongs to one."""

    table: str | None
    properties: Mapping[str, Any]


Catalogue = Mapping[str, Mapping[str, Item]]
"""The objects of each kind, by their qualified names."""


def read_catalogue(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Catalogue:
    """Read all that the schemas hold, in the caller's transaction."""
    connection.execute("SET LOCAL search_path TO ''")
    parameters = {"schemas": list(schemas)}
    return {
        kind: {
            name: Item(table, properties)
            for name, table, properties in connection.execute(query, parameters).fetchall()
        }
        for kind, query in QUERIES.items()
    }
