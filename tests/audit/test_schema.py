"""The schema tampered with, by somebody with all rights: each kind is found by its own finding.

What hides a payout need not touch a row: a trigger that does nothing, a rule that swallows, a policy
that hides, a name in front of the server's own. The catalogue is held against what this release makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString, NamedTuple

import psycopg
import pytest

from api.audit.verification import SCHEMAS, check_database
from ledger.audit import fingerprint
from ledger.audit.fingerprint import read_both
from ledger.audit.whole_indexes import check_indexes
from ledger.errors import Misconfigured
from ledger.findings import INFORMS, Finding
from ledger.storage.store import OpenStore
from projections.replaying.expected_tables import build_standard_views
from tests.audit.conftest import Original, codes, url_of
from tests.flushing import flushing


class Tampered(NamedTuple):
    """Statements, and the code of the finding; ``names`` is what the finding must name."""

    sql: LiteralString
    code: str
    names: str


REPLACED: LiteralString = """DO $do$ BEGIN EXECUTE (
    SELECT replace(pg_get_functiondef(p.oid), '{old}', '{new}') FROM pg_proc p
    WHERE p.oid::regproc = 'ledger.{function}'::regproc); END $do$"""

BY_HAND: LiteralString = "SET LOCAL allow_system_table_mods = on;"

TAMPERED = {
    "a trigger is disabled": Tampered(
        "ALTER TABLE ledger.entries DISABLE TRIGGER entries_are_immutable",
        "schema-trigger-differs",
        "ledger.entries.entries_are_immutable",
    ),
    "triggers are there and passed over": Tampered(
        f"{BY_HAND} UPDATE pg_class SET relhastriggers = false WHERE oid = 'ledger.entries'::regclass",
        "schema-table-differs",
        "ledger.entries",
    ),
    "checks are there and passed over": Tampered(
        f"{BY_HAND} UPDATE pg_class SET relchecks = 0 WHERE oid = 'ledger.standing'::regclass",
        "schema-table-differs",
        "ledger.standing",
    ),
    "indexes are there and passed over": Tampered(
        f"{BY_HAND} UPDATE pg_class SET relhasindex = false WHERE oid = 'views.postings'::regclass",
        "schema-table-differs",
        "views.postings",
    ),
    "a default is there and passed over": Tampered(
        f"{BY_HAND} UPDATE pg_attribute SET atthasdef = false WHERE attname = 'received_at'"
        " AND attrelid = 'ledger.inbox'::regclass",
        "schema-column-differs",
        "ledger.inbox.received_at",
    ),
    "a trigger is dropped": Tampered(
        "DROP TRIGGER checkpoints_are_immutable ON ledger.checkpoints",
        "schema-trigger-differs",
        "ledger.checkpoints.checkpoints_are_immutable",
    ),
    "a trigger does nothing": Tampered(
        "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'",
        "schema-function-differs",
        "ledger.refuse_change()",
    ),
    "a trigger spoils rows as they come": Tampered(
        "CREATE FUNCTION public.spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        " CREATE TRIGGER spoils BEFORE INSERT ON ledger.standing FOR EACH ROW EXECUTE FUNCTION public.spoil()",
        "schema-trigger-differs",
        "ledger.standing.spoils",
    ),
    "foreign keys are off": Tampered(
        "ALTER TABLE ledger.cosignatures DISABLE TRIGGER ALL", "schema-trigger-differs", "ledger.cosignatures"
    ),
    "no line's balance is checked": Tampered(
        "ALTER TABLE ledger.standing DROP CONSTRAINT line_not_below_zero",
        "schema-constraint-differs",
        "ledger.standing.line_not_below_zero",
    ),
    "a balance is checked from now on only": Tampered(
        "ALTER TABLE ledger.standing DROP CONSTRAINT line_not_below_zero, ADD CONSTRAINT line_not_below_zero"
        " CHECK ((value ->> 'balance_fen')::bigint + (value ->> 'after_the_fact_fen')::bigint >= 0) NOT VALID",
        "schema-constraint-differs",
        "ledger.standing.line_not_below_zero",
    ),
    "claims are not unique": Tampered(
        "ALTER TABLE ledger.standing DROP CONSTRAINT standing_claim_key",
        "schema-constraint-differs",
        "ledger.standing.standing_claim_key",
    ),
    "a statement can stand twice": Tampered(
        "ALTER TABLE ledger.entries DROP CONSTRAINT entries_statement_id_key",
        "schema-constraint-differs",
        "ledger.entries.entries_statement_id_key",
    ),
    "uniqueness waits for the commit": Tampered(
        "ALTER TABLE ledger.entries DROP CONSTRAINT entries_statement_id_key, ADD CONSTRAINT"
        " entries_statement_id_key UNIQUE (statement_id) DEFERRABLE INITIALLY DEFERRED",
        "schema-constraint-differs",
        "ledger.entries.entries_statement_id_key",
    ),
    "positions are not unique": Tampered(
        "ALTER TABLE ledger.entries DROP CONSTRAINT entries_pkey",
        "schema-constraint-differs",
        "ledger.entries.entries_pkey",
    ),
    "a batch never hears of a claim": Tampered(
        REPLACED.format(function="open_batch", old="s.claim = ANY", new="false AND s.claim = ANY"),
        "schema-function-differs",
        "ledger.open_batch",
    ),
    "a batch is copied out": Tampered(
        REPLACED.format(
            function="write_batch", old="NOTIFY", new="CREATE TABLE public.out AS TABLE ledger.vault; NOTIFY"
        ),
        "schema-function-differs",
        "ledger.write_batch",
    ),
    "a function runs with another's rights": Tampered(
        "ALTER FUNCTION ledger.refuse_change() SECURITY DEFINER SET search_path = public",
        "schema-function-differs",
        "ledger.refuse_change()",
    ),
    "an overload takes the calls": Tampered(
        "CREATE FUNCTION views.max(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
        "schema-function-differs",
        "views.max(bigint)",
    ),
    "a view's table is a query": Tampered(
        "ALTER TABLE views.flags RENAME TO kept; CREATE VIEW views.flags AS SELECT * FROM views.kept"
        " WHERE unit <> 'tea'",
        "schema-table-differs",
        "views.flags",
    ),
    "entries do not outlive a crash": Tampered(
        "ALTER TABLE ledger.entries SET UNLOGGED", "schema-table-differs", "ledger.entries"
    ),
    "a table has a child": Tampered(
        "CREATE TABLE public.more () INHERITS (ledger.vault)", "schema-table-differs", "ledger.vault"
    ),
    "a table is attached to another": Tampered(
        "CREATE TABLE public.above (LIKE views.concerned) PARTITION BY LIST (officer);"
        " ALTER TABLE public.above ATTACH PARTITION views.concerned DEFAULT",
        "schema-table-differs",
        "views.concerned",
    ),
    "a table lies elsewhere": Tampered(
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER far FOREIGN DATA WRAPPER far;"
        " CREATE FOREIGN TABLE views.far (position bigint) SERVER far",
        "schema-table-differs",
        "views.far",
    ),
    "a sequence counts beside": Tampered(
        "CREATE SEQUENCE ledger.numbers", "schema-table-differs", "ledger.numbers"
    ),
    "a table is somebody else's": Tampered(
        "ALTER TABLE views.cases OWNER TO songnuan_thief", "schema-table-differs", "views.cases"
    ),
    "every table is somebody else's": Tampered(
        "DO $do$ DECLARE name regclass; BEGIN"
        " FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace IN ('ledger'::regnamespace, 'views'::regnamespace)"
        " LOOP EXECUTE format('ALTER TABLE %s OWNER TO songnuan_thief', name); END LOOP; END $do$",
        "schema-table-differs",
        "ledger.entries",
    ),
    "a function is somebody else's": Tampered(
        "ALTER FUNCTION ledger.write_batch OWNER TO songnuan_thief",
        "schema-function-differs",
        "ledger.write_batch",
    ),
    "a schema is somebody else's": Tampered(
        "ALTER SCHEMA ledger OWNER TO songnuan_thief", "schema-object-differs", "schema ledger"
    ),
    "somebody acts as the owner": Tampered(
        "DO $$ BEGIN EXECUTE format('GRANT %I TO songnuan_thief', current_user); END $$",
        "member-unexpected",
        "songnuan_thief",
    ),
    "somebody writes everything": Tampered(
        "GRANT pg_write_all_data TO songnuan_thief", "member-unexpected", "pg_write_all_data"
    ),
    "somebody reads everything": Tampered(
        "GRANT pg_read_all_data TO songnuan_thief", "reader-found", "pg_read_all_data"
    ),
    "the vault is read by another": Tampered(
        "GRANT SELECT (id) ON ledger.vault TO songnuan_thief", "reader-found", "ledger.vault.id"
    ),
    "anybody may read": Tampered("GRANT SELECT ON views.flags TO PUBLIC", "reader-found", "views.flags"),
    "the server has another superuser": Tampered(
        "ALTER ROLE songnuan_thief SUPERUSER", "superuser-found", "songnuan_thief"
    ),
    "anybody may write the next table": Tampered(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA ledger GRANT ALL ON TABLES TO PUBLIC",
        "grant-unexpected",
        "IN SCHEMA ledger ON TABLES",
    ),
    "anybody may write what the owner makes anywhere": Tampered(
        "ALTER DEFAULT PRIVILEGES GRANT UPDATE ON SEQUENCES TO PUBLIC", "grant-unexpected", "ON SEQUENCES"
    ),
    "somebody may read the next table": Tampered(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA views GRANT SELECT ON TABLES TO songnuan_thief",
        "reader-found",
        "IN SCHEMA views ON TABLES",
    ),
    "somebody copies the whole server": Tampered(
        "ALTER ROLE songnuan_thief REPLICATION", "power-found", "REPLICATION"
    ),
    "somebody makes roles": Tampered("ALTER ROLE songnuan_thief CREATEROLE", "power-found", "CREATEROLE"),
    "no policy holds for somebody": Tampered(
        "ALTER ROLE songnuan_thief BYPASSRLS", "power-found", "BYPASSRLS"
    ),
    "somebody copies the database as a template": Tampered(
        "ALTER ROLE songnuan_thief CREATEDB; UPDATE pg_database SET datistemplate = true"
        " WHERE datname = current_database()",
        "power-found",
        "CREATEDB",
    ),
    "somebody runs programs on the server": Tampered(
        "GRANT pg_execute_server_program TO songnuan_thief", "power-found", "pg_execute_server_program"
    ),
    "somebody may give themselves a predefined role": Tampered(
        "GRANT pg_write_all_data TO songnuan_thief WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
        "power-found",
        "ADMIN OPTION ON pg_write_all_data",
    ),
    "somebody may give themselves the owner's role": Tampered(
        "DO $$ BEGIN EXECUTE format('GRANT %I TO songnuan_thief WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',"
        " current_user); END $$",
        "power-found",
        "ADMIN OPTION ON",
    ),
    "the database is somebody else's": Tampered(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO songnuan_thief', current_database()); END $$",
        "power-found",
        "OWNER OF THE DATABASE",
    ),
    "anybody makes schemas in the database": Tampered(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO PUBLIC', current_database()); END $$",
        "power-found",
        "CREATE IN THE DATABASE",
    ),
    "somebody takes a sequence's values": Tampered(
        "CREATE SEQUENCE ledger.taken; GRANT USAGE ON SEQUENCE ledger.taken TO songnuan_thief",
        "grant-unexpected",
        "USAGE OF A SEQUENCE",
    ),
    "somebody turns triggers off": Tampered(
        "GRANT SET ON PARAMETER session_replication_role TO songnuan_thief",
        "power-found",
        "SET ON PARAMETER session_replication_role",
    ),
    "anybody turns triggers off": Tampered(
        "GRANT SET ON PARAMETER session_replication_role TO PUBLIC", "power-found", "PUBLIC"
    ),
    "the database does not wait for the disk": Tampered(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = no', current_database()); END $$",
        "server-unsafe",
        "synchronous_commit=no",
    ),
    "a role answers with zeros": Tampered(
        "ALTER ROLE songnuan_thief SET zero_damaged_pages = on", "server-unsafe", "/ songnuan_thief"
    ),
    "rows are hidden by a policy": Tampered(
        "ALTER TABLE views.flags ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY hides ON views.flags USING (unit <> 'tea')",
        "schema-policy-differs",
        "views.flags.hides",
    ),
    "row security is on": Tampered(
        "ALTER TABLE views.flags ENABLE ROW LEVEL SECURITY", "schema-table-differs", "views.flags"
    ),
    "a rule swallows what is written": Tampered(
        "CREATE RULE swallow AS ON INSERT TO ledger.cosignatures DO INSTEAD NOTHING",
        "schema-rule-differs",
        "ledger.cosignatures.swallow",
    ),
    "a default says when": Tampered(
        "ALTER TABLE ledger.checkpoints ALTER published_at SET DEFAULT '2026-01-01'",
        "schema-column-differs",
        "ledger.checkpoints.published_at",
    ),
    "a generated column is written by hand": Tampered(
        "ALTER TABLE ledger.standing ALTER claim DROP EXPRESSION",
        "schema-column-differs",
        "ledger.standing.claim",
    ),
    "names are compared otherwise": Tampered(
        'ALTER TABLE ledger.vault ALTER id TYPE text COLLATE "default"',
        "schema-column-differs",
        "ledger.vault.id",
    ),
    "a column may be empty": Tampered(
        "ALTER TABLE ledger.entries ALTER tags DROP NOT NULL", "schema-column-differs", "ledger.entries.tags"
    ),
    "an index holds a part": Tampered(
        "DROP INDEX views.flags_list; CREATE INDEX flags_list ON views.flags"
        " (campaign, severity, raised_at, flag) WHERE unit <> 'tea'",
        "schema-index-differs",
        "views.flags_list",
    ),
    "an index is not kept up": Tampered(
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'ledger.entries_tags'::regclass",
        "schema-index-differs",
        "ledger.entries_tags",
    ),
    "a type of its own": Tampered(
        "CREATE DOMAIN ledger.amount AS bigint", "schema-object-differs", "ledger.amount"
    ),
    "the database has a setting": Tampered(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET row_security = off', current_database()); END $$",
        "setting-unexpected",
        "row_security=off",
    ),
    "a role looks elsewhere first": Tampered(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = shadow, ledger',"
        " current_user, current_database()); END $$",
        "setting-unexpected",
        "search_path=shadow",
    ),
    "a function stands before the server's": Tampered(
        "CREATE FUNCTION public.convert_from(bytea, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
        "name-shadowed",
        "convert_from(bytea,text)",
    ),
    "a function among the server's stands before ours": Tampered(
        "CREATE FUNCTION pg_catalog.stood_at(bigint, bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "name-shadowed",
        "stood_at(bigint,bigint,bigint)",
    ),
    "the server's own function has another body": Tampered(
        "CREATE OR REPLACE FUNCTION pg_catalog.lpad(text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT"
        " AS 'SELECT NULL::text'",
        "built-in-changed",
        "lpad(text,integer)",
    ),
    "an aggregate adds up otherwise": Tampered(
        "UPDATE pg_aggregate SET agginitval = '7' WHERE aggfnoid = 'count()'::regprocedure",
        "built-in-changed",
        "count()",
    ),
    "an operator stands before the server's": Tampered(
        "CREATE FUNCTION public.never(jsonb, varchar) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';"
        " CREATE OPERATOR public.->> (LEFTARG = jsonb, RIGHTARG = varchar, FUNCTION = public.never)",
        "name-shadowed",
        "->>",
    ),
    "a table of the same name": Tampered(
        "CREATE TABLE public.entries (position bigint)", "name-shadowed", "entries"
    ),
    "values are cast otherwise": Tampered(
        "CREATE CAST (uuid AS varchar) WITH INOUT AS IMPLICIT", "cast-unexpected", "uuid AS character varying"
    ),
    "an event of the database has a trigger": Tampered(
        "CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        " CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION public.on_ddl()",
        "event-trigger-unexpected",
        "watching",
    ),
    "anybody may write": Tampered(
        "GRANT UPDATE, DELETE ON views.flags TO PUBLIC", "grant-unexpected", "views.flags"
    ),
    "a publication copies out": Tampered(
        "CREATE PUBLICATION leaks FOR TABLE ledger.vault", "publication-found", "leaks"
    ),
    "a subscription writes": Tampered(
        "CREATE SUBSCRIPTION comes CONNECTION 'dbname=nowhere' PUBLICATION leaks"
        " WITH (connect = false, slot_name = NONE, enabled = false)",
        "subscription-unexpected",
        "comes",
    ),
    "a version's record is another": Tampered(
        "UPDATE ledger.schema_versions SET name = 'other' WHERE version = 2",
        "schema-version-differs",
        "other",
    ),
}


@pytest.fixture(autouse=True)
def thief(original: Original) -> Iterator[None]:
    """Somebody else on the server, with no rights of their own."""
    with psycopg.connect(original.server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE songnuan_thief")
    yield
    with psycopg.connect(original.server.url, autocommit=True) as connection:
        connection.execute("DROP ROLE songnuan_thief")


def looked_at(original: Original, database: str) -> list[Finding]:
    """What is found of the schema, as ``verify ledger`` finds it."""
    store = OpenStore(original.store(database)._store)
    store.url = url_of(original.server, database)
    found: list[Finding] = []
    with flushing(store.url):
        check_database(store, found.append)
    return found


def spoil(original: Original, database: str, *statements: LiteralString) -> None:
    with psycopg.connect(url_of(original.server, database), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("what", TAMPERED)
def test_each_change_of_the_schema_is_named(original: Original, what: str) -> None:
    tampered = TAMPERED[what]
    with original.copy(original.now) as database:
        spoil(original, database, tampered.sql)
        try:
            found = looked_at(original, database)
        finally:
            spoil(
                original,
                database,
                "DROP SUBSCRIPTION IF EXISTS comes",
                "REVOKE ALL ON PARAMETER session_replication_role FROM PUBLIC, songnuan_thief",
                "UPDATE pg_database SET datistemplate = false WHERE datname = current_database()",
            )
    named = [each for each in found if each.fault.code == tampered.code]
    assert any(tampered.names in str(each.fault.details) for each in named), found
    assert all(each.grave for each in named) is (tampered.code not in INFORMS)


def test_what_only_tunes_is_no_finding(original: Original) -> None:
    with original.copy(original.now) as database:
        spoil(
            original,
            database,
            "CREATE STATISTICS views.finer ON unit, severity FROM views.flags",
            "ALTER TABLE ledger.entries SET (autovacuum_vacuum_scale_factor = 0.5)",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''64MB''', current_database()); END $$",
            "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
            "ALTER ROLE songnuan_thief CREATEDB",
            "GRANT SET ON PARAMETER log_min_duration_statement TO songnuan_thief",
            "ANALYZE",
        )
        try:
            assert looked_at(original, database) == []
        finally:
            spoil(
                original, database, "REVOKE SET ON PARAMETER log_min_duration_statement FROM songnuan_thief"
            )


def test_an_extension_is_named_and_does_not_fail_the_ledger(original: Original) -> None:
    with original.copy(original.now) as database:
        spoil(original, database, "UPDATE pg_extension SET extname = 'other' WHERE extname = 'plpgsql'")
        found = looked_at(original, database)
    assert [(each.fault.code, each.grave) for each in found] == [("extension-found", False)]


def test_a_poisoned_index_is_found_by_reading_it(original: Original) -> None:
    """A row that came while the index was not kept up: the catalogue looks as it should again."""
    with original.copy(original.now) as database:
        spoil(
            original,
            database,
            "UPDATE pg_index SET indisready = false WHERE indexrelid = 'views.flags_list'::regclass",
            "INSERT INTO views.flags SELECT 'x' || flag, rule, rule_version, severity, campaign, subject, unit,"
            " raised_at, evidence, amount_fen, parameters, details, from_position, to_position FROM views.flags",
            "UPDATE pg_index SET indisready = true WHERE indexrelid = 'views.flags_list'::regclass",
        )
        found: list[Finding] = []
        with psycopg.connect(url_of(original.server, database)) as connection:
            check_indexes(connection, SCHEMAS, found.append)
    assert [(each.fault.code, each.fault.details["object"]) for each in found] == [
        ("index-differs", "views.flags_list")
    ]


@pytest.mark.parametrize("rows", ["version > 0", "version = 3", "version > 4"])
def test_a_record_of_versions_that_was_cut_is_an_answer(original: Original, rows: LiteralString) -> None:
    with original.copy(original.now) as database:
        spoil(original, database, "DELETE FROM ledger.schema_versions WHERE " + rows)
        with pytest.raises(Misconfigured) as refused, original.store(database):
            pass
    assert refused.value.code == "schema-record-differs"


def test_a_schema_that_cannot_be_made_again_is_a_finding(original: Original) -> None:
    """An event's trigger that lets nobody make a table keeps the comparison from being done, and says so."""
    with original.copy(original.now) as database:
        spoil(
            original,
            database,
            "CREATE FUNCTION public.no_ddl() RETURNS event_trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$",
            "CREATE EVENT TRIGGER never ON ddl_command_start WHEN TAG IN ('CREATE TABLE')"
            " EXECUTE FUNCTION public.no_ddl()",
        )
        found = looked_at(original, database)
    assert {"schema-not-compared", "event-trigger-unexpected"} <= codes(found)


def test_the_same_schema_has_the_same_fingerprint(original: Original) -> None:
    builds = {"ledger": fingerprint.build_ledger, "views": build_standard_views}
    with psycopg.connect(url_of(original.server, original.now), autocommit=True) as connection:
        found, expected = read_both(connection, builds)
        schemas = connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'expected%'"
        ).fetchone()
    assert fingerprint.fingerprint(found) == fingerprint.fingerprint(expected)
    assert schemas == (0,)
