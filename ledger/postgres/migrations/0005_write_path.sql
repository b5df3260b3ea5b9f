-- What a batch reads comes in one round trip; what it makes is inserted and what it changes updated,
-- each row looked up once. Keys and tags are compared byte by byte, whatever the database's locale.

ALTER TABLE ledger.standing
    ALTER COLUMN key TYPE text COLLATE "C",
    ALTER COLUMN claim TYPE text COLLATE "C";
ALTER TABLE ledger.entries ALTER COLUMN tags TYPE text[] COLLATE "C";
ALTER TABLE ledger.vault
    ALTER COLUMN id TYPE text COLLATE "C",
    ALTER COLUMN dossier TYPE text COLLATE "C";

DROP FUNCTION ledger.open_batch(bigint, text, text, text);
DROP FUNCTION ledger.write_batch(
    bigint, text, text, text, text, text, text, text[], text[], integer, bytea[], bytea[]
);

-- A batch begins: takes the append lock, then answers in (kind, key, position, content) what the
-- batch reads: 's' a record of the standing, 'e' an entry that already has one of the ids, 'h' the
-- head. Lists come as lines, which cost a client next to nothing to write. `campaigns` and `dossiers`
-- go together: each dossier is answered with the case that holds its person's claim in that campaign.
-- Each query of a volatile function sees what was committed before it began, so what is read here is
-- read under the lock.
CREATE FUNCTION ledger.open_batch(
    lock bigint, keys text, claims text, campaigns text, dossiers text, ids text
)
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
    SELECT 's', s.key, NULL, s.value::text
        FROM unnest(string_to_array(campaigns, E'\n'), string_to_array(dossiers, E'\n')) AS w (campaign, dossier)
        JOIN ledger.standing AS d ON d.key = 'dossier/' || w.dossier
        CROSS JOIN LATERAL (
            SELECT d.key, d.value
            UNION ALL
            SELECT c.key, c.value FROM ledger.standing AS c
                WHERE c.claim = w.campaign || '/' || (d.value ->> 'person')
        ) AS s
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
-- are separated by spaces. JSON and the other lists hold no line breaks. The first `changed` records
-- stand already and are updated, the `made` after them are new; a claim that is released goes before one taken.
CREATE FUNCTION ledger.write_batch(
    head bigint, ids text, types text, entries text, tags text,
    changed bigint, made bigint, keys text, "values" text,
    vault_ids text[], dossiers text[], key_version integer, wrapped_keys bytea[], boxes bytea[]
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    updated bigint;
BEGIN
    INSERT INTO ledger.entries ("position", statement_id, type, data, tags)
    SELECT head + n, i::uuid, t, convert_to(d, 'UTF8'), coalesce(string_to_array(g, ' '), '{}')
    FROM unnest(
        string_to_array(ids, E'\n'), string_to_array(types, E'\n'),
        string_to_array(entries, E'\n'), string_to_array(tags, E'\n')
    ) WITH ORDINALITY AS r (i, t, d, g, n);
    IF changed > 0 THEN
        UPDATE ledger.standing AS s SET value = r.v::jsonb
        FROM unnest(string_to_array(keys, E'\n'), string_to_array("values", E'\n'))
            WITH ORDINALITY AS r (k, v, n)
        WHERE r.n <= changed AND s.key = r.k;
        GET DIAGNOSTICS updated = ROW_COUNT;
        IF updated <> changed THEN
            RAISE EXCEPTION 'of % records that should stand, % do', changed, updated
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF made > 0 THEN
        INSERT INTO ledger.standing (key, value)
        SELECT k, v::jsonb
        FROM unnest(string_to_array(keys, E'\n'), string_to_array("values", E'\n'))
            WITH ORDINALITY AS r (k, v, n)
        WHERE n > changed;
    END IF;
    IF cardinality(vault_ids) > 0 THEN
        INSERT INTO ledger.vault (id, dossier, key_version, wrapped_key, box)
        SELECT i, d, key_version, w, b
        FROM unnest(vault_ids, dossiers, wrapped_keys, boxes) AS r (i, d, w, b);
    END IF;
    NOTIFY songnuan_entries;
END
$$;
