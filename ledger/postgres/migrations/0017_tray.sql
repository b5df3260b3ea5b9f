-- Statements that one officer signed and that take a second officer's signature (待会签), until it comes or they
-- lapse. Nothing here is part of the ledger; what is recorded stands in the entries.

CREATE TABLE ledger.tray (
    statement uuid PRIMARY KEY,
    officer text NOT NULL,
    put_at timestamptz NOT NULL DEFAULT now(),
    lapses_at timestamptz NOT NULL,
    envelope bytea NOT NULL,
    declined_by text,
    declined_reason text,
    CHECK ((declined_by IS NULL) = (declined_reason IS NULL))
);
CREATE INDEX tray_by_officer ON ledger.tray (officer);
