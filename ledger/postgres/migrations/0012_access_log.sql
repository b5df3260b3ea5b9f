-- Who saw what (查阅日志): a line each, only ever appended, each chained to the one before it. What a
-- line says stands in `line` alone; the other columns are computed from it.

CREATE TABLE ledger.access_log (
    number bigint PRIMARY KEY CHECK (number > 0),
    line jsonb NOT NULL,
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    at text NOT NULL GENERATED ALWAYS AS (line ->> 'at') STORED,
    kind text NOT NULL GENERATED ALWAYS AS (line ->> 'kind') STORED,
    officer text GENERATED ALWAYS AS (line ->> 'officer') STORED
);
CREATE INDEX access_log_by_officer ON ledger.access_log (officer, number);

CREATE FUNCTION ledger.refuse_access_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is immutable' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER access_log_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.access_log
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_access_change();
