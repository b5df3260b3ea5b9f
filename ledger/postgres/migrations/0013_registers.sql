-- Lists from outside (名单): what an entry commits to by `root`, row by row. A list is made ready here before it
-- is signed; what is not signed within a day is removed.

CREATE TABLE ledger.registers (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Null only while the rows are being written, within one transaction.
    root text COLLATE "C" UNIQUE,
    made_at timestamptz NOT NULL DEFAULT now(),
    -- Under which its boxes lie; null once it is erased.
    key_version integer,
    wrapped_key bytea
);

-- A row: the keyed mark of its number, from which day to which help meets it, and what else it says, sealed.
-- `line` is where it stood in the file.
CREATE TABLE ledger.register_rows (
    register bigint NOT NULL,
    mark text COLLATE "C" NOT NULL,
    line integer NOT NULL,
    since date,
    until date,
    box bytea NOT NULL,
    PRIMARY KEY (register, mark, line),
    CHECK (since <= until)
);
ALTER TABLE ledger.register_rows ALTER COLUMN box SET STORAGE PLAIN;

-- What is left of an erased list beside the rows that met somebody: hashes over the runs of rows between them.
CREATE TABLE ledger.register_nodes (
    register bigint NOT NULL,
    first integer NOT NULL,
    size integer NOT NULL CHECK (size > 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (register, first)
);
