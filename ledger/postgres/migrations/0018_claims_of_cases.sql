-- A batch may ask for a case together with the one that holds its person's claim now: an equals sign in the place of a
-- campaign says that what stands for a dossier is a case.

CREATE OR REPLACE FUNCTION ledger.open_batch(
    lock bigint, of_epoch bigint, of_backend integer,
    keys text, claims text, campaigns text, dossiers text, ids text
)
RETURNS TABLE (kind "char", key text, "position" bigint, content text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found ledger.writer;
BEGIN
    PERFORM pg_advisory_xact_lock(lock);
    IF pg_backend_pid() <> of_backend THEN
        RAISE EXCEPTION 'the session is of backend %, not of %', pg_backend_pid(), of_backend
            USING ERRCODE = 'SN003';
    END IF;
    SELECT * INTO found FROM ledger.writer;
    IF found.superseded_by IS NOT NULL THEN
        RAISE EXCEPTION 'superseded by epoch %', found.superseded_by USING ERRCODE = 'SN002';
    END IF;
    IF found.epoch IS DISTINCT FROM of_epoch THEN
        RAISE EXCEPTION 'the epoch is %, not %', found.epoch, of_epoch USING ERRCODE = 'SN001';
    END IF;
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
                WHERE c.claim = ltrim(w.campaign, '+') || '/' || (d.value ->> 'person')
        ) AS s
    UNION ALL
    SELECT 's', s.key, NULL, s.value::text
        FROM unnest(string_to_array(campaigns, E'\n'), string_to_array(dossiers, E'\n')) AS w (campaign, dossier)
        JOIN ledger.standing AS h ON left(w.campaign, 1) = '+' AND h.key = 'household/' || w.dossier
        CROSS JOIN LATERAL (
            SELECT h.key, h.value
            UNION ALL
            SELECT c.key, c.value FROM jsonb_each_text(coalesce(h.value -> 'members', '{}')) AS m
                JOIN ledger.standing AS c ON c.claim = ltrim(w.campaign, '+') || '/' || m.value
        ) AS s
    UNION ALL
    SELECT 's', s.key, NULL, s.value::text
        FROM unnest(string_to_array(campaigns, E'\n'), string_to_array(dossiers, E'\n')) AS w (campaign, dossier)
        JOIN ledger.standing AS k ON w.campaign = '=' AND k.key = 'case/' || w.dossier
        CROSS JOIN LATERAL (
            SELECT k.key, k.value
            UNION ALL
            SELECT c.key, c.value FROM ledger.standing AS c
                WHERE c.claim = (k.value ->> 'campaign') || '/' || (k.value ->> 'recipient')
        ) AS s
    UNION ALL
    SELECT 'e', e.statement_id::text, e."position", convert_from(e.data, 'UTF8')
        FROM ledger.entries AS e
        WHERE e.statement_id = ANY (string_to_array(ids, E'\n')::uuid[])
    UNION ALL
    SELECT 'h', NULL, coalesce(max(e."position"), 0),
        CASE
            WHEN current_setting('fsync') = 'off' THEN 'unflushed'
            WHEN current_setting('synchronous_standby_names') <> ''
                AND current_setting('synchronous_commit') NOT IN ('off', 'local') THEN 'standby'
            ELSE 'flushed'
        END
        FROM ledger.entries AS e;
END
$$;
