-- What answers beside the entries is held against something signed: the checkpoints are numbered and
-- chained under the ledger's key, and what the public writes is committed in an event.

-- Where each view stands. The library that follows makes it where it is not there, and marks it so.
DO $$
BEGIN
    IF to_regclass('ledger.views_tracking') IS NULL THEN
        CREATE TABLE ledger.views_tracking (
            application_name text,
            notification_id bigint,
            PRIMARY KEY (application_name)
        ) WITH (
            autovacuum_enabled = true,
            autovacuum_vacuum_threshold = 100000000,
            autovacuum_vacuum_scale_factor = 0.5,
            autovacuum_analyze_threshold = 1000,
            autovacuum_analyze_scale_factor = 0.01
        );
        INSERT INTO ledger.views_tracking VALUES ('__migration__', 1);
    END IF;
END
$$;

-- How many checkpoints there are up to this one, and a hash over all of them, signed by the ledger.
-- Null on checkpoints of before this version; the first one after it counts and covers them too.
ALTER TABLE ledger.checkpoints ADD COLUMN chain text;

-- The salt of the text's hash, and the ledger's own signed statement that it was received. Null on
-- what was received before this version.
ALTER TABLE ledger.inbox
    ADD COLUMN salt bytea,
    ADD COLUMN receipt uuid,
    ADD COLUMN envelope bytea;
CREATE UNIQUE INDEX inbox_receipt ON ledger.inbox (receipt);
