-- The ledger's own tables. Entries are only ever appended; the standing is what they add up to.

CREATE TABLE ledger.entries (
    position bigint PRIMARY KEY CHECK (position > 0),
    statement_id uuid UNIQUE,
    type text NOT NULL,
    data bytea NOT NULL,
    tags text[] NOT NULL
) WITH (
    -- Entries up to a page stay in their row, as they came: base64 does not compress.
    toast_tuple_target = 8160,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02
);

ALTER TABLE ledger.entries ALTER COLUMN data SET STORAGE EXTERNAL;

-- Rows arrive in batches under one lock, so the index's pending list takes them cheaply.
CREATE INDEX entries_tags ON ledger.entries USING gin (tags) WITH (fastupdate = on);

-- An entry is never changed or removed: not by mistake either.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are immutable' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER entries_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- One row a record. The generated columns are the fence behind the decisions: no line below zero
-- but by what was recorded after the fact, no second live nomination of one person.
CREATE TABLE ledger.standing (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    claim text GENERATED ALWAYS AS (value ->> 'claim') STORED UNIQUE,
    CONSTRAINT line_not_below_zero CHECK (
        (value ->> 'balance_fen')::bigint + (value ->> 'after_the_fact_fen')::bigint >= 0
    )
) WITH (fillfactor = 80);

-- A batch begins: takes the append lock, then answers in (kind, key, position, content) what the
-- batch reads: 's' a record of the standing, 'e' an entry that already has one of the ids, 'h' the
-- head. Lists come as lines, which cost a client next to nothing to write. Each query of a volatile
-- function sees what was committed before it began, so what is read here is read under the lock.
CREATE FUNCTION ledger.open_batch(lock bigint, keys text, claims text, ids text)
RETURNS TABLE (kind "char", key text, "position" bigint, content text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(lock);
    RETURN QUERY
    SELECT 's'::"char", s.key, NULL::bigint, s.value::text FROM ledger.standing AS s
        WHERE s.key = ANY (string_to_array(keys, E'\n'))
    UNION ALL
    SELECT 's', s.key, NULL, s.value::text FROM ledger.standing AS s
        WHERE s.claim = ANY (string_to_array(claims, E'\n'))
    UNION ALL
    SELECT 'e', e.statement_id::text, e."position", convert_from(e.data, 'UTF8')
        FROM ledger.entries AS e
        WHERE e.statement_id = ANY (string_to_array(ids, E'\n')::uuid[])
    UNION ALL
    SELECT 'h', NULL, coalesce(max(e."position"), 0), NULL FROM ledger.entries AS e;
END
$$;

-- A batch ends: entries from the position after `head` on, the standing as it is now, the vault's
-- rows, and the notification. Line n of each list belongs to entry n (record n, vault row n); tags
-- are separated by spaces. JSON and the other lists hold no line breaks.
CREATE FUNCTION ledger.write_batch(
    head bigint, ids text, types text, entries text, tags text,
    keys text, "values" text,
    vault_ids text[], dossiers text[], key_version integer, wrapped_keys bytea[], boxes bytea[]
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO ledger.entries ("position", statement_id, type, data, tags)
    SELECT head + n, i::uuid, t, convert_to(d, 'UTF8'), coalesce(string_to_array(g, ' '), '{}')
    FROM unnest(
        string_to_array(ids, E'\n'), string_to_array(types, E'\n'),
        string_to_array(entries, E'\n'), string_to_array(tags, E'\n')
    ) WITH ORDINALITY AS r (i, t, d, g, n);
    INSERT INTO ledger.standing (key, value)
    SELECT k, v::jsonb
    FROM unnest(string_to_array(keys, E'\n'), string_to_array("values", E'\n')) AS r (k, v)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value;
    IF cardinality(vault_ids) > 0 THEN
        INSERT INTO ledger.vault (id, dossier, key_version, wrapped_key, box)
        SELECT i, d, key_version, w, b
        FROM unnest(vault_ids, dossiers, wrapped_keys, boxes) AS r (i, d, w, b);
    END IF;
    NOTIFY songnuan_entries;
END
$$;

CREATE TABLE ledger.vault (
    id text PRIMARY KEY,
    dossier text NOT NULL,
    key_version integer NOT NULL,
    wrapped_key bytea NOT NULL,
    box bytea NOT NULL
);
