-- The Merkle log over the entries: its tiles, its checkpoints, cosignatures and timestamps on them.

-- Hashes do not compress; a full tile is 8,192 bytes.
CREATE TABLE ledger.tiles (
    level smallint NOT NULL CHECK (level >= 0),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL,
    PRIMARY KEY (level, index)
);
ALTER TABLE ledger.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE ledger.checkpoints (
    size bigint PRIMARY KEY CHECK (size > 0),
    note text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER checkpoints_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

CREATE TABLE ledger.cosignatures (
    size bigint NOT NULL REFERENCES ledger.checkpoints,
    witness text NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (size, witness)
);

CREATE TABLE ledger.timestamps (
    size bigint NOT NULL REFERENCES ledger.checkpoints,
    authority text NOT NULL,
    response bytea NOT NULL,
    PRIMARY KEY (size, authority)
);

CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are immutable', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
