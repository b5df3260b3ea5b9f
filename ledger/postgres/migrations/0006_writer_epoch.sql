-- One writer, fenced: the epoch that the elected writer holds, checked in each batch's transaction.

-- `epoch` goes up whenever a writer is elected, so that a batch of an earlier one finds another epoch
-- and stops. `superseded_by` names the epoch under which another database goes on in this one's place:
-- nothing more is recorded here. `beat_at` is written by who proves that a commit would work.
CREATE TABLE ledger.writer (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    holder text NOT NULL DEFAULT '',
    since timestamptz NOT NULL DEFAULT now(),
    superseded_by bigint CHECK (superseded_by > 0),
    beat_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);
INSERT INTO ledger.writer DEFAULT VALUES;

DROP FUNCTION ledger.open_batch(bigint, text, text, text, text, text);

-- A batch begins: takes the append lock, then answers in (kind, key, position, content) what the
-- batch reads: 's' a record of the standing, 'e' an entry that already has one of the ids, 'h' the
-- head, with what a commit will prove: 'standby' where a standby must confirm it, 'flushed' where this
-- server's disk does, 'unflushed' where not even that (fsync = off).
-- Lists come as lines, which cost a client next to nothing to write. `campaigns` and `dossiers`
-- go together: each dossier is answered with the case that holds its person's claim in that campaign.
-- Each query of a volatile function sees what was committed before it began, so what is read here is
-- read under the lock: the epoch, too. SN001 says that another writer was elected since, SN002 that
-- another database goes on in this one's place, SN003 that this session is another than it was.
CREATE FUNCTION ledger.open_batch(
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
                WHERE c.claim = w.campaign || '/' || (d.value ->> 'person')
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
